"""The first word of a statement decides which family reads it."""

from __future__ import annotations

from collections.abc import Callable

from levada.sql.ast import statements as ast
from levada.sql.errors import did_you_mean
from levada.sql.parser import changes, others, queries, tables, utilities
from levada.sql.parser.cursor import Cursor


def statement(cursor: Cursor) -> ast.Statement:
    """Read one statement."""
    start = cursor.token.span
    if queries.at_query(cursor):
        query = queries.query(cursor)
        return ast.QueryStatement(query, span=cursor.span_from(start))
    rule = _RULES.get(cursor.token.value)
    if rule is None:
        if cursor.at_end():
            raise cursor.error("there is no statement here")
        known = [*_RULES, "SELECT", "VALUES", "WITH"]
        raise cursor.error(f"no statement starts with `{cursor.token.text}`{did_you_mean(cursor.token.text, known)}")
    return rule(cursor)


def _create(cursor: Cursor) -> ast.Statement:
    start = cursor.expect("CREATE").span
    replace = cursor.take("OR", "REPLACE")
    temporary = cursor.take("TEMPORARY")
    if cursor.take("TABLE"):
        return tables.create_table(cursor, start, temporary=temporary, replace=replace)
    if not replace and cursor.take("VIEW"):
        return tables.create_view(cursor, start, temporary=temporary)
    return others.create(cursor, start)


def _replace(cursor: Cursor) -> ast.Statement:
    start = cursor.expect("REPLACE").span
    cursor.expect("TABLE")
    return tables.create_table(cursor, start, temporary=False, replace=True)


def _drop(cursor: Cursor) -> ast.Statement:
    start = cursor.expect("DROP").span
    temporary = cursor.take("TEMPORARY")
    if not cursor.at_any("TABLE", "VIEW"):
        return others.drop(cursor, start)
    kind = cursor.advance().value
    exists = cursor.take("IF", "EXISTS")
    return ast.Drop(kind, cursor.qualified("a name"), temporary, exists, span=cursor.span_from(start))


_RULES: dict[str, Callable[[Cursor], ast.Statement]] = {
    "CREATE": _create,
    "REPLACE": _replace,
    "DROP": _drop,
    "INSERT": changes.insert,
    "EXECUTE": changes.execute,
    **utilities.RULES,
    **others.RULES,
}
