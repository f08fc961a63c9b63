"""What is wrong with a function or a stream is said by the call that got it, with the remedy."""

import functools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from levada.common import OutputTag, Time, Types, WatermarkStrategy
from levada.common.errors import JobBuildError
from levada.datastream import (
    AggregateFunction,
    DataStream,
    FilterFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
    ReduceFunction,
    StreamExecutionEnvironment,
)
from levada.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    NeverTrigger,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)


class Double(MapFunction[int, int]):
    def map(self, value: int) -> int:
        return value * 2


class Positive(FilterFunction[int]):
    def filter(self, value: int) -> bool:
        return value > 0


class Twice(ProcessFunction[int, int]):
    def process_element(self, value: int, ctx: ProcessFunction.Context) -> Iterator[int]:
        yield value
        yield value


class Keyed(KeyedProcessFunction[int, int, int]):
    def process_element(self, value: int, ctx: KeyedProcessFunction.Context[int]) -> Iterator[int]:
        yield value


class Summed(AggregateFunction[int, int, int]):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: int, accumulator: int) -> int:
        return accumulator + value

    def get_result(self, accumulator: int) -> int:
        return accumulator


def two_arguments(value: int, other: int) -> int:
    return value + other


def generator(value: int) -> Iterator[int]:
    yield value


async def asynchronous(value: int) -> int:
    return value


@pytest.fixture
def numbers() -> DataStream[int]:
    return StreamExecutionEnvironment.get_execution_environment().from_collection([1, 2, 3])


def windows(numbers: DataStream[int]) -> Any:
    return numbers.key_by(lambda n: n).window(TumblingProcessingTimeWindows.of(Time.seconds(1)))


def sessions(numbers: DataStream[int]) -> Any:
    timed = numbers.assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps())
    return timed.key_by(lambda n: n).window(EventTimeSessionWindows.with_gap(timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda s: s.map(5), r"map\(func\): 5 is not callable; pass a MapFunction object or a callable \(value\)"),
        (lambda s: s.map(Double), r"map\(func\): Double is a class; pass an instance of it: Double\(\)"),
        (lambda s: s.map(Positive()), r"map\(func\): Positive is a Positive.*a FilterFunction goes into filter\("),
        (lambda s: s.map(two_arguments), r"map\(func\): two_arguments\(value: int, other: int\).*1 argument \(value\)"),
        (lambda s: s.map(lambda: 1), r"map\(func\): .*<lambda>\(\) cannot be called with 1 argument"),
        (lambda s: s.map(generator), r"map\(func\): generator is a generator function.*use flat_map"),
        (lambda s: s.map(functools.partial(generator)), r"map\(func\): partial\(generator\) is a generator function"),
        (lambda s: s.map(asynchronous), r"map\(func\): asynchronous is asynchronous"),
        (lambda s: s.filter(generator), r"filter\(func\): generator is a generator function.*one bool is wanted"),
        (lambda s: s.filter(None), r"filter\(func\): None is not callable; pass a FilterFunction"),
        (lambda s: s.flat_map("x"), r"flat_map\(func\): 'x' is not callable"),
        (lambda s: s.process(lambda v: v), r"process\(func\): .*<lambda> is a lambda.*class MyFunction\(ProcessFunct"),
        (lambda s: s.process(lambda v, ctx: [v]), r"process\(func\): .*is a lambda.*there are map and flat_map"),
        (lambda s: s.process(generator), r"process\(func\): generator.* 2 arguments \(value, ctx\)"),
        (lambda s: s.process(Keyed()), r"a KeyedProcessFunction goes into key_by\(\.\.\.\)\.process"),
        (lambda s: s.key_by(lambda n: n).process(Twice()), r"a ProcessFunction goes into process\("),
        (lambda s: s.key_by(7), r"key_by\(key_selector\): 7 is not callable"),
        (lambda s: s.key_by(lambda n: [n], key_type=Types.LIST(int)), r"keys of type .* give a tuple"),
        (lambda s: s.key_by(lambda n: n, key_type="int"), r"key_by\(key_selector, key_type\).*'int' is not a type"),
        (lambda s: s.key_by(lambda n: n).reduce(lambda a: a), r"reduce\(func\): .* 2 arguments \(value1, value2\)"),
        (lambda s: s.key_by(lambda n: n).sum(-1), r"sum\(-1\): a field is given by its position"),
        (lambda s: s.map(str, output_type=5), r"map\(func\), output_type: 5 is not a type"),
        (lambda s: s.project(), r"project\(\): pass one or more positions"),
        (lambda s: s.union(), r"union\(\): pass one or more streams"),
        (lambda s: s.union([1]), r"union\(\[1\]\): list is not a DataStream"),
        (lambda s: s.get_side_output("late"), r"get_side_output\('late'\): pass an OutputTag"),
        (lambda s: s.assign_timestamps_and_watermarks(None), r"pass a WatermarkStrategy"),
        (lambda s: s.sink_to(print), r"sink_to\(.*is not a sink; .*add_sink"),
        (lambda s: s.add_sink(5), r"add_sink\(sink_func\): 5 is not callable"),
        (lambda s: s.map(str).uid(""), r"uid\(''\): a uid is a non-empty string"),
        (lambda s: s.map(str).set_parallelism(0), r"set_parallelism\(0\): a whole number of at least 1"),
        (lambda s: s.set_parallelism(4), r"'Collection' only runs with parallelism 1"),
        (lambda s: s.rebalance().uid("a"), r"uid\('a'\): a stream has no operator of its own"),
        (lambda s: s.key_by(lambda n: n).name("a"), r"name\('a'\): a keyed stream has no operator of its own"),
        (lambda s: s.union(s).get_side_output(OutputTag("x")), r"get_side_output\(.*has no operator of its own"),
        (lambda s: s.execute_and_collect(limit=0), r"execute_and_collect\(limit=0\)"),
        (lambda s: windows(s).process(lambda a, b: []), r"process.*3 arguments \(key, context, elements\)"),
        (lambda s: windows(s).aggregate(lambda a, b: a), r"aggregate\(aggregate_function\).*AggregateFunction object"),
        (lambda s: windows(s).reduce(Double()), r"a MapFunction goes into map\("),
        (lambda s: windows(s).trigger(CountTrigger), r"trigger\(.*pass a Trigger"),
        (lambda s: windows(s).allowed_lateness(-1).process(lambda k, c, e: []), r"allowed_lateness\(-1 ms\)"),
        (lambda s: windows(s).allowed_lateness("1 s"), r"allowed_lateness\(time_ms\): '1 s' is not a length of time"),
        (lambda s: windows(s).side_output_late_data("late"), r"pass an OutputTag"),
        (lambda s: sessions(s).aggregate(Summed()), r"Summed needs a method merge\(self, acc_a, acc_b\)"),
        (lambda s: sessions(s).trigger(NeverTrigger()).process(lambda k, c, e: []), r"merge"),
        (lambda s: s.key_by(lambda n: n).window(TumblingEventTimeWindows), r"TumblingEventTimeWindows is a class"),
        (lambda s: s.key_by(lambda n: n).window(60), r"window\(window_assigner\): 60 is no assigner"),
        (lambda s: s.window_all(60), r"window_all\(window_assigner\): 60 is no assigner"),
        (lambda s: s.key_by(lambda n: n).count_window(0), r"count_window\(size\): 0"),
        (lambda s: TumblingEventTimeWindows.of(Time.seconds(-1)), r"TumblingEventTimeWindows\.of\(size=-1000 ms\)"),
        (lambda s: TumblingEventTimeWindows.of(60), r"TumblingEventTimeWindows\.of\(size\): 60 is not a length"),
    ],
)
def test_a_mistake_is_told_by_the_call_that_made_it(numbers: DataStream[int], build: Any, told: str) -> None:
    with pytest.raises(JobBuildError, match=told):
        build(numbers)


