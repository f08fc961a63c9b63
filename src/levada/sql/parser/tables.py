"""CREATE TABLE and CREATE VIEW."""

from __future__ import annotations

from dataclasses import dataclass, field

from levada.sql.ast import statements as ast
from levada.sql.errors import Span
from levada.sql.parser import expressions, queries
from levada.sql.parser.cursor import Cursor
from levada.sql.parser.types import data_type


def options(cursor: Cursor) -> ast.Options:
    """Read ``('key' = 'value', ..)``."""
    cursor.expect_symbol("(")
    pairs: tuple[tuple[str, str], ...] = ()
    if not cursor.at_symbol(")"):
        pairs = cursor.comma_list(_option)
    cursor.expect_symbol(")")
    return pairs


def _option(cursor: Cursor) -> tuple[str, str]:
    key = cursor.string("an option's key in quotes")
    cursor.expect_symbol("=")
    return key, cursor.string("an option's value in quotes")


def if_not_exists(cursor: Cursor) -> bool:
    """Read ``IF NOT EXISTS``."""
    return cursor.take("IF", "NOT", "EXISTS")


@dataclass
class _Elements:
    columns: list[ast.ColumnDefinition] = field(default_factory=list)
    watermark: ast.WatermarkDefinition | None = None
    primary_key: ast.PrimaryKey | None = None


def create_table(cursor: Cursor, start: Span, *, temporary: bool, replace: bool) -> ast.Statement:
    """Read what follows ``CREATE [OR REPLACE] [TEMPORARY] TABLE``."""
    exists = if_not_exists(cursor)
    name = cursor.qualified("a table name")
    elements = _Elements()
    if cursor.take_symbol("("):
        cursor.comma_list(lambda inner: _element(inner, elements))
        cursor.expect_symbol(")")
    comment = cursor.string() if cursor.take("COMMENT") else None
    distribution = _distribution(cursor)
    partitioned: tuple[str, ...] = cursor.name_list() if cursor.take("PARTITIONED", "BY") else ()
    with_options = options(cursor) if cursor.take("WITH") else ()
    like = _like(cursor) if cursor.take("LIKE") else None
    query = queries.query(cursor) if cursor.take("AS") else None
    return ast.CreateTable(
        name,
        tuple(elements.columns),
        elements.watermark,
        elements.primary_key,
        comment,
        partitioned,
        distribution,
        with_options,
        like,
        query,
        temporary,
        exists,
        replace,
        span=cursor.span_from(start),
    )


def _element(cursor: Cursor, elements: _Elements) -> None:
    start = cursor.token.span
    if cursor.at("WATERMARK", "FOR"):
        if elements.watermark is not None:
            raise cursor.error("a table has one WATERMARK at most")
        elements.watermark = _watermark(cursor)
    elif cursor.at_any("PRIMARY", "CONSTRAINT"):
        name = cursor.name() if cursor.take("CONSTRAINT") else None
        _set_key(cursor, elements, _primary_key(cursor, start, name))
    else:
        elements.columns.append(_column(cursor, elements))


def _set_key(cursor: Cursor, elements: _Elements, key: ast.PrimaryKey) -> None:
    if elements.primary_key is not None:
        raise cursor.error("a table has one PRIMARY KEY at most", key.span)
    elements.primary_key = key


def _watermark(cursor: Cursor) -> ast.WatermarkDefinition:
    start = cursor.expect("WATERMARK", "FOR").span
    column = cursor.qualified("a column name")
    cursor.expect("AS")
    return ast.WatermarkDefinition(column, expressions.expression(cursor), span=cursor.span_from(start))


def _primary_key(cursor: Cursor, start: Span, name: str | None) -> ast.PrimaryKey:
    cursor.expect("PRIMARY", "KEY")
    columns = cursor.name_list()
    _not_enforced(cursor, start)
    return ast.PrimaryKey(columns, name, span=cursor.span_from(start))


def _not_enforced(cursor: Cursor, start: Span) -> None:
    if not cursor.take("NOT", "ENFORCED"):
        raise cursor.error(
            "a PRIMARY KEY must say NOT ENFORCED: keys are not checked, only relied on", cursor.span_from(start)
        )


def _column(cursor: Cursor, elements: _Elements) -> ast.ColumnDefinition:
    start = cursor.token.span
    name = cursor.name("a column name")
    if cursor.at_symbol(",", ")"):
        return ast.ColumnDefinition(name, span=start)
    if cursor.take("AS"):
        computed = expressions.expression(cursor)
        comment = cursor.string() if cursor.take("COMMENT") else None
        return ast.ColumnDefinition(name, None, computed, comment=comment, span=cursor.span_from(start))
    kind = data_type(cursor)
    metadata = cursor.take("METADATA")
    key = cursor.string("a metadata key in quotes") if metadata and cursor.take("FROM") else None
    virtual = metadata and cursor.take("VIRTUAL")
    if cursor.at("PRIMARY", "KEY"):
        key_start = cursor.token.span
        cursor.expect("PRIMARY", "KEY")
        _not_enforced(cursor, key_start)
        _set_key(cursor, elements, ast.PrimaryKey((name,), span=cursor.span_from(key_start)))
    comment = cursor.string() if cursor.take("COMMENT") else None
    return ast.ColumnDefinition(name, kind, None, metadata, key, virtual, comment, span=cursor.span_from(start))


def _distribution(cursor: Cursor) -> ast.Distribution | None:
    if not cursor.take("DISTRIBUTED"):
        return None
    kind = None
    columns: tuple[str, ...] = ()
    if cursor.take("BY"):
        kind = cursor.take_any("HASH", "RANGE")
        columns = cursor.name_list()
    buckets = None
    if cursor.take("INTO"):
        buckets = cursor.integer("a number of buckets")
        cursor.expect("BUCKETS")
    return ast.Distribution(columns, kind, buckets)


def _like(cursor: Cursor) -> ast.Like:
    table = cursor.qualified("a table name")
    choices: list[tuple[str, str]] = []
    if cursor.take_symbol("("):
        while not cursor.at_symbol(")"):
            choice = cursor.expect_any("INCLUDING", "EXCLUDING", "OVERWRITING")
            what = cursor.expect_any(
                "ALL", "CONSTRAINTS", "DISTRIBUTION", "GENERATED", "METADATA", "OPTIONS", "PARTITIONS", "WATERMARKS"
            )
            choices.append((choice, what))
        cursor.expect_symbol(")")
    return ast.Like(table, tuple(choices))


def create_view(cursor: Cursor, start: Span, *, temporary: bool) -> ast.Statement:
    """Read what follows ``CREATE [TEMPORARY] VIEW``."""
    exists = if_not_exists(cursor)
    name = cursor.qualified("a view name")
    columns = cursor.name_list() if cursor.at_symbol("(") else ()
    comment = cursor.string() if cursor.take("COMMENT") else None
    cursor.expect("AS")
    begin = cursor.token.span
    body = queries.query(cursor)
    span = cursor.span_from(begin)
    text = cursor.text[span.start : span.end]
    return ast.CreateView(name, body, text, columns, comment, temporary, exists, span=cursor.span_from(start))
