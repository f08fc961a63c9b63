"""Calc: projection and filter, row kinds alongside."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.common.batch import ColumnBatch, RowBatch
from levada.common.errors import InternalError
from levada.operators.columnar import Calc
from levada.operators.columnar.expressions import (
    Arithmetic,
    Column,
    Comparison,
    Expression,
    Literal,
    Operator,
    Relation,
)

from .harness import Bench

I64 = pa.int64()
A, B = Column(0, I64, "a"), Column(1, I64, "b")
DOUBLED = Arithmetic(Operator.MULTIPLY, B, Literal.of(2, I64), I64)
OUTPUT = pa.schema([("two_b", I64), ("one", I64)])


def calc(condition: Expression | None = None) -> Calc:
    return Calc((DOUBLED, Literal.of(1, I64)), OUTPUT, condition)


def batch(rows: list[tuple[Any, Any]], kinds: list[int] | None = None) -> ColumnBatch:
    columns = [pa.array([row[at] for row in rows], I64) for at in range(2)]
    data = pa.record_batch([*columns, pa.array(["unused"] * len(rows))], names=["a", "b", "c"])
    return ColumnBatch(data, None if kinds is None else pa.array(kinds, pa.int8()))


_ROWS = st.lists(st.tuples(st.integers(-3, 3) | st.none(), st.integers(-9, 9) | st.none()), max_size=20)


@given(_ROWS, st.integers(-4, 4), st.booleans())
def test_keeps_the_rows_for_which_the_condition_is_true(rows: list[Any], bound: int, with_kinds: bool) -> None:
    bench = Bench(calc(Comparison(Relation.GREATER, A, Literal.of(bound, I64))))
    kinds = [at % 4 for at in range(len(rows))] if with_kinds else None
    bench.push(batch(rows, kinds))
    expected = [
        (at % 4 if with_kinds else 0, None if b is None else 2 * b, 1)
        for at, (a, b) in enumerate(rows)
        if a is not None and a > bound
    ]
    assert bench.changes() == expected
    assert len(bench.out.elements) == (1 if expected else 0)


def test_without_a_condition_every_row_passes() -> None:
    bench = Bench(calc())
    bench.push(batch([(1, 2), (None, None)]))
    assert bench.changes() == [(0, 4, 1), (0, None, 1)]
    assert bench.out.elements[0].kinds is None
    assert bench.out.elements[0].data.schema == OUTPUT


@pytest.mark.parametrize(("constant", "passes"), [(True, True), (False, False), (None, False)])
def test_a_constant_condition(constant: bool | None, passes: bool) -> None:
    bench = Bench(calc(Literal.of(constant, pa.bool_())))
    bench.push(batch([(1, 2)]))
    assert bool(bench.changes()) is passes


def test_sliced_batches_and_watermarks_pass_through() -> None:
    bench = Bench(calc(Comparison(Relation.EQUAL, A, Literal.of(2, I64))))
    bench.push(batch([(2, 1), (1, 2), (2, 3)], [0, 1, 2]).slice(1, 3))
    bench.watermark(9)
    assert bench.changes() == [(2, 6, 1)]
    assert bench.out.elements[-1] == 9


def test_rows_are_a_planners_mistake() -> None:
    with pytest.raises(InternalError, match="Calc takes column batches"):
        Bench(calc()).push(RowBatch([1]))