def test_what_is_right_is_taken(numbers: DataStream[int]) -> None:
    numbers.map(Double()).map(str).map(int).map(functools.partial(two_arguments, other=2)).map(abs)
    numbers.filter(Positive()).filter(bool)
    numbers.flat_map(generator).flat_map(lambda n: None).flat_map(range)
    numbers.process(Twice())
    keyed = numbers.key_by(lambda n: n % 2)
    keyed.process(Keyed())
    keyed.reduce(max)
    windows(numbers).aggregate(Summed())
    windows(numbers).reduce(lambda a, b: a + b)


class DuckTyped:
    """Has the method, not the base class."""

    def map(self, value: int) -> int:
        return value


class Max(ReduceFunction[int]):
    def reduce(self, value1: int, value2: int) -> int:
        return max(value1, value2)


def test_objects_with_the_right_method_are_functions(numbers: DataStream[int]) -> None:
    numbers.map(DuckTyped())  # type: ignore[type-var]
    numbers.key_by(lambda n: n).reduce(Max())
    with pytest.raises(JobBuildError, match="is not callable; pass a FilterFunction"):
        numbers.filter(DuckTyped())  # type: ignore[arg-type]


def test_a_plain_generator_function_is_a_process_function(numbers: DataStream[int]) -> None:
    def doubled(value: int, ctx: Any) -> Iterator[int]:
        yield value * 2

    assert numbers.process(doubled).get_type() == Types.LONG()
    assert numbers.key_by(lambda n: n).process(doubled).get_type() == Types.LONG()


def test_streams_of_two_environments_do_not_mix(numbers: DataStream[int]) -> None:
    other = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    with pytest.raises(JobBuildError, match="two environments"):
        numbers.union(other)


def test_what_works_per_key_says_so_on_a_stream_without_keys() -> None:
    stream = StreamExecutionEnvironment.get_execution_environment().from_collection([1, 2])
    with pytest.raises(AttributeError, match=r"reduce\(\) works per key: call \.key_by\(\.\.\.\) on the stream first"):
        stream.reduce(lambda a, b: a + b)  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="'DataStream' object has no attribute 'nonsense'"):
        stream.nonsense  # type: ignore[attr-defined]  # noqa: B018
