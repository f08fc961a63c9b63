"""What a type checker knows of state, process functions and timers."""

from collections.abc import Iterable, Iterator
from typing import assert_type

from levada.common import OutputTag, Types
from levada.datastream import (
    DataStream,
    KeyedProcessFunction,
    ProcessFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
    TimeDomain,
)
from levada.datastream.state import (
    ListState,
    ListStateDescriptor,
    MapState,
    MapStateDescriptor,
    ReducingState,
    ReducingStateDescriptor,
    ValueState,
    ValueStateDescriptor,
)

LATE = OutputTag("late", Types.STRING())


class Counter(KeyedProcessFunction[str, tuple[str, int], int]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))
        self.names = runtime_context.get_list_state(ListStateDescriptor("names", str))
        self.by_name = runtime_context.get_map_state(MapStateDescriptor("by-name", Types.STRING(), Types.DOUBLE()))
        self.largest = runtime_context.get_reducing_state(ReducingStateDescriptor("largest", max_of, Types.INT()))
        self.free: ValueState[bytes] = runtime_context.get_state(ValueStateDescriptor("free", bytes))
        assert_type(self.count, ValueState[int])
        assert_type(self.names, ListState[str])
        assert_type(self.by_name, MapState[str, float])
        assert_type(self.largest, ReducingState[int])

    def process_element(
        self, value: tuple[str, int], ctx: KeyedProcessFunction.Context[str]
    ) -> Iterator[int | tuple[OutputTag[str], str]]:
        assert_type(self.count.value(), int | None)
        assert_type(ctx.get_current_key(), str)
        assert_type(ctx.timestamp(), int)
        self.count.update((self.count.value() or 0) + 1)
        for name in self.names:
            assert_type(name, str)
        ctx.timer_service().register_event_time_timer(ctx.timestamp() + 1000)
        yield value[1]
        yield LATE, value[0]

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext[str]) -> Iterable[int]:
        assert_type(ctx.time_domain(), TimeDomain)
        return [timestamp]


class Doubled(ProcessFunction[int, str]):
    def process_element(self, value: int, ctx: ProcessFunction.Context) -> Iterator[str]:
        yield str(value)


def max_of(a: int, b: int) -> int:
    return max(a, b)


env = StreamExecutionEnvironment.get_execution_environment()
pairs = env.from_collection([("a", 1)])
counted = pairs.key_by(lambda p: p[0]).process(Counter())
assert_type(counted, DataStream[int])
assert_type(counted.process(Doubled()), DataStream[str])
assert_type(counted.get_side_output(LATE), DataStream[str])
