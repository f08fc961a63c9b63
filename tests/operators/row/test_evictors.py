"""Evictors and the less common triggers: Flink documentation, "Windows", sections "Evictors" and "Triggers"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.operators.row.harness import Harness, Restored, VirtualClock

from levada.common import WatermarkStrategy
from levada.common.errors import JobBuildError, UserFunctionError
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.window import (
    CountEvictor,
    CountSlidingWindowAssigner,
    CountTrigger,
    DeltaEvictor,
    DeltaFunction,
    DeltaTrigger,
    EventTimeSessionWindows,
    Evictor,
    GlobalWindows,
    ProcessingTimeoutTrigger,
    PurgingTrigger,
    TimeEvictor,
    TimestampedValue,
    TumblingEventTimeWindows,
)
from levada.operators.row.window import WindowRows
from levada.operators.row.window.evicting import EvictingWindowOperator

END = 2**63 - 1


def listed(assigner: Any, **settings: Any) -> WindowRows:
    """All records of a window."""
    return WindowRows(None, assigner, "list", None, lambda window, rows: [list(rows)], "apply_all", **settings)


def total(assigner: Any, **settings: Any) -> WindowRows:
    """The sum of a window's records."""
    return WindowRows(None, assigner, "reduce", lambda left, right: left + right, **settings)


@pytest.mark.parametrize("interrupt", [False, True])
def test_count_evictor_keeps_the_last_records(interrupt: bool) -> None:
    spec = listed(TumblingEventTimeWindows(10), evictor=CountEvictor.of(2))
    assert type(spec.create()) is EvictingWindowOperator
    harness = Harness(spec, interrupt=interrupt)
    harness.push([1, 2, 3, 4, 5], [0, 1, 2, 3, 12])
    harness.watermark(END)
    assert harness.out.timed == [([3, 4], 9), ([5], 19)]


def test_evicting_after_the_function_shapes_the_next_firing() -> None:
    spec = listed(GlobalWindows.create(), trigger=CountTrigger.of(2), evictor=CountEvictor.of(1, True))
    harness = Harness(spec)
    harness.push([1, 2, 3, 4])
    assert harness.out.values == [[1, 2], [2, 3, 4]]


def test_time_evictor_goes_by_the_newest_record() -> None:
    spec = listed(TumblingEventTimeWindows(100), evictor=TimeEvictor.of(timedelta(milliseconds=30)))
    harness = Harness(spec)
    harness.push([1, 2, 3, 4], [50, 20, 19, 10])
    harness.push([5], [21])
    harness.watermark(END)
    assert harness.out.values == [[1, 5]]  # 20 is exactly the cutoff: evicted
    untimed = Harness(listed(GlobalWindows.create(), trigger=CountTrigger.of(2), evictor=TimeEvictor.of(timedelta(0))))
    untimed.push([1, 2])
    assert untimed.out.values == [[1, 2]]


def test_delta_evictor_goes_by_the_distance_to_the_last_record() -> None:
    class Distance(DeltaFunction[int]):
        def get_delta(self, old_data_point: int, new_data_point: int) -> float:
            return abs(new_data_point - old_data_point)

    for function in (Distance(), lambda old, new: abs(new - old)):
        spec = listed(TumblingEventTimeWindows(100), evictor=DeltaEvictor.of(5, function))
        harness = Harness(spec)
        harness.push([10, 5, 6, 30, 10], [1, 2, 3, 4, 5])
        harness.watermark(END)
        assert harness.out.values == [[10, 6, 10]]


def test_an_evictor_of_ones_own_is_called_before_and_after() -> None:
    class Own(Evictor[int, Any]):
        def evict_before(self, elements: list[Any], size: int, window: Any, evictor_context: Any) -> None:
            assert size == len(elements)
            elements[:] = [element for element in elements if element.get_value() % 2]
            evictor_context.get_metric_group().counter("evictions").inc()

        def evict_after(self, elements: list[Any], size: int, window: Any, evictor_context: Any) -> None:
            seen.append((window.start, size, evictor_context.get_current_watermark()))
            seen.append((elements[0], evictor_context.get_current_processing_time()))

    seen: list[Any] = []
    evictor = Own()
    harness = Harness(listed(TumblingEventTimeWindows(10), evictor=evictor), clock=VirtualClock(77))
    harness.push([1, 2, 3], [0, 1, 2])
    harness.watermark(9)
    assert harness.out.values == [[1, 3]]
    assert seen == [(0, 2, 9), (TimestampedValue(1, 0), 77)]
    assert harness.metrics.counts == {"evictions": 1}
    assert (seen[1][0].has_timestamp(), TimestampedValue(1).has_timestamp()) == (True, False)


