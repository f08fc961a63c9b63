"""Expressions, by precedence climbing (Pratt): what binds tighter has the higher number."""

from __future__ import annotations

from collections.abc import Callable

from levada.sql.ast import expressions as ast
from levada.sql.keywords import FUNCTION_NAMES, RESERVED
from levada.sql.parser import calls, literals, queries
from levada.sql.parser.cursor import Cursor
from levada.sql.parser.types import data_type
from levada.sql.tokenizer import TokenKind

OR, AND, NOT, IS, COMPARISON, RANGE, SUM, PRODUCT, SIGN, POSTFIX = range(10, 110, 10)

_BINARY = {
    "=": COMPARISON,
    "<>": COMPARISON,
    "<": COMPARISON,
    "<=": COMPARISON,
    ">": COMPARISON,
    ">=": COMPARISON,
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "%": PRODUCT,
    "||": PRODUCT,
}
_WORDS = {"OR": OR, "AND": AND, "IS": IS, "OVERLAPS": COMPARISON}
_RANGE_WORDS = frozenset({"BETWEEN", "IN", "LIKE", "SIMILAR"})
_CLAUSES = frozenset(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "UNION",
        "INTERSECT",
        "EXCEPT",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "AS",
        "ON",
        "AND",
        "OR",
    ]
)
_IS_TESTS = ("NULL", "TRUE", "FALSE", "UNKNOWN")
_REFUSED = {"!=": "<>", "==": "=", "^": "POWER(a, b)", "::": "CAST(a AS type)"}


def expression(cursor: Cursor, minimum: int = 0) -> ast.Expression:
    """Read an expression whose operators all bind at least as tight as ``minimum``."""
    left = _prefix(cursor)
    while True:
        level = _level(cursor)
        if level is None or level < minimum:
            return left
        left = _infix(cursor, left, level)


def expression_list(cursor: Cursor) -> tuple[ast.Expression, ...]:
    """Read ``a, b, ..``."""
    return cursor.comma_list(expression)


def _level(cursor: Cursor) -> int | None:
    token = cursor.token
    if token.kind is TokenKind.OPERATOR:
        if token.value in ("[", "."):
            return POSTFIX
        if token.value in ("!=", "^") or (token.value == ":" and cursor.ahead().value == ":"):
            sign = token.value if token.value != ":" else "::"
            raise cursor.error(f"`{sign}` is not SQL; write {_REFUSED[sign]}")
        return _BINARY.get(token.value)
    if token.kind is not TokenKind.WORD:
        return None
    if token.value in _RANGE_WORDS:
        return RANGE
    if token.value == "NOT" and cursor.ahead().value in _RANGE_WORDS:
        return RANGE
    return _WORDS.get(token.value)


def _infix(cursor: Cursor, left: ast.Expression, level: int) -> ast.Expression:
    token = cursor.token
    if level == POSTFIX:
        return _postfix(cursor, left)
    if level == RANGE:
        return _range(cursor, left)
    cursor.advance()
    if token.value == "IS":
        return _is(cursor, left)
    if level == COMPARISON and cursor.at_any("ANY", "SOME", "ALL"):
        quantifier = cursor.advance().value
        query = cursor.parenthesised(queries.query)
        return ast.Quantified(token.value, quantifier, left, query, span=cursor.span_from(left.span))
    right = expression(cursor, level + 1)
    return ast.Binary(token.value, left, right, span=left.span.to(right.span))


def _postfix(cursor: Cursor, left: ast.Expression) -> ast.Expression:
    if cursor.take_symbol("["):
        index = expression(cursor)
        cursor.expect_symbol("]")
        return ast.Item(left, index, span=cursor.span_from(left.span))
    cursor.expect_symbol(".")
    name = "*" if cursor.take_symbol("*") else cursor.name("a field name")
    return ast.Field(left, name, span=cursor.span_from(left.span))


def _range(cursor: Cursor, left: ast.Expression) -> ast.Expression:
    negated = cursor.take("NOT")
    word = cursor.advance().value
    if word == "BETWEEN":
        symmetric = cursor.take_any("SYMMETRIC", "ASYMMETRIC") == "SYMMETRIC"
        low = expression(cursor, RANGE + 1)
        cursor.expect("AND")
        high = expression(cursor, RANGE + 1)
        return ast.Between(left, low, high, negated, symmetric, span=left.span.to(high.span))
    if word == "IN":
        cursor.expect_symbol("(")
        if queries.at_query(cursor):
            query = queries.query(cursor)
            cursor.expect_symbol(")")
            return ast.In(left, (), query, negated, span=cursor.span_from(left.span))
        items = expression_list(cursor)
        cursor.expect_symbol(")")
        return ast.In(left, items, None, negated, span=cursor.span_from(left.span))
    similar = word == "SIMILAR"
    if similar:
        cursor.expect("TO")
    pattern = expression(cursor, RANGE + 1)
    escape = expression(cursor, RANGE + 1) if cursor.take("ESCAPE") else None
    return ast.Like(left, pattern, escape, negated, similar, span=cursor.span_from(left.span))


def _is(cursor: Cursor, left: ast.Expression) -> ast.Expression:
    negated = cursor.take("NOT")
    other = None
    if test := cursor.take_any(*_IS_TESTS):
        pass
    elif cursor.take("DISTINCT", "FROM"):
        test = "DISTINCT"
        other = expression(cursor, IS + 1)
    elif cursor.take("JSON"):
        shape = cursor.take_any("VALUE", "OBJECT", "ARRAY", "SCALAR")
        test = "JSON" if shape in (None, "VALUE") else f"JSON {shape}"
    else:
        raise cursor.unexpected("NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM or JSON")
    return ast.Is(left, test, negated, other, span=cursor.span_from(left.span))


