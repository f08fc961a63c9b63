"""Statements that are read, so that a script with a mistake in them is told so, but not executed yet.

Each becomes ``Unsupported``, which names it. When one is built it moves to a family file of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from levada.sql.ast import statements as ast
from levada.sql.errors import Span
from levada.sql.parser.cursor import Cursor
from levada.sql.tokenizer import TokenKind


def create(cursor: Cursor, start: Span) -> ast.Statement:
    """Read CREATE for catalogs, databases, functions, models and materialized tables."""
    return _family(cursor, start, "CREATE", ("CATALOG", "DATABASE", "FUNCTION", "MODEL", "CONNECTION"))


def drop(cursor: Cursor, start: Span) -> ast.Statement:
    """Read DROP for everything but tables and views."""
    return _family(cursor, start, "DROP", ("CATALOG", "DATABASE", "FUNCTION", "MODEL", "CONNECTION"))


def _alter(cursor: Cursor) -> ast.Statement:
    start = cursor.expect("ALTER").span
    cursor.take("TEMPORARY")
    return _family(cursor, start, "ALTER", ("TABLE", "VIEW", "CATALOG", "DATABASE", "FUNCTION", "MODEL"))


def _family(cursor: Cursor, start: Span, verb: str, kinds: tuple[str, ...]) -> ast.Statement:
    cursor.take("SYSTEM")
    if cursor.take("MATERIALIZED"):
        cursor.expect("TABLE")
        kind = "MATERIALIZED TABLE"
    else:
        kind = cursor.expect_any(*kinds)
    return _rest(cursor, start, f"{verb} {kind}")


def _rest(cursor: Cursor, start: Span, what: str) -> ast.Statement:
    """Skip to the statement's end, minding parentheses."""
    depth = 0
    while not cursor.at_end() and not (depth == 0 and cursor.at_symbol(";")):
        if cursor.token.kind is TokenKind.OPERATOR:
            depth += (cursor.token.value == "(") - (cursor.token.value == ")")
            if depth < 0:
                raise cursor.unexpected("the end of the statement")
        cursor.advance()
    if depth > 0:
        raise cursor.unexpected("`)`")
    return ast.Unsupported(what, span=cursor.span_from(start))


def _words(*words: str) -> Callable[[Cursor], ast.Statement]:
    def rule(cursor: Cursor) -> ast.Statement:
        start = cursor.token.span
        cursor.expect(*words)
        return _rest(cursor, start, " ".join(words))

    return rule


RULES: dict[str, Callable[[Cursor], ast.Statement]] = {
    "ALTER": _alter,
    "LOAD": _words("LOAD", "MODULE"),
    "UNLOAD": _words("UNLOAD", "MODULE"),
    "ADD": _words("ADD", "JAR"),
    "REMOVE": _words("REMOVE", "JAR"),
    "STOP": _words("STOP", "JOB"),
    "COMPILE": _words("COMPILE", "PLAN"),
    "CALL": _words("CALL"),
    "ANALYZE": _words("ANALYZE", "TABLE"),
    "BEGIN": _words("BEGIN", "STATEMENT", "SET"),
    "END": _words("END"),
    "UPDATE": _words("UPDATE"),
    "DELETE": _words("DELETE", "FROM"),
    "TRUNCATE": _words("TRUNCATE", "TABLE"),
}
