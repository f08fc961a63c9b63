"""Keyed process functions and rolling reduce: keys, state, timers, order, interruption, restore."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.operators.row.harness import Harness, Restored, VirtualClock, written

from levada.common.errors import JobBuildError, KeyTypeError, StateError, UserError, UserFunctionError
from levada.common.output_tag import OutputTag
from levada.operators.row import KeyedProcess, KeyedReduce
from levada.operators.row.resumable import CHUNK_ROWS
from levada.state import ListStateDescriptor, TimeDomain, ValueStateDescriptor

END = 2**63 - 1


def first(row: Any) -> Any:
    return row[0]


class Script:
    """Does what its records say: ``(key, action, argument ...)``; keeps a count per key."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", int))

    def process_element(self, value: tuple[Any, ...], ctx: Any) -> Iterator[Any]:
        self.count.update((self.count.value() or 0) + 1)
        timers = ctx.timer_service()
        match value[1:]:
            case ("event", time):
                timers.register_event_time_timer(time)
            case ("clock", time):
                timers.register_processing_time_timer(time)
            case ("forget", time):
                timers.delete_event_time_timer(time)
            case ("tell",):
                yield ctx.get_current_key(), self.count.value(), ctx.timestamp(), timers.current_watermark()

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
        yield "timer", ctx.get_current_key(), timestamp, self.count.value(), ctx.time_domain()


def process(function: Any = None, **settings: Any) -> Harness:
    return Harness(KeyedProcess(first, function or Script(), "script", "s-1"), **settings)


def test_state_belongs_to_the_key() -> None:
    harness = process()
    harness.push([("a", "tell"), ("b", "tell"), ("a", "tell")], [10, 20, 30])
    assert harness.out.timed == [
        (("a", 1, 10, -(2**63)), 10),
        (("b", 1, 20, -(2**63)), 20),
        (("a", 2, 30, -(2**63)), 30),
    ]


def test_event_timers_fire_in_order_before_the_watermark_and_once() -> None:
    harness = process()
    harness.push(
        [("a", "event", 30), ("b", "event", 10), ("a", "event", 30), ("b", "event", 20), ("a", "event", 99)], [0] * 5
    )
    harness.watermark(30)
    event = TimeDomain.EVENT_TIME
    assert harness.out.events == [
        ("timer", "b", 10, 2, event),
        ("timer", "b", 20, 2, event),
        ("timer", "a", 30, 3, event),
        ("watermark", 30),
    ]
    assert [time for _, time in harness.out.timed] == [10, 20, 30]
    harness.watermark(98)
    assert harness.out.events[-1] == ("watermark", 98)
    harness.watermark(END)
    assert harness.out.events[-2:] == [("timer", "a", 99, 3, event), ("watermark", END)]


def test_the_watermark_has_moved_when_timers_fire() -> None:
    class Look(Script):
        def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
            yield ctx.timestamp(), ctx.timer_service().current_watermark()

    harness = process(Look())
    harness.push([("a", "event", 5)], [0])
    harness.watermark(50)
    assert harness.out.values == [(5, 50)]


def test_a_timer_in_the_past_fires_with_the_next_watermark() -> None:
    harness = process()
    harness.watermark(50)
    harness.push([("a", "event", 5)], [60])
    assert harness.out.values == []
    harness.watermark(51)
    assert harness.out.values == [("timer", "a", 5, 1, TimeDomain.EVENT_TIME)]


class Chain(Script):
    """Each timer sets another 10 later, up to 40, and one that is due before others wait: 15 from 10."""

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
        yield ctx.get_current_key(), timestamp
        if timestamp < 40:
            ctx.timer_service().register_event_time_timer(timestamp + 10)
        if timestamp == 10:
            ctx.timer_service().register_event_time_timer(15)
            ctx.timer_service().register_event_time_timer(3)


@pytest.mark.parametrize("interrupt", [True, False])
def test_timers_set_while_firing_fire_in_the_same_pass_in_order(interrupt: bool) -> None:
    harness = process(Chain(), interrupt=interrupt)
    harness.push([("a", "event", 10), ("b", "event", 30), ("b", "event", 10)], [0, 0, 0])
    harness.watermark(100)
    fired = harness.out.values
    assert sorted(fired) == [
        *((key, time) for key in "ab" for time in (3, 10, 13, 15, 20, 23, 25, 30, 33, 35, 40, 43, 45)),
    ]
    assert fired[:4] == [("a", 10), ("a", 3), ("b", 10), ("b", 3)]
    for key in "ab":
        times = [time for own, time in fired if own == key]
        assert times[:2] == [10, 3]
        assert times[1:] == sorted(times[1:])


def test_a_timer_deleted_by_another_of_the_same_time_does_not_fire() -> None:
    class Rival:
        def process_element(self, value: Any, ctx: Any) -> None:
            for time in (10, 20):
                ctx.timer_service().register_event_time_timer(time)

        def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
            yield timestamp
            ctx.timer_service().delete_event_time_timer(20)
            ctx.timer_service().delete_event_time_timer(timestamp)

    harness = process(Rival())
    harness.push([("a",), ("b",), ("c",)], [0, 0, 0])
    harness.watermark(100)
    assert harness.out.values == [10, 10, 10]


