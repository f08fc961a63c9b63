"""Expressions with names resolved and types decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from levada.sql.errors import Span
from levada.sql.types import BooleanType, DataType, type_name

_NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Expression:
    """Base of all bound expressions."""

    data_type: DataType


@dataclass(frozen=True, slots=True)
class Ref(Expression):
    """Column ``index`` of the input."""

    index: int
    name: str = field(compare=False)
    span: Span = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A constant; ``value`` None is NULL."""

    value: Any

    def __str__(self) -> str:
        if isinstance(self.value, str):
            quoted = self.value.replace("'", "''")
            return f"'{quoted}'"
        if self.value is None:
            return "NULL"
        return str(self.value).upper() if isinstance(self.value, bool) else str(self.value)


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """A function or operator of ``levada.sql.functions``, by its name there."""

    function: str
    arguments: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Case(Expression):
    """``CASE WHEN .. THEN .. ELSE .. END``; ``otherwise`` None is ELSE NULL. All values have the node's type."""

    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None

    def __str__(self) -> str:
        branches = " ".join(f"WHEN {condition} THEN {value}" for condition, value in self.branches)
        return f"CASE {branches}{'' if self.otherwise is None else f' ELSE {self.otherwise}'} END"


@dataclass(frozen=True, slots=True)
class Cast(Expression):
    """``CAST(operand AS data_type)``; ``safe`` gives NULL in place of an error.

    ``zone`` is the session's where the result depends on it (set when a statement is compiled) and it is not UTC.
    """

    operand: Expression
    safe: bool = False
    zone: str | None = None

    def __str__(self) -> str:
        target = type_name(self.data_type.nullable())
        return f"{'TRY_CAST' if self.safe else 'CAST'}({self.operand} AS {target})"


@dataclass(frozen=True, slots=True)
class FieldOf(Expression):
    """Field ``index`` of a row value."""

    base: Expression
    index: int
    name: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.base}.{self.name}"


@dataclass(frozen=True, slots=True)
class AggregateCall(Expression):
    """An aggregate function over ``argument`` (None: ``COUNT(*)``). In plans the argument is a ``Ref``."""

    function: str
    argument: Expression | None

    def __str__(self) -> str:
        return f"{self.function}({'*' if self.argument is None else self.argument})"


def children(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside."""
    match expression:
        case Call():
            return expression.arguments
        case Case():
            inner = tuple(part for branch in expression.branches for part in branch)
            return inner if expression.otherwise is None else (*inner, expression.otherwise)
        case Cast():
            return (expression.operand,)
        case FieldOf():
            return (expression.base,)
        case AggregateCall():
            return () if expression.argument is None else (expression.argument,)
        case _:
            return ()


def with_children(expression: Expression, parts: tuple[Expression, ...]) -> Expression:
    """The same node over other parts, as many as ``children`` gives."""
    match expression:
        case Call():
            return replace(expression, arguments=parts)
        case Case():
            count = len(expression.branches)
            branches = tuple((parts[2 * i], parts[2 * i + 1]) for i in range(count))
            otherwise = None if expression.otherwise is None else parts[-1]
            return replace(expression, branches=branches, otherwise=otherwise)
        case Cast():
            return replace(expression, operand=parts[0])
        case FieldOf():
            return replace(expression, base=parts[0])
        case AggregateCall():
            return replace(expression, argument=parts[0]) if parts else expression
        case _:
            return expression


def transform(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """Rebuild from the leaves up, each node passed through ``change``."""
    before = children(expression)
    after = tuple(transform(part, change) for part in before)
    return change(expression if after == before and _same(before, after) else with_children(expression, after))


def _same(before: tuple[Expression, ...], after: tuple[Expression, ...]) -> bool:
    return all(one is other for one, other in zip(before, after, strict=True))


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all inside it."""
    yield expression
    for part in children(expression):
        yield from walk(part)


def references(*expressions: Expression) -> set[int]:
    """Indexes of the input columns read."""
    return {node.index for expression in expressions for node in walk(expression) if isinstance(node, Ref)}


def remapped(expression: Expression, positions: dict[int, int]) -> Expression:
    """The expression over an input whose columns have moved."""

    def move(node: Expression) -> Expression:
        return replace(node, index=positions[node.index]) if isinstance(node, Ref) else node

    return transform(expression, move)


def substituted(expression: Expression, values: tuple[Expression, ...]) -> Expression:
    """The expression with each column replaced by the expression that computes it."""
    return transform(expression, lambda node: values[node.index] if isinstance(node, Ref) else node)


def conjunction(conditions: list[Expression]) -> Expression:
    """``a AND b AND ..``; one condition stays as it is."""
    if len(conditions) == 1:
        return conditions[0]
    nullable = any(condition.data_type.is_nullable for condition in conditions)
    return Call(BooleanType(nullable), "AND", tuple(conditions))


def conjuncts(condition: Expression) -> list[Expression]:
    """The parts of a conjunction, flattened."""
    if isinstance(condition, Call) and condition.function == "AND":
        return [part for argument in condition.arguments for part in conjuncts(argument)]
    return [condition]
