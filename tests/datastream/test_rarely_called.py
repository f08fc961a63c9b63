"""Calls that few programs make, each with what it gives."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from levada.common import Configuration, Types, WatermarkStrategy
from levada.common.errors import JobBuildError
from levada.common.launch import observe
from levada.connectors.collection import CollectionSource
from levada.connectors.hybrid import HybridSource
from levada.datastream import (
    AggregateFunction,
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    ProcessAllWindowFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from levada.datastream.connectors.file_system import BucketAssigner, OnCheckpointRollingPolicy, RollingPolicy
from levada.datastream.functions import (
    AsyncFunction,
    NullByteKeySelector,
    PassThroughAllWindowFunction,
    PassThroughWindowFunction,
)
from levada.datastream.jvm_calls import JvmCalls
from levada.datastream.state import AggregatingStateDescriptor, ReducingStateDescriptor, ValueStateDescriptor
from levada.datastream.window import (
    CountTrigger,
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    GlobalWindows,
    NeverTrigger,
    ProcessingTimeSessionWindows,
    PurgingTrigger,
    TumblingEventTimeWindows,
)


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment()


def timed(env: StreamExecutionEnvironment, *events: tuple[int, int]) -> Any:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda event, _: event[1])
    return env.from_collection(list(events)).assign_timestamps_and_watermarks(strategy)


class Sum(AggregateFunction[tuple[int, int], int, int]):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: tuple[int, int], accumulator: int) -> int:
        return accumulator + value[0]

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


def test_a_whole_stream_aggregated(env: StreamExecutionEnvironment) -> None:
    windows = timed(env, (1, 0), (2, 5), (3, 12)).window_all(TumblingEventTimeWindows.of(timedelta(milliseconds=10)))
    assert windows.get_execution_environment() is env
    assert windows.get_input_type() == Types.PICKLED_BYTE_ARRAY()
    assert list(windows.aggregate(Sum())) == [3, 3]


class Sizes(ProcessAllWindowFunction[Any, int, Any]):
    cleared = 0

    def process(self, context: Any, elements: Iterable[Any]) -> Iterable[int]:
        return [len(list(elements))]

    def clear(self, context: Any) -> None:
        super().clear(context)
        Sizes.cleared += 1


def test_a_whole_stream_processed(env: StreamExecutionEnvironment) -> None:
    Sizes.cleared = 0
    windows = timed(env, (1, 0), (2, 5), (3, 12)).window_all(TumblingEventTimeWindows.of(timedelta(milliseconds=10)))
    assert list(windows.process(Sizes())) == [2, 1]
    assert Sizes.cleared == 2


class OncePerKey(FilterFunction[int]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.BOOLEAN()))

    def filter(self, value: int) -> bool:
        first = not self.seen.value()
        self.seen.update(True)
        return first


class Folded(FlatMapFunction[int, tuple[int, int]]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.total = runtime_context.get_reducing_state(ReducingStateDescriptor("t", lambda a, b: a + b, Types.LONG()))
        self.pairs = runtime_context.get_aggregating_state(AggregatingStateDescriptor("p", Sum(), Types.LONG()))

    def flat_map(self, value: int) -> Iterator[tuple[int, int]]:
        self.total.add(value)
        self.pairs.add((value, 0))
        yield self.total.get(), self.pairs.get()


def test_functions_with_state_of_the_key(env: StreamExecutionEnvironment) -> None:
    keyed = env.from_collection([1, 2, 3, 4]).key_by(lambda n: n % 2)
    assert sorted(keyed.filter(OncePerKey())) == [1, 2]
    assert sorted(keyed.flat_map(Folded())) == [(1, 1), (2, 2), (4, 4), (6, 6)]
    assert sorted(env.from_collection([1, 2]).key_by(NullByteKeySelector()).flat_map(Folded())) == [(1, 1), (3, 3)]


class Forgetful(KeyedProcessFunction[int, tuple[int, int], int]):
    def process_element(self, value: tuple[int, int], ctx: Any) -> Iterator[int]:
        ctx.timer_service().register_event_time_timer(value[1] + 1)
        yield value[0]


def test_a_timer_that_nobody_answers(env: StreamExecutionEnvironment) -> None:
    assert list(timed(env, (1, 0), (2, 5)).key_by(lambda event: event[0]).process(Forgetful())) == [1, 2]


def test_a_function_that_is_not_asked_in_time_fails() -> None:
    class Ask(AsyncFunction[int, int]):
        async def async_invoke(self, value: int) -> list[int]:
            return [value]

    with pytest.raises(TimeoutError, match="no answer in time for 5"):
        Ask().timeout(5)


def test_triggers_that_have_nothing_to_do(env: StreamExecutionEnvironment) -> None:
    never: NeverTrigger[Any, Any] = NeverTrigger()
    nobody: Any = None
    assert not never.on_event_time(1, nobody, nobody).is_fire()
    assert not never.on_processing_time(1, nobody, nobody).is_fire()
    assert GlobalWindows.create().get_window_serializer() is not None
    counted = (
        env.from_collection([1, 2, 3, 4, 5])
        .key_by(lambda n: 0)
        .window(GlobalWindows.create())
        .trigger(PurgingTrigger.of(CountTrigger.of(2)))
        .reduce(lambda a, b: a + b)
    )
    assert list(counted) == [3, 7]


def test_gaps_that_each_record_says(env: StreamExecutionEnvironment) -> None:
    for family, kind in (
        (EventTimeSessionWindows, DynamicEventTimeSessionWindows),
        (DynamicEventTimeSessionWindows, DynamicEventTimeSessionWindows),
        (ProcessingTimeSessionWindows, DynamicProcessingTimeSessionWindows),
        (DynamicProcessingTimeSessionWindows, DynamicProcessingTimeSessionWindows),
    ):
        assigner: Any = family.with_dynamic_gap(lambda event: event[0])
        assert isinstance(assigner, kind)
        assert assigner.gap_of((7, 0)) == 7
    sessions = timed(env, (10, 0), (2, 5), (1, 11)).key_by(lambda event: "all")
    merged = sessions.window(EventTimeSessionWindows.with_dynamic_gap(lambda event: event[0])).aggregate(Sum())
    assert list(merged) == [12, 1]
    purging = sessions.window(EventTimeSessionWindows.with_gap(timedelta(milliseconds=6))).trigger(
        PurgingTrigger.of(CountTrigger.of(2))
    )
    assert list(purging.aggregate(Sum())) == [12]


def test_what_workers_of_flink_would_need_is_accepted(
    env: StreamExecutionEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        env.add_classpaths("file:///a.jar")
        env.add_python_archive("a.zip")
        env.set_python_executable("python3")
        env.set_python_requirements("requirements.txt")
    told = [record.message.split("(")[0] for record in caplog.records]
    assert told == ["add_classpaths", "add_python_archive", "set_python_executable", "set_python_requirements"]


def test_modules_for_functions(
    env: StreamExecutionEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "a_module_of_the_job.py").write_text("def twice(n):\n    return 2 * n\n")
    env.add_python_file(tmp_path / "a_module_of_the_job.py")

    def twice(n: int) -> Any:
        from a_module_of_the_job import twice

        return twice(n)

    assert list(env.from_collection([4]).map(twice)) == [8]
    with pytest.raises(JobBuildError, match="no such file"):
        env.add_python_file(tmp_path / "none.py")


def test_small_questions(env: StreamExecutionEnvironment) -> None:
    assert env.get_config().set_max_parallelism(32).get_max_parallelism() == 32
    assert Types.INSTANT().need_conversion()
    assert not Types.STRING().need_conversion()
    assert isinstance(RollingPolicy.on_checkpoint_rolling_policy(), OnCheckpointRollingPolicy)
    assert type(BucketAssigner.base_path_bucket_assigner()) is BucketAssigner
    first, second = CollectionSource([1]), CollectionSource([2])
    hybrid = HybridSource.builder(first).add_source(second).build()
    assert tuple(hybrid.sources) == (first, second)
    assert hybrid.schema is None


def test_strategies_that_are_no_strategies() -> None:
    with pytest.raises(JobBuildError, match="for_generator"):
        WatermarkStrategy.for_generator(5)  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match="with_idleness"):
        WatermarkStrategy.no_watermarks().with_idleness(timedelta(0))
    with pytest.raises(JobBuildError, match="with_watermark_alignment"):
        WatermarkStrategy.no_watermarks().with_watermark_alignment("group", timedelta(seconds=1))


def test_a_window_as_it_is(env: StreamExecutionEnvironment) -> None:
    tens = TumblingEventTimeWindows.of(timedelta(milliseconds=10))
    events = timed(env, (1, 0), (2, 5), (3, 12))
    assert list(events.window_all(tens).apply(PassThroughAllWindowFunction())) == [(1, 0), (2, 5), (3, 12)]
    keyed = events.key_by(lambda event: "all").window(tens)
    assert list(keyed.reduce(lambda a, b: (a[0] + b[0], 0), PassThroughWindowFunction())) == [(3, 0), (3, 12)]


def test_the_parallelism_of_new_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JvmCalls, "_default_local_parallelism", None)
    env = StreamExecutionEnvironment.get_execution_environment()
    assert env.get_default_local_parallelism() == env.get_parallelism() == 1
    env.set_default_local_parallelism(3)
    assert env.get_parallelism() == 1
    later = StreamExecutionEnvironment.get_execution_environment()
    assert later.get_default_local_parallelism() == later.get_parallelism() == 3
    configured = Configuration.from_dict({"parallelism.default": "2"})
    assert StreamExecutionEnvironment.get_execution_environment(configured).get_parallelism() == 2
    with pytest.raises(JobBuildError, match="set_default_local_parallelism"):
        env.set_default_local_parallelism(0)


def test_jobs_are_announced_to_whoever_watches(env: StreamExecutionEnvironment) -> None:
    with observe() as launch:
        assert list(env.from_collection([1])) == [1]
    assert (launch.jobs, launch.plan_only) == (1, False)
