"""SQL text to syntax trees: a tokenizer, precedence climbing for expressions, one file per statement family.

Imports ``levada.sql.ast``, ``levada.sql.types`` and ``levada.sql.errors``.
"""

from __future__ import annotations

from levada.sql.ast import statements as ast
from levada.sql.ast.expressions import Expression
from levada.sql.ast.queries import Query
from levada.sql.parser import statements
from levada.sql.parser.cursor import Cursor
from levada.sql.parser.expressions import expression
from levada.sql.parser.types import data_type
from levada.sql.types import DataType

__all__ = [
    "parse_expression",
    "parse_identifier",
    "parse_query",
    "parse_script",
    "parse_statement",
    "parse_type",
]


def parse_statement(text: str) -> ast.Statement:
    """The one statement in ``text``; a semicolon may follow it."""
    cursor = Cursor(text)
    statement = statements.statement(cursor)
    while cursor.take_symbol(";"):
        pass
    if not cursor.at_end():
        raise cursor.unexpected("the end of the statement")
    return statement


def parse_script(text: str) -> list[ast.Statement]:
    """All statements in ``text``, separated by semicolons."""
    cursor = Cursor(text)
    found: list[ast.Statement] = []
    while True:
        while cursor.take_symbol(";"):
            pass
        if cursor.at_end():
            return found
        found.append(statements.statement(cursor))
        if not cursor.at_end():
            cursor.expect_symbol(";")


def parse_query(text: str) -> Query:
    """The query in ``text``."""
    statement = parse_statement(text)
    if not isinstance(statement, ast.QueryStatement):
        raise Cursor(text).unexpected("a query (SELECT, VALUES or WITH)")
    return statement.query


def parse_identifier(text: str) -> tuple[str, ...]:
    """A table's name of one to three parts, as ``db.t`` or with backticks."""
    cursor = Cursor(text)
    found = cursor.qualified("a table name")
    if not cursor.at_end():
        raise cursor.unexpected("the end of the name")
    return found


def parse_expression(text: str) -> Expression:
    """The expression in ``text``."""
    cursor = Cursor(text)
    found = expression(cursor)
    if not cursor.at_end():
        raise cursor.unexpected("the end of the expression")
    return found


def parse_type(text: str) -> DataType:
    """The data type in ``text``.

    Examples
    --------
    >>> from levada.sql.types import type_name
    >>> type_name(parse_type("row<a int not null, b array<string>>"))
    'ROW<`a` INT NOT NULL, `b` ARRAY<STRING>>'
    """
    cursor = Cursor(text)
    found = data_type(cursor)
    if not cursor.at_end():
        raise cursor.unexpected("the end of the type")
    return found
