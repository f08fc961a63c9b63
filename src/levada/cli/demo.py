"""``levada demo``: a small job on generated data, to see that everything works. Needs no network and no files."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import click

from levada.cli import failures
from levada.cli.script import overrides, report_options, settings_options
from levada.common import logs

ORIGINS = ("EWR", "JFK", "LGA")
START_MS = 1_356_998_400_000
"""2013-01-01T00:00Z."""

HOUR_MS = 3_600_000
STEP_MS = 2000
"""Event time between two departures."""

DISORDER_MS = 60_000
HOURS_LATE_MS = 6 * HOUR_MS
HOURS_LATE_SHARE = 0.001
"""Some departures are reported so late that their hour is long closed."""

ROWS_SHOWN = 8


class Departure(NamedTuple):
    """A flight has left."""

    origin: str
    time_ms: int
    delay_min: float


class Delays(NamedTuple):
    """One hour at one airport."""

    origin: str
    hour_ms: int
    flights: int
    mean_min: float


@click.command()
@click.option("--departures", type=click.IntRange(1), default=100_000, show_default=True, help="How many to generate.")
@settings_options
@report_options
def demo(
    departures: int,
    settings: tuple[str, ...],
    parallelism: int | None,
    log_level: str,
    log_format: str,
    show_traceback: bool,
) -> None:
    """Run a small job on generated data: delays per airport and hour, on event time, with late data kept apart.

    \b
    Examples:
      levada demo
      levada demo --departures 1000000
    """
    logs.configure(log_level, log_format)
    started = time.perf_counter()
    try:
        with overrides(settings, parallelism):
            hours, late = run(departures)
    except Exception as error:
        if isinstance(error, click.ClickException):
            raise
        failures.report(error, show_traceback=show_traceback)
        raise failures.Reported(1) from error
    _show(hours, late, departures, time.perf_counter() - started)


def departure(index: int, random: Random) -> Departure:
    """The departure with this number: out of order by up to a minute, and now and then hours late."""
    late_ms = HOURS_LATE_MS if random.random() < HOURS_LATE_SHARE else random.randrange(DISORDER_MS)
    time_ms = max(START_MS, START_MS + index * STEP_MS - late_ms)
    rush = 4 + time_ms // HOUR_MS % 24
    return Departure(random.choice(ORIGINS), time_ms, random.expovariate(1 / rush) - 4)


def run(departures: int) -> tuple[list[Delays], list[Departure]]:
    """Run the job: delays per airport and hour, and the departures that came too late for them."""
    from levada.common.output_tag import OutputTag
    from levada.common.watermark_strategy import WatermarkStrategy
    from levada.connectors.datagen import DataGeneratorSource
    from levada.datastream import DataStream, StreamExecutionEnvironment
    from levada.datastream.functions import AggregateFunction, ProcessWindowFunction
    from levada.datastream.window import TumblingEventTimeWindows

    class Mean(AggregateFunction[Departure, tuple[int, float], tuple[int, float]]):
        """Count and sum of the delays."""

        def create_accumulator(self) -> tuple[int, float]:
            return 0, 0.0

        def add(self, value: Departure, accumulator: tuple[int, float]) -> tuple[int, float]:
            return accumulator[0] + 1, accumulator[1] + value.delay_min

        def get_result(self, accumulator: tuple[int, float]) -> tuple[int, float]:
            return accumulator

        def merge(self, acc_a: tuple[int, float], acc_b: tuple[int, float]) -> tuple[int, float]:
            return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]

    class Name(ProcessWindowFunction[tuple[int, float], Delays, str, Any]):
        """Say which airport and hour the figures belong to."""

        def process(self, key: str, context: Any, elements: Iterable[tuple[int, float]]) -> Iterable[Delays]:
            for flights, total in elements:
                yield Delays(key, context.window().start, flights, total / flights)

    too_late: OutputTag[Departure] = OutputTag("too late")
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(milliseconds=DISORDER_MS))
    env = StreamExecutionEnvironment.get_execution_environment()
    hours: DataStream[Any] = (
        env.from_source(
            DataGeneratorSource(departure, count=departures, seed=2013),
            strategy.with_timestamp_assigner(lambda departed, _: departed.time_ms),
            "departures",
        )
        .key_by(lambda departed: departed.origin)
        .window(TumblingEventTimeWindows.of(timedelta(milliseconds=HOUR_MS)))
        .side_output_late_data(too_late)
        .aggregate(Mean(), Name())
    )
    found: tuple[list[Delays], list[Departure]] = ([], [])
    with hours.union(hours.get_side_output(too_late)).execute_and_collect("demo") as results:
        for each in results:
            if isinstance(each, Delays):
                found[0].append(each)
            else:
                found[1].append(each)
    return found


def _show(hours: list[Delays], late: list[Departure], departures: int, seconds: float) -> None:
    click.echo("The worst hours:")
    for each in sorted(hours, key=lambda hour: -hour.mean_min)[:ROWS_SHOWN]:
        hour = datetime.fromtimestamp(each.hour_ms / 1000, UTC)
        click.echo(f"  {each.origin}  {hour:%Y-%m-%d %H:%M}  {each.flights:5,} flights  {each.mean_min:5.1f} min late")
    counted = sum(each.flights for each in hours)
    click.echo(
        f"{departures:,} departures in {seconds:.1f} s: {counted:,} in {len(hours):,} airport hours, "
        f"{len(late):,} too late for theirs; each counted once: {'yes' if counted + len(late) == departures else 'NO'}"
    )
    if counted + len(late) != departures:
        raise failures.Reported(1)
