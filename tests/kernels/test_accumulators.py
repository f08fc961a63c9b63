"""Grouped accumulators against a plain Python model: results, changelogs, bundles, snapshots."""

from __future__ import annotations

import math
import struct
import threading
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levada._kernels import Accumulators

INTEGERS = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
FUNCTIONS = ["count", "sum", "min", "max", "avg"]
LARGE = 2**62


def slots_of(slots: list[int]) -> pa.Array:
    return pa.array(slots, pa.int32())


def wrap(value: int, data_type: pa.DataType) -> int:
    bits = data_type.bit_width
    value &= (1 << bits) - 1
    return value - (1 << bits) if pa.types.is_signed_integer(data_type) and value >> (bits - 1) else value


def narrow(value: float, data_type: pa.DataType) -> float:
    return pa.scalar(value).cast(data_type, safe=False).as_py() if data_type == pa.float32() else value


def float_order(value: float) -> tuple[bool, float, bool]:
    return math.isnan(value), 0.0 if math.isnan(value) else value, math.copysign(1, value) > 0


def aggregate(function: str, values: list[Any], data_type: pa.DataType) -> Any:
    """What SQL says, in one line per function."""
    known = [value for value in values if value is not None]
    if function == "count":
        return len(known)
    if not known:
        return None
    if function in ("min", "max"):
        key = float_order if pa.types.is_floating(data_type) else None
        return (min if function == "min" else max)(known, key=key)  # type: ignore[type-var]
    if pa.types.is_integer(data_type):
        if function == "sum":
            return wrap(sum(known), data_type)
        total = wrap(sum(known), pa.int64() if pa.types.is_signed_integer(data_type) else pa.uint64())
        return wrap(int(math.copysign(1, total)) * (abs(total) // len(known)), data_type)
    total = 0.0
    for value in known:
        total = narrow(total + value, data_type) if function == "sum" else total + value
    return total if function == "sum" else narrow(total / len(known), data_type)


def same(a: Any, b: Any) -> bool:
    """Equal to the bit, for floats too; NaN is NaN."""
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or struct.pack("d", a) == struct.pack("d", b)
    return type(a) is type(b) and bool(a == b)


@dataclass
class Model:
    """Groups as lists of rows; a changelog as lists of (kind, row or slot, results)."""

    data_type: pa.DataType
    groups: dict[int, list[Any]] = field(default_factory=dict)

    def results(self, slot: int) -> tuple[Any, ...]:
        values = self.groups.get(slot, [])
        return (len(values), *(aggregate(function, values, self.data_type) for function in FUNCTIONS))

    def change(self, slot: int, values: list[Any], label: int, *, update_before: bool) -> list[tuple[Any, ...]]:
        fresh, before = slot not in self.groups, self.results(slot)
        self.groups.setdefault(slot, []).extend(values)
        after = self.results(slot)
        if fresh:
            return [(0, label, *after)]
        if all(map(same, before, after)):
            return []
        return ([(1, label, *before)] if update_before else []) + [(2, label, *after)]


def make(data_type: pa.DataType) -> Accumulators:
    return Accumulators([("count", -1), *((function, 0) for function in FUNCTIONS)], [data_type])


def rows(columns: list[pa.Array]) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def assert_same_rows(left: list[tuple[Any, ...]], right: list[tuple[Any, ...]]) -> None:
    assert len(left) == len(right)
    for a, b in zip(left, right, strict=True):
        assert all(map(same, a, b)), (a, b)


@st.composite
def typed_batches(draw: st.DrawFn) -> tuple[pa.DataType, list[list[tuple[int, Any]]]]:
    data_type = draw(st.sampled_from([*INTEGERS, pa.float32(), pa.float64()]))
    if pa.types.is_integer(data_type):
        values = (
            st.integers(wrap(0, data_type), wrap(-1, data_type))
            if data_type in INTEGERS[4:]
            else st.integers(-(2 ** (data_type.bit_width - 1)), 2 ** (data_type.bit_width - 1) - 1)
        )
    else:
        values = st.floats(width=data_type.bit_width, allow_nan=True, allow_infinity=True) | st.sampled_from(
            [0.0, -0.0]
        )
    row = st.tuples(st.sampled_from([0, 1, 2, 4095, 4096, 9000]), st.none() | values)
    return data_type, draw(st.lists(st.lists(row, max_size=12), max_size=6))


@settings(max_examples=200, deadline=None)
@given(typed_batches(), st.booleans())
def test_per_row_changelog_is_the_naive_one(case: tuple[Any, Any], update_before: bool) -> None:
    data_type, batches = case
    made, model = make(data_type), Model(data_type)
    for batch in batches:
        slots, values = slots_of([slot for slot, _ in batch]), pa.array([value for _, value in batch], data_type)
        expected = [
            change
            for at, (slot, value) in enumerate(batch)
            for change in model.change(slot, [value], at, update_before=update_before)
        ]
        assert_same_rows(rows(made.update_per_row(slots, [values], update_before)), expected)
        assert len(made) == len(model.groups)


@settings(max_examples=200, deadline=None)
@given(typed_batches(), st.booleans(), st.integers(1, 3), st.integers(1, 4))
def test_a_bundle_gives_one_change_per_slot(case: tuple[Any, Any], update_before: bool, every: int, limit: int) -> None:
    data_type, batches = case
    made, model = make(data_type), Model(data_type)
    waiting: dict[int, list[Any]] = {}
    for at, batch in enumerate(batches, 1):
        slots, values = slots_of([slot for slot, _ in batch]), pa.array([value for _, value in batch], data_type)
        made.update_bundle(slots, [values])
        for slot, value in batch:
            waiting.setdefault(slot, []).append(value)
        assert made.bundle_size == len(waiting)
        if at % every == 0:
            expected = [
                change
                for slot, held in waiting.items()
                for change in model.change(slot, held, slot, update_before=update_before)
            ]
            flushed: list[tuple[Any, ...]] = []
            while made.bundle_size:
                flushed += rows(made.flush_bundle(limit, update_before))
            assert_same_rows(flushed, expected)
            waiting.clear()


@settings(max_examples=100, deadline=None)
@given(typed_batches())
def test_a_snapshot_stands_still_and_restores(case: tuple[Any, Any]) -> None:
    data_type, batches = case
    made, model = make(data_type), Model(data_type)
    frozen = []
    for batch in batches:
        slots, values = slots_of([slot for slot, _ in batch]), pa.array([value for _, value in batch], data_type)
        made.update(slots, [values])
        changed = {slot for slot, _ in batch}
        for slot, value in batch:
            model.groups.setdefault(slot, []).append(value)
        everything = slots_of([*range(0, 10000, 7), 1, 2, 4095, 4096, 9000])
        wanted = [slot for slot in everything.to_pylist() if slot in model.groups]
        frozen.append((made.snapshot(), everything, wanted, changed, [model.results(slot) for slot in wanted]))
    for snapshot, everything, wanted, changed, expected in frozen:
        assert snapshot.select(everything).to_pylist() == wanted
        assert snapshot.select(everything, changed_only=True).to_pylist() == [s for s in wanted if s in changed]
        assert len(snapshot) == len(set(wanted))
        restored = make(data_type)
        # Slots of another process: other numbers for the same groups.
        again = slots_of([slot + 5000 for slot in wanted])
        restored.restore(again, snapshot.columns(slots_of(wanted)))
        assert_same_rows(rows(restored.results(again)), expected)
        assert len(restored) == len(snapshot)


def test_unchanged_results_emit_nothing() -> None:
    made = Accumulators([("max", 0)], [pa.int64()])
    kinds, at, best = made.update_per_row(slots_of([0, 0, 0, 0]), [pa.array([5, 3, None, 7])])
    assert (kinds.to_pylist(), at.to_pylist(), best.to_pylist()) == ([0, 1, 2], [0, 3, 3], [5, 5, 7])


def test_the_first_row_of_a_group_is_an_insert_even_if_all_is_null() -> None:
    made = Accumulators([("sum", 0)], [pa.int32()])
    assert rows(made.update_per_row(slots_of([3, 3]), [pa.array([None, 4], pa.int32())])) == [
        (0, 0, None),
        (1, 1, None),
        (2, 1, 4),
    ]


def test_without_aggregates_each_group_appears_once() -> None:
    made = Accumulators([], [])
    assert rows(made.update_per_row(slots_of([0, 1, 0]), [])) == [(0, 0), (0, 1)]


@pytest.mark.parametrize(
    "data_type",
    [
        pa.date32(),
        pa.date64(),
        pa.time32("s"),
        pa.time64("us"),
        pa.timestamp("ms"),
        pa.timestamp("ns", "UTC"),
        pa.duration("s"),
    ],
)
def test_times_have_extremes_in_their_own_type(data_type: pa.DataType) -> None:
    width = pa.int32() if data_type.bit_width == 32 else pa.int64()
    day = 86_400_000
    values = pa.array([3 * day % (2**31), 1 * day, None], width).cast(data_type)
    made = Accumulators([("min", 0), ("max", 0), ("count", 0)], [data_type])
    made.update(slots_of([0, 0, 0]), [values])
    low, high, count = made.results(slots_of([0]))
    assert low.type == high.type == data_type
    assert (low[0], high[0], count[0].as_py()) == (values[1], values[0], 2)
    frozen = made.snapshot()
    assert [column.type for column in frozen.columns(slots_of([0]))] == [data_type, data_type, pa.int64()]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", None]),
        pa.array([True, None]),
        pa.array([[1], None]),
        pa.nulls(2),
        pa.array(["x", None]).dictionary_encode(),
    ],
)
def test_count_takes_any_type(column: pa.Array) -> None:
    made = Accumulators([("count", 0), ("count", -1)], [column.type])
    if pa.types.is_dictionary(column.type):
        made = Accumulators([("count", 0), ("count", -1)], [column.type.value_type])
    made.update(slots_of([1, 1]), [column])
    assert rows(made.results(slots_of([1]))) == [(len(column) - column.null_count, 2)]


