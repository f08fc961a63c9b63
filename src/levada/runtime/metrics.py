"""Counters of operators, read by whoever looks at the job."""

from __future__ import annotations

from collections import Counter
from typing import Any


class OperatorMetrics:
    """Counters of one operator subtask."""

    __slots__ = ("accumulators", "counters")

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self.accumulators: list[dict[str, Any]] = []
        """Those of each function, by name."""

    def count(self, name: str, amount: int = 1) -> None:
        self.counters[name] += amount
