"""Jobs built by the API and run in this process."""

import asyncio
import itertools
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest

from levada.common import JobStatus, OutputTag, Row, Time, Types, WatermarkStrategy
from levada.common.errors import JobBuildError, JobCanceledError, UserFunctionError
from levada.connectors.nexmark.source import NexmarkSource
from levada.connectors.number_seq import NumberSequenceSource
from levada.datastream import (
    DataStream,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
    ProcessWindowFunction,
    RuntimeContext,
    SinkFunction,
    StreamExecutionEnvironment,
    TimeWindow,
)
from levada.datastream.state import ValueStateDescriptor
from levada.datastream.window import EventTimeSessionWindows, TumblingEventTimeWindows

NO_WATERMARKS = WatermarkStrategy.no_watermarks()
EVENT_TIME = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda value, _: value[1])
LATE: OutputTag[Any] = OutputTag("late")


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment()


@pytest.fixture
def numbers(env: StreamExecutionEnvironment) -> DataStream[int]:
    return env.from_collection(list(range(10)))


def endless(env: StreamExecutionEnvironment) -> DataStream[int]:
    return env.from_source(NumberSequenceSource(0, 10**12), NO_WATERMARKS, "numbers")


def collected(stream: DataStream[Any]) -> list[Any]:
    with stream.execute_and_collect() as results:
        return list(results)


def test_results_come_in_order(numbers: DataStream[int]) -> None:
    assert collected(numbers.map(lambda n: n * 2).filter(lambda n: n % 4 == 0)) == [0, 4, 8, 12, 16]


def test_a_stream_can_be_collected_again(numbers: DataStream[int]) -> None:
    doubled = numbers.map(lambda n: n * 2)
    assert collected(doubled) == collected(doubled) == list(range(0, 20, 2))


def test_execute_runs_what_was_built_and_gives_a_result(
    env: StreamExecutionEnvironment, numbers: DataStream[int]
) -> None:
    seen: list[int] = []
    numbers.add_sink(seen.append)
    result = env.execute("job")
    assert seen == list(range(10))
    assert result.get_net_runtime() >= 0
    assert len(str(result.get_job_id())) == 32
    with pytest.raises(JobBuildError, match="nothing was built"):
        env.execute("again")


def test_print_writes_lines(
    env: StreamExecutionEnvironment, numbers: DataStream[int], capsys: pytest.CaptureFixture[str]
) -> None:
    numbers.filter(lambda n: n < 2).print()
    numbers.filter(lambda n: n == 2).map(lambda n: Row(n)).print("rows")
    env.execute()
    assert sorted(capsys.readouterr().out.splitlines()) == ["0", "1", "rows> +I[2]"]


def test_declared_types_decide_what_functions_see(env: StreamExecutionEnvironment) -> None:
    rows = env.from_collection([(1, "a")], type_info=Types.ROW([Types.INT(), Types.STRING()]))
    assert collected(rows) == [Row(f0=1, f1="a")]
    named = rows.map(lambda row: (row.f0, row.f1), output_type=Types.ROW_NAMED(["n", "s"], [int, str]))
    assert collected(named.map(lambda row: f"{row.s}{row.n}")) == ["a1"]


class Splitting(ProcessFunction[int, int]):
    def process_element(self, value: int, ctx: ProcessFunction.Context) -> Iterator[Any]:
        if value % 2:
            yield LATE, value
        else:
            yield value


