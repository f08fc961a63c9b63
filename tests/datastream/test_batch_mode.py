"""BATCH mode through the public API.

Reference: Flink documentation, "Execution Mode (Batch/Streaming)"; each test names the section it follows.
"""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levada.common import Duration, OutputTag, Time, Types, WatermarkStrategy
from levada.common.elements import MAX_TIMESTAMP, MIN_TIMESTAMP
from levada.common.errors import JobBuildError, UserFunctionError
from levada.connectors.files import FileSink
from levada.connectors.iterator import IteratorSource
from levada.datastream import (
    AsyncDataStream,
    AsyncFunction,
    DataStream,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    ProcessFunction,
    ProcessJoinFunction,
    RuntimeContext,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from levada.datastream.state import MapStateDescriptor, ValueStateDescriptor
from levada.datastream.window import (
    ContinuousProcessingTimeTrigger,
    CountTrigger,
    EventTimeSessionWindows,
    GlobalWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from levada.formats.json import JsonFormat

STREAMING, BATCH, AUTOMATIC = RuntimeExecutionMode
Record = tuple[str, int, int]
"""Key, event time, number."""
records = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 40), st.integers(-5, 5)), max_size=40)
parallelisms = pytest.mark.parametrize("parallelism", [1, 3])
SOME: list[Record] = [("b", 9, 1), ("a", 5, 2), ("b", 2, 3), ("a", 5, 4), ("a", 1, 5)]


def environment(mode: RuntimeExecutionMode = BATCH, parallelism: int = 1, **options: str) -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism).set_runtime_mode(mode)
    for option, value in options.items():
        env.get_configuration().set_string(option.replace("__", ".").replace("_", "-"), value)
    return env


def timed(env: StreamExecutionEnvironment, rows: list[Any], late_by: int = 0) -> DataStream[Any]:
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(late_by))
    return env.from_collection(rows).assign_timestamps_and_watermarks(
        strategy.with_timestamp_assigner(lambda row, _: row[1])
    )


def key(row: Any) -> Any:
    return row[0]


def add(left: Record, right: Record) -> Record:
    return left[0], max(left[1], right[1]), left[2] + right[2]


def by_key(rows: list[Any]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


# --- choosing the mode -----------------------------------------------------------------------------------------------


def unbounded(env: StreamExecutionEnvironment) -> DataStream[Any]:
    def endless() -> Iterator[int]:
        yield from iter(int, 1)

    source = IteratorSource(endless, bounded=False)
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "endless")


def test_batch_needs_bounded_sources() -> None:
    """ "When can/should I use BATCH execution mode?"."""
    env = environment()
    unbounded(env).print()
    with pytest.raises(JobBuildError, match=r"BATCH, but the source 'endless' never ends.*set_runtime_mode"):
        env.execute()


def test_automatic_is_batch_where_every_source_is_bounded() -> None:
    """ "Configuring BATCH execution mode"."""
    env = environment(AUTOMATIC)
    env.from_collection([1]).print()
    assert "(BATCH)" in env.get_execution_plan()
    unbounded(env).print()
    assert "(BATCH)" not in env.get_execution_plan()
    env = environment(STREAMING)
    env.from_collection([1]).print()
    assert "(BATCH)" not in env.get_execution_plan()
    env.get_configuration().set_string("execution.runtime-mode", "batch")
    assert "(BATCH)" in env.get_execution_plan()


def test_what_is_no_mode_is_refused() -> None:
    with pytest.raises(JobBuildError, match=r"set_runtime_mode\('BATCH'\): pass RuntimeExecutionMode"):
        environment("BATCH")  # type: ignore[arg-type]


def test_there_is_no_start_from_a_checkpoint() -> None:
    env = environment(execution__state_recovery__path="latest")
    env.from_collection([1]).print()
    with pytest.raises(JobBuildError, match="a job in BATCH mode neither takes nor reads checkpoints"):
        env.execute()


# --- rolling operations ----------------------------------------------------------------------------------------------


@parallelisms
def test_rolling_operations_give_the_final_value_of_each_key(parallelism: int) -> None:
    """ "Important Considerations", "Behavior Change in BATCH mode": rolling operations."""
    stream = environment(parallelism=parallelism).from_collection(SOME)
    assert sorted(stream.key_by(key).sum(2)) == [("a", 5, 11), ("b", 9, 4)]
    assert sorted(stream.key_by(key).max(2)) == [("a", 5, 5), ("b", 9, 3)]
    assert sorted(stream.key_by(key).min_by(1)) == [("a", 1, 5), ("b", 2, 3)]


