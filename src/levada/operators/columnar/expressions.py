"""The expression tree of the columnar path: typed, frozen, picklable data with no behaviour.

The SQL binder builds these nodes with all types decided; ``levada.operators.columnar.program`` evaluates them batch by
batch. Every node has a ``data_type``, an Arrow type. NULL follows SQL everywhere: an operator over NULL is NULL, and
AND / OR / NOT are three-valued.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from levada.state.columnar.arrays import scalar_of

if TYPE_CHECKING:
    from typing import Self


class Operator(Enum):
    """Arithmetic operators, by their SQL sign."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MODULO = "%"


class Relation(Enum):
    """Comparison operators, by their SQL sign."""

    EQUAL = "="
    NOT_EQUAL = "<>"
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


class Truth(Enum):
    """What ``IS [NOT] TRUE | FALSE | UNKNOWN`` asks for."""

    TRUE = "TRUE"
    FALSE = "FALSE"
    UNKNOWN = "UNKNOWN"


class Expression:
    """Base of all nodes."""

    __slots__ = ()

    data_type: pa.DataType

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Itself: nodes never change, so subtasks share them."""
        return self


@dataclass(frozen=True, slots=True)
class Column(Expression):
    """Column ``index`` of the input; ``name`` is for messages."""

    index: int
    data_type: pa.DataType
    name: str = ""


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A constant. The scalar is built once, because passing a bare Python value costs 33 us per kernel call."""

    scalar: pa.Scalar

    @property
    def data_type(self) -> pa.DataType:
        """The scalar's type."""
        return self.scalar.type

    @staticmethod
    def of(value: Any, data_type: pa.DataType) -> Literal:
        """``value`` (None for NULL) as a literal of ``data_type``."""
        return Literal(scalar_of(value, data_type))


@dataclass(frozen=True, slots=True)
class Arithmetic(Expression):
    """``left operator right`` with the result's type (see ``numeric_types.arithmetic_type``).

    Integers wrap around, integer division and modulo truncate towards zero, an integer or decimal divided by zero is an
    error of the row.
    """

    operator: Operator
    left: Expression
    right: Expression
    data_type: pa.DataType


@dataclass(frozen=True, slots=True)
class Negate(Expression):
    """``-operand``; the smallest integer stays itself."""

    operand: Expression

    @property
    def data_type(self) -> pa.DataType:
        """The operand's type."""
        return self.operand.data_type


@dataclass(frozen=True, slots=True)
class Boolean(Expression):
    """Base of the nodes that are true, false or unknown."""

    @property
    def data_type(self) -> pa.DataType:
        """Always bool."""
        return pa.bool_()


@dataclass(frozen=True, slots=True)
class Comparison(Boolean):
    """``left relation right``; mixed numeric types are compared in their common type."""

    relation: Relation
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class And(Boolean):
    """Three-valued AND over two or more operands; a later operand cannot fail on rows that an earlier one ruled out."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or(Boolean):
    """Three-valued OR over two or more operands; a later operand cannot fail on rows that an earlier one let pass."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not(Boolean):
    """Three-valued NOT."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class IsNull(Boolean):
    """``operand IS [NOT] NULL``."""

    operand: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsTruth(Boolean):
    """``operand IS [NOT] TRUE | FALSE | UNKNOWN``: never NULL itself."""

    operand: Expression
    truth: Truth
    negated: bool = False


@dataclass(frozen=True, slots=True)
class InList(Boolean):
    """``operand IN (constants)``, NULL where the operand is NULL or where nothing matches and the list holds a NULL.

    Constants must have the operand's type; a list with other expressions is an ``Or`` of comparisons.
    """

    operand: Expression
    values: tuple[pa.Scalar, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Like(Boolean):
    """``operand LIKE pattern [ESCAPE character]``. The pattern is a constant; None is LIKE NULL."""

    operand: Expression
    pattern: str | None
    escape: str | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Case(Expression):
    """``CASE WHEN condition THEN value ... ELSE otherwise END``.

    Values are cast to ``data_type``; a branch is only evaluated on the rows it applies to where it could fail.
    ``otherwise`` None is ELSE NULL. COALESCE, IF, IFNULL and NULLIF are written with this node.
    """

    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None
    data_type: pa.DataType


@dataclass(frozen=True, slots=True)
class Cast(Expression):
    """``CAST(operand AS data_type)``, or ``TRY_CAST`` (NULL in place of an error) with ``null_on_error``."""

    operand: Expression
    data_type: pa.DataType
    null_on_error: bool = False


@dataclass(frozen=True, slots=True)
class AtZone(Expression):
    """An instant as the local time of a zone, or a local time of the zone as an instant."""

    operand: Expression
    zone: str

    @property
    def data_type(self) -> pa.DataType:
        """A timestamp of the operand's unit: without a zone for an instant, in UTC for a local time."""
        given = self.operand.data_type
        return pa.timestamp(given.unit, "UTC" if given.tz is None else None)


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """An Arrow compute function by its registered name, such as ``Call("utf8_upper", (column,), pa.string())``.

    ``options`` are arguments of the function's options class as pairs, for example ``(("characters", " "),)``. The
    result is cast to ``data_type`` where Arrow gives another type. ``may_fail``: it can raise on a value.
    """

    function: str
    operands: tuple[Expression, ...]
    data_type: pa.DataType
    options: tuple[tuple[str, Any], ...] = ()
    may_fail: bool = False