def test_side_outputs_come_beside_the_main_one(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    main, aside = [], []
    split = numbers.process(Splitting())
    split.add_sink(main.append)
    split.get_side_output(LATE).map(lambda n: -n).add_sink(aside.append)
    env.execute()
    assert (main, aside) == ([0, 2, 4, 6, 8], [-1, -3, -5, -7, -9])


def test_unions_have_all_records(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    assert sorted(collected(numbers.union(env.from_collection([10, 11]), numbers.map(abs)))) == sorted(
        [*range(10), *range(10), 10, 11]
    )


def test_keyed_reduce_emits_per_record(numbers: DataStream[int]) -> None:
    sums = numbers.map(lambda n: (n % 2, n)).key_by(lambda pair: pair[0]).reduce(lambda a, b: (a[0], a[1] + b[1]))
    assert collected(sums) == [(0, 0), (1, 1), (0, 2), (1, 4), (0, 6), (1, 9), (0, 12), (1, 16), (0, 20), (1, 25)]


class Counting(KeyedProcessFunction[str, tuple[str, int], tuple[str, int]]):
    """Counts a key's records, and tells the count when the key has been quiet for 10 ms of event time."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def process_element(
        self, value: tuple[str, int], ctx: KeyedProcessFunction.Context[str]
    ) -> Iterator[tuple[str, int]]:
        self.count.update((self.count.value() or 0) + 1)
        ctx.timer_service().register_event_time_timer(ctx.timestamp() + 10)
        yield from ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext[str]) -> Iterator[tuple[str, int]]:
        yield ctx.get_current_key(), self.count.value() or 0


def test_state_and_timers_belong_to_keys(env: StreamExecutionEnvironment) -> None:
    events = env.from_collection([("a", 1), ("b", 2), ("a", 1), ("a", 40)])
    timed = events.assign_timestamps_and_watermarks(EVENT_TIME)
    assert sorted(collected(timed.key_by(lambda e: e[0]).process(Counting()))) == [("a", 3), ("a", 3), ("b", 1)]


class Numbering(MapFunction[int, tuple[int, int]]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.number = runtime_context.get_state(ValueStateDescriptor("number", Types.INT()))

    def map(self, value: int) -> tuple[int, int]:
        number = (self.number.value() or 0) + 1
        self.number.update(number)
        return value, number


def test_a_map_function_on_a_keyed_stream_has_state(numbers: DataStream[int]) -> None:
    numbered = numbers.filter(lambda n: n < 4).key_by(lambda n: n % 2).map(Numbering())
    assert collected(numbered) == [(0, 1), (1, 1), (2, 2), (3, 2)]


class Spans(ProcessWindowFunction[tuple[str, int], tuple[str, int, int], str, TimeWindow]):
    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Any
    ) -> Iterator[tuple[str, int, int]]:
        yield key, context.window().start, len(list(elements))


def test_windows_over_event_time(env: StreamExecutionEnvironment) -> None:
    events = env.from_collection([("a", 1), ("a", 999), ("b", 5), ("a", 1000), ("a", 3001), ("b", 2500)])
    keyed = events.assign_timestamps_and_watermarks(EVENT_TIME).key_by(lambda e: e[0])
    tumbling = keyed.window(TumblingEventTimeWindows.of(Time.seconds(1)))
    assert sorted(collected(tumbling.process(Spans()))) == [
        ("a", 0, 2),
        ("a", 1000, 1),
        ("a", 3000, 1),
        ("b", 0, 1),
        ("b", 2000, 1),
    ]
    sessions = keyed.window(EventTimeSessionWindows.with_gap(Time.seconds(2)))
    assert sorted(collected(sessions.process(Spans()))) == [("a", 1, 3), ("a", 3001, 1), ("b", 5, 1), ("b", 2500, 1)]


def test_count_windows_and_windows_over_everything(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    counted = numbers.key_by(lambda n: n % 2).count_window(2).reduce(lambda a, b: a + b)
    assert sorted(collected(counted)) == [2, 4, 10, 12]
    timed = numbers.assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda value, _: value)
    )
    everything = timed.window_all(TumblingEventTimeWindows.of(Time.milliseconds(5)))
    assert collected(everything.apply(lambda window, inputs: [(window.start, sum(inputs))])) == [(0, 10), (5, 35)]


def test_late_records_go_aside(env: StreamExecutionEnvironment) -> None:
    main: list[Any] = []
    aside: list[Any] = []
    events = env.from_collection([("a", 1), ("a", 5000), ("a", 2)])
    env.get_configuration().set_string("levada.watermark.every-records", "1")
    windowed = (
        events.assign_timestamps_and_watermarks(EVENT_TIME)
        .key_by(lambda e: e[0])
        .window(TumblingEventTimeWindows.of(Time.seconds(1)))
        .side_output_late_data(LATE)
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
    )
    windowed.add_sink(main.append)
    windowed.get_side_output(LATE).add_sink(aside.append)
    env.execute()
    assert (main, aside) == ([("a", 1), ("a", 5000)], [("a", 2)])


@pytest.mark.parametrize("parallelism", [1, 2])
@pytest.mark.parametrize("chained", [True, False])
def test_results_do_not_depend_on_how_the_job_is_laid_out(parallelism: int, chained: bool) -> None:
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(parallelism)
    if not chained:
        env.disable_operator_chaining()
    stream = env.from_collection(list(range(1000))).rebalance().map(lambda n: (n % 7, 1))
    counts = stream.key_by(lambda pair: pair[0]).sum(1)
    largest: dict[int, int] = {}
    for key, count in collected(counts):
        largest[key] = max(count, largest.get(key, 0))
    assert largest == {key: len(range(key, 1000, 7)) for key in range(7)}


class Writing(SinkFunction[int]):
    written: ClassVar[list[Any]] = []

    def open(self, runtime_context: RuntimeContext) -> None:
        self.open_for = runtime_context.get_index_of_this_subtask()

    def invoke(self, value: int) -> None:
        self.written.append((self.open_for, value))

    def close(self) -> None:
        self.written.append("closed")


def test_sink_functions_are_opened_and_closed(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    Writing.written.clear()
    numbers.filter(lambda n: n < 2).add_sink(Writing())
    env.execute()
    assert Writing.written == [(0, 0), (0, 1), "closed"]


class Gathering:
    """What a program hands in as a bound method, to look at afterwards."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def take(self, value: int) -> None:
        self.seen.append(value)


def test_a_method_as_a_sink_reaches_its_object(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    gathering = Gathering()
    numbers.add_sink(gathering.take)
    env.execute()
    assert gathering.seen == list(range(10))


def failing(value: int) -> int:
    return 10 // (value - 5)


@pytest.mark.parametrize("collects", [True, False])
def test_an_error_in_a_function_ends_the_job_and_names_the_record(
    env: StreamExecutionEnvironment, numbers: DataStream[int], collects: bool
) -> None:
    stream = numbers.map(failing)
    if not collects:
        stream.add_sink(print)
    with pytest.raises(UserFunctionError, match=r"Map\(failing\).*ZeroDivisionError.*record: 5"):
        collected(stream) if collects else env.execute()


def test_a_columnar_source_gives_rows_with_time_per_split() -> None:
    import pyarrow as pa

    from levada.connectors.arrow import arrow_source

    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(2)
    table = pa.table({"key": ["a", "b"] * 500, "ts": list(range(1000))})
    by_time = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda row, _: row.ts)
    rows = env.from_source(arrow_source(table), by_time, "table")
    counted = (
        rows.key_by(lambda row: row.key)
        .window(TumblingEventTimeWindows.of(Time.milliseconds(500)))
        .process(lambda key, context, elements: [(key, context.window().start, len(list(elements)))])
    )
    assert sorted(collected(counted)) == [("a", 0, 250), ("a", 500, 250), ("b", 0, 250), ("b", 500, 250)]
    assert rows.execute_and_collect(limit=1)[0].as_dict().keys() == {"key", "ts"}


# --- iterating, and ending early --------------------------------------------------------------------------------------


def test_a_limit_gives_a_list_and_ends_the_job(env: StreamExecutionEnvironment) -> None:
    assert endless(env).map(lambda n: n * 2).execute_and_collect(limit=3) == [0, 2, 4]


def test_leaving_the_iterator_cancels_the_job(env: StreamExecutionEnvironment) -> None:
    with endless(env).execute_and_collect("endless") as results:
        assert list(itertools.islice(results, 3)) == [0, 1, 2]
        assert results.next() == 3
    assert results._job.status is JobStatus.CANCELED
    assert list(results) == []


def test_an_exception_inside_cancels_the_job_too(env: StreamExecutionEnvironment) -> None:
    results = endless(env).execute_and_collect()
    with pytest.raises(KeyError), results:
        raise KeyError(next(results))
    assert results._job.status is JobStatus.CANCELED


def test_an_iterator_read_to_its_end_is_finished(numbers: DataStream[int]) -> None:
    results = numbers.execute_and_collect()
    assert list(results) == list(range(10))
    assert list(results) == []
    assert results._job.status is JobStatus.FINISHED
    results.close()


def test_a_stream_that_ends_can_be_iterated_over(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    assert [n for n in numbers.map(lambda n: n + 1) if n < 3] == [1, 2]
    from_numbers = env.from_source(NumberSequenceSource(1, 3), NO_WATERMARKS, "numbers")
    assert list(from_numbers.union(numbers.filter(lambda n: n == 0))) in ([1, 2, 3, 0], [0, 1, 2, 3])


def test_a_stream_that_never_ends_cannot(env: StreamExecutionEnvironment) -> None:
    source = NexmarkSource()
    with pytest.raises(JobBuildError, match=r"'bids' never ends; write `with stream\.execute_and_collect\(\)"):
        iter(env.from_source(source, NO_WATERMARKS, "bids").map(str))


# --- where it may be called from --------------------------------------------------------------------------------------


def test_execute_works_in_another_thread(numbers: DataStream[int]) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(collected, numbers).result() == list(range(10))


def test_execute_works_inside_a_running_event_loop(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    seen: list[int] = []

    async def program() -> list[int]:
        numbers.add_sink(seen.append)
        env.execute()
        return numbers.map(abs).execute_and_collect(limit=2)

    assert asyncio.run(program()) == [0, 1]
    assert seen == list(range(10))


def test_execute_async_runs_in_the_background(env: StreamExecutionEnvironment) -> None:
    seen: list[int] = []
    endless(env).add_sink(seen.append)
    client = env.execute_async("background")
    assert len(str(client.get_job_id())) == 32
    deadline = time.monotonic() + 5
    while not seen and time.monotonic() < deadline:
        time.sleep(0.01)
    assert client.get_job_status().result() is JobStatus.RUNNING
    assert not client.get_job_execution_result().done()
    client.cancel().result(timeout=5)
    assert client.get_job_status().result() is JobStatus.CANCELED
    with pytest.raises(JobCanceledError):
        client.get_job_execution_result().result(timeout=5)
    assert seen[0] == 0


def test_execute_async_gives_the_result(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    numbers.add_sink(lambda n: None)
    client = env.execute_async()
    result = client.get_job_execution_result().result(timeout=5)
    assert str(result.get_job_id()) == str(client.get_job_id())
    assert client.get_accumulators().result(timeout=5) == result.get_all_accumulator_results()


def test_a_background_job_can_be_awaited(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    numbers.add_sink(lambda n: None)

    async def program() -> int:
        result = await env.execute_async().get_job_execution_result()
        return result.get_net_runtime()

    assert asyncio.run(program()) >= 0
    assert threading.active_count() < 20


# --- start-up ---------------------------------------------------------------------------------------------------------


def test_a_trivial_job_starts_without_the_columnar_libraries(tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(
        textwrap.dedent("""
        import sys
        from levada.datastream import StreamExecutionEnvironment
        env = StreamExecutionEnvironment.get_execution_environment()
        env.from_collection([1, 2]).map(lambda n: n + 1).print()
        env.execute()
        print([name for name in ("pyarrow", "numpy", "pandas", "asyncio") if name in sys.modules])
        """)
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["2", "3", "[]"]


def test_a_refused_collection_leaves_nothing_behind() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    numbers = env.from_collection([1, 2, 3]).map(lambda n: n + 1)
    twice = numbers.map(lambda n: n).uid("same")
    numbers.map(lambda n: n).uid("same")
    with pytest.raises(JobBuildError, match="'same' is given to two operators"):
        twice.execute_and_collect()
    twice.uid("another")
    with twice.execute_and_collect() as results:
        assert list(results) == [2, 3, 4]
