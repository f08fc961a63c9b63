"""The rules of Flink's documentation page "Windows", one test per rule; each names the section it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.operators.row.harness import Harness

from levada.common import OutputTag, Time, WatermarkStrategy
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.functions import KeyedStateStore
from levada.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindows,
    NeverTrigger,
    ProcessingTimeSessionWindows,
    ProcessingTimeTrigger,
    PurgingTrigger,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TimeWindow,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from levada.operators.row.window import WindowRows
from levada.state import ValueStateDescriptor

END = 2**63 - 1
MINUTE = 60_000
HOUR = 60 * MINUTE


class General(EventTimeTrigger[Any]):
    """The default trigger under another name: the general operator runs in place of the fast ones."""


BOTH = pytest.mark.parametrize("trigger", [None, General()], ids=["fast", "general"])


def add(left: int, right: int) -> int:
    return left + right


def total(assigner: Any, **settings: Any) -> WindowRows:
    """The sum of a window's records."""
    return WindowRows(None, assigner, "reduce", add, **settings)


def listed(assigner: Any, **settings: Any) -> WindowRows:
    """A window's start and end, and its records."""

    def show(window: TimeWindow, rows: Iterable[Any]) -> list[Any]:
        return [(window.start, window.end, sorted(rows))]

    return WindowRows(None, assigner, "list", None, show, "apply_all", **settings)


def at(text: str) -> int:
    """Milliseconds of a time of a day, UTC."""
    return int(datetime.fromisoformat(f"2024-01-02T{text}").replace(tzinfo=UTC).timestamp() * 1000)


def rows_held(harness: Harness) -> int:
    """Rows of state, timers included, in a snapshot."""
    return sum(batch.num_rows for _, some in harness.snapshot().values() for batch in some)


@BOTH
def test_window_lifecycle(trigger: Any) -> None:
    """A window is removed completely when time passes its end plus the allowed lateness, and not before."""
    windows = TumblingEventTimeWindows.of(Time.minutes(5))
    harness = Harness(total(windows, trigger=trigger, allowed_lateness_ms=MINUTE))
    harness.watermark(at("11:59"))
    empty = rows_held(harness)
    harness.push([1], [at("12:01")])
    held = rows_held(harness)
    harness.watermark(at("12:06") - 2)
    assert empty < rows_held(harness) <= held
    harness.watermark(at("12:06") - 1)
    assert rows_held(harness) == empty


@BOTH
def test_keyed_vs_non_keyed_windows(trigger: Any) -> None:
    """Each key's stream is cut into windows of its own; without keys all records are in one."""
    windows: Any = TumblingEventTimeWindows(10)
    for selector, expected in ((lambda n: n % 2, [4, 2]), (None, [6])):
        harness = Harness(WindowRows(selector, windows, "reduce", add, trigger=trigger))
        harness.push([1, 2, 3], [1, 2, 3])
        harness.watermark(END)
        assert harness.out.values == expected


@BOTH
def test_tumbling_windows(trigger: Any) -> None:
    """Windows are aligned with the epoch; an offset shifts them: 1:15:00.000 - 2:14:59.999, or days of UTC+8."""
    for offset, start in ((None, "01:00"), (Time.minutes(15), "01:15")):
        harness = Harness(listed(TumblingEventTimeWindows.of(Time.hours(1), offset), trigger=trigger))
        harness.push([1, 2], [at(start), at(start) + HOUR - 1])
        harness.watermark(END)
        assert harness.out.timed == [((at(start), at(start) + HOUR, [1, 2]), at(start) + HOUR - 1)]
    days = TumblingEventTimeWindows.of(Time.days(1), Time.hours(-8))
    harness = Harness(listed(days, trigger=trigger))
    harness.push([1], [at("17:00")])
    harness.watermark(END)
    assert harness.out.values[0][0] == at("16:00")


@BOTH
def test_sliding_windows(trigger: Any) -> None:
    """Windows of 10 minutes that slide by 5: each record is in two; an offset shifts them."""
    sliding = SlidingEventTimeWindows.of(Time.minutes(10), Time.minutes(5))
    harness = Harness(listed(sliding, trigger=trigger))
    harness.push([1], [at("12:07")])
    harness.watermark(END)
    assert [row[:2] for row in harness.out.values] == [(at("12:00"), at("12:10")), (at("12:05"), at("12:15"))]
    shifted = SlidingEventTimeWindows.of(Time.hours(1), Time.minutes(30), Time.minutes(15))
    harness = Harness(listed(shifted, trigger=trigger))
    harness.push([1], [at("02:00")])
    harness.watermark(END)
    assert [row[0] for row in harness.out.values] == [at("01:15"), at("01:45")]


