"""Orders that are delivered more than once: the first of each id goes on, the others go.

An id is remembered for an hour of event time; then a timer forgets it, so that state does not grow for ever.

python examples/deduplication.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import levada as lv
from levada.common import WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource
from levada.datastream import DataStream, KeyedProcessFunction, RuntimeContext
from levada.datastream.state import ValueStateDescriptor

COUNT = 20_000
REMEMBERED_MS = 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Order:
    id: int
    time: int


def order(number: int, random: Random) -> Order:
    """One of the last fifty orders once more, or a new one."""
    id = number - random.randrange(50) if number >= 50 and random.random() < 0.3 else number
    return Order(id, id * 1000)


class FirstOfEach(KeyedProcessFunction[int, Order, Order]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", bool))
        self.duplicates = runtime_context.get_metrics_group().counter("duplicates")

    def process_element(self, value: Order, ctx: KeyedProcessFunction.Context[int]) -> Iterator[Order]:
        if self.seen.value():
            self.duplicates.inc()
            return
        self.seen.update(True)
        ctx.timer_service().register_event_time_timer(value.time + REMEMBERED_MS)
        yield value

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext[int]) -> None:
        self.seen.clear()


def first_of_each(orders: DataStream[Order]) -> DataStream[Order]:
    return orders.key_by(lambda order: order.id).process(FirstOfEach()).name("first of each")


def main() -> None:
    env = lv.environment()
    event_time = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(minutes=1)).with_timestamp_assigner(
        lambda order, _: order.time
    )
    orders = env.from_source(DataGeneratorSource(order, COUNT, seed=5), event_time, "orders")
    kept: list[Order] = []
    first_of_each(orders).add_sink(kept.append)
    result = env.execute("deduplication")
    dropped = result.get_accumulator_result("first of each.duplicates")
    print(f"{COUNT:,} deliveries: {len(kept):,} orders, {dropped:,} duplicates")


if __name__ == "__main__":
    main()
