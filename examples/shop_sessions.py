"""Visits to a web shop: what a visitor saw and spent until half an hour passed without a click.

Session windows merge as clicks between them come in, so the aggregate function has a ``merge``.

python examples/shop_sessions.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import levada as lv
from levada.common import WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource
from levada.datastream import AggregateFunction, DataStream, ProcessWindowFunction, TimeWindow
from levada.datastream.window import EventTimeSessionWindows

COUNT = 5_000
VISITORS = 150
GAP = timedelta(minutes=30)
DISORDER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Click:
    visitor: str
    time: int
    page: str
    cents: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    visitor: str
    start: int
    minutes: int
    pages: int
    cents: int


def click(number: int, random: Random) -> Click:
    """The click with this number: one every ten seconds, up to two minutes out of order."""
    time = number * 10_000 - random.randrange(120_000)
    visitor = f"visitor-{random.randrange(VISITORS)}"
    if random.random() < 0.1:
        return Click(visitor, time, "checkout", random.randrange(5_00, 80_00))
    return Click(visitor, time, random.choice(["home", "search", "product", "reviews"]))


class PagesAndCents(AggregateFunction[Click, tuple[int, int], tuple[int, int]]):
    def create_accumulator(self) -> tuple[int, int]:
        return 0, 0

    def add(self, value: Click, accumulator: tuple[int, int]) -> tuple[int, int]:
        return self.merge(accumulator, (1, value.cents))

    def get_result(self, accumulator: tuple[int, int]) -> tuple[int, int]:
        return accumulator

    def merge(self, acc_a: tuple[int, int], acc_b: tuple[int, int]) -> tuple[int, int]:
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class ToVisit(ProcessWindowFunction[tuple[int, int], Visit, str, TimeWindow]):
    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[tuple[int, int]]
    ) -> Iterator[Visit]:
        window = context.window()
        last_click = window.end - GAP // timedelta(milliseconds=1)
        for pages, cents in elements:
            yield Visit(key, window.start, (last_click - window.start) // 60_000, pages, cents)


def visits(clicks: DataStream[Click]) -> DataStream[Visit]:
    return (
        clicks.key_by(lambda click: click.visitor)
        .window(EventTimeSessionWindows.with_gap(GAP))
        .aggregate(PagesAndCents(), ToVisit())
    )


def main() -> None:
    env = lv.environment()
    event_time = WatermarkStrategy.for_bounded_out_of_orderness(DISORDER).with_timestamp_assigner(
        lambda click, _: click.time
    )
    clicks = env.from_source(DataGeneratorSource(click, COUNT, seed=3), event_time, "clicks")
    visits(clicks).filter(lambda visit: visit.cents > 150_00).print()
    env.execute("shop sessions")


if __name__ == "__main__":
    main()
