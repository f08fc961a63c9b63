"""The simulation of users' jobs: good jobs survive, bad ones are found, a seed repeats itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from levada.common import WatermarkStrategy
from levada.common.errors import JobBuildError
from levada.connectors.base import Sink, Source
from levada.datastream import MapFunction, StreamExecutionEnvironment
from levada.datastream.window import TumblingEventTimeWindows
from levada.testing import Fault, StreamHarness, assert_survives, simulate
from levada.testing.strategies import Timed, disordered, timed_events

EVENTS = [(number * 10, f"k{number % 3}") for number in range(150)]
STRATEGY = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(milliseconds=200)).with_timestamp_assigner(
    lambda event, _: event[0]
)


def counts(env: StreamExecutionEnvironment, source: Source, sink: Sink) -> None:
    keyed = env.from_source(source, STRATEGY, "events").map(lambda event: (*event, 1)).key_by(lambda event: event[1])
    windows = keyed.window(TumblingEventTimeWindows.of(timedelta(milliseconds=250)))
    windows.reduce(lambda one, other: (min(one[0], other[0]), one[1], one[2] + other[2])).sink_to(sink)


class Numbering(MapFunction[Any, Any]):
    """Numbers records in a field of its own: not in state, so not in checkpoints."""

    def __init__(self) -> None:
        self.number = 0

    def map(self, value: Any) -> Any:
        self.number += 1
        return self.number, value


def forgetful(env: StreamExecutionEnvironment, source: Source, sink: Sink) -> None:
    env.from_source(source, STRATEGY, "events").map(Numbering()).sink_to(sink)


def test_a_good_job_survives() -> None:
    survived = assert_survives(counts, EVENTS, range(10), {Fault.CRASH, Fault.DELAY, Fault.DISORDER})
    assert survived.runs == 10
    assert survived.crashes >= 10
    assert survived.restores >= 5
    assert survived.results > 15


def test_it_survives_in_parallel() -> None:
    assert assert_survives(counts, EVENTS, range(5), parallelism=3).crashes


def test_state_outside_of_checkpoints_is_found() -> None:
    with pytest.raises(AssertionError, match=r"seed \d+: .* missing, such as .* too many, such as .* crashes"):
        assert_survives(forgetful, EVENTS)


def test_without_crashes_it_is_not() -> None:
    assert assert_survives(forgetful, EVENTS, range(3), {Fault.DELAY}, in_order=True).crashes == 0


def test_disorder_is_found_where_order_matters() -> None:
    with pytest.raises(AssertionError):
        assert_survives(forgetful, EVENTS, range(3), {Fault.DISORDER})


def test_a_seed_repeats_itself() -> None:
    first, second = (simulate(counts, EVENTS, 7) for _ in range(2))
    assert first == second
    assert first[1].crashes


def test_an_error_of_the_job_comes_out() -> None:
    def broken(env: StreamExecutionEnvironment, source: Source, sink: Sink) -> None:
        env.from_source(source, STRATEGY, "events").map(lambda event: event[2]).sink_to(sink)

    with pytest.raises(Exception, match="IndexError"):
        simulate(broken, EVENTS, 1, config={"restart-strategy.type": "none"})
    with pytest.raises(JobBuildError, match=r"job\(env, source, sink\)"):
        simulate(None, EVENTS)  # type: ignore[arg-type]


@settings(max_examples=20, deadline=None)
@given(timed_events(max_size=20, disorder_ms=50))
def test_events_for_hypothesis(events: list[Timed]) -> None:
    newest = 0
    harness: StreamHarness[Timed, Timed] = StreamHarness(lambda values: values.filter(lambda event: event.key == "a"))
    for event in events:
        newest = max(newest, event.timestamp)
        assert event.timestamp >= newest - 50
        harness.process(event, event.timestamp)
    assert harness.take() == [event for event in events if event.key == "a"]
    harness.close()


@settings(max_examples=20, deadline=None)
@given(disordered(list(range(30)), 4))
def test_disorder_for_hypothesis(values: list[int]) -> None:
    assert sorted(values) == list(range(30))
    assert all(abs(place - value) <= 4 for place, value in enumerate(values))
