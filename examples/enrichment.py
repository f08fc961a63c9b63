"""Payments in many currencies, told in euros: a side file is read once per subtask, in ``open``.

python examples/enrichment.py
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import levada as lv
from levada.datastream import DataStream, MapFunction, RuntimeContext

CURRENCIES = Path(__file__).parent / "data" / "currencies.csv"


@dataclass(frozen=True, slots=True)
class Payment:
    id: int
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class InEuros:
    payment: Payment
    currency: str
    euros: Decimal | None

    def __str__(self) -> str:
        amount = f"{self.payment.id}: {self.payment.amount} {self.payment.currency}"
        return f"{amount} has no rate" if self.euros is None else f"{amount} = {self.euros} EUR ({self.currency})"


PAYMENTS = [
    Payment(1, Decimal("100.00"), "USD"),
    Payment(2, Decimal("2500.00"), "NOK"),
    Payment(3, Decimal("19.99"), "EUR"),
    Payment(4, Decimal("42.50"), "GBP"),
    Payment(5, Decimal("7.00"), "XTS"),
]


class ToEuros(MapFunction[Payment, InEuros]):
    def __init__(self, currencies: Path) -> None:
        self.currencies = currencies

    def open(self, runtime_context: RuntimeContext) -> None:
        with self.currencies.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        self.names = {row["code"]: row["name"] for row in rows}
        self.rates = {row["code"]: Decimal(row["per_euro"]) for row in rows}

    def map(self, value: Payment) -> InEuros:
        rate = self.rates.get(value.currency)
        euros = None if rate is None else (value.amount / rate).quantize(Decimal("0.01"))
        return InEuros(value, self.names.get(value.currency, "unknown"), euros)


def in_euros(payments: DataStream[Payment], currencies: Path = CURRENCIES) -> DataStream[InEuros]:
    return payments.map(ToEuros(currencies))


def main() -> None:
    env = lv.environment()
    in_euros(env.from_collection(PAYMENTS)).print()
    env.execute("enrichment")


if __name__ == "__main__":
    main()
