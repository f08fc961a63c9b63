"""Handles that notice when a value from state was changed but not stored (``levada.state.detect-mutations``).

In memory a value that was changed in place is kept, as by Flink's heap backend. By a backend that stores bytes it would
be lost; so tests and simulations run with this on.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from levada.common.errors import StateError
from levada.state.copying import is_immutable
from levada.state.memory.handles import (
    MemoryAggregatingState,
    MemoryListState,
    MemoryMapState,
    MemoryReducingState,
    MemoryValueState,
)

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")

_Place = tuple[str, Any, Any, Any]
"""State, namespace, key and, in a map, the key in the map."""


class MutationGuard:
    """What was handed out since the last check, each with a fingerprint."""

    def __init__(self, operator: str) -> None:
        self._operator = operator
        self._handed: dict[_Place, tuple[Any, Callable[[], bool], str]] = {}

    def watch(self, place: _Place, value: Any, remedy: str, *, stored: bool = False) -> None:
        """Remember ``value`` as it is now; one that is watched already stays as it was, unless it was ``stored``."""
        if is_immutable(value):
            self._handed.pop(place, None)
        elif stored or place not in self._handed or self._handed[place][0] is not value:
            if not stored:
                self.verify(place)
            self._handed[place] = (value, _unchanged(value), remedy)

    def verify(self, place: _Place) -> None:
        """Raise if the value at ``place`` was changed."""
        if place not in self._handed:
            return
        value, unchanged, remedy = self._handed[place]
        if unchanged():
            return
        del self._handed[place]
        state, namespace, key, in_map = place
        where = f"key {key!r}" if namespace is None else f"key {key!r}, namespace {namespace!r}"
        if in_map is not None:
            where += f", map key {in_map[1]!r}"
        raise StateError(
            f"state {state!r} of operator {self._operator!r}, {where}: the value got from it was changed in place and "
            f"not stored; it is now {_shortened(value)}. Call {remedy} after changing it, or change a copy"
        )

    def forget(self, state: str, namespace: Any, key: Any) -> None:
        """Stop watching everything handed out for a key of a state."""
        for place in [place for place in self._handed if place[:3] == (state, namespace, key)]:
            del self._handed[place]

    def check(self) -> None:
        """Raise if any value was changed; then start anew."""
        try:
            for place in list(self._handed):
                self.verify(place)
        finally:
            self._handed.clear()


def _unchanged(value: Any) -> Callable[[], bool]:
    try:
        before = pickle.dumps(value, protocol=5)
    except Exception:  # not picklable: the snapshot will say so
        twin = copy.deepcopy(value)
        return lambda: bool(twin == value)
    return lambda: pickle.dumps(value, protocol=5) == before


def _shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "..."


class _Watching:
    """What all detecting handles share: ``guard`` is set by the backend."""

    __slots__ = ()

    guard: MutationGuard
    name: str
    _context: Any
    _namespace: Any

    def _place(self, in_map: Any = None) -> _Place:
        return (self.name, self._namespace, self._context.key, in_map)

    def _forget(self) -> None:
        self.guard.forget(self.name, self._namespace, self._context.key)


class DetectingValueState(_Watching, MemoryValueState[T]):
    """A value state that watches what it hands out."""

    __slots__ = ()

    def value(self) -> T | None:
        value = super().value()
        self.guard.watch(self._place(), value, "update(value)")
        return value

    def update(self, value: T | None) -> None:
        super().update(value)
        self.guard.watch(self._place(), value, "update(value)", stored=True)

    def clear(self) -> None:
        super().clear()
        self._forget()


class DetectingListState(_Watching, MemoryListState[T]):
    """A list state that watches what it hands out."""

    __slots__ = ()

    def get(self) -> list[T]:
        values = super().get()
        self.guard.watch(self._place(), values, "update(values)")
        return values

    def add(self, value: T) -> None:
        self.guard.verify(self._place())
        super().add(value)
        self._watch()

    def add_all(self, values: Iterable[T]) -> None:
        self.guard.verify(self._place())
        super().add_all(values)
        self._watch()

    def update(self, values: Iterable[T]) -> None:
        super().update(values)
        self._watch()

    def clear(self) -> None:
        super().clear()
        self._forget()

    def _watch(self) -> None:
        self.guard.watch(self._place(), super().get(), "update(values)", stored=True)


class DetectingReducingState(_Watching, MemoryReducingState[T]):
    """A reducing state that watches what it hands out."""

    __slots__ = ()

    def get(self) -> T | None:
        value = super().get()
        self.guard.watch(self._place(), value, "clear() and add(value)")
        return value

    def add(self, value: T) -> None:
        self.guard.verify(self._place())
        super().add(value)
        self.guard.watch(self._place(), super().get(), "clear() and add(value)", stored=True)

    def clear(self) -> None:
        super().clear()
        self._forget()


class DetectingAggregatingState(_Watching, MemoryAggregatingState[IN, OUT]):
    """An aggregating state that watches results which are the accumulator itself."""

    __slots__ = ()

    def get(self) -> OUT | None:
        result = super().get()
        if result is self._get():
            self.guard.watch(self._place(), result, "add(value)")
        return result

    def add(self, value: IN) -> None:
        self.guard.verify(self._place())
        self._forget()
        super().add(value)

    def clear(self) -> None:
        super().clear()
        self._forget()


class DetectingMapState(_Watching, MemoryMapState[K, V]):
    """A map state that watches the values it hands out."""

    __slots__ = ()

    def get(self, key: K) -> V | None:
        value = super().get(key)
        self._watch(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        super().put(key, value)
        self._watch(key, value, stored=True)

    def put_all(self, dict_value: Mapping[K, V]) -> None:
        super().put_all(dict_value)
        for key, value in dict_value.items():
            self._watch(key, value, stored=True)

    def remove(self, key: K) -> None:
        super().remove(key)
        self._watch(key, None, stored=True)

    def items(self) -> list[tuple[K, V]]:
        items = super().items()
        for key, value in items:
            self._watch(key, value)
        return items

    def values(self) -> list[V]:
        return [value for _, value in self.items()]

    def clear(self) -> None:
        super().clear()
        self._forget()

    def _watch(self, key: K, value: V | None, *, stored: bool = False) -> None:
        self.guard.watch(self._place(("map", key)), value, "put(key, value)", stored=stored)
