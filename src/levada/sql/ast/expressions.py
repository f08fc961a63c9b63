"""Expressions as written: names are not resolved, types not known. Spans take no part in equality."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from levada.sql.errors import Span

if TYPE_CHECKING:
    from levada.sql.ast.queries import Query
    from levada.sql.types import DataType

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Base of all syntax nodes."""

    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Expression(Node):
    """Base of all expressions."""


@dataclass(frozen=True, slots=True)
class Name(Expression):
    """A column, or a field inside one: ``price``, ``b.price``, ``b.location.city``."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Star(Expression):
    """``*`` or ``b.*``."""

    qualifier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NullLiteral(Expression):
    """``NULL``."""


@dataclass(frozen=True, slots=True)
class BooleanLiteral(Expression):
    """``TRUE``, ``FALSE`` or ``UNKNOWN`` (None)."""

    value: bool | None


@dataclass(frozen=True, slots=True)
class NumberLiteral(Expression):
    """A number as written; ``approximate`` ones have an exponent."""

    text: str
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class StringLiteral(Expression):
    """A character string."""

    value: str


@dataclass(frozen=True, slots=True)
class BinaryLiteral(Expression):
    """``x'48656c'``."""

    value: bytes


@dataclass(frozen=True, slots=True)
class TemporalLiteral(Expression):
    """``DATE '..'``, ``TIME '..'`` or ``TIMESTAMP '..'``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class IntervalLiteral(Expression):
    """``INTERVAL '1-2' YEAR TO MONTH``; ``last`` equals ``first`` for a single field."""

    text: str
    first: str
    last: str
    negative: bool = False
    precision: int | None = None


@dataclass(frozen=True, slots=True)
class Symbol(Expression):
    """A keyword that stands as an argument: ``HOUR`` in EXTRACT, ``LEADING`` in TRIM."""

    value: str


@dataclass(frozen=True, slots=True)
class Unary(Expression):
    """``NOT x``, ``-x``, ``+x``."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    """``left operator right``: arithmetic, comparison, ``||``, AND, OR, OVERLAPS."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Is(Expression):
    """``x IS [NOT] NULL | TRUE | FALSE | UNKNOWN | JSON ..``; ``operand IS [NOT] DISTINCT FROM other``."""

    operand: Expression
    test: str
    negated: bool = False
    other: Expression | None = None


@dataclass(frozen=True, slots=True)
class Between(Expression):
    """``x [NOT] BETWEEN [SYMMETRIC] low AND high``."""

    operand: Expression
    low: Expression
    high: Expression
    negated: bool = False
    symmetric: bool = False


@dataclass(frozen=True, slots=True)
class In(Expression):
    """``x [NOT] IN (a, b)`` or ``x [NOT] IN (SELECT ..)``."""

    operand: Expression
    items: tuple[Expression, ...] = ()
    query: Query | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Like(Expression):
    """``x [NOT] LIKE | SIMILAR TO pattern [ESCAPE c]``."""

    operand: Expression
    pattern: Expression
    escape: Expression | None = None
    negated: bool = False
    similar: bool = False


@dataclass(frozen=True, slots=True)
class Quantified(Expression):
    """``left operator ANY | ALL (SELECT ..)``."""

    operator: str
    quantifier: str
    left: Expression
    query: Query


@dataclass(frozen=True, slots=True)
class Exists(Expression):
    """``EXISTS (SELECT ..)``."""

    query: Query


@dataclass(frozen=True, slots=True)
class Subquery(Expression):
    """``(SELECT ..)`` as a value."""

    query: Query


@dataclass(frozen=True, slots=True)
class Case(Expression):
    """``CASE [operand] WHEN .. THEN .. ELSE .. END``."""

    operand: Expression | None
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None


@dataclass(frozen=True, slots=True)
class Cast(Expression):
    """``CAST(x AS type)``; ``safe`` is ``TRY_CAST``."""

    operand: Expression
    target: DataType
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Row(Expression):
    """``ROW(a, b)`` or ``(a, b)``."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Array(Expression):
    """``ARRAY[a, b]``."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Map(Expression):
    """``MAP[key, value, ..]``."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Item(Expression):
    """``base[index]``."""

    base: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Field(Expression):
    """``base.name`` where base is no plain name; name ``*`` takes all fields."""

    base: Expression
    name: str


@dataclass(frozen=True, slots=True)
class NamedArgument(Expression):
    """``name => value``."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Descriptor(Expression):
    """``DESCRIPTOR(a, b)``."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableArgument(Expression):
    """``TABLE t [PARTITION BY ..] [ORDER BY ..]`` or a query, as an argument; ``MODEL m`` likewise."""

    table: tuple[str, ...] = ()
    query: Query | None = None
    partition_by: tuple[Expression, ...] = ()
    order_by: tuple[SortItem, ...] = ()
    model: bool = False


@dataclass(frozen=True, slots=True)
class SortItem(Node):
    """One item of ORDER BY; ``nulls_last`` None takes the default of the direction."""

    expression: Expression
    descending: bool = False
    nulls_last: bool | None = None


@dataclass(frozen=True, slots=True)
class Frame(Node):
    """``ROWS | RANGE BETWEEN lower AND upper``; a bound is (PRECEDING | FOLLOWING | CURRENT, distance or None)."""

    unit: str
    lower: tuple[str, Expression | None]
    upper: tuple[str, Expression | None]


@dataclass(frozen=True, slots=True)
class Window(Node):
    """``OVER (..)``; ``name`` refers to the WINDOW clause."""

    name: str | None = None
    partition_by: tuple[Expression, ...] = ()
    order_by: tuple[SortItem, ...] = ()
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """A function call. ``options`` are clauses in words, as in JSON functions: ``(("NULL ON NULL", None),)``."""

    name: tuple[str, ...]
    arguments: tuple[Expression, ...] = ()
    distinct: bool = False
    order_by: tuple[SortItem, ...] = ()
    filter: Expression | None = None
    over: Window | None = None
    options: tuple[tuple[str, object], ...] = ()

    @property
    def function(self) -> str:
        """The last part of the name, in capitals."""
        return self.name[-1].upper()
