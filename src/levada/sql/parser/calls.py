"""Function calls, and the functions whose arguments have a grammar of their own."""

from __future__ import annotations

from collections.abc import Callable

from levada.sql.ast import expressions as ast
from levada.sql.errors import Span
from levada.sql.parser import expressions, json_calls, queries
from levada.sql.parser.cursor import Cursor
from levada.sql.tokenizer import TokenKind

NILADIC = frozenset(
    [
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "CURRENT_CATALOG",
        "CURRENT_USER",
        "SESSION_USER",
        "USER",
    ]
)
"""Functions called without parentheses."""

_TIME_UNITS = frozenset(
    [
        "YEAR",
        "QUARTER",
        "MONTH",
        "WEEK",
        "DAY",
        "HOUR",
        "MINUTE",
        "SECOND",
        "MILLISECOND",
        "MICROSECOND",
        "NANOSECOND",
        "DOW",
        "DOY",
        "ISODOW",
        "ISOYEAR",
        "EPOCH",
        "DECADE",
        "CENTURY",
        "MILLENNIUM",
    ]
)


def call(cursor: Cursor, name: tuple[str, ...], start: Span) -> ast.Call:
    """Read the parentheses behind a function's name, and FILTER and OVER behind them."""
    special = SPECIAL.get(name[0].upper()) if len(name) == 1 else None
    cursor.expect_symbol("(")
    distinct = False
    order_by: tuple[ast.SortItem, ...] = ()
    options: tuple[tuple[str, object], ...] = ()
    if special is not None:
        arguments, options = special(cursor)
    elif cursor.at_symbol(")"):
        arguments = ()
    else:
        distinct = cursor.take_any("DISTINCT", "ALL") == "DISTINCT"
        arguments = cursor.comma_list(_argument)
        order_by = _order_by(cursor)
    cursor.expect_symbol(")")
    if cursor.take("WITHIN", "GROUP"):
        order_by = cursor.parenthesised(_order_by)
    if nulls := cursor.take_any("IGNORE", "RESPECT"):
        cursor.expect("NULLS")
        options += ((f"{nulls} NULLS", None),)
    condition = None
    if cursor.take("FILTER"):
        cursor.expect_symbol("(")
        cursor.expect("WHERE")
        condition = expressions.expression(cursor)
        cursor.expect_symbol(")")
    over = window(cursor) if cursor.take("OVER") else None
    return ast.Call(name, arguments, distinct, order_by, condition, over, options, span=cursor.span_from(start))


def _order_by(cursor: Cursor) -> tuple[ast.SortItem, ...]:
    return cursor.comma_list(expressions.sort_item) if cursor.take("ORDER", "BY") else ()


def _argument(cursor: Cursor) -> ast.Expression:
    start = cursor.token.span
    if cursor.ahead().value == "=>" and cursor.token.kind in (TokenKind.WORD, TokenKind.QUOTED):
        name = cursor.advance()
        cursor.expect_symbol("=>")
        value = _argument(cursor)
        return ast.NamedArgument(name.value, value, span=cursor.span_from(start))
    if cursor.take_symbol("*"):
        return ast.Star(span=start)
    if cursor.at("DESCRIPTOR") and cursor.ahead().value == "(":
        cursor.advance()
        return ast.Descriptor(cursor.name_list(), span=cursor.span_from(start))
    if cursor.at_any("TABLE", "MODEL") and cursor.ahead().kind in (TokenKind.WORD, TokenKind.QUOTED):
        model = cursor.advance().value == "MODEL"
        return _table_argument(cursor, ast.TableArgument(cursor.qualified("a table name"), model=model), start)
    if queries.at_query(cursor):
        return _table_argument(cursor, ast.TableArgument(query=queries.query(cursor)), start)
    value = expressions.expression(cursor)
    if isinstance(value, ast.Subquery) and cursor.at_any("PARTITION", "ORDER"):
        return _table_argument(cursor, ast.TableArgument(query=value.query), start)
    return value


def _table_argument(cursor: Cursor, table: ast.TableArgument, start: Span) -> ast.Expression:
    partition: tuple[ast.Expression, ...] = ()
    if cursor.take("PARTITION", "BY"):
        if cursor.at_symbol("("):
            partition = cursor.parenthesised(expressions.expression_list)
        else:
            partition = (expressions.expression(cursor),)
    order = (expressions.sort_item(cursor),) if cursor.take("ORDER", "BY") else ()
    return ast.TableArgument(table.table, table.query, partition, order, table.model, span=cursor.span_from(start))


