"""Statements as written, other than bare queries."""

from __future__ import annotations

from dataclasses import dataclass

from levada.sql.ast.expressions import Expression, Node
from levada.sql.ast.queries import Hint, Query
from levada.sql.types import DataType

Identifier = tuple[str, ...]
Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Statement(Node):
    """Base of all statements."""


@dataclass(frozen=True, slots=True)
class QueryStatement(Statement):
    """A query on its own."""

    query: Query


@dataclass(frozen=True, slots=True)
class ColumnDefinition(Node):
    """A physical column (``data_type``), a computed one (``expression``) or a metadata one."""

    name: str
    data_type: DataType | None = None
    expression: Expression | None = None
    metadata: bool = False
    metadata_key: str | None = None
    virtual: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class WatermarkDefinition(Node):
    """``WATERMARK FOR column AS expression``; the column may be a nested field."""

    column: Identifier
    expression: Expression


@dataclass(frozen=True, slots=True)
class PrimaryKey(Node):
    """``[CONSTRAINT name] PRIMARY KEY (columns) NOT ENFORCED``."""

    columns: tuple[str, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Distribution(Node):
    """``DISTRIBUTED BY [HASH | RANGE](columns) INTO n BUCKETS``."""

    columns: tuple[str, ...] = ()
    kind: str | None = None
    buckets: int | None = None


@dataclass(frozen=True, slots=True)
class Like(Node):
    """``LIKE table (INCLUDING | EXCLUDING | OVERWRITING what ..)``."""

    table: Identifier
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CreateTable(Statement):
    """``CREATE [OR REPLACE] [TEMPORARY] TABLE``."""

    name: Identifier
    columns: tuple[ColumnDefinition, ...] = ()
    watermark: WatermarkDefinition | None = None
    primary_key: PrimaryKey | None = None
    comment: str | None = None
    partitioned_by: tuple[str, ...] = ()
    distribution: Distribution | None = None
    options: Options = ()
    like: Like | None = None
    query: Query | None = None
    temporary: bool = False
    if_not_exists: bool = False
    replace: bool = False


@dataclass(frozen=True, slots=True)
class CreateView(Statement):
    """``CREATE [TEMPORARY] VIEW name (columns) AS query``; ``text`` is the query's own text."""

    name: Identifier
    query: Query
    text: str
    columns: tuple[str, ...] = ()
    comment: str | None = None
    temporary: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class Drop(Statement):
    """``DROP TABLE | VIEW [IF EXISTS] name``."""

    kind: str
    name: Identifier
    temporary: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class Insert(Statement):
    """``INSERT INTO | OVERWRITE name (columns) query``."""

    table: Identifier
    query: Query
    columns: tuple[str, ...] = ()
    partition: tuple[tuple[str, Expression | None], ...] = ()
    overwrite: bool = False
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementSet(Statement):
    """``EXECUTE STATEMENT SET BEGIN insert; insert; END``."""

    inserts: tuple[Insert, ...]


@dataclass(frozen=True, slots=True)
class Show(Statement):
    """``SHOW TABLES | VIEWS | CREATE TABLE t | COLUMNS FROM t ..``; ``pattern`` with LIKE."""

    what: str
    target: Identifier = ()
    pattern: str | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Describe(Statement):
    """``DESCRIBE table``."""

    name: Identifier


@dataclass(frozen=True, slots=True)
class Explain(Statement):
    """``EXPLAIN [details | PLAN FOR] statement``."""

    statement: Statement
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetOption(Statement):
    """``SET 'key' = 'value'``, or all settings (``key`` None)."""

    key: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class ResetOption(Statement):
    """``RESET ['key']``."""

    key: str | None = None


@dataclass(frozen=True, slots=True)
class Use(Statement):
    """``USE database`` or ``USE CATALOG catalog``."""

    kind: str
    name: Identifier


@dataclass(frozen=True, slots=True)
class Unsupported(Statement):
    """A statement of Flink's that reads well but that Levada does not execute yet."""

    what: str