def _prefix(cursor: Cursor) -> ast.Expression:
    token = cursor.token
    if token.kind is TokenKind.OPERATOR and token.value in "+-":
        cursor.advance()
        operand = expression(cursor, SIGN)
        return ast.Unary(token.value, operand, span=cursor.span_from(token.span))
    if cursor.take("NOT"):
        operand = expression(cursor, NOT)
        return ast.Unary("NOT", operand, span=cursor.span_from(token.span))
    if cursor.take("EXISTS"):
        return ast.Exists(cursor.parenthesised(queries.query), span=cursor.span_from(token.span))
    found = literals.literal(cursor)
    if found is not None:
        return found
    if cursor.at_symbol("("):
        return _parenthesis(cursor)
    if token.kind is TokenKind.WORD:
        rule = _CONSTRUCTS.get(token.value)
        if rule is not None and (token.value == "CASE" or cursor.ahead().value in ("(", "[")):
            return rule(cursor)
    return _name_or_call(cursor)


def _parenthesis(cursor: Cursor) -> ast.Expression:
    start = cursor.expect_symbol("(").span
    if queries.at_query(cursor):
        query = queries.query(cursor)
        cursor.expect_symbol(")")
        return ast.Subquery(query, span=cursor.span_from(start))
    items = expression_list(cursor)
    cursor.expect_symbol(")")
    return items[0] if len(items) == 1 else ast.Row(items, span=cursor.span_from(start))


def _name_or_call(cursor: Cursor) -> ast.Expression:
    token = cursor.token
    if token.kind is TokenKind.WORD:
        is_call = cursor.ahead().value == "(" and cursor.ahead().kind is TokenKind.OPERATOR
        if is_call and (token.value in FUNCTION_NAMES or token.value not in RESERVED or token.value in calls.SPECIAL):
            return calls.call(cursor, (cursor.advance().text,), token.span)
        if token.value in calls.NILADIC:
            cursor.advance()
            return ast.Call((token.text,), span=token.span)
        if token.value in _CLAUSES:
            raise cursor.unexpected("an expression")
        if token.value in RESERVED:
            raise cursor.reserved(token)
    elif token.kind is not TokenKind.QUOTED:
        raise cursor.unexpected("an expression")
    parts = [cursor.name()]
    while cursor.at_symbol(".") and cursor.ahead().value != "*":
        cursor.advance()
        parts.append(cursor.name("a column or field name"))
    if cursor.at_symbol("("):
        return calls.call(cursor, tuple(parts), token.span)
    return ast.Name(tuple(parts), span=cursor.span_from(token.span))


def _case(cursor: Cursor) -> ast.Expression:
    start = cursor.expect("CASE").span
    operand = None if cursor.at("WHEN") else expression(cursor)
    branches = []
    while cursor.take("WHEN"):
        condition = expression(cursor)
        if cursor.at_symbol(","):
            raise cursor.error("CASE WHEN takes one value; write another WHEN")
        cursor.expect("THEN")
        branches.append((condition, expression(cursor)))
    if not branches:
        raise cursor.unexpected("`WHEN`")
    otherwise = expression(cursor) if cursor.take("ELSE") else None
    cursor.expect("END")
    return ast.Case(operand, tuple(branches), otherwise, span=cursor.span_from(start))


def _cast(cursor: Cursor) -> ast.Expression:
    token = cursor.advance()
    cursor.expect_symbol("(")
    operand = expression(cursor)
    cursor.expect("AS")
    target = data_type(cursor)
    cursor.expect_symbol(")")
    return ast.Cast(operand, target, token.value == "TRY_CAST", span=cursor.span_from(token.span))


def _row(cursor: Cursor) -> ast.Expression:
    start = cursor.advance().span
    cursor.expect_symbol("(")
    items = () if cursor.at_symbol(")") else expression_list(cursor)
    cursor.expect_symbol(")")
    return ast.Row(items, span=cursor.span_from(start))


def _bracketed(cursor: Cursor) -> ast.Expression:
    token = cursor.advance()
    if cursor.at_symbol("("):
        return calls.call(cursor, (token.text,), token.span)
    cursor.expect_symbol("[")
    items = () if cursor.at_symbol("]") else expression_list(cursor)
    cursor.expect_symbol("]")
    span = cursor.span_from(token.span)
    return ast.Array(items, span=span) if token.value == "ARRAY" else ast.Map(items, span=span)


_CONSTRUCTS: dict[str, Callable[[Cursor], ast.Expression]] = {
    "CASE": _case,
    "CAST": _cast,
    "TRY_CAST": _cast,
    "ROW": _row,
    "ARRAY": _bracketed,
    "MAP": _bracketed,
}


def sort_item(cursor: Cursor) -> ast.SortItem:
    """Read ``expression [ASC | DESC] [NULLS FIRST | LAST]``."""
    item = expression(cursor)
    descending = cursor.take_any("ASC", "DESC") == "DESC"
    nulls_last = None
    if cursor.take("NULLS"):
        nulls_last = cursor.expect_any("FIRST", "LAST") == "LAST"
    return ast.SortItem(item, descending, nulls_last, span=cursor.span_from(item.span))
