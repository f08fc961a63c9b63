"""An exception in a user's function names the operator, the subtask and the record, wherever the function is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.behaviour.jobs import NO_TIME, environment, results, timed

from levada.common.errors import LevadaError, StateError, UserError, UserFunctionError
from levada.common.time import Time
from levada.common.watermark_strategy import WatermarkGenerator, WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource
from levada.datastream import (
    AggregateFunction,
    DataStream,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
    ProcessWindowFunction,
    ReduceFunction,
)
from levada.datastream.connectors.file_system import FileSink
from levada.datastream.window import CountTrigger, EventTimeSessionWindows, TumblingEventTimeWindows
from levada.state.descriptors import ValueStateDescriptor

Stream = DataStream[Any]


def boom(value: Any) -> Any:
    if value == 3:
        raise ValueError("three")
    return value


def same(value: Any) -> Any:
    return value


def half_way(value: Any) -> Iterator[Any]:
    yield value
    boom(value)
    yield value


class Mapping(MapFunction):
    def map(self, value: Any) -> Any:
        return boom(value)


class Processing(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        yield boom(value)


class Keyed(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        yield boom(value)


class Timed(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> None:
        ctx.timer_service().register_event_time_timer(value)

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
        yield boom(timestamp)


class Windowed(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Iterator[Any]:
        yield boom(max(elements))


class Reducing(ReduceFunction):
    def reduce(self, value1: Any, value2: Any) -> Any:
        return boom(value2)


class Aggregating(AggregateFunction):
    """Raises in the method ``where``."""

    def __init__(self, where: str) -> None:
        self.where = where

    def _at(self, place: str, value: Any = 3) -> None:
        if place == self.where:
            boom(value)

    def create_accumulator(self) -> int:
        self._at("create_accumulator")
        return 0

    def add(self, value: Any, accumulator: int) -> int:
        self._at("add", value)
        return accumulator + value

    def get_result(self, accumulator: int) -> int:
        self._at("get_result")
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        self._at("merge")
        return acc_a + acc_b


def keyed(stream: Stream) -> Any:
    return stream.assign_timestamps_and_watermarks(timed()).key_by(lambda value: 0)


TUMBLING = TumblingEventTimeWindows.of(Time.milliseconds(2))
SESSIONS = EventTimeSessionWindows.with_gap(Time.milliseconds(2))

CASES: dict[str, tuple[Callable[[Stream], Stream], str, str]] = {
    # What is built; the operator; how the record is told.
    "map": (lambda s: s.map(boom), "Map(boom)", "record: 3"),
    "filter": (lambda s: s.filter(boom), "Filter(boom)", "record: 3"),
    "map in a fused loop": (lambda s: s.map(same).map(boom).filter(same), "Map(boom)", "record: 3"),
    "map behind a flat map": (lambda s: s.flat_map(lambda v: [v]).map(boom), "Map(boom)", "record: 3"),
    "map object": (lambda s: s.map(Mapping()), "Map(Mapping)", "record: 3"),
    "generator half-way": (lambda s: s.flat_map(half_way), "FlatMap(half_way)", "record: 3"),
    "process": (lambda s: s.process(Processing()), "Process(Processing)", "record: 3"),
    "named": (lambda s: s.map(same).map(boom).name("parsing").uid("parse-1"), "parsing", "record: 3"),
    "key selector": (lambda s: s.key_by(boom).reduce(lambda a, b: a), "Reduce", "record: 3"),
    "reduce": (lambda s: s.key_by(lambda v: 0).reduce(Reducing()), "Reduce(Reducing)", "record: 3"),
    "keyed map": (lambda s: keyed(s).map(Mapping()), "Map(Mapping)", "record: 3"),
    "keyed process": (lambda s: keyed(s).process(Keyed()), "KeyedProcess(Keyed)", "record: 3"),
    "on_timer": (lambda s: keyed(s).process(Timed()).name("alerts"), "alerts", "timer (time, key, namespace): (3, 0, "),
    "window function": (
        lambda s: keyed(s).window(TUMBLING).process(Windowed()).name("per minute"),
        "per minute",
        "key and window: (0, TimeWindow(start=2, end=4))",
    ),
    "window reduce": (lambda s: keyed(s).window(TUMBLING).reduce(Reducing()).name("win"), "win", "record: 3"),
    "session function": (
        lambda s: keyed(s).window(SESSIONS).process(lambda key, context, elements: [boom(len(list(elements)) - 3)]),
        "Window(EventTimeSessionWindows(2), Process)",
        "key and window: (0, TimeWindow(start=0, end=7))",
    ),
    "count window": (
        lambda s: s.key_by(lambda v: 0).count_window(2).process(Windowed()),
        "Window(CountTumblingWindowAssigner(2), Process(Windowed))",
        "record: 3",
    ),
    "own trigger": (
        lambda s: keyed(s).window(TUMBLING).trigger(CountTrigger.of(1)).process(Windowed()).name("t"),
        "t",
        "record: 3",
    ),
    "aggregate add": (lambda s: keyed(s).window(TUMBLING).aggregate(Aggregating("add")).name("a"), "a", "record: 3"),
    "aggregate get_result": (
        lambda s: keyed(s).window(SESSIONS).aggregate(Aggregating("get_result")).name("a"),
        "a",
        "key and window: (0, TimeWindow(start=0, end=7))",
    ),
    "aggregate create_accumulator": (
        lambda s: keyed(s).window(TUMBLING).aggregate(Aggregating("create_accumulator")).name("a"),
        "a",
        "record: 0",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_operator_subtask_and_record_are_named(case: str) -> None:
    build, operator, told = CASES[case]
    with pytest.raises(UserFunctionError) as caught:
        results(range(6), build)
    message = str(caught.value)
    assert message.startswith(f"operator '{operator}' (uid "), message
    assert "subtask 1 of 1" in message
    assert "raised ValueError: three" in message
    assert f"; {told}" in message
    assert __file__ in message
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_merge_that_raises_is_told() -> None:
    # 0 and 4 are sessions of their own until 2 joins them.
    with pytest.raises(UserFunctionError, match=r"operator 'm' .*aggregate function Aggregating .* ValueError: three"):
        results(
            [0, 4, 2],
            lambda s: (
                s.assign_timestamps_and_watermarks(timed(9))
                .key_by(lambda v: 0)
                .window(EventTimeSessionWindows.with_gap(Time.milliseconds(3)))
                .aggregate(Aggregating("merge"))
                .name("m")
            ),
        )


@pytest.mark.parametrize("operator", ["map", "key selector"])
def test_the_subtask_is_the_one_that_failed(operator: str) -> None:
    def build(stream: Stream) -> Stream:
        if operator == "map":
            return stream.key_by(lambda value: value).map(boom)
        return stream.rebalance().map(same).name("spread").key_by(boom).reduce(lambda a, b: a)

    with pytest.raises(UserFunctionError, match=r"subtask [123] of 3: .*function boom .*ValueError: three; record: 3$"):
        results(range(6), build, parallelism=3)


def test_a_record_whose_repr_fails_does_not_hide_the_error() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError("no repr")

    with pytest.raises(UserFunctionError, match="'Odd' object has no attribute 'x'; record: <Odd instance at"):
        results([Odd()], lambda s: s.map(lambda value: value.x))


def test_a_long_record_is_cut() -> None:
    with pytest.raises(UserFunctionError) as caught:
        results([{"text": "x" * 10_000}], lambda s: s.map(lambda value: value["y"]))
    assert len(str(caught.value)) < 1000


def test_a_stop_iteration_does_not_end_the_job_quietly() -> None:
    for build in (
        lambda s: s.map(lambda value: next(iter([]))),
        lambda s: s.flat_map(lambda value: [next(iter([]))]),
        lambda s: s.filter(lambda value: next(iter([]))),
    ):
        with pytest.raises(UserFunctionError, match="StopIteration"):
            results([1], build)


def test_what_is_not_iterable_is_told_with_the_remedy() -> None:
    with pytest.raises(UserFunctionError, match=r"flat_map must return an iterable \(.*\) or None; record: 1"):
        results([1], lambda s: s.flat_map(same))

    class Returns(KeyedProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            return value

    with pytest.raises(
        UserFunctionError, match=r"test_user_errors.py:\d+\) .*process must return an iterable"
    ) as caught:
        results([1], lambda s: keyed(s).process(Returns()))
    assert "no Python source" not in str(caught.value)


def test_open_that_raises_names_the_operator() -> None:
    class Broken(MapFunction):
        def open(self, runtime_context: Any) -> None:
            raise OSError("no database")

        def map(self, value: Any) -> Any:
            return value

    with pytest.raises(OSError, match="no database") as caught:
        results([1], lambda s: s.map(Broken()).name("lookup"))
    assert caught.value.__notes__ == ["while opening operator 'lookup', subtask 1 of 1"]


def test_state_without_a_key_is_told() -> None:
    class NeedsKey(MapFunction):
        def open(self, runtime_context: Any) -> None:
            runtime_context.get_state(ValueStateDescriptor("n", int))

        def map(self, value: Any) -> Any:
            return value

    with pytest.raises(StateError, match=r"keyed state needs a keyed stream; call key_by"):
        results([1], lambda s: s.map(NeedsKey()))


def test_a_timestamp_assigner_that_raises() -> None:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda value, _: boom(value))
    with pytest.raises(
        UserFunctionError, match=r"'Timestamps/Watermarks', subtask 1 of 1: .*ValueError: three on record 3"
    ):
        results(range(6), lambda s: s.assign_timestamps_and_watermarks(strategy))
    env = environment()
    source = DataGeneratorSource(lambda n: n, 6)
    with pytest.raises(UserFunctionError, match=r"source 'numbers', split 'split-0': .*ValueError: three on record 3"):
        env.from_source(source, strategy, "numbers").execute_and_collect(limit=6)


@pytest.mark.parametrize("given", ["soon", None, float("nan"), float("inf"), [1]])
def test_a_timestamp_that_is_none_is_refused_with_the_record(given: Any) -> None:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda value, _: given)
    told = re.escape(f"the timestamp assigner returned {given!r} ({type(given).__name__}) for record 7; it must return")
    with pytest.raises(UserFunctionError, match=told):
        results([7], lambda s: s.assign_timestamps_and_watermarks(strategy))


def test_a_watermark_generator_that_raises() -> None:
    class Generator(WatermarkGenerator):
        def on_event(self, event: Any, event_timestamp: int, output: Any) -> None:
            boom(event)

        def on_periodic_emit(self, output: Any) -> None:
            pass

    strategy = WatermarkStrategy.for_generator(Generator).with_timestamp_assigner(lambda value, _: value)
    with pytest.raises(
        UserFunctionError, match=r"the watermark generator .*Generator raised ValueError: three on record 3"
    ):
        results(range(6), lambda s: s.assign_timestamps_and_watermarks(strategy))


def test_a_generator_function_of_a_source_that_raises() -> None:
    env = environment()
    with pytest.raises(
        UserFunctionError, match=r"generator function boom raised ValueError: three; record: 3"
    ) as caught:
        env.from_source(DataGeneratorSource(boom, 6), NO_TIME, "numbers").execute_and_collect(limit=6)
    assert caught.value.__notes__ == ["in 'numbers -> Collect', subtask 1 of 1"]


def test_a_sink_function_that_raises() -> None:
    env = environment()
    env.from_collection([1, 2, 3]).add_sink(boom)
    with pytest.raises(UserFunctionError, match=r"operator 'Sink\(boom\)'.*: sink function boom .*record: 3"):
        env.execute()


@pytest.mark.parametrize(
    ("sink", "told"),
    [
        (lambda path: FileSink.for_row_format(path, lambda v: v.encode()), r"encoder .* AttributeError: .*; record: 1"),
        (lambda path: FileSink.for_row_format(path, lambda v: str(v)), r"gave '1' \(str\) for 1; it must give bytes"),
        (
            lambda path: FileSink.for_row_format(path, lambda v: b"x").with_bucket_assigner(lambda v: v.day),
            r"bucket assigner .* AttributeError: .*; record: 1",
        ),
    ],
    ids=["encoder", "no bytes", "bucket assigner"],
)
def test_functions_of_a_file_sink_that_raise(sink: Any, told: str, tmp_path: Any) -> None:
    env = environment()
    env.from_collection([1]).sink_to(sink(tmp_path / "out").build())
    with pytest.raises(UserError, match=told) as caught:
        env.execute()
    assert caught.value.__notes__ == ["in 'Collection -> FileSink', subtask 1 of 1"]


def test_errors_of_levada_itself_bear_the_record_and_no_endless_cause() -> None:
    with pytest.raises(LevadaError, match=r"sum\(7\): the record \(1, 2\) has no field 7") as caught:
        results([(1, 2), (1, 2)], lambda s: s.key_by(lambda v: v[0]).sum(7))
    (note,) = caught.value.__notes__
    assert re.fullmatch(r"in operator 'Sum\(7\)' \(uid reduce-\w+\), subtask 1 of 1; record: \(1, 2\)", note)
    assert caught.value.__cause__ is not caught.value


def test_leaving_the_program_inside_a_function() -> None:
    def leave(value: Any) -> Any:
        raise SystemExit(7)

    with pytest.raises(SystemExit) as caught:
        results([1], lambda s: s.map(leave))
    assert caught.value.code == 7
