"""Counters of operators, read by whoever looks at the job."""

from __future__ import annotations

from collections import Counter


class OperatorMetrics:
    """Counters of one operator subtask."""

    __slots__ = ("counters",)

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()

    def count(self, name: str, amount: int = 1) -> None:
        self.counters[name] += amount
