"""Runs one job under a virtual clock from a seed, with crashes, and checks that every input took effect once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from tests.simulation.world import Event, EventSource, World, WorldSink, make_events

from levada.common import Duration, Types, WatermarkStrategy
from levada.common.configuration import Configuration
from levada.datastream import DataStream, StreamExecutionEnvironment
from levada.datastream.execution import logical_graph
from levada.datastream.functions import (
    KeyedProcessFunction,
    ProcessWindowFunction,
    RuntimeContext,
)
from levada.datastream.output_tag import OutputTag
from levada.datastream.state import ValueStateDescriptor
from levada.datastream.window import TimeWindow, TumblingEventTimeWindows
from levada.graph.job_graph import JobGraph
from levada.graph.plan import plan
from levada.testing.drive import Outcome, drive

LATE = OutputTag("late")
WINDOW = 200
TIMER_DELAY = 500


@dataclass(frozen=True)
class Scenario:
    """What a seed stands for."""

    seed: int
    events: list[Event]
    splits: int
    parallelism: int
    chaining: bool
    interval_ms: int
    crash: float
    disorder: int
    late_every: int

    @staticmethod
    def from_seed(seed: int) -> Scenario:
        random = Random(seed)
        disorder = random.choice([0, 30, 100])
        late_every = random.choice([0, 0, 17])
        events = make_events(random, random.randint(80, 300), random.randint(1, 6), disorder, late_every)
        return Scenario(
            seed=seed,
            events=events,
            splits=random.randint(1, 3),
            parallelism=random.randint(1, 3),
            chaining=random.random() < 0.7,
            interval_ms=random.randint(2, 12),
            crash=random.choice([0.02, 0.03, 0.06]),
            disorder=disorder,
            late_every=late_every,
        )


class CountAndRemind(KeyedProcessFunction):
    """Counts per key in state; each event sets a timer, which reports once per (key, time)."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: Event, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        ctx.timer_service().register_event_time_timer(value.timestamp + TIMER_DELAY)
        yield ("count", value.key, count)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield ("timer", ctx.get_current_key(), timestamp)


class Members(ProcessWindowFunction):
    """Every record of a window, with the window's start."""

    def process(self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Any) -> Iterator[Any]:
        for event in elements:
            yield ("window", key, context.window().start, event.number)


Pipeline = Callable[[DataStream[Event], World], object]
"""Adds operators and sinks behind the stream of events."""


def build(scenario: Scenario, world: World, pipeline: Pipeline) -> tuple[JobGraph, Configuration]:
    """The planned job and its configuration."""
    config = Configuration()
    config.set_string("execution.state-recovery.path", "latest")
    config.set_string("execution.checkpointing.interval", f"{scenario.interval_ms} ms")
    config.set_string("levada.watermark.every-records", "7")
    config.set_string("levada.batch.max-rows", "8")
    config.set_string("levada.state.detect-mutations", "true")
    config.set_string("levada.channel.bytes", "4 kb")
    config.set_string("pipeline.operator-chaining.enabled", str(scenario.chaining).lower())
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(scenario.parallelism)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(
        timedelta(milliseconds=scenario.disorder)
    ).with_timestamp_assigner(lambda event, _: event.timestamp)
    events = env.from_source(EventSource(scenario.events, scenario.splits), strategy, "events")
    pipeline(events, world)
    effective = env.get_configuration()
    return plan(logical_graph(env._pending, env._known, "simulated"), effective), effective


def windows_and_timers(events: DataStream[Event], world: World) -> None:
    """Windows with late data aside, and a keyed process function with state and timers."""
    keyed = events.map(lambda event: event).key_by(lambda event: event.key)
    windows = (
        keyed.window(TumblingEventTimeWindows.of(Duration.of_millis(WINDOW)))
        .side_output_late_data(LATE)
        .process(Members())
    )
    windows.sink_to(WorldSink(world))
    windows.get_side_output(LATE).map(lambda event: ("late", event.number)).sink_to(WorldSink(world))
    keyed.process(CountAndRemind()).sink_to(WorldSink(world))


def simulate(scenario: Scenario, pipeline: Pipeline = windows_and_timers, max_turns: int = 40_000) -> Outcome:
    """Run the scenario to its end, with crashes while fewer than five have happened."""
    random = Random(scenario.seed * 7919 + 1)
    world = World(random, crash_in_commit=scenario.crash)
    return drive(
        lambda: build(scenario, world, pipeline), world, random, crash=scenario.crash, delays=True, max_turns=max_turns
    )


def check(scenario: Scenario, outcome: Outcome) -> None:
    """The oracles: windows and late output hold each event once; counts and timers are exact."""
    rows = outcome.rows
    seen = Counter({row[-1]: 0 for row in rows if row[0] in ("window", "late")})
    for row, times in rows.items():
        if row[0] in ("window", "late"):
            seen[row[-1]] += times
    assert seen == Counter(event.number for event in scenario.events), "main and late output together are not the input"
    by_number = {event.number: event for event in scenario.events}
    for row in rows:
        if row[0] == "window":
            event = by_number[row[3]]
            assert (row[1], row[2]) == (event.key, event.timestamp - event.timestamp % WINDOW)
    if not scenario.late_every:
        assert not any(row[0] == "late" for row in rows) or scenario.splits > 1
    per_key = Counter(event.key for event in scenario.events)
    expected = Counter(("count", key, n) for key, total in per_key.items() for n in range(1, total + 1))
    assert Counter({row: n for row, n in rows.items() if row[0] == "count"}) == expected, "state was not exactly once"
    timers = {("timer", event.key, event.timestamp + TIMER_DELAY) for event in scenario.events}
    fired = Counter({row: n for row, n in rows.items() if row[0] == "timer"})
    if not scenario.late_every and scenario.splits == 1:
        assert fired == Counter(timers), "timers did not fire exactly once each"
    else:
        # A late record may set a timer again that has already fired; none may be missing.
        assert set(fired) == timers
