"""GROUP BY: the changelog against the naive one, DuckDB, and itself after a restore at another parallelism."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levada.common.batch import ColumnBatch, RowBatch
from levada.common.errors import CheckpointMismatchError, InternalError, JobBuildError
from levada.operators.columnar import AggregateCall, GroupAggregate

from .harness import Bench, rows_of, split_by_key

INPUT = pa.schema([("k", pa.string()), ("n", pa.int32()), ("v", pa.int64()), ("x", pa.float64())])
CALLS = (
    AggregateCall("count"),
    AggregateCall("count", 2, pa.int64()),
    AggregateCall("sum", 2, pa.int64()),
    AggregateCall("min", 2, pa.int64()),
    AggregateCall("max", 3, pa.float64()),
    AggregateCall("avg", 2, pa.int64()),
)
RESULTS = ["c", "cv", "s", "mn", "mx", "a"]


def spec(keys: tuple[int, ...] = (0, 1), calls: tuple[AggregateCall, ...] = CALLS, **options: Any) -> GroupAggregate:
    fields = [INPUT.field(at) for at in keys]
    results = [pa.field(name, call.result_type) for name, call in zip(RESULTS, calls, strict=False)]
    return GroupAggregate(keys, calls, pa.schema([*fields, *results]), **options)


def batch(rows: Iterable[tuple[Any, ...]]) -> ColumnBatch:
    listed = list(rows)
    columns = [pa.array([row[at] for row in listed], field.type) for at, field in enumerate(INPUT)]
    return ColumnBatch(pa.RecordBatch.from_arrays(columns, schema=INPUT))


def results(group: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The aggregates of CALLS over rows of INPUT, as Flink gives them."""
    v = [row[2] for row in group if row[2] is not None]
    x = [row[3] for row in group if row[3] is not None]
    average = None if not v else abs(sum(v)) // len(v) * (1 if sum(v) >= 0 else -1)
    return (len(group), len(v), sum(v) if v else None, min(v, default=None), max(x, default=None), average)


