"""Timers against a plain set: registering, deleting, popping in order, freezing."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levada._kernels import FrozenTimers, TimerQueue

LARGE = 2**62


def columns(timers: list[tuple[int, int]]) -> tuple[pa.Array, pa.Array]:
    return pa.array([time for time, _ in timers], pa.int64()), pa.array([slot for _, slot in timers], pa.int32())


def pairs(result: tuple[pa.Array, pa.Array]) -> list[tuple[int, int]]:
    return list(zip(result[0].to_pylist(), result[1].to_pylist(), strict=True))


_TIMERS = st.lists(
    st.tuples(st.integers(-5, 5) | st.sampled_from([-(2**63), 2**63 - 1]), st.integers(0, 3)), max_size=30
)
_ACTIONS = st.lists(
    st.tuples(st.sampled_from(["register", "delete"]), _TIMERS)
    | st.tuples(st.just("pop"), st.integers(-6, 6), st.integers(0, 10))
    | st.tuples(st.just("freeze")),
    max_size=30,
)


@settings(max_examples=300, deadline=None)
@given(_ACTIONS)
def test_behaves_like_a_sorted_set(actions: list[tuple[Any, ...]]) -> None:
    queue, model = TimerQueue(), set[tuple[int, int]]()
    frozen: list[tuple[FrozenTimers, list[tuple[int, int]]]] = []
    for name, *arguments in actions:
        if name == "register":
            assert queue.register(*columns(arguments[0])) == len(set(arguments[0]) - model)
            model |= set(arguments[0])
        elif name == "delete":
            assert queue.delete(*columns(arguments[0])) == len(set(arguments[0]) & model)
            model -= set(arguments[0])
        elif name == "pop":
            up_to, limit = arguments
            due = sorted(timer for timer in model if timer[0] <= up_to)[:limit]
            assert pairs(queue.pop_due(up_to, limit)) == due
            model -= set(due)
        else:
            frozen.append((queue.snapshot(), sorted(model)))
        assert len(queue) == len(model)
        assert queue.next_time == min((time for time, _ in model), default=None)
    for snapshot, expected in frozen:
        assert len(snapshot) == len(expected)
        assert pairs(snapshot.columns(0, LARGE)) == expected
        assert pairs(snapshot.columns(2, 3)) == expected[2:5]


def test_many_timers_come_back_in_order() -> None:
    count = 50_000
    times = pa.array([(at * 7919) % count // 4 for at in range(count)], pa.int64())
    slots = pa.array(range(count), pa.int32())
    queue = TimerQueue()
    for start in range(0, count, 8192):
        queue.register(times.slice(start, 8192), slots.slice(start, 8192))
    assert queue.delete(times.slice(0, count - 10), slots.slice(0, count - 10)) == count - 10
    rest = sorted(zip(times.to_pylist()[-10:], slots.to_pylist()[-10:], strict=True))
    assert pairs(queue.pop_due(count, 4)) == rest[:4]
    assert queue.next_time == rest[4][0]
    assert pairs(queue.pop_due(count, LARGE)) == rest[4:]
    assert queue.next_time is None


def test_a_snapshot_registers_into_a_new_queue() -> None:
    queue = TimerQueue()
    queue.register(*columns([(3, 1), (1, 2), (2, 0)]))
    again = TimerQueue()
    assert again.register(*queue.snapshot().columns(0, LARGE)) == 3
    assert pairs(again.pop_due(10, LARGE)) == [(1, 2), (2, 0), (3, 1)]


def test_columns_must_fit() -> None:
    queue = TimerQueue()
    with pytest.raises(ValueError, match="same length"):
        queue.register(pa.array([1, 2], pa.int64()), pa.array([1], pa.int32()))
    with pytest.raises(TypeError, match="times must be an Arrow array of int64"):
        queue.register(pa.array([1.0]), pa.array([1], pa.int32()))
    with pytest.raises(ValueError, match="slots must not hold nulls"):
        queue.register(pa.array([1], pa.int64()), pa.array([None], pa.int32()))
