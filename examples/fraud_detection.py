"""Stolen cards: a thief tries a card with a small amount, and charges a large one soon after.

Keyed state remembers the small amount; a timer forgets it when nothing has followed within a minute.

python examples/fraud_detection.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import levada as lv
from levada.common import WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource
from levada.datastream import DataStream, KeyedProcessFunction, RuntimeContext
from levada.datastream.state import ValueStateDescriptor

COUNT = 20_000
ACCOUNTS = 200
SMALL, LARGE = 1_00, 500_00
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Transaction:
    account: int
    time: int
    cents: int


@dataclass(frozen=True, slots=True)
class Alert:
    account: int
    time: int
    probe: int
    charge: int


def transaction(number: int, random: Random) -> Transaction:
    """The transaction with this number; ten of them a second."""
    cents = random.choices([random.randint(1, SMALL), random.randint(SMALL + 1, LARGE), 2 * LARGE], [5, 90, 5])[0]
    return Transaction(random.randrange(ACCOUNTS), number * 100, cents)


class ProbeThenCharge(KeyedProcessFunction[int, Transaction, Alert]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.probe = runtime_context.get_state(ValueStateDescriptor("probe", Transaction))

    def process_element(self, value: Transaction, ctx: KeyedProcessFunction.Context[int]) -> Iterator[Alert]:
        probe = self.probe.value()
        # The timer may still be waiting for the watermark, so the times decide.
        if probe is not None and value.cents > LARGE and value.time - probe.time < MINUTE_MS:
            yield Alert(value.account, value.time, probe.cents, value.cents)
        if value.cents <= SMALL:
            self.probe.update(value)
            ctx.timer_service().register_event_time_timer(value.time + MINUTE_MS)
        elif probe is not None:
            self.probe.clear()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext[int]) -> None:
        probe = self.probe.value()
        if probe is not None and probe.time + MINUTE_MS == timestamp:
            self.probe.clear()


def alerts(transactions: DataStream[Transaction]) -> DataStream[Alert]:
    return transactions.key_by(lambda transaction: transaction.account).process(ProbeThenCharge())


def main() -> None:
    env = lv.environment()
    event_time = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda each, _: each.time)
    source = DataGeneratorSource(transaction, COUNT, seed=7)
    alerts(env.from_source(source, event_time, "transactions")).print()
    env.execute("fraud detection")


if __name__ == "__main__":
    main()