def test_folding_happens_after_evicting() -> None:
    """Section "Evictors": an evictor prevents any pre-aggregation."""

    class Count:
        def create_accumulator(self) -> int:
            return 0

        def add(self, value: int, accumulator: int) -> int:
            return accumulator + 1

        def get_result(self, accumulator: int) -> str:
            return f"n={accumulator}"

    harness = Harness(total(TumblingEventTimeWindows(10), evictor=CountEvictor.of(2)))
    harness.push([1, 2, 4], [0, 1, 2])
    harness.watermark(END)
    assert harness.out.values == [6]
    counted = WindowRows(None, TumblingEventTimeWindows(10), "aggregate", Count(), evictor=CountEvictor.of(0))
    empty = Harness(counted)
    empty.push([1, 2], [0, 1])
    empty.watermark(END)
    assert empty.out.values == ["n=0"]
    nothing = Harness(total(TumblingEventTimeWindows(10), evictor=CountEvictor.of(0)))
    nothing.push([1, 2], [0, 1])
    nothing.watermark(END)
    assert nothing.out.values == []


def test_what_is_evicted_is_gone_from_checkpoints_too() -> None:
    spec = listed(GlobalWindows.create(), trigger=CountTrigger.of(3), evictor=CountEvictor.of(1, True))
    one = Harness(spec)
    one.push([1, 2, 3, 4], [1, 2, 3, 4])
    two = Harness(spec, restored=Restored([one.snapshot()]))
    two.push([5, 6], [5, 6])
    assert (one.out.values, two.out.values) == ([[1, 2, 3]], [[3, 4, 5, 6]])
    drained = listed(TumblingEventTimeWindows(10), evictor=CountEvictor.of(0, True), allowed_lateness_ms=5)
    harness = Harness(drained)
    harness.push([1], [1])
    harness.watermark(9)
    parts = harness.snapshot()
    assert sum(batch.num_rows for batch in parts["state.levada.contents"][1]) == 0


def test_sessions_that_merge_keep_their_records_for_the_evictor() -> None:
    spec = listed(EventTimeSessionWindows(10), evictor=CountEvictor.of(3))
    one = Harness(spec)
    one.push([1, 2, 3], [0, 18, 40])
    two = Harness(spec, restored=Restored([one.snapshot()]))
    two.push([4, 5], [9, 41])
    two.watermark(END)
    assert [sorted(rows) for rows in two.out.values] == [[1, 2, 4], [3, 5]]