@parallelisms
@settings(max_examples=15, deadline=None)
@given(rows=records)
def test_the_final_value_is_the_last_one_of_a_stream(parallelism: int, rows: list[Record]) -> None:
    streamed = list(timed(environment(STREAMING, parallelism), rows, 50).key_by(key).reduce(add))
    last = {row[0]: row for row in streamed}
    assert sorted(timed(environment(BATCH, parallelism), rows).key_by(key).reduce(add)) == sorted(last.values())


def test_a_key_is_reduced_in_the_order_of_its_times() -> None:
    """ "State Backends / State": input is sorted; records of one time stay as they came."""
    words = timed(environment(), [("k", 3, "d"), ("k", 1, "a"), ("k", 2, "b"), ("k", 2, "c")])
    assert list(words.key_by(key).reduce(lambda one, two: ("k", 0, one[2] + two[2]))) == [("k", 0, "abcd")]


def test_the_final_value_has_the_time_of_the_last_record() -> None:
    sums = timed(environment(), SOME).key_by(key).sum(2)
    assert sorted(sums.process(TimeAndWatermark())) == [("a", 5, MIN_TIMESTAMP), ("b", 9, MIN_TIMESTAMP)]


# --- time ------------------------------------------------------------------------------------------------------------


class TimeAndWatermark(ProcessFunction[Any, Any]):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value[0], ctx.timestamp(), ctx.timer_service().current_watermark()


@parallelisms
def test_there_is_no_watermark_before_the_end(parallelism: int) -> None:
    """ "Event Time / Watermarks": strategies are ignored but for their timestamps."""
    env = environment(parallelism=parallelism, levada__watermark__every_records="1")
    assert {row[2] for row in timed(env, SOME).process(TimeAndWatermark())} == {MIN_TIMESTAMP}
    source = IteratorSource(lambda: iter(SOME), bounded=True)
    monotonous = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda row, _: row[1])
    told = sorted(env.from_source(source, monotonous, "some").process(TimeAndWatermark()))
    assert told == sorted((name, time, MIN_TIMESTAMP) for name, time, _ in SOME)


