"""Flights leaving New York, on event time: delays per airport and hour, and an alert where late departures pile up.

levada run job.py DEPARTURES RESULTS [ROWS_PER_SECOND]
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from levada.common import Configuration, OutputTag, WatermarkStrategy
from levada.common.options import AUTO_WATERMARK_INTERVAL, WATERMARK_EVERY_RECORDS
from levada.connectors.files import FileSink, FileSource
from levada.connectors.rate import RateLimitedSource
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.functions import AggregateFunction, KeyedProcessFunction, ProcessWindowFunction, RuntimeContext
from levada.datastream.state import MapStateDescriptor, ValueStateDescriptor
from levada.datastream.window import TimeWindow, TumblingEventTimeWindows
from levada.formats.json import JsonFormat

OUT_OF_ORDER = timedelta(minutes=20)
"""Departures are reported up to this much out of order; whoever comes later than that may come too late."""

WATERMARK_EVERY = 25
"""Records between two watermarks: as many as leave New York in half an hour."""

FAR_TOO_LATE_MIN = 60
IN_A_ROW = 3
SILENCE_MS = 3 * 60 * 60 * 1000
"""After three hours without a departure a new streak begins."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A flight has left: ``ts`` is when, in ms since the epoch, ``delay`` is in minutes, ``seq`` counts arrivals."""

    seq: int
    ts: int
    origin: str
    dest: str
    carrier: str
    flight: int
    tail: str | None
    delay: int


@dataclass(frozen=True, slots=True)
class Delays:
    """Statistics of some departures."""

    flights: int
    total_delay: int
    worst_delay: int


@dataclass(frozen=True, slots=True)
class HourlyDelays:
    """Statistics of one airport's hour, which begins at ``hour``."""

    origin: str
    hour: int
    flights: int
    total_delay: int
    mean_delay: float
    worst_delay: int


@dataclass(frozen=True, slots=True)
class Alert:
    """Departures in a row that all left far too late, from the first one's time to the last one's."""

    origin: str
    since: int
    ts: int
    flights: list[str]
    worst_delay: int


LATE = OutputTag("late", Departure)
"""Departures that came after their hour, or their turn, was over."""


class DelayStatistics(AggregateFunction[Departure, Delays, Delays]):
    """Folds departures into statistics as they come."""

    def create_accumulator(self) -> Delays:
        return Delays(0, 0, -sys.maxsize)

    def add(self, value: Departure, accumulator: Delays) -> Delays:
        return self.merge(accumulator, Delays(1, value.delay, value.delay))

    def get_result(self, accumulator: Delays) -> Delays:
        return accumulator

    def merge(self, acc_a: Delays, acc_b: Delays) -> Delays:
        return Delays(
            acc_a.flights + acc_b.flights,
            acc_a.total_delay + acc_b.total_delay,
            max(acc_a.worst_delay, acc_b.worst_delay),
        )


class OfAirportAndHour(ProcessWindowFunction[Delays, HourlyDelays, str, TimeWindow]):
    """Says whose statistics they are."""

    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Delays]
    ) -> Iterator[HourlyDelays]:
        for found in elements:
            mean = found.total_delay / found.flights
            yield HourlyDelays(key, context.window().start, found.flights, found.total_delay, mean, found.worst_delay)


class LateInARow(KeyedProcessFunction[str, Departure, Alert]):
    """An alert at the third departure in a row that is over an hour late, once per streak.

    Departures come out of order, so each waits in state until the watermark says that nothing before it is missing.
    """

    def open(self, runtime_context: RuntimeContext) -> None:
        self.waiting = runtime_context.get_map_state(MapStateDescriptor("waiting", int, list[Departure]))
        self.streak = runtime_context.get_state(ValueStateDescriptor("streak", list[Departure]))

    def process_element(
        self, value: Departure, ctx: KeyedProcessFunction.Context[str]
    ) -> Iterator[Alert | tuple[OutputTag[Departure], Departure]]:
        timers = ctx.timer_service()
        if value.ts <= timers.current_watermark():
            yield LATE, value
        else:
            self.waiting[value.ts] = [*(self.waiting[value.ts] or ()), value]
            timers.register_event_time_timer(value.ts)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext[str]) -> Iterator[Alert]:
        streak = self.streak.value() or []
        for departure in self.waiting[timestamp] or ():
            if departure.delay <= FAR_TOO_LATE_MIN or (streak and timestamp - streak[-1].ts > SILENCE_MS):
                streak = []
            if departure.delay > FAR_TOO_LATE_MIN:
                streak = [*streak, departure]
                if len(streak) == IN_A_ROW:
                    flights = [f"{each.carrier}{each.flight}" for each in streak]
                    worst = max(each.delay for each in streak)
                    yield Alert(ctx.get_current_key(), streak[0].ts, timestamp, flights, worst)
        self.streak.update(streak)
        del self.waiting[timestamp]


def main(departures: Path, results: Path, rows_per_second: float = 0) -> None:
    """Build the job and run it."""
    config = Configuration()
    config.set(WATERMARK_EVERY_RECORDS, WATERMARK_EVERY)
    config.set(AUTO_WATERMARK_INTERVAL, timedelta(days=1))  # watermarks at positions alone: lateness can be recomputed
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.enable_checkpointing(timedelta(milliseconds=500))

    source: Any = FileSource.for_record_stream_format(JsonFormat(), departures).build()
    if rows_per_second:
        source = RateLimitedSource(source, rows_per_second)
    event_time = WatermarkStrategy.for_bounded_out_of_orderness(OUT_OF_ORDER).with_timestamp_assigner(
        lambda fields, _: fields["ts"]
    )
    by_origin = (
        env.from_source(source, event_time, "departures")
        .map(lambda fields: Departure(**fields))
        .key_by(lambda departure: departure.origin)
    )
    hours = (
        by_origin.window(TumblingEventTimeWindows.of(timedelta(hours=1)))
        .side_output_late_data(LATE)
        .aggregate(DelayStatistics(), OfAirportAndHour())
    )
    alerts = by_origin.process(LateInARow())

    for name, stream in (("hours", hours), ("alerts", alerts)):
        stream.uid(name).sink_to(files(results / name)).name(name)
        stream.get_side_output(LATE).sink_to(files(results / f"{name}-late")).name(f"{name}-late")
    env.execute("flights")


def files(directory: Path) -> FileSink:
    """JSON lines, each row exactly once."""
    return FileSink.for_row_format(directory, JsonFormat()).build()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(float, sys.argv[3:]))
