"""What user functions see of keyed state: one object per state, always about the current key.

The names are PyFlink's. ``None`` is never stored: where it is put, the key's value goes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")


class State(ABC):
    """Base of all kinds of state."""

    __slots__ = ()

    @abstractmethod
    def clear(self) -> None:
        """Forget what is stored under the current key."""


class ValueState(State, Generic[T]):
    """One value per key."""

    __slots__ = ()

    @abstractmethod
    def value(self) -> T | None:
        """The current key's value; None where there is none."""

    @abstractmethod
    def update(self, value: T | None) -> None:
        """Store a value under the current key; None clears it."""


class AppendingState(State, Generic[IN, OUT]):
    """State that values are added to."""

    __slots__ = ()

    @abstractmethod
    def get(self) -> OUT | None:
        """What has been made of the values added under the current key."""

    @abstractmethod
    def add(self, value: IN) -> None:
        """Add a value."""


class MergingState(AppendingState[IN, OUT]):
    """State of several keys or windows that can be made one."""

    __slots__ = ()


class ListState(MergingState[T, Iterable[T]]):
    """A list of elements per key."""

    __slots__ = ()

    @abstractmethod
    def get(self) -> list[T]:
        """The current key's elements in the order they were added; an empty list where there are none."""

    @abstractmethod
    def add_all(self, values: Iterable[T]) -> None:
        """Add several elements."""

    @abstractmethod
    def update(self, values: Iterable[T]) -> None:
        """Replace all elements; an empty ``values`` clears the state."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.get())


class ReducingState(MergingState[T, T]):
    """One value per key, reduced from all that were added."""

    __slots__ = ()


class AggregatingState(MergingState[IN, OUT]):
    """One accumulator per key, aggregated from all values that were added."""

    __slots__ = ()


class MapState(State, Generic[K, V]):
    """A dict per key."""

    __slots__ = ()

    @abstractmethod
    def get(self, key: K) -> V | None:
        """The value under ``key``; None where there is none."""

    @abstractmethod
    def put(self, key: K, value: V) -> None:
        """Store a value under ``key``."""

    @abstractmethod
    def put_all(self, dict_value: Mapping[K, V]) -> None:
        """Store several values."""

    @abstractmethod
    def remove(self, key: K) -> None:
        """Forget ``key``; nothing happens where it is not there."""

    @abstractmethod
    def contains(self, key: K) -> bool:
        """Whether there is a value under ``key``."""

    @abstractmethod
    def items(self) -> Iterable[tuple[K, V]]:
        """All keys and values, in the order the keys were put."""

    @abstractmethod
    def keys(self) -> Iterable[K]:
        """All keys."""

    @abstractmethod
    def values(self) -> Iterable[V]:
        """All values."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether there is no key."""

    def __getitem__(self, key: K) -> V | None:
        return self.get(key)

    def __setitem__(self, key: K, value: V) -> None:
        self.put(key, value)

    def __delitem__(self, key: K) -> None:
        self.remove(key)

    def __contains__(self, key: K) -> bool:
        return self.contains(key)

    def __iter__(self) -> Iterator[K]:
        return iter(self.keys())
