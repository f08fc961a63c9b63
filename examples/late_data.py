"""Measurements from devices that lose their connection: what comes a little late corrects a result, what comes far too
late is kept apart.

The watermark allows for ten seconds of disorder. A window fires when the watermark passes its end, again for each
record that comes within the next minute, and what comes later still goes to a side output.

python examples/late_data.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import levada as lv
from levada.common import OutputTag, WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource
from levada.datastream import DataStream, ProcessWindowFunction, TimeWindow
from levada.datastream.window import TumblingEventTimeWindows

COUNT = 30_000
DEVICES = 5
DISORDER = timedelta(seconds=10)
LATENESS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Measurement:
    device: int
    time: int
    litres: int


@dataclass(frozen=True, slots=True)
class Consumption:
    device: int
    minute: int
    measurements: int
    litres: int


TOO_LATE = OutputTag("too late", Measurement)


def measurement(number: int, random: Random) -> Measurement:
    """The measurement with this number; ten of them a second. One in a hundred was held back for up to five minutes."""
    delay = random.randrange(300_000 if random.random() < 0.01 else 10_000)
    return Measurement(number % DEVICES, number * 100 - delay, random.randrange(10))


class Total(ProcessWindowFunction[Measurement, Consumption, int, TimeWindow]):
    def process(
        self, key: int, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Measurement]
    ) -> Iterator[Consumption]:
        litres = [measurement.litres for measurement in elements]
        yield Consumption(key, context.window().start // 60_000, len(litres), sum(litres))


def consumption(measurements: DataStream[Measurement]) -> DataStream[Consumption]:
    return (
        measurements.key_by(lambda measurement: measurement.device)
        .window(TumblingEventTimeWindows.of(timedelta(minutes=1)))
        .allowed_lateness(LATENESS)
        .side_output_late_data(TOO_LATE)
        .process(Total())
    )


def main() -> None:
    env = lv.environment()
    event_time = WatermarkStrategy.for_bounded_out_of_orderness(DISORDER).with_timestamp_assigner(
        lambda measurement, _: measurement.time
    )
    results = consumption(env.from_source(DataGeneratorSource(measurement, COUNT, seed=2), event_time, "measurements"))
    minutes: dict[tuple[int, int], Consumption] = {}
    corrections: list[Consumption] = []
    too_late: list[Measurement] = []

    def keep(result: Consumption) -> None:
        if (result.device, result.minute) in minutes:
            corrections.append(result)
        minutes[result.device, result.minute] = result

    results.add_sink(keep)
    results.get_side_output(TOO_LATE).add_sink(too_late.append)
    env.execute("late data")

    counted = sum(minute.measurements for minute in minutes.values())
    print(f"{len(minutes)} totals of {counted:,} measurements, {len(corrections)} of them corrected")
    print(f"{len(too_late)} measurements came too late; together {counted + len(too_late):,} of {COUNT:,}")


if __name__ == "__main__":
    main()
