"""Operators with two inputs through crashes: what comes out is what a run without crashes puts out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.simulation.runner import Pipeline, Scenario, simulate
from tests.simulation.world import Event, World, WorldSink

from levada.common import Time, Types
from levada.datastream import (
    DataStream,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    RuntimeContext,
)
from levada.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor
from levada.datastream.window import TumblingEventTimeWindows

SEEDS = 10
RULES = MapStateDescriptor("rules", Types.STRING(), Types.LONG())


def even(events: DataStream[Event]) -> DataStream[Event]:
    return events.filter(lambda event: event.number % 2 == 0)


def odd(events: DataStream[Event]) -> DataStream[Event]:
    return events.filter(lambda event: event.number % 2 == 1)


def key(event: Event) -> str:
    return event.key


class Collecting(KeyedCoProcessFunction[str, Event, Event, Any]):
    """Keeps the numbers of both sides; a timer behind the end tells them per key, whatever order they came in."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.first = runtime_context.get_list_state(ListStateDescriptor("first", Types.LONG()))
        self.second = runtime_context.get_list_state(ListStateDescriptor("second", Types.LONG()))

    def process_element1(self, value: Event, ctx: KeyedCoProcessFunction.Context[str]) -> Iterator[Any]:
        self.first.add(value.number)
        ctx.timer_service().register_event_time_timer(100_000_000)
        yield ("first", value.number)

    def process_element2(self, value: Event, ctx: KeyedCoProcessFunction.Context[str]) -> Iterator[Any]:
        self.second.add(value.number)
        ctx.timer_service().register_event_time_timer(value.timestamp)
        yield ("second", value.number)

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext[str]) -> Iterator[Any]:
        if timestamp == 100_000_000:
            yield (ctx.get_current_key(), tuple(sorted(self.first.get())), tuple(sorted(self.second.get())))
        else:
            yield ("timer", ctx.get_current_key(), timestamp)


def co_processed(events: DataStream[Event], world: World) -> None:
    connected = even(events).key_by(key).connect(odd(events).key_by(key))
    connected.process(Collecting()).sink_to(WorldSink(world))


def co_mapped(events: DataStream[Event], world: World) -> None:
    pairs = (lambda event: ("even", event.number), lambda event: ("odd", event.number))
    even(events).connect(odd(events)).map(pairs).sink_to(WorldSink(world))


class Ruled(KeyedBroadcastProcessFunction[str, Event, Event, Any]):
    """Sums per key; at the end each key tells its sum with the whole of the rules, which every subtask must hold."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.LONG()))

    def process_element(self, value: Event, ctx: KeyedBroadcastProcessFunction.ReadOnlyContext[str]) -> None:
        self.sum.update((self.sum.value() or 0) + value.number)
        ctx.timer_service().register_event_time_timer(100_000_000)

    def process_broadcast_element(self, value: Event, ctx: KeyedBroadcastProcessFunction.Context) -> None:
        rules = ctx.get_broadcast_state(RULES)
        # Associative and commutative: several senders' records reach the subtasks in different orders.
        rules[value.key] = (rules[value.key] or 0) + value.number

    def on_timer(self, timestamp: int, ctx: KeyedBroadcastProcessFunction.OnTimerContext[str]) -> Iterator[Any]:
        rules = ctx.get_broadcast_state(RULES)
        yield (ctx.get_current_key(), self.sum.value(), tuple(sorted(rules.items())))


def ruled(events: DataStream[Event], world: World) -> None:
    even(events).key_by(key).connect(odd(events).broadcast(RULES)).process(Ruled()).sink_to(WorldSink(world))


def window_joined(events: DataStream[Event], world: World) -> None:
    windows = even(events).join(odd(events)).where(key).equal_to(key)
    joined = windows.window(TumblingEventTimeWindows.of(Time.milliseconds(150)))
    joined.apply(lambda one, two: (one.number, two.number)).sink_to(WorldSink(world))


def co_grouped(events: DataStream[Event], world: World) -> None:
    windows = even(events).co_group(odd(events)).where(key).equal_to(key)
    grouped = windows.window(TumblingEventTimeWindows.of(Time.milliseconds(150)))

    def numbers(first: list[Event], second: list[Event]) -> list[Any]:
        return [tuple(tuple(sorted(event.number for event in side)) for side in (first, second))]

    grouped.apply(numbers).sink_to(WorldSink(world))


def pair(left: Event, right: Event, ctx: Any) -> Iterator[Any]:
    yield (left.number, right.number, ctx.get_timestamp())


def interval_joined(events: DataStream[Event], world: World) -> None:
    joined = even(events).key_by(key).interval_join(odd(events).key_by(key))
    bounds = joined.between(timedelta(milliseconds=-60), timedelta(milliseconds=90))
    bounds.process(pair).sink_to(WorldSink(world))


def spread(events: DataStream[Event], world: World) -> None:
    first = events.shuffle().map(lambda event: event)
    second = first.rescale().map(lambda event: event)
    third = second.partition_custom(lambda number, partitions: number % partitions, lambda event: event.number)
    third.key_by(key).map(lambda event: (event.number, event.key)).sink_to(WorldSink(world))


@pytest.mark.parametrize(
    "pipeline", [co_processed, co_mapped, ruled, window_joined, co_grouped, interval_joined, spread]
)
def test_crashes_change_nothing(pipeline: Pipeline) -> None:
    crashes = restores = 0
    for seed in range(2000, 2000 + SEEDS):
        drawn = Scenario.from_seed(seed)
        # One split and no late data: then the result does not depend on who was faster.
        scenario = replace(
            drawn, splits=1, late_every=0, events=[event for event in drawn.events if event.timestamp > 999_000]
        )
        scenario = replace(scenario, disorder=4000)
        calm = simulate(replace(scenario, crash=0.0), pipeline)
        rough = simulate(scenario, pipeline)
        assert rough.rows == calm.rows, f"seed {seed}"
        assert calm.rows
        crashes += rough.crashes
        restores += len(rough.restored)
    assert crashes >= SEEDS
    assert restores >= SEEDS // 2
