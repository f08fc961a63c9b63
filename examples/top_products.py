"""The three best-selling products of each hour.

Two windows in a row: one counts per product and hour; its results bear the time of their hour, so the second gathers
the counts of the same hour and ranks them.

python examples/top_products.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import levada as lv
from levada.common import WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource
from levada.datastream import DataStream, ProcessAllWindowFunction, TimeWindow
from levada.datastream.window import TumblingEventTimeWindows

COUNT = 20_000
START_MS = 1_750_000_000_000
PRODUCTS = ["tea", "coffee", "cocoa", "milk", "sugar", "honey", "bread", "butter"]
TOP = 3
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sale:
    product: str
    time: int


@dataclass(frozen=True, slots=True)
class Ranking:
    hour: int
    products: list[tuple[str, int]]

    def __str__(self) -> str:
        hour = datetime.fromtimestamp(self.hour / 1000, UTC)
        return f"{hour:%d %b %H:%M}  " + ", ".join(f"{product} {count}" for product, count in self.products)


def sale(number: int, random: Random) -> Sale:
    """The sale with this number; two of them a second, up to ten seconds out of order. Tastes change with the hours."""
    favourite = PRODUCTS[number // 9000 % len(PRODUCTS)]
    product = favourite if random.random() < 0.1 else random.choice(PRODUCTS)
    return Sale(product, START_MS + number * 500 - random.randrange(10_000))


class Rank(ProcessAllWindowFunction[tuple[str, int], Ranking, TimeWindow]):
    def process(
        self, context: ProcessAllWindowFunction.Context[TimeWindow], elements: Iterable[tuple[str, int]]
    ) -> Iterator[Ranking]:
        best = sorted(elements, key=lambda counted: (-counted[1], counted[0]))
        yield Ranking(context.window().start, best[:TOP])


def rankings(sales: DataStream[Sale]) -> DataStream[Ranking]:
    return (
        sales.map(lambda sale: (sale.product, 1))
        .key_by(lambda counted: counted[0])
        .window(TumblingEventTimeWindows.of(HOUR))
        .reduce(lambda left, right: (left[0], left[1] + right[1]))
        .window_all(TumblingEventTimeWindows.of(HOUR))
        .process(Rank())
    )


def main() -> None:
    env = lv.environment()
    event_time = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(seconds=10)).with_timestamp_assigner(
        lambda sale, _: sale.time
    )
    rankings(env.from_source(DataGeneratorSource(sale, COUNT, seed=11), event_time, "sales")).print()
    env.execute("top products")


if __name__ == "__main__":
    main()
