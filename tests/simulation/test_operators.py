"""Each kind of operator through crashes: what comes out is what a run without crashes puts out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.simulation.runner import Pipeline, Scenario, simulate
from tests.simulation.world import Event, World, WorldSink

from levada.common import Duration, Time, WatermarkStrategy
from levada.datastream import DataStream
from levada.datastream.functions import AggregateFunction
from levada.datastream.window import (
    CountEvictor,
    CountTrigger,
    EventTimeSessionWindows,
    GlobalWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

SEEDS = 12


class Numbers(AggregateFunction):
    """The sorted numbers of the events."""

    def create_accumulator(self) -> list[int]:
        return []

    def add(self, value: Event, accumulator: list[int]) -> list[int]:
        return [*accumulator, value.number]

    def get_result(self, accumulator: list[int]) -> tuple[int, ...]:
        return tuple(sorted(accumulator))

    def merge(self, acc_a: list[int], acc_b: list[int]) -> list[int]:
        return acc_a + acc_b


def keyed(events: DataStream[Event]) -> Any:
    return events.key_by(lambda event: event.key)


def tumbling(events: DataStream[Event], world: World) -> None:
    windows = keyed(events).window(TumblingEventTimeWindows.of(Time.milliseconds(150)))
    windows.aggregate(Numbers()).sink_to(WorldSink(world))


def sliding(events: DataStream[Event], world: World) -> None:
    windows = keyed(events).window(SlidingEventTimeWindows.of(Time.milliseconds(200), Time.milliseconds(50)))
    windows.aggregate(Numbers()).sink_to(WorldSink(world))


def sessions(events: DataStream[Event], world: World) -> None:
    windows = keyed(events).window(EventTimeSessionWindows.with_gap(Duration.of_millis(35)))
    windows.aggregate(Numbers()).sink_to(WorldSink(world))


def counted(events: DataStream[Event], world: World) -> None:
    keyed(events).count_window(4).aggregate(Numbers()).sink_to(WorldSink(world))


def evicted(events: DataStream[Event], world: World) -> None:
    windows = keyed(events).window(GlobalWindows.create()).trigger(CountTrigger.of(3))
    windows.evictor(CountEvictor.of(2, True)).aggregate(Numbers()).sink_to(WorldSink(world))


def reduced(events: DataStream[Event], world: World) -> None:
    later = keyed(events).reduce(lambda a, b: replace(b, timestamp=a.timestamp + 1))
    later.map(lambda event: (event.key, event.number, event.timestamp)).sink_to(WorldSink(world))


def expanded(events: DataStream[Event], world: World) -> None:
    rows = events.flat_map(lambda event: ((event.number, n) for n in range(event.number % 5)))
    rows.filter(lambda row: row[1] != 2).sink_to(WorldSink(world))


def united(events: DataStream[Event], world: World) -> None:
    even = events.filter(lambda event: event.number % 2 == 0)
    odd = events.filter(lambda event: event.number % 2 == 1).map(lambda event: event)
    windows = keyed(even.union(odd)).window(TumblingEventTimeWindows.of(Time.milliseconds(150)))
    windows.aggregate(Numbers()).sink_to(WorldSink(world))


def timed_in_the_middle(events: DataStream[Event], world: World) -> None:
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(seconds=100))
    timed = events.map(lambda event: event).assign_timestamps_and_watermarks(
        strategy.with_timestamp_assigner(lambda event, _: event.timestamp)
    )
    windows = keyed(timed).window(TumblingEventTimeWindows.of(Time.milliseconds(150)))
    windows.aggregate(Numbers()).sink_to(WorldSink(world))


@pytest.mark.parametrize(
    "pipeline", [tumbling, sliding, sessions, counted, evicted, reduced, expanded, united, timed_in_the_middle]
)
def test_crashes_change_nothing(pipeline: Pipeline) -> None:
    crashes = restores = 0
    for seed in range(1000, 1000 + SEEDS):
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
