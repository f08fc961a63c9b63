"""What a type checker knows of streams."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import assert_type

from levada.common import JobExecutionResult, OutputTag, Types, WatermarkStrategy
from levada.datastream import (
    CloseableIterator,
    DataStream,
    DataStreamSink,
    FilterFunction,
    FlatMapFunction,
    KeyedStream,
    KeySelector,
    MapFunction,
    ReduceFunction,
    StreamExecutionEnvironment,
)


class Length(MapFunction[str, int]):
    def map(self, value: str) -> int:
        return len(value)


class Words(FlatMapFunction[str, str]):
    def flat_map(self, value: str) -> Iterator[str]:
        yield from value.split()


class NotEmpty(FilterFunction[str]):
    def filter(self, value: str) -> bool:
        return bool(value)


class First(KeySelector[str, str]):
    def get_key(self, value: str) -> str:
        return value[0]


class Longer(ReduceFunction[str]):
    def reduce(self, value1: str, value2: str) -> str:
        return max(value1, value2, key=len)


class Shown(MapFunction[object, str]):
    def map(self, value: object) -> str:
        return repr(value)


def pair(line: str) -> tuple[str, int]:
    return line, len(line)


def numbers(line: str) -> Iterable[int] | None:
    return None


env = (
    StreamExecutionEnvironment.get_execution_environment().set_parallelism(2).enable_checkpointing(timedelta(seconds=1))
)
assert_type(env, StreamExecutionEnvironment)

lines = env.from_collection(["a b", "c"])
assert_type(lines, DataStream[str])

# Results follow from functions: named ones, lambdas, classes, function objects.
assert_type(lines.map(pair), DataStream[tuple[str, int]])
assert_type(lines.map(lambda line: len(line)), DataStream[int])
assert_type(lines.map(lambda line: (line, len(line)), output_type=Types.TUPLE([str, int])), DataStream[tuple[str, int]])
assert_type(lines.map(len), DataStream[int])
assert_type(lines.map(Length()), DataStream[int])
assert_type(lines.map(Shown()).map(len).map(Shown()), DataStream[str])
assert_type(lines.flat_map(lambda line: line.split()), DataStream[str])
assert_type(lines.flat_map(numbers), DataStream[int])
assert_type(lines.flat_map(Words()), DataStream[str])
assert_type(lines.filter(lambda line: len(line) > 1), DataStream[str])
assert_type(lines.filter(NotEmpty()), DataStream[str])
assert_type(lines.union(lines, lines), DataStream[str])
assert_type(lines.rebalance().broadcast().global_().forward(), DataStream[str])
assert_type(lines.map(len).name("lengths").uid("lengths").set_parallelism(2), DataStream[int])
assert_type(
    lines.assign_timestamps_and_watermarks(WatermarkStrategy.for_bounded_out_of_orderness(timedelta(1))),
    DataStream[str],
)
assert_type(lines.get_side_output(OutputTag("late", Types.INT())), DataStream[int])
assert_type(lines.get_side_output(OutputTag("late", str)), DataStream[str])

# Keys.
keyed = lines.map(pair).key_by(lambda p: p[0])
assert_type(keyed, KeyedStream[tuple[str, int], str])
assert_type(lines.key_by(First()), KeyedStream[str, str])
assert_type(keyed.key_by(lambda p: p[1]), KeyedStream[tuple[str, int], int])
assert_type(keyed.reduce(lambda a, b: (a[0], a[1] + b[1])), DataStream[tuple[str, int]])
assert_type(lines.key_by(len).reduce(Longer()), DataStream[str])
assert_type(keyed.sum(1), DataStream[tuple[str, int]])
assert_type(keyed.max_by(1), DataStream[tuple[str, int]])
assert_type(keyed.map(lambda p: p[1] * 1.5), DataStream[float])
assert_type(keyed.filter(lambda p: p[1] > 0), DataStream[tuple[str, int]])

# Ends.
assert_type(lines.print(), DataStreamSink)
assert_type(lines.add_sink(print).name("out").uid("out"), DataStreamSink)
assert_type(lines.map(len).execute_and_collect(), CloseableIterator[int])
assert_type(lines.map(len).execute_and_collect(limit=5), list[int])
assert_type(lines.map(len).execute_and_collect("job", 5), list[int])
assert_type(env.execute("job"), JobExecutionResult)
with lines.execute_and_collect() as results:
    for line in results:
        assert_type(line, str)
