"""The examples with two streams: each runs as a script, and gives what plain Python makes of the same events."""

from __future__ import annotations

import importlib.util
import runpy
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from levada.common import WatermarkStrategy
from levada.datastream import DataStream, StreamExecutionEnvironment

EXAMPLES = Path(__file__).parents[2] / "examples"
MINUTE = 60_000


@pytest.fixture
def load() -> Iterator[Any]:
    """Import an example by its name."""
    loaded = []

    def of_name(name: str) -> Any:
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        loaded.append(name)
        spec.loader.exec_module(module)
        return module

    yield of_name
    for name in loaded:
        del sys.modules[name]


def printed(name: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out.splitlines()


def timed(parallelism: int, field: str, *lists: list[Any]) -> list[DataStream[Any]]:
    """Streams of events whose time is in the field ``field`` of each list's own name; nothing is late."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(days=1))
    return [
        env.from_collection(events).assign_timestamps_and_watermarks(
            strategy.with_timestamp_assigner(lambda event, _, name=name: getattr(event, name))  # type: ignore[misc]
        )
        for name, events in zip(field.split(), lists, strict=True)
    ]


@pytest.mark.parametrize("parallelism", [1, 3])
def test_rule_broadcast(parallelism: int, load: Any, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("rule_broadcast")
    random = Random(4)
    readings = [
        example.Reading(f"s{random.randrange(5)}", random.choice("tp"), random.random() * 100, random.randrange(5000))
        for _ in range(300)
    ]
    rules = [
        example.Rule(random.choice("tp"), random.choice([None, 40.0, 70.0]), since) for since in range(0, 5000, 400)
    ]
    expected: Counter[Any] = Counter()
    for reading in readings:
        limits = [rule.limit for rule in rules if rule.kind == reading.kind and rule.since <= reading.time]
        if limits and limits[-1] is not None and reading.value > limits[-1]:
            expected[example.Alert(reading.sensor, reading.value, limits[-1])] += 1
    streams = timed(parallelism, "time since", readings, rules)
    assert Counter(example.alerts(*streams)) == expected
    assert len(expected) > 50
    assert printed("rule_broadcast", capsys) == ["boiler: 96.5 is above 90.0", "pump: 7.1 is above 6.0"]


@pytest.mark.parametrize("parallelism", [1, 3])
def test_rides_and_fares(parallelism: int, load: Any, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("rides_and_fares")
    random = Random(5)
    rides = [example.Ride(number, f"taxi-{number % 7}", random.randrange(600) * MINUTE) for number in range(200)]
    fares = [
        example.Fare(ride.id, Decimal(random.randrange(5000)) / 100, ride.began + random.randrange(-20, 90) * MINUTE)
        for ride in random.sample(rides, 150)
    ]
    expected = Counter(
        example.PaidRide(rides[fare.ride], fare)
        for fare in fares
        if 0 <= fare.paid - rides[fare.ride].began <= 60 * MINUTE
    )
    streams = timed(parallelism, "began paid", rides, fares)
    assert Counter(example.paid_rides(*streams)) == expected
    assert 50 < len(expected) < 150
    assert sorted(printed("rides_and_fares", capsys)) == [
        "ride 1 of north-7: 18.40 after 25 min",
        "ride 2 of west-1: 6.20 after 6 min",
    ]
