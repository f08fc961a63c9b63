"""Queries: SELECT, VALUES, WITH, set operations, ORDER BY and LIMIT."""

from __future__ import annotations

from levada.sql.ast import expressions as ex
from levada.sql.ast import queries as ast
from levada.sql.parser import calls, expressions, relations
from levada.sql.parser.cursor import Cursor
from levada.sql.parser.hints import hints
from levada.sql.tokenizer import TokenKind


def at_query(cursor: Cursor) -> bool:
    """Whether a query comes next, perhaps in parentheses."""
    distance = 0
    while cursor.ahead(distance).value == "(" and cursor.ahead(distance).kind is TokenKind.OPERATOR:
        distance += 1
    token = cursor.ahead(distance)
    starts = token.kind is TokenKind.WORD and token.value in ("SELECT", "VALUES", "WITH")
    if not starts or distance == 0:
        return starts
    return _closes_as_query(cursor, distance)


def _closes_as_query(cursor: Cursor, opened: int) -> bool:
    """Whether the parentheses hold a query alone, not an expression such as ``(SELECT 1) + 1``."""
    depth, distance = 0, 0
    while True:
        token = cursor.ahead(distance)
        if token.kind is TokenKind.END:
            return True
        if token.kind is TokenKind.OPERATOR:
            depth += (token.value == "(") - (token.value == ")")
        if depth == 0:
            following = cursor.ahead(distance + 1)
            is_operator = following.kind is TokenKind.OPERATOR and following.value not in (")", ";")
            continues = following.kind is TokenKind.WORD and following.value in (
                "IS",
                "IN",
                "NOT",
                "LIKE",
                "BETWEEN",
                "AND",
                "OR",
            )
            return not (is_operator or continues)
        distance += 1


def query(cursor: Cursor) -> ast.Query:
    """Read a whole query."""
    start = cursor.token.span
    tables: tuple[ast.CommonTable, ...] = ()
    if cursor.take("WITH"):
        if cursor.at("RECURSIVE"):
            raise cursor.error("not supported yet: WITH RECURSIVE")
        tables = cursor.comma_list(_common_table)
    body = _ordered(cursor, _set_operation(cursor))
    return ast.With(tables, body, span=cursor.span_from(start)) if tables else body


def _common_table(cursor: Cursor) -> ast.CommonTable:
    start = cursor.token.span
    name = cursor.name("a name for the query")
    columns = cursor.name_list() if cursor.at_symbol("(") else ()
    cursor.expect("AS")
    body = cursor.parenthesised(query)
    return ast.CommonTable(name, columns, body, span=cursor.span_from(start))


def _ordered(cursor: Cursor, body: ast.Query) -> ast.Query:
    order: tuple[ex.SortItem, ...] = ()
    if cursor.take("ORDER", "BY"):
        order = cursor.comma_list(expressions.sort_item)
    limit = offset = None
    while True:
        if limit is None and cursor.take("LIMIT"):
            if not cursor.take("ALL"):
                limit = expressions.expression(cursor)
        elif offset is None and cursor.take("OFFSET"):
            offset = expressions.expression(cursor)
            cursor.take_any("ROW", "ROWS")
        elif limit is None and cursor.take("FETCH"):
            cursor.expect_any("FIRST", "NEXT")
            limit = expressions.expression(cursor)
            cursor.expect_any("ROW", "ROWS")
            cursor.expect("ONLY")
        else:
            break
    if not order and limit is None and offset is None:
        return body
    return ast.Ordered(body, order, offset, limit, span=cursor.span_from(body.span))


def _set_operation(cursor: Cursor) -> ast.Query:
    left = _intersection(cursor)
    while operator := cursor.take_any("UNION", "EXCEPT", "MINUS"):
        keep_all = cursor.take_any("ALL", "DISTINCT") == "ALL"
        right = _intersection(cursor)
        operator = "EXCEPT" if operator == "MINUS" else operator
        left = ast.SetOperation(operator, left, right, keep_all, span=left.span.to(right.span))
    return left