@BOTH
def test_session_windows(trigger: Any) -> None:
    """A session closes after the gap without records; sessions closer than the gap are merged; gaps may be dynamic."""
    fixed = EventTimeSessionWindows.with_gap(Time.minutes(10))
    harness = Harness(listed(fixed, trigger=trigger))
    harness.push([1, 3, 2], [at("12:00"), at("12:30"), at("12:09")])
    harness.watermark(at("12:19") - 2)
    assert harness.out.values == []
    harness.watermark(at("12:19") - 1)
    assert harness.out.values == [(at("12:00"), at("12:19"), [1, 2])]
    dynamic = EventTimeSessionWindows.with_dynamic_gap(lambda gap: gap * MINUTE)
    harness = Harness(listed(dynamic, trigger=trigger))
    harness.push([20, 5, 1], [at("12:00"), at("12:10"), at("12:21")])
    harness.watermark(END)
    assert harness.out.values == [
        (at("12:00"), at("12:20"), [5, 20]),
        (at("12:21"), at("12:22"), [1]),
    ]


def test_global_windows() -> None:
    """Nothing is computed without a trigger of one's own, for the global window has no natural end."""
    harness = Harness(total(GlobalWindows.create()))
    harness.push([1, 2, 3], [1, 2, 3])
    harness.watermark(END)
    assert harness.out.values == []
    harness = Harness(total(GlobalWindows.create(), trigger=CountTrigger.of(3)))
    harness.push([1, 2, 3], [1, 2, 3])
    assert harness.out.values == [6]


@BOTH
def test_reduce_function(trigger: Any) -> None:
    """Records are folded as they come, so that one value is kept per window."""
    harness = Harness(total(SlidingEventTimeWindows(10, 5), trigger=trigger))
    harness.push([1, 2], [6, 7])
    one = rows_held(harness)
    harness.push(list(range(100)), [6] * 100)
    assert rows_held(harness) == one


@BOTH
def test_process_window_function_with_incremental_aggregation(trigger: Any) -> None:
    """The window function is given the one folded value, and the window."""

    def smallest(key: int, context: Any, elements: Iterable[int]) -> Iterator[Any]:
        (least,) = elements
        yield key, context.window().start, least

    spec = WindowRows(
        lambda n: n % 2, TumblingEventTimeWindows(10), "reduce", min, smallest, "process", trigger=trigger
    )
    harness = Harness(spec)
    harness.push([5, 3, 7, 4], [11, 12, 13, 14])
    harness.watermark(END)
    assert harness.out.values == [(1, 10, 3), (0, 10, 4)]


@BOTH
def test_using_per_window_state(trigger: Any) -> None:
    """Per-window state outlives a firing (of late records, say) and is removed in ``clear``; global state stays."""

    class Firings:
        def process(self, key: Any, context: Any, elements: Iterable[int]) -> Iterator[Any]:
            counts = []
            for store in (context.window_state(), context.global_state()):
                assert isinstance(store, KeyedStateStore)
                state = store.get_state(ValueStateDescriptor("firings", int))
                state.update((state.value() or 0) + 1)
                counts.append(state.value())
            yield tuple(counts)

        def clear(self, context: Any) -> None:
            context.window_state().get_state(ValueStateDescriptor("firings", int)).clear()

    spec = WindowRows(
        lambda n: "k",
        TumblingEventTimeWindows(10),
        "list",
        None,
        Firings(),
        "process",
        trigger=trigger,
        allowed_lateness_ms=20,
    )
    harness = Harness(spec)
    harness.push([1], [1])
    harness.watermark(9)
    harness.push([2], [2])
    harness.push([3], [11])
    harness.watermark(19)
    assert harness.out.values == [(1, 1), (2, 2), (1, 3)]
    harness.watermark(100)
    state = harness.snapshot()["state.levada.window.firings"][1]
    assert sum(batch.num_rows for batch in state) == 0


def test_fire_and_purge() -> None:
    """FIRE keeps the contents, FIRE_AND_PURGE removes them, and leaves the trigger's own state alone."""
    firing = Harness(total(TumblingEventTimeWindows(10), trigger=CountTrigger.of(2)))
    purging = Harness(total(TumblingEventTimeWindows(10), trigger=PurgingTrigger.of(CountTrigger.of(2))))
    for harness in (firing, purging):
        harness.push([1, 2, 3, 4], [1, 2, 3, 4])
    assert (firing.out.values, purging.out.values) == ([3, 10], [3, 7])


@pytest.mark.parametrize(
    ("assigner", "trigger"),
    [
        (TumblingEventTimeWindows(1), EventTimeTrigger),
        (SlidingEventTimeWindows(2, 1), EventTimeTrigger),
        (EventTimeSessionWindows(1), EventTimeTrigger),
        (TumblingProcessingTimeWindows(1), ProcessingTimeTrigger),
        (SlidingProcessingTimeWindows(2, 1), ProcessingTimeTrigger),
        (ProcessingTimeSessionWindows(1), ProcessingTimeTrigger),
        (GlobalWindows.create(), NeverTrigger),
    ],
)
def test_default_triggers_of_window_assigners(assigner: Any, trigger: type) -> None:
    """Event time, processing time, and never; naming a trigger overwrites the default."""
    assert type(assigner.get_default_trigger()) is trigger
    harness = Harness(total(TumblingEventTimeWindows(10), trigger=CountTrigger.of(5)))
    harness.push([1], [1])
    harness.watermark(END)
    assert harness.out.values == []


