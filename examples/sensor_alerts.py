"""Sensors that run hot: the mean over one minute, every ten seconds, where it is above a limit.

Sliding windows; an aggregate function folds readings as they come, a window function says whose mean it is and when.

python examples/sensor_alerts.py
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import levada as lv
from levada.common import WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource
from levada.datastream import AggregateFunction, DataStream, ProcessWindowFunction, TimeWindow
from levada.datastream.window import SlidingEventTimeWindows

COUNT = 30_000
SENSORS = 10
START_MS = 1_750_000_000_000
LIMIT = 29.8


@dataclass(frozen=True, slots=True)
class Reading:
    sensor: int
    time: int
    celsius: float


@dataclass(frozen=True, slots=True)
class TooHot:
    sensor: int
    until: int
    mean: float

    def __str__(self) -> str:
        return f"{datetime.fromtimestamp(self.until / 1000, UTC):%H:%M:%S} sensor {self.sensor}: {self.mean:.1f} °C"


def reading(number: int, random: Random) -> Reading:
    """The reading with this number, up to a second out of order. Each sensor has its own slow wave."""
    time, sensor = number * 20, number % SENSORS
    celsius = 25 + 5 * math.sin(time / 100_000 + sensor) + random.gauss(0, 1)
    return Reading(sensor, START_MS + time - random.randrange(1000), celsius)


class Mean(AggregateFunction[Reading, tuple[float, int], float]):
    def create_accumulator(self) -> tuple[float, int]:
        return 0.0, 0

    def add(self, value: Reading, accumulator: tuple[float, int]) -> tuple[float, int]:
        total, count = accumulator
        return total + value.celsius, count + 1

    def get_result(self, accumulator: tuple[float, int]) -> float:
        total, count = accumulator
        return total / count


class AboveLimit(ProcessWindowFunction[float, TooHot, int, TimeWindow]):
    def process(
        self, key: int, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[float]
    ) -> Iterator[TooHot]:
        for mean in elements:
            if mean > LIMIT:
                yield TooHot(key, context.window().end, mean)


def too_hot(readings: DataStream[Reading]) -> DataStream[TooHot]:
    return (
        readings.key_by(lambda reading: reading.sensor)
        .window(SlidingEventTimeWindows.of(timedelta(minutes=1), timedelta(seconds=10)))
        .aggregate(Mean(), AboveLimit())
    )


def main() -> None:
    env = lv.environment()
    event_time = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(seconds=1)).with_timestamp_assigner(
        lambda reading, _: reading.time
    )
    too_hot(env.from_source(DataGeneratorSource(reading, COUNT, seed=1), event_time, "readings")).print()
    env.execute("sensor alerts")


if __name__ == "__main__":
    main()
