"""Queries as written."""

from __future__ import annotations

from dataclasses import dataclass

from levada.sql.ast.expressions import Call, Expression, Node, SortItem, Window


@dataclass(frozen=True, slots=True)
class Hint(Node):
    """``/*+ NAME(..) */``: positional words or key = value pairs."""

    name: str
    arguments: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SelectItem(Node):
    """One item of a select list."""

    expression: Expression
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """Base of what stands in FROM."""


@dataclass(frozen=True, slots=True)
class TableName(Relation):
    """A table by name, perhaps as of a time (``FOR SYSTEM_TIME AS OF``)."""

    name: tuple[str, ...]
    hints: tuple[Hint, ...] = ()
    as_of: Expression | None = None


@dataclass(frozen=True, slots=True)
class Derived(Relation):
    """``[LATERAL] (SELECT ..)``."""

    query: Query
    lateral: bool = False


@dataclass(frozen=True, slots=True)
class TableFunction(Relation):
    """``TABLE(f(..))``, ``LATERAL TABLE(f(..))`` or ``f(..)``."""

    call: Call
    lateral: bool = False


@dataclass(frozen=True, slots=True)
class Unnest(Relation):
    """``UNNEST(x) [WITH ORDINALITY]``."""

    expression: Expression
    ordinality: bool = False


@dataclass(frozen=True, slots=True)
class Aliased(Relation):
    """``relation AS name (columns)``."""

    relation: Relation
    name: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Join(Relation):
    """``kind`` is INNER, LEFT, RIGHT, FULL or CROSS; comma joins are CROSS."""

    kind: str
    left: Relation
    right: Relation
    condition: Expression | None = None
    using: tuple[str, ...] = ()
    natural: bool = False


@dataclass(frozen=True, slots=True)
class Pattern(Node):
    """A row pattern: a variable, a sequence or an alternation, with its quantifier."""

    variable: str | None = None
    parts: tuple[Pattern, ...] = ()
    alternation: bool = False
    minimum: int = 1
    maximum: int | None = 1
    reluctant: bool = False


@dataclass(frozen=True, slots=True)
class MatchRecognize(Relation):
    """``relation MATCH_RECOGNIZE (..)``."""

    relation: Relation
    partition_by: tuple[Expression, ...]
    order_by: tuple[SortItem, ...]
    measures: tuple[SelectItem, ...]
    all_rows: bool
    after_match: str
    skip_to: str | None
    pattern: Pattern
    within: Expression | None
    define: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class GroupingSet(Expression):
    """``GROUPING SETS | ROLLUP | CUBE (..)`` in GROUP BY."""

    kind: str
    sets: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True, slots=True)
class Query(Node):
    """Base of all queries."""


@dataclass(frozen=True, slots=True)
class Select(Query):
    """``SELECT ..``."""

    items: tuple[SelectItem, ...]
    source: Relation | None = None
    where: Expression | None = None
    group_by: tuple[Expression, ...] | None = None
    having: Expression | None = None
    qualify: Expression | None = None
    windows: tuple[tuple[str, Window], ...] = ()
    distinct: bool = False
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class Values(Query):
    """``VALUES (..), (..)``."""

    rows: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True, slots=True)
class SetOperation(Query):
    """``left UNION | INTERSECT | EXCEPT [ALL] right``."""

    operator: str
    left: Query
    right: Query
    all: bool = False


@dataclass(frozen=True, slots=True)
class CommonTable(Node):
    """``name (columns) AS (query)`` in WITH."""

    name: str
    columns: tuple[str, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class With(Query):
    """``WITH .. query``."""

    tables: tuple[CommonTable, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class Ordered(Query):
    """``query ORDER BY .. OFFSET .. LIMIT ..``."""

    query: Query
    order_by: tuple[SortItem, ...] = ()
    offset: Expression | None = None
    limit: Expression | None = None
