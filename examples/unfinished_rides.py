"""Taxi rides that do not end: an alert for a ride whose end has not come two hours after its start.

Starts and ends may arrive in any order. State holds whichever came first; a timer tells when to stop waiting.

python examples/unfinished_rides.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import levada as lv
from levada.common import WatermarkStrategy
from levada.datastream import DataStream, KeyedProcessFunction, RuntimeContext
from levada.datastream.state import ValueStateDescriptor

RIDES = 5_000
START_MS = 1_750_000_000_000
TWO_HOURS_MS = 2 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class RideEvent:
    ride: int
    time: int
    start: bool


@dataclass(frozen=True, slots=True)
class Unfinished:
    ride: int
    started: int

    def __str__(self) -> str:
        return (
            f"ride {self.ride} began at {datetime.fromtimestamp(self.started / 1000, UTC):%H:%M:%S} and has not ended"
        )


def ride_events(random: Random) -> list[RideEvent]:
    """Starts and ends in the order they are reported: up to a minute late; one end in five hundred gets lost."""
    reported = []
    for ride in range(RIDES):
        started = START_MS + ride * 10_000
        reported.append((started + random.randrange(60_000), RideEvent(ride, started, start=True)))
        if random.random() > 0.002:
            ended = started + random.randrange(60_000, 45 * 60_000)
            reported.append((ended + random.randrange(60_000), RideEvent(ride, ended, start=False)))
    reported.sort(key=lambda each: each[0])
    return [event for _, event in reported]


class WithoutEnd(KeyedProcessFunction[int, RideEvent, Unfinished]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.first = runtime_context.get_state(ValueStateDescriptor("first", RideEvent))

    def process_element(self, value: RideEvent, ctx: KeyedProcessFunction.Context[int]) -> None:
        first = self.first.value()
        if first is None:
            self.first.update(value)
            ctx.timer_service().register_event_time_timer(value.time + TWO_HOURS_MS)
        elif first.start != value.start:
            self.first.clear()
            ctx.timer_service().delete_event_time_timer(first.time + TWO_HOURS_MS)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext[int]) -> Iterator[Unfinished]:
        first = self.first.value()
        if first is not None and first.start:
            yield Unfinished(first.ride, first.time)
        self.first.clear()


def unfinished(events: DataStream[RideEvent]) -> DataStream[Unfinished]:
    return events.key_by(lambda event: event.ride).process(WithoutEnd())


def main() -> None:
    env = lv.environment()
    event_time = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(minutes=1)).with_timestamp_assigner(
        lambda event, _: event.time
    )
    events = env.from_collection(ride_events(Random(4))).assign_timestamps_and_watermarks(event_time)
    unfinished(events).print()
    env.execute("unfinished rides")


if __name__ == "__main__":
    main()