def test_an_evictor_that_raises_is_named() -> None:
    evictor = DeltaEvictor.of(1, lambda old, new: 1 // 0)
    harness = Harness(listed(TumblingEventTimeWindows(10), evictor=evictor))
    harness.push([1], [1])
    with pytest.raises(UserFunctionError, match=r"evictor DeltaEvictor raised ZeroDivisionError.*TimeWindow\(start=0"):
        harness.watermark(9)


def test_delta_trigger_compares_with_the_record_that_fired_last() -> None:
    spec = listed(GlobalWindows.create(), trigger=PurgingTrigger.of(DeltaTrigger.of(5, lambda old, new: new - old)))
    one = Harness(spec)
    one.push([10, 12, 15, 16, 20])
    assert one.out.values == [[10, 12, 15, 16]]
    two = Harness(spec, restored=Restored([one.snapshot()]))
    two.push([21, 22])
    assert two.out.values == [[20, 21, 22]]


def test_processing_timeout_fires_what_did_not_get_full() -> None:
    def fired(**settings: bool) -> list[Any]:
        trigger = PurgingTrigger.of(
            ProcessingTimeoutTrigger.of(CountTrigger.of(3), timedelta(milliseconds=100), **settings)
        )
        harness = Harness(listed(GlobalWindows.create(), trigger=trigger))
        for now, value in ((0, 1), (60, 2), (170, 3), (180, 4), (190, 5), (400, 6)):
            harness.advance_to(now)
            harness.push([value])
        harness.advance_to(1000)
        return harness.out.values

    assert fired() == [[1, 2], [3, 4, 5], [6]]
    assert fired(reset_timer_on_new_record=True) == [[1, 2], [3, 4, 5], [6]]
    # Without clearing, what was counted before a timeout still counts behind it.
    assert fired(should_clear_on_timeout=False) == [[1, 2], [3], [4, 5], [6]]


def test_resetting_the_timeout_waits_for_quiet() -> None:
    for resets, expected in ((True, []), (False, [[1, 2]])):
        trigger = ProcessingTimeoutTrigger.of(CountTrigger.of(9), timedelta(milliseconds=100), resets)
        harness = Harness(listed(GlobalWindows.create(), trigger=trigger))
        for now in (0, 60):
            harness.advance_to(now)
            harness.push([now // 60 + 1])
        harness.advance_to(159)
        assert harness.out.values == expected
        harness.advance_to(160)
        assert harness.out.values == [[1, 2]]


def test_the_end_of_stream_trigger_fires_once_at_the_end() -> None:
    """Section "Global Windows"."""
    harness = Harness(total(GlobalWindows.create_with_end_of_stream_trigger()))
    harness.push([1, 2], None)
    harness.watermark(10**15)
    assert harness.out.values == []
    harness.watermark(END)
    assert harness.out.values == [3]


@pytest.mark.parametrize("everything", [False, True])
def test_javas_sliding_count_windows_are_a_trigger_and_an_evictor(everything: bool) -> None:
    """Java's ``countWindow(size, slide)`` fires every ``slide`` records, with up to ``size``; PyFlink's when full."""
    env = StreamExecutionEnvironment.get_execution_environment()
    numbers = env.from_collection(range(1, 7))
    windows: Any = numbers.window_all(GlobalWindows.create())
    pyflink: Any = numbers.window_all(CountSlidingWindowAssigner.of(4, 2))
    if not everything:
        windows = numbers.key_by(lambda n: 0).window(GlobalWindows.create())
        pyflink = numbers.key_by(lambda n: 0).count_window(4, 2)
    fired = windows.trigger(CountTrigger.of(2)).evictor(CountEvictor.of(4)).reduce(lambda a, b: a + b)
    with fired.execute_and_collect() as results:
        assert list(results) == [1 + 2, 1 + 2 + 3 + 4, 3 + 4 + 5 + 6]
    with pyflink.reduce(lambda a, b: a + b).execute_and_collect() as results:
        assert list(results) == [1 + 2 + 3 + 4, 3 + 4 + 5 + 6]


def test_evictors_with_a_window_function_in_a_job() -> None:
    class Ends:
        def process(self, key: str, context: Any, elements: Iterable[tuple[str, int]]) -> Iterator[Any]:
            yield key, context.window().end, [time for _, time in elements]

    env = StreamExecutionEnvironment.get_execution_environment()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda row, _: row[1])
    rows = env.from_collection([("a", 1), ("b", 2), ("a", 3), ("a", 5), ("b", 12)])
    windows = rows.assign_timestamps_and_watermarks(strategy).key_by(lambda row: row[0])
    late = windows.window(TumblingEventTimeWindows.of(timedelta(milliseconds=10))).evictor(CountEvictor.of(2))
    function: Any = Ends()
    with late.process(function).execute_and_collect() as results:
        assert sorted(results) == [("a", 10, [3, 5]), ("b", 10, [2]), ("b", 20, [12])]


FIVE: Any = 5


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: CountEvictor.of(-1), "CountEvictor.of(max_count=-1): pass a number of records"),
        (lambda: TimeEvictor.of(timedelta(-1)), "TimeEvictor.of(window_size=-86400000 ms): it must not be negative"),
        (lambda: DeltaEvictor.of(1, 5), "DeltaEvictor.of(.., delta_function): 5 is neither callable"),
        (lambda: DeltaTrigger.of(1, 5), "DeltaTrigger.of(.., delta_function): 5 is neither callable"),
        (lambda: ProcessingTimeoutTrigger.of(FIVE, timedelta(1)), "ProcessingTimeoutTrigger.of(5, ..): pass a Trigger"),
        (lambda: ProcessingTimeoutTrigger.of(CountTrigger.of(1), timedelta(0)), "it must be positive"),
        (lambda: listed(GlobalWindows.create(), evictor=3), "evictor(3): pass an Evictor"),
        (
            lambda: listed(EventTimeSessionWindows(5), trigger=DeltaTrigger.of(1, max)),
            "merge, and this trigger does not support it",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, told: str) -> None:
    with pytest.raises(JobBuildError) as caught:
        make()
    assert told in str(caught.value)