@BOTH
def test_allowed_lateness(trigger: Any) -> None:
    """By default late records are dropped; those within the lateness make the window fire again."""
    none = Harness(total(TumblingEventTimeWindows(10), trigger=trigger))
    some = Harness(total(TumblingEventTimeWindows(10), trigger=trigger, allowed_lateness_ms=5))
    for harness in (none, some):
        harness.push([1], [1])
        harness.watermark(9)
        harness.push([2], [2])
        harness.watermark(13)
        harness.push([4], [3])
        harness.watermark(14)
        harness.push([8], [4])
    assert (none.out.values, some.out.values) == ([1], [1, 3, 7])
    assert (none.metrics.counts, some.metrics.counts) == ({"late_records_dropped": 3}, {"late_records_dropped": 1})


def test_allowed_lateness_with_global_windows() -> None:
    """No record is ever late for the global window: its end is the end of time."""
    harness = Harness(total(GlobalWindows.create(), trigger=CountTrigger.of(1)))
    harness.watermark(1000)
    harness.push([1], [1])
    assert harness.out.values == [1]


@BOTH
def test_getting_late_data_as_a_side_output(trigger: Any) -> None:
    """Late records go to the tag with their timestamps; what is late but allowed does not."""
    spec = total(TumblingEventTimeWindows(10), trigger=trigger, allowed_lateness_ms=5, late_tag="late")
    harness = Harness(spec, tags=("late",))
    harness.push([1], [1])
    harness.watermark(12)
    harness.push([2], [2])
    harness.watermark(14)
    harness.push([3], [3])
    assert harness.out.values == [1, 3]
    assert harness.sides["late"].timed == [(3, 3)]


@BOTH
def test_late_elements_considerations(trigger: Any) -> None:
    """Late firings are updated results of the same window; a late record may bridge the gap between two sessions."""
    harness = Harness(listed(EventTimeSessionWindows(10), trigger=trigger, allowed_lateness_ms=50))
    harness.push([1, 3], [0, 15])
    harness.watermark(24)
    harness.push([2], [8])
    assert harness.out.values == [(0, 10, [1]), (15, 25, [3]), (0, 25, [1, 2, 3])]


@BOTH
def test_working_with_window_results(trigger: Any) -> None:
    """A result bears the window's last timestamp and nothing else of the window."""
    harness = Harness(total(TumblingEventTimeWindows(10), trigger=trigger))
    harness.push([1, 2], [3, 5])
    harness.watermark(END)
    assert harness.out.timed == [(3, 9)]


@BOTH
def test_interaction_of_watermarks_and_windows(trigger: Any) -> None:
    """A watermark fires all windows whose last timestamp it has reached, and is then forwarded as it is."""
    harness = Harness(total(TumblingEventTimeWindows(10), trigger=trigger))
    harness.push([1, 2, 4], [1, 11, 21])
    harness.watermark(8)
    harness.watermark(19)
    assert harness.out.events == [("watermark", 8), 1, 2, ("watermark", 19)]


def test_consecutive_windowed_operations() -> None:
    """Windows of the same size behind each other end together: a top-k of the sums per key, say."""
    env = StreamExecutionEnvironment.get_execution_environment()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda row, _: row[2])
    rows = [("a", 1, 1), ("b", 5, 2), ("a", 2, 9), ("b", 1, 11), ("a", 7, 12)]
    size = timedelta(milliseconds=10)
    sums = (
        env.from_collection(rows)
        .assign_timestamps_and_watermarks(strategy)
        .key_by(lambda row: row[0])
        .window(TumblingEventTimeWindows.of(size))
        .reduce(lambda a, b: (a[0], a[1] + b[1], b[2]))
    )
    best = sums.window_all(TumblingEventTimeWindows.of(size)).reduce(lambda a, b: max(a, b, key=lambda row: row[1]))
    with best.map(lambda row: row[:2]).execute_and_collect() as results:
        assert list(results) == [("b", 5), ("a", 7)]


def test_late_data_of_a_job_goes_to_its_side_output() -> None:
    """Section "Getting late data as a side output", in a whole job."""
    tag: OutputTag[Any] = OutputTag("late")
    env = StreamExecutionEnvironment.get_execution_environment()
    env.get_configuration().set_string("levada.watermark.every-records", "1")
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda time, _: time)
    times = env.from_collection([1, 5, 30, 2, 31]).assign_timestamps_and_watermarks(strategy)
    windows = times.key_by(lambda _: 0).window(TumblingEventTimeWindows.of(timedelta(milliseconds=10)))
    sums = windows.side_output_late_data(tag).reduce(add)
    merged = sums.union(sums.get_side_output(tag).map(lambda late: -late))
    with merged.execute_and_collect() as results:
        assert sorted(results) == [-2, 6, 61]
