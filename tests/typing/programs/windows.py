"""What a type checker knows of windows."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import assert_type

from levada.common import Time
from levada.datastream import (
    AggregateFunction,
    AllWindowedStream,
    CountWindow,
    DataStream,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
    StreamExecutionEnvironment,
    TimeWindow,
    WindowedStream,
    WindowFunction,
)
from levada.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

Pair = tuple[str, int]


class Average(AggregateFunction[Pair, tuple[int, int], float]):
    def create_accumulator(self) -> tuple[int, int]:
        return 0, 0

    def add(self, value: Pair, accumulator: tuple[int, int]) -> tuple[int, int]:
        return accumulator[0] + value[1], accumulator[1] + 1

    def get_result(self, accumulator: tuple[int, int]) -> float:
        return accumulator[0] / accumulator[1]

    def merge(self, acc_a: tuple[int, int], acc_b: tuple[int, int]) -> tuple[int, int]:
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class Named(ProcessWindowFunction[float, str, str, TimeWindow]):
    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[float]
    ) -> Iterator[str]:
        assert_type(context.window(), TimeWindow)
        yield f"{key} {context.window().start} {next(iter(elements))}"


class Counted(WindowFunction[Pair, int, str, TimeWindow]):
    def apply(self, key: str, window: TimeWindow, inputs: Iterable[Pair]) -> list[int]:
        return [len(list(inputs))]


class Total(ProcessAllWindowFunction[Pair, int, TimeWindow]):
    def process(self, context: ProcessAllWindowFunction.Context[TimeWindow], elements: Iterable[Pair]) -> Iterator[int]:
        yield sum(value for _, value in elements)


def counts(key: str, context: object, elements: Iterable[Pair]) -> list[tuple[str, int]]:
    return [(key, len(list(elements)))]


env = StreamExecutionEnvironment.get_execution_environment()
pairs = env.from_collection([("a", 1), ("b", 2)])
keyed = pairs.key_by(lambda p: p[0])
windowed = keyed.window(TumblingEventTimeWindows.of(timedelta(minutes=1)))
assert_type(windowed, WindowedStream[Pair, str, TimeWindow])
assert_type(windowed.allowed_lateness(5).trigger(CountTrigger.of(3)), WindowedStream[Pair, str, TimeWindow])
assert_type(
    keyed.window(SlidingEventTimeWindows.of(Time.hours(1), Time.minutes(1))), WindowedStream[Pair, str, TimeWindow]
)
assert_type(keyed.window(EventTimeSessionWindows.with_gap(Time.minutes(1))), WindowedStream[Pair, str, TimeWindow])
assert_type(keyed.count_window(5), WindowedStream[Pair, str, CountWindow])

assert_type(windowed.reduce(lambda a, b: (a[0], a[1] + b[1])), DataStream[Pair])
assert_type(windowed.aggregate(Average()), DataStream[float])
assert_type(windowed.aggregate(Average(), Named()), DataStream[str])
assert_type(windowed.apply(Counted()), DataStream[int])
assert_type(windowed.process(counts), DataStream[tuple[str, int]])

everything = pairs.window_all(TumblingEventTimeWindows.of(Time.minutes(1)))
assert_type(everything, AllWindowedStream[Pair, TimeWindow])
assert_type(everything.process(Total()), DataStream[int])
assert_type(everything.reduce(lambda a, b: b), DataStream[Pair])
assert_type(everything.aggregate(Average()), DataStream[float])
