"""Statements that put rows into tables: INSERT and statement sets."""

from __future__ import annotations

from levada.sql.ast import expressions as ex
from levada.sql.ast import statements as ast
from levada.sql.parser import expressions, queries
from levada.sql.parser.cursor import Cursor
from levada.sql.parser.hints import hints


def insert(cursor: Cursor) -> ast.Insert:
    """Read ``INSERT INTO | OVERWRITE table .. query``."""
    start = cursor.expect("INSERT").span
    overwrite = cursor.expect_any("INTO", "OVERWRITE") == "OVERWRITE"
    cursor.take("TABLE")
    table = cursor.qualified("a table name")
    table_hints = hints(cursor)
    partition: tuple[tuple[str, ex.Expression | None], ...] = ()
    if cursor.take("PARTITION"):
        partition = cursor.parenthesised(lambda inner: inner.comma_list(_partition))
    columns: tuple[str, ...] = ()
    if cursor.at_symbol("(") and not queries.at_query(cursor):
        columns = cursor.name_list()
    body = queries.query(cursor)
    return ast.Insert(table, body, columns, partition, overwrite, table_hints, span=cursor.span_from(start))


def _partition(cursor: Cursor) -> tuple[str, ex.Expression | None]:
    name = cursor.name("a partition column")
    value = expressions.expression(cursor) if cursor.take_symbol("=") else None
    return name, value


def execute(cursor: Cursor) -> ast.Statement:
    """Read what follows EXECUTE: an INSERT, a query or a statement set."""
    start = cursor.expect("EXECUTE").span
    if cursor.at("STATEMENT", "SET"):
        return statement_set(cursor)
    if cursor.at("INSERT"):
        return insert(cursor)
    if queries.at_query(cursor):
        query = queries.query(cursor)
        return ast.QueryStatement(query, span=cursor.span_from(start))
    if cursor.take("PLAN"):
        cursor.string("the plan's path in quotes")
        return ast.Unsupported("EXECUTE PLAN", span=cursor.span_from(start))
    raise cursor.unexpected("`INSERT` or `STATEMENT`")


def statement_set(cursor: Cursor) -> ast.Statement:
    """Read ``STATEMENT SET BEGIN insert; .. END``."""
    start = cursor.expect("STATEMENT", "SET").span
    cursor.expect("BEGIN")
    inserts = []
    while not cursor.take("END"):
        inserts.append(insert(cursor))
        cursor.expect_symbol(";")
    if not inserts:
        raise cursor.error("a statement set needs at least one INSERT", cursor.span_from(start))
    return ast.StatementSet(tuple(inserts), span=cursor.span_from(start))
