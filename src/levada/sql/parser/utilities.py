"""Statements about the session: SHOW, DESCRIBE, EXPLAIN, SET, RESET, USE."""

from __future__ import annotations

from collections.abc import Callable

from levada.sql.ast import statements as ast
from levada.sql.parser import changes, queries
from levada.sql.parser.cursor import Cursor
from levada.sql.tokenizer import TokenKind

_SHOWN = ("TABLES", "VIEWS", "CATALOGS", "DATABASES", "FUNCTIONS", "COLUMNS", "JOBS", "MODULES", "JARS", "PARTITIONS")
_DETAILS = ("ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE")


def show(cursor: Cursor) -> ast.Statement:
    """Read ``SHOW what [FROM | IN target] [[NOT] LIKE pattern]``."""
    start = cursor.expect("SHOW").span
    if cursor.take("CURRENT"):
        what = f"CURRENT {cursor.expect_any('CATALOG', 'DATABASE')}"
        return ast.Show(what, span=cursor.span_from(start))
    if cursor.take("CREATE"):
        what = f"CREATE {cursor.expect_any('TABLE', 'VIEW')}"
        return ast.Show(what, cursor.qualified("a table name"), span=cursor.span_from(start))
    qualifier = cursor.take_any("USER", "FULL")
    what = cursor.expect_any(*_SHOWN)
    if what == "PARTITIONS":
        target = cursor.qualified("a table name")
        if cursor.take("PARTITION"):
            cursor.parenthesised(lambda inner: inner.comma_list(changes._partition))
        return ast.Show(what, target, span=cursor.span_from(start))
    target = cursor.qualified("a name") if cursor.take_any("FROM", "IN") else ()
    negated = cursor.take("NOT")
    pattern = cursor.string("a pattern in quotes") if cursor.take_any("LIKE", "ILIKE") else None
    if negated and pattern is None:
        raise cursor.unexpected("`LIKE`")
    name = what if qualifier is None else f"{qualifier} {what}"
    return ast.Show(name, target, pattern, negated, span=cursor.span_from(start))


def describe(cursor: Cursor) -> ast.Statement:
    """Read ``DESCRIBE [EXTENDED] table``."""
    start = cursor.advance().span
    if kind := cursor.take_any("CATALOG", "DATABASE", "FUNCTION", "MODEL", "JOB"):
        cursor.take("EXTENDED")
        cursor.qualified()
        return ast.Unsupported(f"DESCRIBE {kind}", span=cursor.span_from(start))
    cursor.take("EXTENDED")
    return ast.Describe(cursor.qualified("a table name"), span=cursor.span_from(start))


def explain(cursor: Cursor) -> ast.Statement:
    """Read ``EXPLAIN [details | PLAN FOR] statement``."""
    start = cursor.expect("EXPLAIN").span
    details: list[str] = []
    if not cursor.take("PLAN", "FOR"):
        while cursor.at_any(*_DETAILS):
            details.append(cursor.advance().value)
            if not cursor.take_symbol(","):
                break
    inner: ast.Statement
    if cursor.at("INSERT"):
        inner = changes.insert(cursor)
    elif cursor.at("STATEMENT", "SET"):
        inner = changes.statement_set(cursor)
    else:
        begin = cursor.token.span
        query = queries.query(cursor)
        inner = ast.QueryStatement(query, span=cursor.span_from(begin))
    return ast.Explain(inner, tuple(details), span=cursor.span_from(start))


def set_option(cursor: Cursor) -> ast.Statement:
    """Read ``SET ['key' = 'value']``."""
    start = cursor.expect("SET").span
    if cursor.at_end() or cursor.at_symbol(";"):
        return ast.SetOption(span=start)
    key = _key(cursor)
    cursor.expect_symbol("=")
    value = cursor.string("a value in quotes")
    return ast.SetOption(key, value, span=cursor.span_from(start))


def reset(cursor: Cursor) -> ast.Statement:
    """Read ``RESET ['key']``."""
    start = cursor.expect("RESET").span
    if cursor.at_end() or cursor.at_symbol(";"):
        return ast.ResetOption(span=start)
    return ast.ResetOption(_key(cursor), span=cursor.span_from(start))


def _key(cursor: Cursor) -> str:
    if cursor.token.kind is TokenKind.STRING:
        return cursor.advance().value
    raise cursor.error("a key stands in quotes: SET 'parallelism.default' = '2'")


def use(cursor: Cursor) -> ast.Statement:
    """Read ``USE [CATALOG | MODULES] name``."""
    start = cursor.expect("USE").span
    kind = cursor.take_any("CATALOG", "MODULES") or "DATABASE"
    if kind == "MODULES":
        cursor.comma_list(Cursor.name)
        return ast.Unsupported("USE MODULES", span=cursor.span_from(start))
    return ast.Use(kind, cursor.qualified("a name"), span=cursor.span_from(start))


RULES: dict[str, Callable[[Cursor], ast.Statement]] = {
    "SHOW": show,
    "DESCRIBE": describe,
    "DESC": describe,
    "EXPLAIN": explain,
    "SET": set_option,
    "RESET": reset,
    "USE": use,
}
