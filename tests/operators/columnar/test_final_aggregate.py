"""GROUP BY in batch mode: one answer, at the end, once, whatever passes before and whenever the job is restored."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from levada.common.batch import ColumnBatch
from levada.operators.columnar import AggregateCall, GroupAggregate
from levada.operators.columnar.final_aggregate import FinalAggregate

from .harness import Bench, split_by_key

INPUT = pa.schema([("k", pa.string()), ("v", pa.int64())])
COUNT, SUM = AggregateCall("count"), AggregateCall("sum", 1, pa.int64())
BY_KEY = FinalAggregate(
    GroupAggregate((0,), (COUNT, SUM), pa.schema([("k", pa.string()), ("c", pa.int64()), ("s", pa.int64())]))
)
TOTAL_SCHEMA = pa.schema([("c", pa.int64()), ("s", pa.int64())])
TOTAL = FinalAggregate(
    GroupAggregate((), (COUNT, SUM), TOTAL_SCHEMA),
    pa.RecordBatch.from_arrays([pa.array([0]), pa.array([None], pa.int64())], schema=TOTAL_SCHEMA),
)


def batch(*rows: tuple[Any, ...]) -> ColumnBatch:
    columns = [pa.array([row[at] for row in rows], field.type) for at, field in enumerate(INPUT)]
    return ColumnBatch(pa.RecordBatch.from_arrays(columns, schema=INPUT))


def end(bench: Bench) -> list[tuple[Any, ...]]:
    before = len(bench.changes())
    bench.operator.end_input()
    bench.settle()
    return bench.changes()[before:]


def test_watermarks_and_checkpoints_pass_without_an_answer() -> None:
    bench = Bench(BY_KEY)
    bench.push(batch(("a", 1), ("b", 2), (None, None)))
    bench.watermark(5)
    bench.snapshot()
    bench.push(batch(("a", 3), (None, 4)))
    assert bench.out.elements == [5]
    assert end(bench) == [(0, "a", 2, 4), (0, "b", 1, 2), (0, None, 2, 4)]
    assert all(element.kinds is None for element in bench.out.elements if isinstance(element, ColumnBatch))


@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_a_restored_job_answers_once_for_all(parallelism: int) -> None:
    first = Bench(BY_KEY)
    first.push(batch(*[(f"k{n % 7}", n) for n in range(50)]))
    parts = first.snapshot()
    rest = batch(*[(f"k{n % 9}", n) for n in range(50, 90)])
    answers: list[tuple[Any, ...]] = []
    for index, share in enumerate(split_by_key(rest.data, [0], parallelism, 128)):
        bench = Bench(BY_KEY, restored=parts, index=index, parallelism=parallelism)
        bench.push(ColumnBatch(share))
        answers += end(bench)
    groups: dict[str, list[int]] = {}
    for n in range(90):
        groups.setdefault(f"k{n % 7 if n < 50 else n % 9}", []).append(n)
    assert sorted(answers) == sorted((0, key, len(held), sum(held)) for key, held in groups.items())


def test_what_has_been_answered_is_not_answered_again() -> None:
    bench = Bench(BY_KEY)
    bench.push(batch(("a", 1)))
    assert end(bench) == [(0, "a", 1, 1)]
    assert end(Bench(BY_KEY, restored=bench.snapshot())) == []


@pytest.mark.parametrize("rows", [[], [("a", 1), ("b", None)]])
def test_a_total_has_an_answer_for_nothing_but_only_one(rows: list[tuple[Any, ...]]) -> None:
    expected = [(0, 2, 1)] if rows else [(0, 0, None)]
    bench = Bench(TOTAL)
    if rows:
        bench.push(batch(*rows))
    parts = bench.snapshot()
    assert end(bench) == expected
    assert end(Bench(TOTAL, restored=parts)) == expected
    assert end(Bench(TOTAL, restored=bench.snapshot())) == []


def test_a_long_answer_is_given_in_parts() -> None:
    bench = Bench(BY_KEY, max_rows=10, exhausted_every=1)
    bench.push(batch(*[(f"k{n}", n) for n in range(95)]))
    bench.operator.end_input()
    assert bench.operator.pending
    assert len(bench.changes()) == 10
    assert bench.settle() == 9
    assert [row[1] for row in bench.changes()] == [f"k{n}" for n in range(95)]


def test_distinct_rows() -> None:
    bench = Bench(FinalAggregate(GroupAggregate((0,), (), pa.schema([("k", pa.string())]))))
    bench.push(batch(("a", 1), ("b", 2), ("a", 3)))
    assert end(bench) == [(0, "a"), (0, "b")]