def test_sliced_arguments_are_read_at_their_offset() -> None:
    made = Accumulators([("sum", 0), ("count", 1)], [pa.int64(), pa.string()])
    numbers, texts = pa.array([100, 1, None, 3]), pa.array(["x", None, "y", None])
    made.update(slots_of([9, 0, 0, 0]).slice(1), [numbers.slice(1), texts.slice(1)])
    assert rows(made.results(slots_of([0]))) == [(4, 1)]


def test_clear_forgets_a_slot() -> None:
    made = make(pa.int64())
    made.update(slots_of([0, 1]), [pa.array([1, 2])])
    before = made.snapshot()
    made.clear(slots_of([0]))
    assert len(made) == 1
    after = made.snapshot()
    assert after.select(slots_of([0, 1])).to_pylist() == [1]
    assert before.select(slots_of([0, 1])).to_pylist() == [0, 1]
    kinds = made.update_per_row(slots_of([0]), [pa.array([5])])[0]
    assert kinds.to_pylist() == [0]
    assert made.results(slots_of([0]))[2].to_pylist() == [5]


def test_a_snapshot_may_be_read_on_another_thread_while_the_loop_writes() -> None:
    made = Accumulators([("sum", 0)], [pa.int64()])
    slots, ones = slots_of(list(range(20_000))), pa.array([1] * 20_000)
    made.update(slots, [ones])
    frozen, sums = made.snapshot(), list[int]()
    reader = threading.Thread(target=lambda: sums.extend(sum(frozen.columns(slots)[0].to_pylist()) for _ in range(5)))
    reader.start()
    for _ in range(50):
        made.update(slots, [ones])
    reader.join()
    assert sums == [20_000] * 5