class Naive:
    """Row by row, everything computed anew."""

    def __init__(self, keys: tuple[int, ...] = (0, 1), *, update_before: bool = True) -> None:
        self._keys = keys
        self._update_before = update_before
        self.groups: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}

    def apply(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """A change per row."""
        return [change for row in rows for change in self._change(self.key(row), [row])]

    def apply_bundle(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """A change per key."""
        bundle: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
        for row in rows:
            bundle.setdefault(self.key(row), []).append(row)
        return [change for key, held in bundle.items() for change in self._change(key, held)]

    def key(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(row[at] for at in self._keys)

    def _change(self, key: tuple[Any, ...], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        known = key in self.groups
        before = results(self.groups.get(key, []))
        group = self.groups.setdefault(key, [])
        group.extend(rows)
        after = results(group)
        if not known:
            return [(0, *key, *after)]
        if before == after:
            return []
        return ([(1, *key, *before)] if self._update_before else []) + [(2, *key, *after)]


def fold(changes: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What the changelog says in the end; a retraction must take back what was there."""
    table: list[tuple[Any, ...]] = []
    for kind, *row in changes:
        if kind in (1, 3):
            table.remove(tuple(row))
        else:
            table.append(tuple(row))
    return sorted(table, key=repr)


_ROW = st.tuples(
    st.sampled_from(["a", "b", None, "a longer key than sixteen bytes"]),
    st.sampled_from([1, 2, None]),
    st.none() | st.integers(-100, 100),
    st.none() | st.floats(-1e6, 1e6).map(lambda value: value + 0.0),
)
_BATCHES = st.lists(st.lists(_ROW, max_size=15), max_size=6)


@settings(max_examples=60, deadline=None)
@given(_BATCHES, st.booleans(), st.integers(1, 20), st.integers(0, 2))
def test_per_row_changelog_is_the_naive_one(
    batches: list[list[tuple[Any, ...]]], update_before: bool, max_rows: int, exhausted_every: int
) -> None:
    bench = Bench(spec(generate_update_before=update_before), max_rows=max_rows, exhausted_every=exhausted_every)
    naive = Naive(update_before=update_before)
    expected: list[tuple[Any, ...]] = []
    for rows in batches:
        bench.push(batch(rows))
        expected += naive.apply(rows)
    assert bench.changes() == expected


@settings(max_examples=60, deadline=None)
@given(_BATCHES, st.booleans(), st.integers(1, 20), st.integers(1, 25), st.integers(0, 2))
def test_mini_batch_changelog_is_the_naive_one(
    batches: list[list[tuple[Any, ...]]], update_before: bool, max_rows: int, size: int, exhausted_every: int
) -> None:
    made = spec(mini_batch=True, mini_batch_size=size, generate_update_before=update_before)
    bench = Bench(made, max_rows=max_rows, exhausted_every=exhausted_every)
    naive = Naive(update_before=update_before)
    expected: list[tuple[Any, ...]] = []
    waiting: list[tuple[Any, ...]] = []
    for rows in batches:
        bench.push(batch(rows))
        waiting += rows
        if len(waiting) >= size:
            expected += naive.apply_bundle(waiting)
            waiting = []
    bench.operator.end_input()
    bench.settle()
    expected += naive.apply_bundle(waiting)
    assert bench.changes() == expected


@settings(max_examples=25, deadline=None)
@given(_BATCHES, st.booleans(), st.sampled_from([(0, 1), (0,), (3,), ()]))
def test_folded_changelog_equals_duckdb(
    batches: list[list[tuple[Any, ...]]], mini_batch: bool, keys: tuple[int, ...]
) -> None:
    calls = (*CALLS[:5],)
    bench = Bench(spec(keys, calls, mini_batch=mini_batch, mini_batch_size=10))
    for rows in batches:
        bench.push(batch(rows))
    bench.operator.end_input()
    everything = batch(row for rows in batches for row in rows)
    names = ", ".join(INPUT.names[at] for at in keys)
    with duckdb.connect() as connection:
        connection.register("bids", pa.Table.from_batches([everything.data]))
        query = f"SELECT {names + ',' if keys else ''} count(*), count(v), sum(v)::BIGINT, min(v), max(x) FROM bids "
        query += f"GROUP BY {names}" if keys else "HAVING count(*) > 0"
        expected = sorted(connection.execute(query).fetchall(), key=repr)
    assert fold(bench.changes()) == expected


@settings(max_examples=25, deadline=None)
@given(_BATCHES, _BATCHES, st.booleans(), st.integers(1, 4), st.integers(1, 4))
def test_a_restored_job_goes_on_as_if_nothing_had_been(
    before: list[list[tuple[Any, ...]]],
    after: list[list[tuple[Any, ...]]],
    mini_batch: bool,
    first_parallelism: int,
    second_parallelism: int,
) -> None:
    made = spec(mini_batch=mini_batch, mini_batch_size=10)

    def run(benches: list[Bench], batches: list[list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
        for rows in batches:
            for bench, share in zip(benches, split_by_key(batch(rows).data, (0, 1), len(benches), 8), strict=True):
                bench.push(ColumnBatch(share))
        snapshots.clear()
        snapshots.extend(bench.snapshot() for bench in benches)
        return [change for bench in benches for change in bench.changes()]

    snapshots: list[dict[str, list[pa.RecordBatch]]] = []
    first = [Bench(made, index=at, parallelism=first_parallelism, groups=8) for at in range(first_parallelism)]
    changes = run(first, before)
    merged = {"groups": [part for snapshot in snapshots for part in snapshot["groups"]]}
    second = [
        Bench(made, index=at, parallelism=second_parallelism, groups=8, restored=merged)
        for at in range(second_parallelism)
    ]
    changes += run(second, after)
    naive = Naive()
    for rows in before + after:
        naive.apply(rows)
    assert fold(changes) == sorted(((*key, *results(group)) for key, group in naive.groups.items()), key=repr)
    # The state, too, is what an uninterrupted run would have saved.
    saved = pa.Table.from_batches([part for snapshot in snapshots for part in snapshot["groups"]], SAVED)
    rows = [tuple(row.values())[1:8] for row in saved.to_pylist()]
    assert sorted(rows, key=repr) == sorted(
        ((*key, *results(group)[:5]) for key, group in naive.groups.items()), key=repr
    )


SAVED = pa.schema(
    [
        pa.field("key_group", pa.uint16(), nullable=False),
        ("key_0", pa.string()),
        ("key_1", pa.int32()),
        pa.field("0_count", pa.int64(), nullable=False),
        pa.field("1_count", pa.int64(), nullable=False),
        ("2_sum", pa.int64()),
        ("3_min", pa.int64()),
        ("4_max", pa.float64()),
        ("5_avg_sum", pa.int64()),
        pa.field("5_avg_count", pa.int64(), nullable=False),
    ]
)


def test_a_snapshot_is_plain_arrow_sorted_by_key_group_and_stands_still() -> None:
    bench = Bench(spec())
    rows = [(f"k{at % 500}", at % 3, at, float(at)) for at in range(3000)]
    bench.push(batch(rows))
    (part,) = bench.operator.snapshot(1).values()
    bench.push(batch(rows))
    bench.push(batch([("new", 1, 1, 1.0)]))
    saved = pa.Table.from_batches(list(part.batches()))
    assert saved.schema == SAVED
    groups = saved["key_group"].to_pylist()
    assert groups == sorted(groups)
    assert saved.num_rows == 1500
    naive = Naive()
    naive.apply(rows)
    counts = zip(saved["key_0"].to_pylist(), saved["key_1"].to_pylist(), saved["0_count"].to_pylist(), strict=True)
    assert {(a, b): count for a, b, count in counts} == {key: len(group) for key, group in naive.groups.items()}
    assert part.released is not None
    part.released()
    assert list(part.batches()) == []


def test_a_large_snapshot_comes_in_chunks() -> None:
    calls = (AggregateCall("count"),)
    made = GroupAggregate((0,), calls, pa.schema([("k", pa.int64()), ("c", pa.int64())]))
    bench = Bench(made)
    keys = pa.array(range(150_000), pa.int64())
    bench.push(ColumnBatch(pa.record_batch([keys], names=["k"])))
    (part,) = bench.operator.snapshot(1).values()
    sizes = [chunk.num_rows for chunk in part.batches()]
    assert sizes == [32_768] * 4 + [18_928]


def test_nothing_changes_nothing_is_emitted() -> None:
    calls = (AggregateCall("max", 2, pa.int64()),)
    bench = Bench(spec((0,), calls))
    bench.push(batch([("a", 1, 5, 0.0), ("a", 1, 3, 0.0), ("a", 1, None, 0.0)]))
    bench.push(batch([("a", 1, 5, 0.0)]))
    assert bench.changes() == [(0, "a", 5)]
    assert len(bench.out.elements) == 1


def test_a_global_aggregate_over_nothing_emits_nothing() -> None:
    for mini_batch in (False, True):
        bench = Bench(spec((), mini_batch=mini_batch))
        bench.push(batch([]))
        bench.watermark(2**63 - 1)
        bench.operator.end_input()
        assert bench.out.elements == [2**63 - 1]
        assert bench.snapshot() == {"groups": []}


def test_a_global_aggregate_lives_on_the_first_subtask() -> None:
    bench = Bench(spec((), (AggregateCall("sum", 2, pa.int64()),)))
    bench.push(batch([("a", 1, 5, 0.0), ("b", 1, 3, 0.0)]))
    saved = bench.snapshot()
    assert saved["groups"][0].to_pylist() == [{"key_group": 0, "0_sum": 8}]
    again = Bench(spec((), (AggregateCall("sum", 2, pa.int64()),)), restored=saved)
    again.push(batch([("c", 1, 2, 0.0)]))
    assert again.changes() == [(1, 8), (2, 10)]


def test_distinct_is_a_group_by_without_aggregates() -> None:
    bench = Bench(spec((0,), ()))
    bench.push(batch([("a", 1, 5, 0.0), ("b", 1, 3, 0.0), ("a", 1, 3, 0.0)]))
    assert bench.changes() == [(0, "a"), (0, "b")]


def test_a_bundle_waits_for_watermark_barrier_and_latency() -> None:
    made = spec((0,), (AggregateCall("count"),), mini_batch=True, mini_batch_size=1000, mini_batch_latency_ms=50)
    bench = Bench(made)
    bench.push(batch([("a", 1, 5, 0.0)]))
    assert bench.out.elements == []
    assert bench.wakeups == [1050]
    bench.push(batch([("a", 1, 5, 0.0)]))
    assert bench.wakeups == [1050]
    bench.watermark(7)
    assert bench.changes() == [(0, "a", 2)]
    assert bench.out.elements[-1] == 7
    bench.clock.now = 1030
    bench.push(batch([("a", 1, 5, 0.0)]))
    assert bench.wakeups == [1050], "one at a time"
    bench.operator.on_processing_time(1050)  # belongs to the bundle that the watermark ended
    assert len(bench.changes()) == 1
    assert bench.wakeups == [1050, 1080]
    bench.operator.on_processing_time(1080)
    assert bench.changes()[1:] == [(1, "a", 2), (2, "a", 3)]
    bench.push(batch([("b", 1, 5, 0.0)]))
    bench.snapshot()
    assert bench.changes()[3:] == [(0, "b", 1)]


def test_a_long_answer_is_given_in_parts_and_the_watermark_stays_behind_it() -> None:
    many = [(f"k{at}", 1, at, 0.0) for at in range(100)]
    for made in (spec(), spec(mini_batch=True, mini_batch_size=1000)):
        bench = Bench(made, max_rows=10, exhausted_every=1)
        bench.operator.process_batch(batch(many))
        if made.mini_batch:
            bench.operator.process_watermark(5)
        assert bench.operator.pending
        assert len(bench.out.elements) == 1
        assert bench.settle() == 9
        if not made.mini_batch:
            bench.watermark(5)
        assert [len(element) for element in bench.out.elements[:-1]] == [10] * 10
        assert bench.out.elements[-1] == 5
        assert [change[1] for change in bench.changes()] == [row[0] for row in many]


def test_slices_and_unused_columns_do_not_matter() -> None:
    bench = Bench(spec((0,), (AggregateCall("sum", 2, pa.int64()),)))
    whole = batch([("a", 1, 1, 0.0), ("b", 1, 2, 0.0), ("a", 1, 3, 0.0)])
    bench.push(whole.slice(1, 3))
    assert rows_of(bench.out.elements[0]) == [(0, "b", 2), (0, "a", 3)]


def test_what_cannot_work_is_refused_when_built() -> None:
    with pytest.raises(JobBuildError, match="SUM of string"):
        AggregateCall("sum", 0, pa.string())
    with pytest.raises(JobBuildError, match="aggregate 'median': known are count, sum"):
        AggregateCall("median", 0, pa.int64())
    with pytest.raises(JobBuildError, match="'max' needs an argument"):
        AggregateCall("max")
    with pytest.raises(JobBuildError, match="give argument and argument_type together"):
        AggregateCall("sum", 1)
    with pytest.raises(JobBuildError, match=r"must have the types \(int64\), not \(int32\)"):
        GroupAggregate((0,), (AggregateCall("count"),), pa.schema([("k", pa.string()), ("c", pa.int32())]))
    with pytest.raises(JobBuildError, match=r"mini-batch.size is -1"):
        spec(mini_batch=True, mini_batch_size=-1)


def test_a_changelog_or_rows_as_input_are_a_planners_mistake() -> None:
    bench = Bench(spec())
    with pytest.raises(InternalError, match="takes inserts"):
        bench.push(ColumnBatch(batch([("a", 1, 1, 0.0)]).data, pa.array([3], pa.int8())))
    with pytest.raises(InternalError, match="takes inserts"):
        bench.push(RowBatch([1]))


def test_state_of_another_query_is_refused() -> None:
    bench = Bench(spec((0,), CALLS[:2]))
    bench.push(batch([("a", 1, 1, 0.0)]))
    with pytest.raises(CheckpointMismatchError, match=r"1_count int64.*the query needs.*1_sum int64.*another uid"):
        Bench(spec((0,), (CALLS[0], CALLS[2])), restored=bench.snapshot())
