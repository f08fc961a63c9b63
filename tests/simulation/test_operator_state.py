"""Operator state and state that expires through crashes: what comes out is what a run without crashes puts out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.simulation.runner import Scenario, simulate
from tests.simulation.world import Event, World, WorldSink

from levada.common import Types
from levada.datastream import DataStream
from levada.datastream.functions import (
    CheckpointedFunction,
    FlatMapFunction,
    FunctionInitializationContext,
    FunctionSnapshotContext,
    KeyedProcessFunction,
    MapFunction,
    RuntimeContext,
)
from levada.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)

SEEDS = 25
BULK = 5


class InBulk(CheckpointedFunction, FlatMapFunction):
    """Hands numbers on five at a time; what is held back lies in memory between two checkpoints."""

    def initialize_state(self, context: FunctionInitializationContext) -> None:
        self.state = context.get_operator_state_store().get_list_state(ListStateDescriptor("held", Types.LONG()))
        self.held = list(self.state.get())

    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        self.state.update(self.held)

    def flat_map(self, value: Event) -> Iterator[Any]:
        self.held.append(value.number)
        if len(self.held) >= BULK:
            bulk, self.held = self.held, []
            yield from bulk


class Counting(CheckpointedFunction, MapFunction):
    """Numbers the records of its subtask; the highest number ever given is in union state."""

    def initialize_state(self, context: FunctionInitializationContext) -> None:
        store = context.get_operator_state_store()
        self.union = store.get_union_list_state(ListStateDescriptor("counts", Types.TUPLE([Types.INT(), Types.LONG()])))

    def open(self, runtime_context: RuntimeContext) -> None:
        self.index = runtime_context.get_index_of_this_subtask()
        self.count = dict(self.union.get()).get(self.index, 0)

    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        self.union.update([(self.index, self.count)])

    def map(self, value: Event) -> Any:
        self.count += 1
        return ("count", self.index, self.count)


def functions(events: DataStream[Event], world: World) -> None:
    plain = events.map(lambda event: event)
    plain.flat_map(InBulk()).map(lambda number: ("bulk", number)).sink_to(WorldSink(world))
    plain.map(Counting()).map(lambda row: row).sink_to(WorldSink(world))


def test_operator_state_is_exactly_once() -> None:
    crashes = restores = 0
    for seed in range(3000, 3000 + SEEDS):
        scenario = Scenario.from_seed(seed)
        outcome = simulate(scenario, functions)
        rows = outcome.rows
        total = len(scenario.events)
        bulk = [(row[1], times) for row, times in rows.items() if row[0] == "bulk"]
        assert all(times == 1 for _, times in bulk), f"seed {seed}: handed on twice"
        missing = {event.number for event in scenario.events} - {number for number, _ in bulk}
        assert len(missing) < BULK * scenario.parallelism, f"seed {seed}: lost {sorted(missing)}"
        counts = Counter({row: times for row, times in rows.items() if row[0] == "count"})
        last = Counter[int]()
        for _, index, count in counts:
            last[index] = max(last[index], count)
        expected = Counter(("count", index, n) for index, most in last.items() for n in range(1, most + 1))
        assert counts == expected, f"seed {seed}: a subtask's count is not exactly once"
        assert sum(last.values()) == total
        crashes += outcome.crashes
        restores += len(outcome.restored)
    assert crashes >= SEEDS
    assert restores >= SEEDS // 2


class Remembered(KeyedProcessFunction):
    """Keeps its state in values that live long enough, and in some that do not."""

    def open(self, runtime_context: RuntimeContext) -> None:
        def living(descriptor: Any, **ttl: float) -> Any:
            builder = StateTtlConfig.new_builder(timedelta(**ttl)).cleanup_full_snapshot()
            descriptor.enable_time_to_live(builder.cleanup_incrementally(3, True).build())
            return descriptor

        self.count = runtime_context.get_state(living(ValueStateDescriptor("count", Types.LONG()), hours=1))
        self.numbers = runtime_context.get_list_state(living(ListStateDescriptor("numbers", Types.LONG()), hours=1))
        self.twice = runtime_context.get_map_state(
            living(MapStateDescriptor("twice", Types.LONG(), Types.LONG()), hours=1)
        )
        self.short = runtime_context.get_list_state(living(ListStateDescriptor("short", Types.LONG()), milliseconds=5))

    def process_element(self, value: Event, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        self.count.update((self.count.value() or 0) + 1)
        self.numbers.add(value.number)
        self.twice.put(value.number, 2 * value.number)
        self.short.add(value.number)
        assert set(self.short.get()) <= set(self.numbers.get())
        assert value.number in self.short.get()
        yield (value.key, self.count.value(), tuple(self.numbers.get()), sum(self.twice.values()))


def remembered(events: DataStream[Event], world: World) -> None:
    events.key_by(lambda event: event.key).process(Remembered()).sink_to(WorldSink(world))


def test_state_with_a_time_to_live_is_exactly_once_while_it_lives() -> None:
    crashes = 0
    for seed in range(3100, 3100 + SEEDS // 2):
        scenario = replace(Scenario.from_seed(seed), splits=1)
        rough = simulate(scenario, remembered)
        assert rough.rows == simulate(replace(scenario, crash=0.0), remembered).rows, f"seed {seed}"
        assert sum(rough.rows.values()) == len(scenario.events)
        crashes += rough.crashes
    assert crashes >= SEEDS // 2