@pytest.mark.parametrize(
    ("function", "data_type", "message"),
    [
        ("sum", pa.string(), "no aggregate 'sum' over an argument of Arrow format 'u'"),
        ("avg", pa.timestamp("ms"), "no aggregate 'avg'"),
        ("median", pa.int64(), "no aggregate 'median'"),
    ],
)
def test_unknown_aggregates_are_refused(function: str, data_type: pa.DataType, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Accumulators([(function, 0)], [data_type])


def test_wrong_calls_are_refused() -> None:
    made = Accumulators([("sum", 0)], [pa.int64()])
    with pytest.raises(ValueError, match="there is no argument column 1"):
        Accumulators([("sum", 1)], [pa.int64()])
    with pytest.raises(ValueError, match="no aggregate 'sum' over no argument"):
        Accumulators([("sum", -1)], [])
    with pytest.raises(TypeError, match="column 0 has Arrow format 'i', expected 'l'"):
        made.update(slots_of([0]), [pa.array([1], pa.int32())])
    with pytest.raises(ValueError, match="column 0 has 2 rows for 1 slots"):
        made.update(slots_of([0]), [pa.array([1, 2])])
    with pytest.raises(ValueError, match="expected 1 columns, got 0"):
        made.update(slots_of([0]), [])
    with pytest.raises(ValueError, match="must not be negative"):
        made.update(slots_of([-1]), [pa.array([1])])
    with pytest.raises(ValueError, match="slot 5000 was never updated"):
        made.results(slots_of([5000]))
    with pytest.raises(ValueError, match="slot 7 is not in the snapshot"):
        made.snapshot().columns(slots_of([7]))
    made.update_bundle(slots_of([0]), [pa.array([1])])
    with pytest.raises(RuntimeError, match="flush it first"):
        made.snapshot()