def test_many_timers_are_fired_in_chunks() -> None:
    harness = process(interrupt=True)
    count = CHUNK_ROWS * 3 + 5
    harness.push([(str(i), "event", i % 7) for i in range(count)], [0] * count)
    resumed = harness.resumed
    harness.watermark(10)
    assert harness.resumed - resumed >= 3
    assert len(harness.out.values) == count
    assert [row[2] for row in harness.out.values] == sorted(i % 7 for i in range(count))
    assert harness.out.events[-1] == ("watermark", 10)


def test_timers_without_results_are_interrupted_too() -> None:
    class Silent(Script):
        def on_timer(self, timestamp: int, ctx: Any) -> None:  # type: ignore[override]
            return None

    harness = process(Silent(), interrupt=True)
    harness.push([(str(i), "event", 1) for i in range(CHUNK_ROWS * 2)], [0] * CHUNK_ROWS * 2)
    harness.watermark(1)
    assert harness.resumed >= 2
    assert harness.out.events == [("watermark", 1)]


def test_processing_timers_fire_by_the_clock_and_not_at_the_end() -> None:
    harness = process(clock=VirtualClock(100))
    harness.push([("a", "clock", 200), ("a", "clock", 150), ("b", "clock", 300)])
    assert harness.wake_ups == [200, 150]
    harness.advance_to(149)
    assert harness.out.values == []
    harness.advance_to(250)
    clock = TimeDomain.PROCESSING_TIME
    assert harness.out.timed == [(("timer", "a", 150, 2, clock), None), (("timer", "a", 200, 2, clock), None)]
    assert harness.wake_ups == [300]
    harness.watermark(END)
    harness.operator.end_input()
    assert len(harness.out.values) == 2


def test_side_outputs_from_elements_and_timers() -> None:
    class Side(Script):
        def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
            ctx.timer_service().register_event_time_timer(7)
            yield OutputTag("side"), value[0]

        def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
            yield OutputTag("side"), timestamp

    harness = process(Side(), tags=("side",))
    harness.push([("a",)], [5])
    harness.watermark(7)
    assert harness.sides["side"].timed == [("a", 5), (7, 7)]
    assert harness.out.events == [("watermark", 7)]


def test_keys_follow_pythons_equality_and_nan_is_one_key() -> None:
    harness = process()
    keys = [1, 1.0, True, math.nan, float("nan"), "1", (1, "x"), (1.0, "x"), None, b"1"]
    harness.push([(key, "tell") for key in keys], [0] * len(keys))
    assert [row[1] for row in harness.out.values] == [1, 2, 3, 1, 2, 1, 1, 2, 1, 1]


def test_a_key_that_cannot_be_one_is_told_with_the_record() -> None:
    harness = process()
    with pytest.raises(KeyTypeError) as caught:
        harness.push([("a", "tell"), ([1], "tell")])
    assert "in operator 'script' (uid op-uid)" in caught.value.__notes__[0]
    assert "record: ([1], 'tell')" in caught.value.__notes__[0]


def test_errors_name_the_function_and_the_record_or_timer() -> None:
    class Broken(Script):
        def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
            yield from super().process_element(value, ctx)
            yield 1 / value[2]

        def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
            raise OSError("timer broke")
            yield

    harness = process(Broken())
    with pytest.raises(
        UserFunctionError, match=r"operator 'script' \(uid s-1\).*ZeroDivisionError.*; record: \('a', 'event', 0\)"
    ):
        harness.push([("a", "event", 0)], [1])
    harness = process(Broken())
    harness.push([("a", "event", 5)], [1])
    with pytest.raises(
        UserFunctionError, match=r"on_timer of process function.*OSError: timer broke; timer .*: \(5, 'a', None\)"
    ):
        harness.watermark(10)
    harness = Harness(KeyedProcess(lambda row: row["key"], Script(), "script"))
    with pytest.raises(UserFunctionError, match=r"key_by function .*KeyError: 'key'; record: \{'no': 1\}"):
        harness.push([{"key": 1}, {"no": 1}])


def test_a_timer_is_a_whole_number() -> None:
    harness = process()
    harness.push([("a", "event", 5.0)], [1])
    with pytest.raises(UserError, match=r"register_event_time_timer\(5.5\): a timer's time is a whole number"):
        harness.push([("a", "event", 5.5)], [1])


def test_a_plain_function_may_stand_for_a_process_function() -> None:
    harness = Harness(KeyedProcess(first, lambda value, ctx: [ctx.get_current_key()]))
    harness.push([("a",), ("b",)])
    assert harness.out.timed == [("a", None), ("b", None)]
    with pytest.raises(JobBuildError, match="neither callable nor has a method process_element"):
        KeyedProcess(first, 7)
    with pytest.raises(JobBuildError, match="neither callable nor has a method get_key"):
        KeyedProcess("name", Script())