def _intersection(cursor: Cursor) -> ast.Query:
    left = _term(cursor)
    while cursor.take("INTERSECT"):
        keep_all = cursor.take_any("ALL", "DISTINCT") == "ALL"
        right = _term(cursor)
        left = ast.SetOperation("INTERSECT", left, right, keep_all, span=left.span.to(right.span))
    return left


def _term(cursor: Cursor) -> ast.Query:
    if cursor.at_symbol("("):
        return cursor.parenthesised(query)
    if cursor.at("VALUES"):
        return _values(cursor)
    if cursor.at("SELECT"):
        return _select(cursor)
    raise cursor.unexpected("a query (SELECT, VALUES or WITH)")


def _values(cursor: Cursor) -> ast.Query:
    start = cursor.expect("VALUES").span
    rows = cursor.comma_list(_value_row)
    return ast.Values(rows, span=cursor.span_from(start))


def _value_row(cursor: Cursor) -> tuple[ex.Expression, ...]:
    value = expressions.expression(cursor)
    return value.items if isinstance(value, ex.Row) else (value,)


def _select(cursor: Cursor) -> ast.Query:
    start = cursor.expect("SELECT").span
    select_hints = hints(cursor)
    distinct = cursor.take_any("DISTINCT", "ALL") == "DISTINCT"
    items = cursor.comma_list(select_item)
    source = relations.relation_list(cursor) if cursor.take("FROM") else None
    where = expressions.expression(cursor) if cursor.take("WHERE") else None
    group_by = None
    if cursor.take("GROUP", "BY"):
        cursor.take_any("ALL", "DISTINCT")
        group_by = cursor.comma_list(_grouping)
    having = expressions.expression(cursor) if cursor.take("HAVING") else None
    windows: tuple[tuple[str, ex.Window], ...] = ()
    if cursor.take("WINDOW"):
        windows = cursor.comma_list(_named_window)
    qualify = expressions.expression(cursor) if cursor.take("QUALIFY") else None
    return ast.Select(
        items,
        source,
        where,
        group_by,
        having,
        qualify,
        windows,
        distinct,
        select_hints,
        span=cursor.span_from(start),
    )


def select_item(cursor: Cursor) -> ast.SelectItem:
    """Read ``*``, ``t.*`` or ``expression [AS alias]``."""
    start = cursor.token.span
    if cursor.take_symbol("*"):
        return ast.SelectItem(ex.Star(span=start), span=start)
    item = expressions.expression(cursor)
    if isinstance(item, ex.Field) and item.name == "*" and isinstance(item.base, ex.Name):
        item = ex.Star(item.base.parts, span=item.span)
    alias = None
    if cursor.take("AS") or cursor.at_name():
        alias = cursor.name("an alias")
    return ast.SelectItem(item, alias, span=cursor.span_from(start))


def _named_window(cursor: Cursor) -> tuple[str, ex.Window]:
    name = cursor.name("a window name")
    cursor.expect("AS")
    return name, calls.window(cursor)


def _grouping(cursor: Cursor) -> ex.Expression:
    start = cursor.token.span
    if cursor.take("GROUPING", "SETS"):
        sets = cursor.parenthesised(lambda inner: inner.comma_list(_grouping_set))
        return ast.GroupingSet("GROUPING SETS", sets, span=cursor.span_from(start))
    if cursor.at_any("ROLLUP", "CUBE") and cursor.ahead().value == "(":
        kind = cursor.advance().value
        sets = cursor.parenthesised(lambda inner: inner.comma_list(_grouping_set))
        return ast.GroupingSet(kind, sets, span=cursor.span_from(start))
    return expressions.expression(cursor)


def _grouping_set(cursor: Cursor) -> tuple[ex.Expression, ...]:
    if cursor.at_symbol("(") and cursor.ahead().value == ")":
        cursor.advance()
        cursor.advance()
        return ()
    value = expressions.expression(cursor)
    return value.items if isinstance(value, ex.Row) else (value,)
