"""Windows beyond the model: triggers, count, global and processing-time windows, contexts, state, errors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from tests.operators.row.harness import Harness, Restored, VirtualClock

from levada.common.errors import JobBuildError, UserError, UserFunctionError
from levada.common.output_tag import OutputTag
from levada.common.time import Duration, Time
from levada.operators.row.resumable import CHUNK_ROWS
from levada.operators.row.window import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    CountSlidingWindowAssigner,
    CountTrigger,
    CountTumblingWindowAssigner,
    CountWindow,
    CountWindowSerializer,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindow,
    GlobalWindows,
    GlobalWindowSerializer,
    ProcessingTimeSessionWindows,
    ProcessingTimeTrigger,
    PurgingTrigger,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TimeWindow,
    TimeWindowSerializer,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
    WindowAssigner,
    WindowRows,
)
from levada.operators.row.window.aligned import AlignedWindowOperator
from levada.operators.row.window.operator import WindowOperator
from levada.operators.row.window.session import SessionWindowOperator
from levada.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)

END = 2**63 - 1


def add(left: int, right: int) -> int:
    return left + right


def one_key(assigner: Any, **settings: Any) -> WindowRows:
    """A sum over windows of a stream without keys."""
    return WindowRows(None, assigner, "reduce", add, **settings)


def listed(assigner: Any, **settings: Any) -> WindowRows:
    """All records of a window, as ``(window, records)``."""
    return WindowRows(
        None, assigner, "list", None, lambda window, rows: [(window, list(rows))], "apply_all", **settings
    )


class Own(EventTimeTrigger[Any]):
    """Sends event-time windows to the general operator."""


FAST_AND_GENERAL = [
    (TumblingEventTimeWindows(10, 0), None, AlignedWindowOperator),
    (TumblingEventTimeWindows(10, 0), Own(), WindowOperator),
    (EventTimeSessionWindows(10), None, SessionWindowOperator),
    (EventTimeSessionWindows(10), Own(), WindowOperator),
]


@pytest.mark.parametrize(("assigner", "trigger", "operator"), FAST_AND_GENERAL)
def test_the_operator_is_chosen_by_assigner_and_trigger(assigner: Any, trigger: Any, operator: type) -> None:
    assert type(one_key(assigner, trigger=trigger).create()) is operator


@pytest.mark.parametrize(("assigner", "trigger", "operator"), FAST_AND_GENERAL)
def test_windows_fire_in_the_order_of_their_ends_before_the_watermark(
    assigner: Any, trigger: Any, operator: type
) -> None:
    harness = Harness(one_key(assigner, trigger=trigger))
    harness.push([4, 1, 2], [70, 20, 40])
    harness.watermark(55)
    assert harness.out.events == [1, 2, ("watermark", 55)]
    harness.watermark(END)
    assert harness.out.events[3:] == [4, ("watermark", END)]


@pytest.mark.parametrize(("assigner", "trigger", "operator"), FAST_AND_GENERAL)
def test_records_without_time_are_refused_with_the_remedy(assigner: Any, trigger: Any, operator: type) -> None:
    for timestamps in (None, [-(2**63)]):
        with pytest.raises(UserError, match=r"no timestamp\. Call assign_timestamps_and_watermarks\(\.\.\.\)"):
            Harness(one_key(assigner, trigger=trigger)).push([1], timestamps)


@pytest.mark.parametrize(("assigner", "trigger", "operator"), FAST_AND_GENERAL)
def test_a_large_window_fires_in_chunks(assigner: Any, trigger: Any, operator: type) -> None:
    spec = WindowRows(lambda v: v, assigner, "reduce", add, trigger=trigger)
    harness = Harness(spec, interrupt=True)
    count = CHUNK_ROWS * 3 + 1
    harness.push(list(range(count)), [5] * count)
    before = harness.resumed
    harness.watermark(END)
    assert harness.resumed - before >= 3
    assert sorted(harness.out.values) == list(range(count))
    assert max(map(len, harness.out.batches)) <= CHUNK_ROWS


@pytest.mark.parametrize(("assigner", "trigger", "operator"), FAST_AND_GENERAL)
def test_a_window_function_may_expand_and_use_side_outputs(assigner: Any, trigger: Any, operator: type) -> None:
    def many(key: Any, context: Any, elements: Any) -> Iterator[Any]:
        yield OutputTag("side"), key
        yield from range(CHUNK_ROWS * 2)

    spec = WindowRows(lambda v: v, assigner, "list", None, many, "process", trigger=trigger)
    harness = Harness(spec, interrupt=True, tags=("side",))
    harness.push([7], [5])
    harness.watermark(END)
    assert harness.out.values == list(range(CHUNK_ROWS * 2))
    assert harness.sides["side"].values == [7]
    assert harness.resumed >= 2


@pytest.mark.parametrize(("assigner", "trigger", "operator"), FAST_AND_GENERAL)
def test_errors_in_windows_name_function_and_record(assigner: Any, trigger: Any, operator: type) -> None:
    harness = Harness(WindowRows(None, assigner, "reduce", lambda a, b: a / b, name="ratio", trigger=trigger))
    with pytest.raises(UserFunctionError, match=r"operator 'ratio'.*ZeroDivisionError.*record: 0") as caught:
        harness.push([1, 0], [5, 5])
    assert __file__ in str(caught.value)

    def breaks(key: Any, context: Any, elements: Any) -> Iterator[Any]:
        yield 1
        raise LookupError("gone")

    spec = WindowRows(lambda v: "k", assigner, "list", None, breaks, "process", trigger=trigger, name="told")
    harness = Harness(spec)
    harness.push([1], [5])
    told = r"process function .*LookupError: gone; key and window: \('k', TimeWindow\("
    with pytest.raises(UserFunctionError, match=told):
        harness.watermark(END)


class Stateful:
    """A process window function that keeps state per window and per key, and clears the first."""

    log: list[Any]

    def __init__(self) -> None:
        self.log = []
        self.firings = ValueStateDescriptor("firings", int)
        self.total = ValueStateDescriptor("total", int)

    def process(self, key: Any, context: Any, elements: Iterable[int]) -> Iterator[Any]:
        firings = context.window_state().get_state(self.firings)
        firings.update((firings.value() or 0) + 1)
        total = context.global_state().get_state(self.total)
        total.update((total.value() or 0) + 1)
        yield context.window().end, firings.value(), total.value(), context.current_watermark(), sorted(elements)

    def clear(self, context: Any) -> None:
        state = context.window_state().get_state(self.firings)
        self.log.append((context.window().end, state.value()))
        state.clear()


@pytest.mark.parametrize("trigger", [None, Own()])
def test_window_state_is_the_windows_and_global_state_the_keys(trigger: Any) -> None:
    function = Stateful()
    spec = WindowRows(
        lambda v: "k",
        TumblingEventTimeWindows(10, 0),
        "list",
        None,
        function,
        "process",
        trigger=trigger,
        allowed_lateness_ms=20,
    )
    one = Harness(spec)
    one.push([1, 2], [3, 13])
    one.watermark(9)
    one.push([4], [4])
    two = Harness(spec, restored=Restored([one.snapshot()]))
    two.push([8], [5])
    two.watermark(29)
    two.push([16], [6])
    two.watermark(END)
    assert one.out.values == [(10, 1, 1, 9, [1]), (10, 2, 2, 9, [1, 4])]
    assert two.out.values == [(10, 3, 3, 9, [1, 4, 8]), (20, 1, 4, 29, [2])]
    assert function.log == [(10, 3), (20, 1)]
    assert two.metrics.counts == {"late_records_dropped": 1}


def test_merging_windows_have_no_state_of_their_own() -> None:
    spec = WindowRows(None, EventTimeSessionWindows(10), "list", None, Stateful(), "process")
    harness = Harness(spec)
    harness.push([1], [1])
    with pytest.raises(UserError, match=r"windows that merge have no state of their own; use global_state\(\)"):
        harness.watermark(END)


def test_every_kind_of_window_state() -> None:
    class Total:
        def create_accumulator(self) -> int:
            return 0

        def add(self, value: int, accumulator: int) -> int:
            return accumulator + value

        def get_result(self, accumulator: int) -> str:
            return f"={accumulator}"

        def merge(self, acc_a: int, acc_b: int) -> int:
            return acc_a + acc_b

    class Kinds:
        def process(self, key: Any, context: Any, elements: Iterable[int]) -> Iterator[Any]:
            store = context.window_state()
            seen = store.get_list_state(ListStateDescriptor("seen", int))
            best = store.get_reducing_state(ReducingStateDescriptor("best", max, int))
            total = store.get_aggregating_state(AggregatingStateDescriptor("total", Total(), int))
            by_half = store.get_map_state(MapStateDescriptor("half", int, int))
            for element in elements:
                seen.add(element)
                best.add(element)
                total.add(element)
                by_half[element // 2] = element
            by_half.remove(0)
            yield seen.get(), best.get(), total.get(), dict(by_half.items()), 1 in by_half, by_half.is_empty()

    spec = WindowRows(None, TumblingEventTimeWindows(10, 0), "list", None, Kinds(), "process", allowed_lateness_ms=5)
    harness = Harness(spec)
    harness.push([1, 2], [1, 2])
    harness.watermark(9)
    harness.push([3], [3])
    assert harness.out.values == [
        ([1, 2], 2, "=3", {1: 2}, True, False),
        ([1, 2, 1, 2, 3], 3, "=9", {1: 3}, True, False),
    ]


def test_count_windows_fire_when_full_and_never_half_full() -> None:
    spec = WindowRows(lambda v: v % 2, CountTumblingWindowAssigner.of(2), "reduce", add)
    one = Harness(spec)
    one.push([1, 2, 3, 4, 5])
    two = Harness(spec, restored=Restored([one.snapshot()]))
    two.push([7, 9, 6])
    two.watermark(END)
    assert one.out.values == [4, 6]
    assert two.out.values == [12]


def test_a_full_count_window_leaves_nothing_behind() -> None:
    harness = Harness(one_key(CountTumblingWindowAssigner.of(2)))
    harness.push([1, 2])
    parts = harness.snapshot()
    assert sum(batch.num_rows for batch in parts["state.levada.contents"][1]) == 0
    assert sum(batch.num_rows for batch in parts["state.levada.trigger.count"][1]) == 0


def test_sliding_count_windows() -> None:
    harness = Harness(listed(CountSlidingWindowAssigner.of(4, 2)))
    harness.push(list(range(9)))
    assert harness.out.values == [
        (CountWindow(0), [0, 1, 2, 3]),
        (CountWindow(1), [2, 3, 4, 5]),
        (CountWindow(2), [4, 5, 6, 7]),
    ]
    harness = Harness(listed(CountSlidingWindowAssigner.of(2, 3)))
    harness.push(list(range(6)))
    assert [rows for _, rows in harness.out.values] == [[0, 1], [3, 4]]


def test_the_global_window_fires_only_by_a_trigger() -> None:
    harness = Harness(one_key(GlobalWindows.create()))
    harness.push([1, 2], [1, 2])
    harness.watermark(END)
    assert harness.out.values == []
    harness = Harness(one_key(GlobalWindows.create(), trigger=CountTrigger.of(2)))
    harness.push([1, 2, 3, 4, 5])
    assert harness.out.timed == [(3, END), (10, END)]
    harness = Harness(one_key(GlobalWindows.create(), trigger=PurgingTrigger.of(CountTrigger.of(2))))
    harness.push([1, 2, 3, 4, 5])
    assert harness.out.values == [3, 7]


def test_processing_time_windows_fire_by_the_clock() -> None:
    harness = Harness(listed(TumblingProcessingTimeWindows.of(timedelta(seconds=1), timedelta(milliseconds=100))))
    harness.clock.now = 1050
    harness.push([1])
    harness.advance_to(1100)
    harness.push([2])
    assert harness.out.timed == [((TimeWindow(100, 1100), [1]), 1099)]
    harness.advance_to(2099)
    assert harness.out.values[1:] == [(TimeWindow(1100, 2100), [2])]
    harness.push([3])
    harness.watermark(END)
    assert len(harness.out.values) == 2


def test_sliding_processing_time_windows_across_a_restore() -> None:
    spec = one_key(SlidingProcessingTimeWindows.of(Time.seconds(2), Time.seconds(1)))
    one = Harness(spec, clock=VirtualClock(500))
    one.push([1])
    one.advance_to(1500)
    one.push([2])
    two = Harness(spec, clock=VirtualClock(1500), restored=Restored([one.snapshot()]))
    two.advance_to(5000)
    assert one.out.timed == [(1, 999)]
    assert two.out.timed == [(3, 1999), (2, 2999)]
    assert all(batch.num_rows == 0 for name, (_, some) in two.snapshot().items() if "levada" in name for batch in some)


def test_processing_time_sessions() -> None:
    harness = Harness(one_key(ProcessingTimeSessionWindows.with_gap(Duration.of_millis(10))))
    for now, value in ((0, 1), (8, 2), (16, 4), (40, 8)):
        harness.advance_to(now)
        harness.push([value])
    harness.advance_to(49)
    assert harness.out.timed == [(7, 25), (8, 49)]


@pytest.mark.parametrize("trigger", [None, Own()])
def test_sessions_with_a_gap_of_each_record(trigger: Any) -> None:
    class Gap(SessionWindowTimeGapExtractor):
        def extract(self, element: Any) -> int:
            return int(element)

    for extractor in (Gap(), int):
        harness = Harness(listed(EventTimeSessionWindows.with_dynamic_gap(extractor), trigger=trigger))
        harness.push([10, 2, 3, 5], [0, 5, 20, 23])
        harness.watermark(END)
        assert [(window, sorted(rows)) for window, rows in harness.out.values] == [
            (TimeWindow(0, 10), [2, 10]),
            (TimeWindow(20, 28), [3, 5]),
        ]
    with pytest.raises(UserError, match="session gap read from a record is 0; it must be a positive"):
        harness.push([0], [50])


def test_continuous_event_time_trigger() -> None:
    harness = Harness(
        one_key(TumblingEventTimeWindows(100, 0), trigger=ContinuousEventTimeTrigger.of(timedelta(milliseconds=30)))
    )
    harness.push([1, 2, 4], [5, 40, 80])
    for mark in (29, 30, 50, 65, 99, 130):
        harness.watermark(mark)
    assert harness.out.events == [
        ("watermark", 29),
        7,
        ("watermark", 30),
        ("watermark", 50),
        7,
        ("watermark", 65),
        7,
        7,
        ("watermark", 99),
        ("watermark", 130),
    ]
    assert harness.snapshot()["timers.event"][1] == []


def test_continuous_processing_time_trigger_in_a_global_window() -> None:
    harness = Harness(one_key(GlobalWindows.create(), trigger=ContinuousProcessingTimeTrigger.of(Time.seconds(1))))
    harness.clock.now = 300
    harness.push([1])
    harness.advance_to(1000)
    harness.push([2])
    harness.advance_to(2500)
    assert harness.out.values == [1, 3]
    assert harness.wake_ups == [3000]


def test_triggers_follow_sessions_that_merge() -> None:
    spec = one_key(EventTimeSessionWindows(10), trigger=CountTrigger.of(3))
    harness = Harness(spec)
    harness.push([1, 2], [0, 18])
    assert harness.out.values == []
    harness.push([4], [9])
    assert harness.out.timed == [(7, 27)]
    harness.watermark(END)
    assert harness.out.values == [7]
    continuous = one_key(EventTimeSessionWindows(10), trigger=ContinuousEventTimeTrigger.of(Time.milliseconds(4)))
    harness = Harness(continuous)
    harness.push([1, 2], [1, 15])
    harness.push([4], [8])
    harness.watermark(4)
    harness.watermark(5)
    assert harness.out.events == [7, ("watermark", 4), ("watermark", 5)]
    harness.watermark(END)
    assert harness.out.values == [7] * 6  # at 4, 8, 12, 16, 20 and at the end, 24
    assert sum(batch.num_rows for batch in harness.snapshot()["state.levada.trigger.fire-time"][1]) == 0


class AtTen(Trigger[Any, Any]):
    """Fires, purging, whenever a record is 10; counts in state; early by the clock."""

    state = ValueStateDescriptor("tens", int)

    def on_element(self, element: Any, timestamp: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        ctx.register_processing_time_timer(ctx.get_current_processing_time() + 100)
        if element != 10:
            return TriggerResult.CONTINUE
        tens = ctx.get_partitioned_state(self.state)
        tens.update((tens.value() or 0) + 1)
        ctx.get_metric_group().counter("tens").inc()
        return TriggerResult.FIRE_AND_PURGE if tens.value() < 2 else TriggerResult.PURGE

    def on_processing_time(self, time: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        return TriggerResult.FIRE

    def on_event_time(self, time: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_merge(self, window: Any, ctx: Trigger.OnMergeContext) -> None:
        raise AssertionError

    def clear(self, window: Any, ctx: Trigger.TriggerContext) -> None:
        ctx.get_partitioned_state(self.state).clear()


def test_a_trigger_of_ones_own() -> None:
    harness = Harness(one_key(TumblingEventTimeWindows(100, 0), trigger=AtTen()))
    harness.push([1, 10, 2, 10, 3], [1, 2, 3, 4, 5])
    assert harness.out.values == [11]
    harness.advance_to(100)
    assert harness.out.values == [11, 3]
    harness.watermark(END)
    assert harness.out.values == [11, 3]
    assert harness.metrics.counts == {"tens": 2}
    with pytest.raises(JobBuildError, match="merge, and this trigger does not support it"):
        one_key(EventTimeSessionWindows(5), trigger=AtTen())


class Parity(WindowAssigner[int, TimeWindow]):
    """Even and odd hours, as windows of the user's own choice; every record is in two."""

    def assign_windows(
        self, element: int, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        assert context.get_current_processing_time() == 0
        return [TimeWindow(0, 10), TimeWindow(0, 20 + timestamp % 2)]

    def get_default_trigger(self, env: Any = None) -> Trigger[int, TimeWindow]:
        return EventTimeTrigger.create()

    def is_event_time(self) -> bool:
        return True


def test_an_assigner_of_ones_own() -> None:
    harness = Harness(one_key(Parity()))
    harness.push([1, 2, 4], [2, 3, 4])
    harness.watermark(END)
    assert harness.out.timed == [(7, 9), (5, 19), (2, 20)]


def test_purging_with_lateness_counts_only_what_came_since() -> None:
    spec = one_key(
        TumblingEventTimeWindows(10, 0), trigger=PurgingTrigger.of(EventTimeTrigger()), allowed_lateness_ms=10
    )
    harness = Harness(spec)
    harness.push([1, 2], [1, 2])
    harness.watermark(9)
    harness.push([4], [3])
    assert harness.out.values == [3, 4]


@pytest.mark.parametrize("call", ["process", "apply", "process_all", "apply_all"])
def test_the_four_calls_of_window_functions(call: Any) -> None:
    functions: dict[str, Any] = {
        "process": lambda key, ctx, rows: [(key, ctx.window(), list(rows))],
        "apply": lambda key, window, rows: [(key, window, list(rows))],
        "process_all": lambda ctx, rows: [(None, ctx.window(), list(rows))],
        "apply_all": lambda window, rows: [(None, window, list(rows))],
    }
    spec = WindowRows(None, SlidingEventTimeWindows(10, 10, 0), "reduce", add, functions[call], call)
    harness = Harness(spec)
    harness.push([1, 2], [1, 2])
    harness.watermark(END)
    assert harness.out.values == [(None, TimeWindow(0, 10), [3])]


def test_aggregates_give_their_result() -> None:
    class Mean:
        def create_accumulator(self) -> tuple[int, int]:
            return 0, 0

        def add(self, value: int, accumulator: tuple[int, int]) -> tuple[int, int]:
            return accumulator[0] + 1, accumulator[1] + value

        def get_result(self, accumulator: tuple[int, int]) -> float:
            return accumulator[1] / accumulator[0]

    harness = Harness(WindowRows(lambda v: v % 2, TumblingEventTimeWindows(10, 0), "aggregate", Mean()))
    harness.push([1, 2, 3, 6], [0, 0, 0, 0])
    harness.watermark(9)
    assert harness.out.timed == [(2.0, 9), (4.0, 9)]
    with pytest.raises(JobBuildError, match=r"this is a class; pass an instance: Mean\(\)"):
        WindowRows(None, TumblingEventTimeWindows(10, 0), "aggregate", Mean)
    with pytest.raises(JobBuildError, match=r"this has no create_accumulator\(\)"):
        WindowRows(None, TumblingEventTimeWindows(10, 0), "aggregate", max)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: TumblingEventTimeWindows.of(5), "TumblingEventTimeWindows.of(size): 5 is not a length of time"),
        (lambda: TumblingEventTimeWindows.of(Time.seconds(0)), "the size must be positive"),
        (lambda: TumblingEventTimeWindows.of(Time.seconds(1), Time.seconds(1)), "offset must be smaller than the size"),
        (lambda: SlidingEventTimeWindows.of(Time.seconds(1), Time.seconds(0)), "both must be positive"),
        (
            lambda: SlidingEventTimeWindows.of(Time.seconds(2), Time.seconds(1), Time.seconds(-1)),
            "smaller than the slide",
        ),
        (lambda: EventTimeSessionWindows.with_gap(timedelta(0)), "the gap must be positive"),
        (lambda: EventTimeSessionWindows.with_dynamic_gap(5), "pass a SessionWindowTimeGapExtractor or a callable"),
        (lambda: CountTumblingWindowAssigner.of(0), "count_window(size): 0 is not a positive number of records"),
        (lambda: CountTrigger.of(1.5), "CountTrigger.of(window_size): 1.5 is not a positive number"),
        (lambda: ContinuousEventTimeTrigger.of(timedelta(0)), "the interval must be positive"),
        (lambda: PurgingTrigger.of(3), "PurgingTrigger.of(3): pass a Trigger"),
        (lambda: one_key(7), "window(7): pass a WindowAssigner"),
        (lambda: one_key(GlobalWindows(), trigger=7), "trigger(7): pass a Trigger"),
        (lambda: one_key(GlobalWindows(), allowed_lateness_ms=-1), "allowed_lateness(-1 ms): it must not be negative"),
        (lambda: WindowRows(None, GlobalWindows()), "needs process(function) or apply(function)"),
        (lambda: WindowRows(None, GlobalWindows(), window_function=5, window_call="apply"), "nor has a method apply()"),
        (
            lambda: WindowRows(None, GlobalWindows(), window_function=Stateful, window_call="process"),
            "pass an instance",
        ),
    ],
)
def test_what_does_not_fit_is_refused_when_the_job_is_built(make: Any, told: str) -> None:
    with pytest.raises(JobBuildError) as caught:
        make()
    assert told in str(caught.value)


def test_windows_are_values() -> None:
    assert TimeWindow(1, 5) == TimeWindow(1, 5) != TimeWindow(1, 6)
    assert TimeWindow(1, 5) < TimeWindow(1, 6) < TimeWindow(2, 3) <= TimeWindow(2, 3)
    assert len({TimeWindow(1, 5), TimeWindow(1, 5), CountWindow(1), GlobalWindow(), GlobalWindow.get()}) == 3
    assert TimeWindow(1, 5).intersects(TimeWindow(5, 6))
    assert TimeWindow(1, 5).cover(TimeWindow(4, 9)) == TimeWindow(1, 9)
    assert TimeWindow.get_window_start_with_offset(-1, 2, 10) == -8
    for serializer, window in (
        (TimeWindowSerializer(), TimeWindow(-5, 7)),
        (CountWindowSerializer(), CountWindow(3)),
        (GlobalWindowSerializer(), GlobalWindow()),
    ):
        stream = BytesIO()
        serializer.serialize(window, stream)  # type: ignore[attr-defined]
        stream.seek(0)
        assert serializer.deserialize(stream) == window  # type: ignore[attr-defined]
    assert TumblingEventTimeWindows(10, 0).get_default_trigger() is not ProcessingTimeTrigger.create()
