"""Handles on state that expires which notice when a value was changed but not stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from levada.state.memory.detecting import (
    DetectingAggregatingState,
    DetectingListState,
    DetectingMapState,
    DetectingReducingState,
    DetectingValueState,
)
from levada.state.memory.expiring import (
    ExpiringAggregatingState,
    ExpiringListState,
    ExpiringMapState,
    ExpiringReducingState,
    ExpiringValueState,
)

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")


class DetectingExpiringValueState(DetectingValueState[T], ExpiringValueState[T]):
    """A value state that expires and watches what it hands out."""

    __slots__ = ()


class DetectingExpiringListState(DetectingListState[T], ExpiringListState[T]):
    """A list state whose elements expire, and that watches the lists it hands out."""

    __slots__ = ()

    def _watch(self) -> None:
        # What was stored, without reading it: that could start its time anew.
        elements = [element for _, element in self._get() or ()]
        self.guard.watch(self._place(), elements, "update(values)", stored=True)


class DetectingExpiringReducingState(DetectingReducingState[T], ExpiringReducingState[T]):
    """A reducing state that expires and watches what it hands out."""

    __slots__ = ()


class DetectingExpiringAggregatingState(DetectingAggregatingState[IN, OUT], ExpiringAggregatingState[IN, OUT]):
    """An aggregating state that expires and watches results which are the accumulator itself."""

    __slots__ = ()

    def get(self) -> OUT | None:
        result = ExpiringAggregatingState.get(self)
        stored = self._get()
        if stored is not None and result is stored[1]:
            self.guard.watch(self._place(), result, "add(value)")
        return result


class DetectingExpiringMapState(DetectingMapState[K, V], ExpiringMapState[K, V]):
    """A map state whose entries expire, and that watches the values it hands out."""

    __slots__ = ()


DETECTING: dict[str, Callable[..., Any]] = {
    "value": DetectingExpiringValueState,
    "list": DetectingExpiringListState,
    "map": DetectingExpiringMapState,
    "reducing": DetectingExpiringReducingState,
    "aggregating": DetectingExpiringAggregatingState,
}
"""The handle for each kind of state."""