def test_a_change_that_is_not_stored_is_found_where_asked_for() -> None:
    class Forgets:
        def open(self, runtime_context: Any) -> None:
            self.state = runtime_context.get_state(ValueStateDescriptor("seen", list))

        def process_element(self, value: Any, ctx: Any) -> None:
            seen = self.state.value()
            if seen is None:
                self.state.update([])
            else:
                seen.append(value)

    harness = process(Forgets(), config={"levada.state.detect-mutations": "true"})
    with pytest.raises(StateError, match="seen"):
        harness.push([("a",), ("a",), ("a",)])


actions = st.one_of(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["event", "clock", "forget"]), st.integers(0, 40)),
    st.tuples(st.sampled_from("abc"), st.just("tell")),
)
inputs = st.lists(st.one_of(actions, actions, actions, st.integers(1, 12)), max_size=30)


def play(harness: Harness, events: list[Any], start: int, size: int) -> None:
    """Actions in batches of ``size``; a number moves the watermark and the clock on."""
    pending: list[Any] = []

    def push() -> None:
        if pending:
            harness.push(pending.copy(), [start] * len(pending))
            pending.clear()

    for event in events:
        if isinstance(event, int):
            push()
            start += event
            harness.watermark(start)
            harness.advance_to(start)
        else:
            pending.append(event)
            if len(pending) == size:
                push()
    push()


@settings(max_examples=60, deadline=None)
@given(events=inputs, at=st.integers(0, 30), size=st.integers(1, 5), interrupt=st.booleans(), late=st.booleans())
def test_batches_interruptions_and_restores_change_nothing(
    events: list[Any], at: int, size: int, interrupt: bool, late: bool
) -> None:
    whole = process()
    play(whole, [*events, 100], 0, 1000)
    begun = process(interrupt=interrupt)
    play(begun, events[:at], 0, size)
    parts = begun.late_snapshot()
    before = list(begun.out.values)
    now = begun.clock.now
    if late:  # what happens behind the barrier is not in the snapshot
        play(begun, events[at:], now, size)
    resumed = process(restored=Restored([written(parts)]), clock=VirtualClock(now))
    play(resumed, [*events[at:], 100], now, size)
    told = before + resumed.out.values
    assert sorted(map(repr, told)) == sorted(map(repr, whole.out.values))
    for key in "abc":  # the order among keys is open where timers are due at the same time
        assert [row for row in told if key in row] == [row for row in whole.out.values if key in row]


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9)), max_size=20), at=st.integers(0, 20))
def test_reduce_rolls_per_key_across_a_restore(values: list[tuple[str, int]], at: int) -> None:
    spec = KeyedReduce(first, lambda left, right: (left[0], left[1] + right[1]))
    one = Harness(spec)
    if values[:at]:
        one.push(values[:at], [7] * len(values[:at]))
    two = Harness(spec, restored=Restored([one.snapshot()]))
    if values[at:]:
        two.push(values[at:], [8] * len(values[at:]))
    totals = {"a": 0, "b": 0}
    wanted = []
    for key, number in values:
        totals[key] += number
        wanted.append((key, totals[key]))
    assert one.out.values + two.out.values == wanted


def test_reduce_passes_time_and_watermarks_on_and_tells_errors() -> None:
    harness = Harness(KeyedReduce(None, lambda left, right: left / right, "ratio"))
    harness.push([8, 2], [1, 2])
    harness.watermark(5)
    assert harness.out.timed == [(8, 1), (4.0, 2)]
    assert harness.out.events[-1] == ("watermark", 5)
    with pytest.raises(UserFunctionError, match=r"operator 'ratio'.*reduce function.*ZeroDivisionError.*record: 0"):
        harness.push([0])


def test_the_watermark_is_restored() -> None:
    one = process()
    one.watermark(42)
    two = process(restored=Restored([one.snapshot()]))
    assert two.operator.current_watermark == 42


def test_list_state_and_runtime_context() -> None:
    class Tell:
        def open(self, runtime_context: Any) -> None:
            self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", int))
            self.about = (
                runtime_context.get_task_name(),
                runtime_context.get_task_name_with_subtasks(),
                runtime_context.get_number_of_parallel_subtasks(),
                runtime_context.get_max_number_of_parallel_subtasks(),
                runtime_context.get_index_of_this_subtask(),
                runtime_context.get_attempt_number(),
                runtime_context.get_job_parameter("pipeline.name", "none"),
            )
            self.counter = runtime_context.get_metrics_group().add_group("own").counter("records")

        def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
            self.counter.inc()
            self.seen.add(value[1])
            yield list(self.seen.get())

    function = Tell()
    harness = process(function, subtask=1, parallelism=4)
    harness.push([("a", 1), ("a", 2)])
    assert harness.out.values == [[1], [1, 2]]
    assert function.about == ("script", "script (2/4)#0", 4, 128, 1, 0, "none")
    assert harness.metrics.counts == {"own.records": 2}