class Ringing(KeyedProcessFunction[Any, Any, Any]):
    """Tells everything it sees; counts the key's records in state."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", int))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context[Any]) -> Iterator[Any]:
        self.seen.update((self.seen.value() or 0) + 1)
        timers = ctx.timer_service()
        timers.register_event_time_timer(100 - value[1])
        timers.register_processing_time_timer(2_000_000_000_000 + value[1])
        yield value[0], "record", value[1], timers.current_watermark(), self.seen.value()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext[Any]) -> Iterator[Any]:
        domain = ctx.time_domain().name
        if domain == "PROCESSING_TIME":
            ctx.timer_service().register_processing_time_timer(timestamp + 1)  # dropped: it would ring for ever
        elif timestamp < 200:
            ctx.timer_service().register_event_time_timer(200)
        watermark = ctx.timer_service().current_watermark()
        yield ctx.get_current_key(), domain, timestamp, watermark, self.seen.value()


@parallelisms
@pytest.mark.parametrize("step", ["5 ms", "0 ms"], ids=["steps", "suspended-often"])
def test_timers_fire_at_the_end_of_each_key(parallelism: int, step: str) -> None:
    """ "Event Time / Watermarks" and "Processing Time": timers fire at the end, in the order of their times."""
    env = environment(parallelism=parallelism, levada__step_time=step)
    told = list(timed(env, SOME).key_by(key).process(Ringing()))
    late = 2_000_000_000_000
    assert by_key(told) == {
        "a": [
            ("a", "record", 1, MIN_TIMESTAMP, 1),
            ("a", "record", 5, MIN_TIMESTAMP, 2),
            ("a", "record", 5, MIN_TIMESTAMP, 3),
            ("a", "EVENT_TIME", 95, MAX_TIMESTAMP, 3),
            ("a", "EVENT_TIME", 99, MAX_TIMESTAMP, 3),
            ("a", "EVENT_TIME", 200, MAX_TIMESTAMP, 3),
            ("a", "PROCESSING_TIME", late + 1, MAX_TIMESTAMP, 3),
            ("a", "PROCESSING_TIME", late + 5, MAX_TIMESTAMP, 3),
        ],
        "b": [
            ("b", "record", 2, MIN_TIMESTAMP, 1),
            ("b", "record", 9, MIN_TIMESTAMP, 2),
            ("b", "EVENT_TIME", 91, MAX_TIMESTAMP, 2),
            ("b", "EVENT_TIME", 98, MAX_TIMESTAMP, 2),
            ("b", "EVENT_TIME", 200, MAX_TIMESTAMP, 2),
            ("b", "PROCESSING_TIME", late + 2, MAX_TIMESTAMP, 2),
            ("b", "PROCESSING_TIME", late + 9, MAX_TIMESTAMP, 2),
        ],
    }
    if parallelism == 1:  # one key is done before the next begins
        assert [row[0] for row in told] in (["a"] * 8 + ["b"] * 7, ["b"] * 7 + ["a"] * 8)


# --- windows ---------------------------------------------------------------------------------------------------------

FIVE, TEN = Time.milliseconds(5), Time.milliseconds(10)
WINDOWS: dict[str, Callable[[DataStream[Any]], DataStream[Any]]] = {
    "tumbling": lambda rows: rows.key_by(key).window(TumblingEventTimeWindows.of(TEN)).reduce(add),
    "sliding": lambda rows: rows.key_by(key).window(SlidingEventTimeWindows.of(TEN, FIVE)).reduce(add),
    "sessions": lambda rows: rows.key_by(key).window(EventTimeSessionWindows.with_gap(FIVE)).reduce(add),
    "all": lambda rows: rows.window_all(TumblingEventTimeWindows.of(TEN)).reduce(
        lambda one, two: ("", max(one[1], two[1]), one[2] + two[2])
    ),
    "twice": lambda rows: (
        rows.key_by(key)
        .window(TumblingEventTimeWindows.of(FIVE))
        .reduce(add)
        .key_by(key)
        .window(TumblingEventTimeWindows.of(TEN))
        .reduce(add)
    ),
    "lists": lambda rows: (
        rows.key_by(key)
        .window(TumblingEventTimeWindows.of(TEN))
        .apply(lambda of, window, elements: [(of, window.start, tuple(sorted(elements)))])
    ),
    "process": lambda rows: rows.key_by(key).process(Distinct()),
}


class Distinct(KeyedProcessFunction[Any, Any, Any]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.known = runtime_context.get_map_state(MapStateDescriptor("known", Types.INT(), Types.INT()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context[Any]) -> Iterator[Any]:
        if value[2] not in self.known:
            self.known.put(value[2], 1)
            yield value[0], value[2]


@parallelisms
@pytest.mark.parametrize("kind", WINDOWS)
@settings(max_examples=12, deadline=None)
@given(rows=records, spilled=st.booleans())
def test_results_are_those_of_a_stream(parallelism: int, kind: str, rows: list[Record], spilled: bool) -> None:
    """The introduction: a bounded job has the same final results in both modes."""
    build = WINDOWS[kind]
    streamed = Counter(build(timed(environment(STREAMING, parallelism), rows, 50)))
    memory = {"levada__batch__sort_memory": "500 b"} if spilled else {}
    batch = environment(BATCH, parallelism, **memory)
    assert Counter(build(timed(batch, rows))) == streamed


@parallelisms
def test_nothing_is_late(parallelism: int) -> None:
    """ "Late data": not observed in BATCH mode."""
    late: OutputTag[Any] = OutputTag("late")
    rows = [("k", time, 1) for time in (50, 1, 49, 2)]
    env = environment(parallelism=parallelism, levada__watermark__every_records="1")
    windows = timed(env, rows).key_by(key).window(TumblingEventTimeWindows.of(TEN))
    counted = windows.side_output_late_data(late).reduce(add)
    assert sorted(counted) == [("k", 2, 2), ("k", 49, 1), ("k", 50, 1)]
    assert list(counted.get_side_output(late)) == []


def test_windows_by_count_and_by_processing_time() -> None:
    """ "Processing Time": it stands still, and is at its end when all is read."""
    stream = timed(environment(), [(name, number, number) for number in range(5) for name in "ab"])
    counted = stream.key_by(key).count_window(2).reduce(add)
    assert by_key(list(counted)) == {name: [(name, 1, 1), (name, 3, 5)] for name in "ab"}
    hours = stream.key_by(key).window(TumblingProcessingTimeWindows.of(Time.hours(1))).reduce(add)
    assert sum(row[2] for row in hours) == 20
    often = stream.key_by(key).window(GlobalWindows.create())
    assert len(list(often.trigger(ContinuousProcessingTimeTrigger.of(Time.hours(1))).reduce(add))) == 2
    assert by_key(list(often.trigger(CountTrigger.of(3)).reduce(add))) == {n: [(n, 2, 3)] for n in "ab"}


# --- side outputs, failures, several inputs --------------------------------------------------------------------------

SIDE: OutputTag[Any] = OutputTag("side")


class Split(KeyedProcessFunction[Any, Any, Any]):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context[Any]) -> Iterator[Any]:
        ctx.timer_service().register_event_time_timer(value[1])
        yield (SIDE, value[2]) if value[2] % 2 else value[2]

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext[Any]) -> Iterator[Any]:
        yield SIDE, -timestamp


@parallelisms
def test_side_outputs(parallelism: int) -> None:
    split = timed(environment(parallelism=parallelism), SOME).key_by(key).process(Split())
    assert sorted(split) == [2, 4]
    assert sorted(split.get_side_output(SIDE)) == [-9, -5, -2, -1, 1, 3, 5]


def test_a_failing_function_is_told_with_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails_at_five(value: Any, ctx: Any) -> Iterator[Any]:
        yield 1 // (5 - value[2])

    files: list[Any] = []

    def opened(**options: Any) -> Any:
        files.append(made(**options))
        return files[-1]

    made = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", opened)
    stream = timed(environment(levada__batch__sort_memory="1 b"), SOME)
    with pytest.raises(UserFunctionError, match=r"ZeroDivisionError[\s\S]*\('a', 1, 5\)"):
        list(stream.key_by(key).process(fails_at_five))
    assert [file.closed for file in files] == [True]


class Slow(AsyncFunction[Any, Any]):
    async def async_invoke(self, value: Any) -> list[Any]:
        await asyncio.sleep(0.001)
        return [value]


@parallelisms
def test_what_comes_out_at_the_end_of_input_is_sorted_too(parallelism: int) -> None:
    asked = AsyncDataStream.unordered_wait(timed(environment(parallelism=parallelism), SOME), Slow(), Time.seconds(5))
    sums = asked.key_by(key).sum(2)
    assert sorted(sums) == [("a", 1, 11), ("b", 2, 4)]
    assert list(sums.key_by(lambda row: 0).sum(2).map(lambda row: row[2])) == [15]


@parallelisms
def test_empty_input(parallelism: int) -> None:
    stream = timed(environment(parallelism=parallelism), [])
    assert list(stream.key_by(key).sum(2)) == []
    assert list(stream.key_by(key).process(Ringing())) == []
    assert list(stream.key_by(key).window(TumblingEventTimeWindows.of(TEN)).reduce(add)) == []


class Merged(KeyedCoProcessFunction[Any, Any, Any, Any]):
    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context[Any]) -> Iterator[Any]:
        ctx.timer_service().register_event_time_timer(1)
        yield value[0], 1, value[1]

    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context[Any]) -> Iterator[Any]:
        yield value[0], 2, value[1]

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
        yield ctx.get_current_key(), 0, timestamp


@parallelisms
def test_two_keyed_inputs_are_merged_by_key_and_time(parallelism: int) -> None:
    env = environment(parallelism=parallelism)
    left, right = timed(env, SOME), timed(env, [("a", 3, 0), ("a", 5, 0), ("c", 1, 0)])
    told = list(left.connect(right).key_by(key, key).process(Merged()))
    assert by_key(told) == {
        "a": [("a", 1, 1), ("a", 2, 3), ("a", 1, 5), ("a", 1, 5), ("a", 2, 5), ("a", 0, 1)],
        "b": [("b", 1, 2), ("b", 1, 9), ("b", 0, 1)],
        "c": [("c", 2, 1)],
    }


class Pair(ProcessJoinFunction[Any, Any, Any]):
    def process_element(self, left: Any, right: Any, ctx: ProcessJoinFunction.Context) -> Iterator[Any]:
        yield left, right, ctx.get_timestamp()


JOINS: dict[str, Callable[[DataStream[Any], DataStream[Any]], DataStream[Any]]] = {
    "window join": lambda left, right: (
        left.join(right).where(key).equal_to(key).window(TumblingEventTimeWindows.of(TEN)).apply(lambda a, b: (a, b))
    ),
    "co-group": lambda left, right: (
        left.co_group(right)
        .where(key)
        .equal_to(key)
        .window(TumblingEventTimeWindows.of(TEN))
        .apply(lambda a, b: [(tuple(sorted(a)), tuple(sorted(b)))])
    ),
    "interval join": lambda left, right: (
        left.key_by(key)
        .interval_join(right.key_by(key))
        .between(Time.milliseconds(-3), Time.milliseconds(5))
        .process(Pair())
    ),
    "union": lambda left, right: left.union(right).key_by(key).window(TumblingEventTimeWindows.of(TEN)).reduce(add),
}


@parallelisms
@pytest.mark.parametrize("kind", JOINS)
@settings(max_examples=12, deadline=None)
@given(left=records, right=records)
def test_joins_are_those_of_a_stream(parallelism: int, kind: str, left: list[Record], right: list[Record]) -> None:
    results = []
    for mode in (STREAMING, BATCH):
        env = environment(mode, parallelism)
        results.append(Counter(JOINS[kind](timed(env, left, 50), timed(env, right, 50))))
    assert results[0] == results[1]


RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())


class Known(KeyedBroadcastProcessFunction[Any, Any, Any, Any]):
    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        yield value[0], value[1], sorted(ctx.get_broadcast_state(RULES).items())

    def process_broadcast_element(self, value: Any, ctx: Any) -> None:
        ctx.get_broadcast_state(RULES).put(value[0], value[2])


@parallelisms
def test_broadcast_records_come_first(parallelism: int) -> None:
    """ "State Backends / State": the broadcast side is read before the keyed one."""
    env = environment(parallelism=parallelism)
    rules = timed(env, [("x", 99, 1), ("y", 98, 2)]).broadcast(RULES)
    told = timed(env, SOME).key_by(key).connect(rules).process(Known())
    assert sorted(told) == [(name, time, [("x", 1), ("y", 2)]) for name, time in sorted(r[:2] for r in SOME)]


# --- checkpoints and sinks -------------------------------------------------------------------------------------------


@parallelisms
def test_a_file_sink_commits_once_at_the_end(
    parallelism: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """ "Failure Recovery" and "Important Considerations": no checkpoints."""
    env = environment(parallelism=parallelism, execution__checkpointing__dir=str(tmp_path / "checkpoints"))
    env.enable_checkpointing(10)
    out = tmp_path / "out"
    visible: list[int] = []

    def looked(row: Record) -> dict[str, Any]:
        visible.append(sum(1 for file in out.glob("**/*") if file.is_file() and not file.name.startswith((".", "_"))))
        return {"key": row[0], "sum": row[2]}

    rows = [(f"k{number % 50}", number, 1) for number in range(3000)]
    timed(env, rows).key_by(key).sum(2).map(looked).sink_to(FileSink.for_row_format(out, JsonFormat()).build())
    with caplog.at_level(logging.WARNING, logger="levada"):
        env.execute()
    assert "execution.checkpointing.interval has no effect: a job in BATCH mode takes no checkpoints" in caplog.text
    files = [file for file in out.glob("**/*") if file.is_file() and not file.name.startswith((".", "_"))]
    written = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert sorted(row["key"] for row in written) == sorted(f"k{number}" for number in range(50))
    assert {row["sum"] for row in written} == {60}
    assert set(visible) == {0}
    assert not (tmp_path / "checkpoints").exists()


def test_a_batch_job_begins_again_after_a_failure() -> None:
    """ "Failure Recovery"; from the start, as there are no checkpoints."""
    env = environment(restart_strategy__type="fixed-delay", restart_strategy__fixed_delay__delay="0 ms")
    failures = [1]

    def fails_once(value: Any, ctx: Any) -> list[Any]:
        if failures:
            failures.pop()
            raise ValueError("once")
        return [value]

    out: list[Any] = []
    timed(env, SOME).key_by(key).process(fails_once).map(out.append).print()
    env.execute()
    assert sorted(out) == sorted(SOME)