def window(cursor: Cursor) -> ast.Window:
    """Read what follows OVER (or a name in WINDOW): a name or a definition in parentheses."""
    start = cursor.token.span
    if not cursor.at_symbol("("):
        return ast.Window(cursor.name("a window name"), span=start)
    cursor.expect_symbol("(")
    name = cursor.name() if cursor.at_name() and not cursor.at_any("ROWS") else None
    partition = expressions.expression_list(cursor) if cursor.take("PARTITION", "BY") else ()
    order = _order_by(cursor)
    frame = _frame(cursor) if cursor.at_any("ROWS", "RANGE") else None
    cursor.expect_symbol(")")
    return ast.Window(name, partition, order, frame, span=cursor.span_from(start))


def _frame(cursor: Cursor) -> ast.Frame:
    start = cursor.token.span
    unit = cursor.advance().value
    upper: tuple[str, ast.Expression | None] = ("CURRENT", None)
    if cursor.take("BETWEEN"):
        lower = _bound(cursor)
        cursor.expect("AND")
        upper = _bound(cursor)
    else:
        lower = _bound(cursor)
    return ast.Frame(unit, lower, upper, span=cursor.span_from(start))


def _bound(cursor: Cursor) -> tuple[str, ast.Expression | None]:
    if cursor.take("CURRENT", "ROW"):
        return ("CURRENT", None)
    if cursor.take("UNBOUNDED"):
        return (cursor.expect_any("PRECEDING", "FOLLOWING"), None)
    distance = expressions.expression(cursor)
    return (cursor.expect_any("PRECEDING", "FOLLOWING"), distance)


_Special = tuple[tuple[ast.Expression, ...], tuple[tuple[str, object], ...]]


def _unit(cursor: Cursor) -> ast.Symbol:
    token = cursor.token
    if token.kind is not TokenKind.WORD or token.value not in _TIME_UNITS:
        raise cursor.unexpected("a unit of time (YEAR, MONTH, DAY, HOUR, MINUTE, SECOND ...)")
    return ast.Symbol(cursor.advance().value, span=token.span)


def _extract(cursor: Cursor) -> _Special:
    unit = _unit(cursor)
    cursor.expect("FROM")
    return (unit, expressions.expression(cursor)), ()


def _unit_first(cursor: Cursor) -> _Special:
    unit = _unit(cursor)
    cursor.expect_symbol(",")
    return (unit, *expressions.expression_list(cursor)), ()


def _round_to(cursor: Cursor) -> _Special:
    value = expressions.expression(cursor)
    if cursor.take("TO"):
        return (value, _unit(cursor)), ()
    return (value,), ()


def _trim(cursor: Cursor) -> _Special:
    start = cursor.token.span
    side = cursor.take_any("BOTH", "LEADING", "TRAILING")
    characters: ast.Expression = ast.StringLiteral(" ", span=start)
    if side is None or not cursor.at("FROM"):
        value = expressions.expression(cursor)
        if not cursor.at("FROM"):
            if side is not None:
                raise cursor.unexpected("`FROM`")
            return (ast.Symbol("BOTH", span=start), characters, value), ()
        characters = value
    cursor.expect("FROM")
    return (ast.Symbol(side or "BOTH", span=start), characters, expressions.expression(cursor)), ()


def _substring(cursor: Cursor) -> _Special:
    arguments = [expressions.expression(cursor)]
    if cursor.take("FROM"):
        arguments.append(expressions.expression(cursor))
        if cursor.take("FOR"):
            arguments.append(expressions.expression(cursor))
    else:
        while cursor.take_symbol(","):
            arguments.append(expressions.expression(cursor))
    return tuple(arguments), ()


def _position(cursor: Cursor) -> _Special:
    needle = expressions.expression(cursor, expressions.RANGE + 1)
    cursor.expect("IN")
    return (needle, expressions.expression(cursor)), ()


def _overlay(cursor: Cursor) -> _Special:
    value = expressions.expression(cursor)
    cursor.expect("PLACING")
    arguments = [value, expressions.expression(cursor)]
    cursor.expect("FROM")
    arguments.append(expressions.expression(cursor))
    if cursor.take("FOR"):
        arguments.append(expressions.expression(cursor))
    return tuple(arguments), ()


SPECIAL: dict[str, Callable[[Cursor], _Special]] = {
    "EXTRACT": _extract,
    "TIMESTAMPADD": _unit_first,
    "TIMESTAMPDIFF": _unit_first,
    "FLOOR": _round_to,
    "CEIL": _round_to,
    "CEILING": _round_to,
    "TRIM": _trim,
    "SUBSTRING": _substring,
    "POSITION": _position,
    "OVERLAY": _overlay,
    **json_calls.RULES,
}
"""Functions whose arguments are read by a rule of their own."""
