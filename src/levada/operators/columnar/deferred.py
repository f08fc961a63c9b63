"""CASE, AND and OR whose later parts can fail: those parts are evaluated only on the rows that need them.

``CASE WHEN b <> 0 THEN a / b ELSE 0 END`` must not divide by zero, and neither must ``b <> 0 AND a / b > 1``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from levada.operators.columnar.casts import cast_can_fail
from levada.operators.columnar.conditions import is_true
from levada.operators.columnar.expressions import (
    And,
    Arithmetic,
    AtZone,
    Call,
    Case,
    Cast,
    Column,
    Comparison,
    Expression,
    InList,
    IsNull,
    IsTruth,
    Like,
    Literal,
    Negate,
    Not,
    Operator,
    Or,
)
from levada.state.columnar.arrays import slot_range

if TYPE_CHECKING:
    from levada.operators.columnar.program import Program

Datum = Any
Run = Callable[[Sequence[pa.Array], int], Datum]


def children(expression: Expression) -> tuple[Expression, ...]:
    """The operands of a node."""
    match expression:
        case Arithmetic(_, left, right, _) | Comparison(_, left, right):
            return left, right
        case And(operands) | Or(operands) | Call(_, operands):
            return operands
        case Case(branches, otherwise):
            parts = tuple(part for branch in branches for part in branch)
            return parts if otherwise is None else (*parts, otherwise)
        case Negate(operand) | Not(operand) | IsNull(operand) | IsTruth(operand) | Like(operand):
            return (operand,)
        case InList(operand) | Cast(operand) | AtZone(operand):
            return (operand,)
    return ()


def with_columns(expression: Expression, positions: Mapping[int, int]) -> Expression:
    """The same expression over columns at other positions."""

    def moved(child: Expression) -> Expression:
        return with_columns(child, positions)

    match expression:
        case Column(index):
            return replace(expression, index=positions[index])
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            return replace(expression, left=moved(left), right=moved(right))
        case And(operands) | Or(operands) | Call(_, operands):
            return replace(expression, operands=tuple(map(moved, operands)))
        case Case(branches, otherwise):
            made = tuple((moved(condition), moved(value)) for condition, value in branches)
            return replace(expression, branches=made, otherwise=None if otherwise is None else moved(otherwise))
        case Literal():
            return expression
    (operand,) = children(expression)
    return replace(expression, operand=moved(operand))  # type: ignore[type-var]


def columns_of(expression: Expression) -> list[Column]:
    """Every column the expression reads, once."""
    if isinstance(expression, Column):
        return [expression]
    found = {column.index: column for child in children(expression) for column in columns_of(child)}
    return list(found.values())


def can_fail(expression: Expression) -> bool:
    """Whether evaluating it can raise on a value."""
    match expression:
        case Arithmetic(Operator.DIVIDE | Operator.MODULO, _, right, data_type):
            constant = right.scalar.as_py() if isinstance(right, Literal) else None
            safe = pa.types.is_floating(data_type) if constant is None else constant != 0
            if not safe:
                return True
        case Cast(operand, data_type, null_on_error):
            if not null_on_error and cast_can_fail(operand.data_type, data_type):
                return True
        case Call(may_fail=True):
            return True
    return any(map(can_fail, children(expression)))


def must_defer(expression: Case | And | Or) -> bool:
    """Whether a part that is not always reached can fail."""
    return any(map(can_fail, children(expression)[1:]))


def compile_deferred(
    expression: Case | And | Or, positions: Mapping[int, int], program: Callable[[Sequence[Expression]], Program]
) -> Run:
    """A function of the columns at ``positions`` and the number of rows."""

    def single(part: Expression) -> Run:
        compiled = program([with_columns(part, positions)])
        return lambda columns, length: compiled.arrays(columns, length)[0]

    if isinstance(expression, Case):
        branches = [(single(condition), single(value)) for condition, value in expression.branches]
        otherwise = None if expression.otherwise is None else single(expression.otherwise)
        return _case(branches, otherwise, expression.data_type)
    run = single(expression.operands[0])
    for operand in expression.operands[1:]:
        run = _short_circuit(run, single(operand), conjunction=isinstance(expression, And))
    return run


def _short_circuit(first: Run, second: Run, *, conjunction: bool) -> Run:
    combine = pc.and_kleene if conjunction else pc.or_kleene

    def run(columns: Sequence[pa.Array], length: int) -> Datum:
        known = first(columns, length)
        # AND goes on where the left side is not false, OR where it is not true.
        open_rows = pc.invert(is_true(pc.invert(known) if conjunction else known))
        count = open_rows.true_count
        if count == 0:
            return known
        if count == length:
            return combine(known, second(columns, length))
        rest = second([column.filter(open_rows) for column in columns], count)
        return pc.replace_with_mask(known, open_rows, combine(known.filter(open_rows), rest))

    return run


def _case(branches: list[tuple[Run, Run]], otherwise: Run | None, data_type: pa.DataType) -> Run:
    def typed(value: pa.Array) -> pa.Array:
        return value if value.type == data_type else value.cast(data_type)

    def run(columns: Sequence[pa.Array], length: int) -> Datum:
        rows = slot_range(0, length)
        pieces: list[tuple[pa.Array, pa.Array]] = []
        for condition, value in branches:
            mask = is_true(condition(columns, len(rows)))
            if mask.true_count == 0:
                continue
            pieces.append((rows.filter(mask), typed(value([c.filter(mask) for c in columns], mask.true_count))))
            keep = pc.invert(mask)
            columns, rows = [column.filter(keep) for column in columns], rows.filter(keep)
            if len(rows) == 0:
                break
        if len(rows):
            rest = pa.nulls(len(rows), data_type) if otherwise is None else typed(otherwise(columns, len(rows)))
            pieces.append((rows, rest))
        if len(pieces) == 1:
            return pieces[0][1]
        order = pa.concat_arrays([rows for rows, _ in pieces])
        return pa.concat_arrays([values for _, values in pieces]).take(pc.sort_indices(order))

    return run
