"""Accumulators: what functions add up while a job runs, for its result.

Reference: Flink documentation, "Accumulators & Counters". Each subtask has its own; the job's result has them merged.
They start anew in each attempt and are no part of checkpoints.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from levada.common.errors import UserError

V = TypeVar("V")
R = TypeVar("R")


class Accumulator(ABC, Generic[V, R]):
    """Takes values of one type and gives a result of another."""

    @abstractmethod
    def add(self, value: V) -> None:
        """Take a value in."""

    @abstractmethod
    def get_local_value(self) -> R:
        """The result of this subtask so far."""

    @abstractmethod
    def merge(self, other: Any) -> None:
        """Take in what another accumulator of this kind has taken."""


class IntCounter(Accumulator[int, int]):
    """A sum of whole numbers."""

    def __init__(self, value: int = 0) -> None:
        self._value = value

    def add(self, value: int) -> None:
        self._value += value

    def get_local_value(self) -> int:
        return self._value

    def merge(self, other: IntCounter) -> None:
        self._value += other._value


LongCounter = IntCounter
"""As ``IntCounter``: Python's whole numbers have no limit."""


class DoubleCounter(Accumulator[float, float]):
    """A sum of numbers."""

    def __init__(self, value: float = 0.0) -> None:
        self._value = value

    def add(self, value: float) -> None:
        self._value += value

    def get_local_value(self) -> float:
        return self._value

    def merge(self, other: DoubleCounter) -> None:
        self._value += other._value


class AverageAccumulator(Accumulator[float, float]):
    """The mean of numbers; 0.0 of none."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0.0

    def add(self, value: float) -> None:
        self._count += 1
        self._sum += value

    def get_local_value(self) -> float:
        return self._sum / self._count if self._count else 0.0

    def merge(self, other: AverageAccumulator) -> None:
        self._count += other._count
        self._sum += other._sum


class ListAccumulator(Accumulator[V, list[V]]):
    """All values, in no particular order across subtasks."""

    def __init__(self) -> None:
        self._values: list[V] = []

    def add(self, value: V) -> None:
        self._values.append(value)

    def get_local_value(self) -> list[V]:
        return list(self._values)

    def merge(self, other: ListAccumulator[V]) -> None:
        self._values += other._values


class Histogram(Accumulator[int, dict[int, int]]):
    """How often each number came, by number in rising order."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, value: int) -> None:
        self._counts[value] += 1

    def get_local_value(self) -> dict[int, int]:
        return dict(sorted(self._counts.items()))

    def merge(self, other: Histogram) -> None:
        self._counts.update(other._counts)


def merged(subtasks: Iterable[Mapping[str, Accumulator[Any, Any]]]) -> dict[str, Any]:
    """The results of all subtasks' accumulators, by name.

    Raises
    ------
    UserError
        Accumulators of two kinds have the same name.
    """
    found: dict[str, Accumulator[Any, Any]] = {}
    for accumulators in subtasks:
        for name, each in accumulators.items():
            known = found.get(name)
            if known is None:
                found[name] = copy.deepcopy(each)
            elif type(known) is not type(each):
                raise UserError(
                    f"accumulator {name!r} is a {type(known).__name__} in one function and a {type(each).__name__} in "
                    "another; give them different names"
                )
            else:
                known.merge(each)
    return {name: each.get_local_value() for name, each in found.items()}
