"""What stands in FROM: tables, joins, derived tables, table functions, UNNEST."""

from __future__ import annotations

from levada.sql.ast import expressions as ex
from levada.sql.ast import queries as ast
from levada.sql.parser import calls, expressions, matching, queries
from levada.sql.parser.cursor import Cursor
from levada.sql.parser.hints import hints


def relation_list(cursor: Cursor) -> ast.Relation:
    """Read ``a JOIN b, c``; commas are cross joins."""
    left = _joined(cursor)
    while cursor.take_symbol(","):
        right = _joined(cursor)
        left = ast.Join("CROSS", left, right, span=left.span.to(right.span))
    return left


def _joined(cursor: Cursor) -> ast.Relation:
    left = _primary(cursor)
    while True:
        natural = cursor.take("NATURAL")
        kind = _join_kind(cursor)
        if kind is None:
            if natural:
                raise cursor.unexpected("`JOIN`")
            return left
        right = _primary(cursor)
        condition = None
        using: tuple[str, ...] = ()
        if cursor.take("ON"):
            condition = expressions.expression(cursor)
        elif cursor.take("USING"):
            using = cursor.name_list()
        elif kind != "CROSS" and not natural:
            raise cursor.unexpected("`ON` or `USING`")
        left = ast.Join(kind, left, right, condition, using, natural, span=cursor.span_from(left.span))


def _join_kind(cursor: Cursor) -> str | None:
    if cursor.take("JOIN") or cursor.take("INNER", "JOIN"):
        return "INNER"
    if cursor.take("CROSS"):
        cursor.expect("JOIN")
        return "CROSS"
    for kind in ("LEFT", "RIGHT", "FULL"):
        if cursor.take(kind):
            cursor.take("OUTER")
            cursor.expect("JOIN")
            return kind
    return None


def _primary(cursor: Cursor) -> ast.Relation:
    relation = _bare(cursor)
    if cursor.at("MATCH_RECOGNIZE"):
        relation = matching.match_recognize(cursor, relation)
    return _aliased(cursor, relation)


def _aliased(cursor: Cursor, relation: ast.Relation) -> ast.Relation:
    if not cursor.take("AS") and (not cursor.at_name() or cursor.at("MATCH_RECOGNIZE")):
        return relation
    name = cursor.name("an alias")
    columns = cursor.name_list() if cursor.at_symbol("(") else ()
    aliased = ast.Aliased(relation, name, columns, span=cursor.span_from(relation.span))
    if cursor.at("MATCH_RECOGNIZE"):
        return _aliased(cursor, matching.match_recognize(cursor, aliased))
    return aliased


def _bare(cursor: Cursor) -> ast.Relation:
    start = cursor.token.span
    lateral = cursor.take("LATERAL")
    if cursor.at("TABLE") and cursor.ahead().value == "(":
        cursor.advance()
        function = cursor.parenthesised(_function)
        return ast.TableFunction(function, lateral, span=cursor.span_from(start))
    if cursor.at("UNNEST"):
        cursor.advance()
        value = cursor.parenthesised(expressions.expression)
        ordinality = cursor.take("WITH", "ORDINALITY")
        return ast.Unnest(value, ordinality, span=cursor.span_from(start))
    if cursor.at_symbol("("):
        if queries.at_query(cursor):
            query = cursor.parenthesised(queries.query)
            return ast.Derived(query, lateral, span=cursor.span_from(start))
        return cursor.parenthesised(relation_list)
    if cursor.at("VALUES"):
        raise cursor.error("VALUES in FROM needs parentheses: FROM (VALUES (1, 'a')) AS t (id, name)")
    cursor.take("TABLE")
    name = cursor.qualified("a table name")
    if cursor.at_symbol("("):
        function = calls.call(cursor, name, start)
        return ast.TableFunction(function, lateral, span=cursor.span_from(start))
    table_hints = hints(cursor)
    as_of = None
    if cursor.take("FOR"):
        cursor.expect("SYSTEM_TIME", "AS", "OF")
        as_of = expressions.expression(cursor)
    return ast.TableName(name, table_hints, as_of, span=cursor.span_from(start))


def _function(cursor: Cursor) -> ex.Call:
    start = cursor.token.span
    return calls.call(cursor, cursor.qualified("a table function"), start)
