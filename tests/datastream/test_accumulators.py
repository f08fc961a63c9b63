"""Accumulators: added up by functions, merged over subtasks, found in the job's result."""

from __future__ import annotations

import pytest

from levada.common.errors import UserError
from levada.datastream import MapFunction, RuntimeContext, StreamExecutionEnvironment
from levada.datastream.accumulators import (
    AverageAccumulator,
    DoubleCounter,
    Histogram,
    IntCounter,
    ListAccumulator,
    LongCounter,
)


class Measure(MapFunction[int, int]):
    """Adds each number to an accumulator of each kind; fails once where asked to."""

    failed = False

    def __init__(self, fail_at: int | None = None) -> None:
        self.fail_at = fail_at

    def open(self, runtime_context: RuntimeContext) -> None:
        self.kinds = {
            "sum": LongCounter(),
            "double": DoubleCounter(),
            "mean": AverageAccumulator(),
            "all": ListAccumulator[int](),
            "often": Histogram(),
        }
        for name, each in self.kinds.items():
            runtime_context.add_accumulator(name, each)
        self.count = runtime_context.get_int_counter("count")
        assert runtime_context.get_int_counter("count") is self.count
        assert runtime_context.get_accumulator("sum") is self.kinds["sum"]
        assert runtime_context.get_accumulator("none") is None

    def map(self, value: int) -> int:
        if value == self.fail_at and not Measure.failed:
            Measure.failed = True
            raise ValueError("once")
        self.count.add(1)
        for each in self.kinds.values():
            each.add(value)
        return value


@pytest.mark.parametrize("parallelism", [1, 3])
def test_results_are_merged_over_subtasks(parallelism: int) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([1, 2, 2, 5]).rebalance().map(Measure()).set_parallelism(parallelism).add_sink(lambda _: None)
    result = env.execute()
    found = result.get_all_accumulator_results()
    assert {name: found[name] for name in ("sum", "double", "mean", "often", "count")} == {
        "sum": 10,
        "double": 10.0,
        "mean": 2.5,
        "often": {1: 1, 2: 2, 5: 1},
        "count": 4,
    }
    assert sorted(result.get_accumulator_result("all")) == [1, 2, 2, 5]


def test_each_attempt_begins_anew() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.get_configuration().set_string("restart-strategy.type", "fixed-delay")
    env.get_configuration().set_string("restart-strategy.fixed-delay.delay", "1 ms")
    Measure.failed = False
    env.from_collection([1, 2, 3]).map(Measure(3)).add_sink(lambda _: None)
    accumulators = env.execute_async().get_accumulators().result(10)
    assert Measure.failed
    assert (accumulators["sum"], accumulators["count"]) == (6, 3)


class Wrong(MapFunction[int, int]):
    def __init__(self, call: str) -> None:
        self.call = call

    def open(self, runtime_context: RuntimeContext) -> None:
        if self.call == "twice":
            runtime_context.add_accumulator("a", IntCounter())
        if self.call == "counter":
            runtime_context.add_accumulator("a", Histogram())
            runtime_context.get_int_counter("a")
        runtime_context.add_accumulator("a", 1 if self.call == "kind" else IntCounter())  # type: ignore[arg-type]

    def map(self, value: int) -> int:
        return value


@pytest.mark.parametrize(
    ("call", "message"), [("twice", "already"), ("counter", "is a Histogram"), ("kind", "such as IntCounter")]
)
def test_what_is_no_accumulator_of_its_own_is_refused(call: str, message: str) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    with pytest.raises(UserError, match=message):
        list(env.from_collection([1]).map(Wrong(call)))


class Named(MapFunction[int, int]):
    def __init__(self, accumulator: IntCounter | Histogram) -> None:
        self.accumulator = accumulator

    def open(self, runtime_context: RuntimeContext) -> None:
        runtime_context.add_accumulator("a", self.accumulator)

    def map(self, value: int) -> int:
        self.accumulator.add(value)
        return value


def test_functions_share_an_accumulator_by_its_name() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    numbers = env.from_collection([1, 2])
    numbers.map(Named(IntCounter(10))).map(Named(IntCounter())).add_sink(lambda _: None)
    assert env.execute().get_accumulator_result("a") == 16
    numbers.map(Named(IntCounter())).map(Named(Histogram())).add_sink(lambda _: None)
    with pytest.raises(UserError, match="give them different names"):
        env.execute()
    assert AverageAccumulator().get_local_value() == 0.0
