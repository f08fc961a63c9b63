"""Handles over layered tables: what user functions read and write keyed state through.

Each handle keeps the dict that takes its namespace's writes (``_space``), so that a read or a write of a key that is
there costs one look-up. Where the dict has nothing, ``LayeredTable.get`` looks below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from levada.common.errors import StateError
from levada.state.backend import KeyContext
from levada.state.copying import ATOMIC, is_immutable
from levada.state.descriptors import AggregatesValues
from levada.state.handles import AggregatingState, ListState, MapState, ReducingState, ValueState
from levada.state.memory.layers import LayeredTable, Space

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")


class _Handle:
    """What all handles share."""

    # The last two are set on handles that expire (``expiring.py``) and that detect mutations (``detecting.py``).
    __slots__ = ("_context", "_namespace", "_space", "_table", "expiry", "guard", "name")

    _space: Space

    def __init__(self, name: str, table: LayeredTable, context: KeyContext, namespace: Any = None) -> None:
        self.name = name
        self._table = table
        self._context = context
        self._namespace = namespace
        if namespace is None:
            table.attach(self)
        else:
            self._space = table.top(namespace)

    def bind(self, space: Space) -> None:
        """Write to ``space`` from now on."""
        self._space = space

    def clear(self) -> None:
        """Forget what is stored under the current key."""
        if self._table.layered or self._namespace is not None:
            self._table.delete(self._namespace, self._context.key)
        else:
            self._space.pop(self._context.key, None)

    def _get(self) -> Any:
        """The current key's value, free to be changed; None where there is none."""
        value = self._space.get(self._context.key)
        if value is None and self._table.layered:
            return self._table.below(self._namespace, self._context.key)
        return value


class MemoryValueState(_Handle, ValueState[T]):
    """One value per key."""

    __slots__ = ()

    def value(self) -> T | None:
        value: T | None = self._space.get(self._context.key)
        if value is None and self._table.layered:
            value = self._table.below(self._namespace, self._context.key)
        return value

    def update(self, value: T | None) -> None:
        if value is None:
            self.clear()
        else:
            self._space[self._context.key] = value


class MemoryListState(_Handle, ListState[T]):
    """A list per key; empty ones are not kept."""

    __slots__ = ()

    def get(self) -> list[T]:
        held: list[T] | None = self._get()
        return [] if held is None else held

    def add(self, value: T) -> None:
        if value is None:
            raise StateError(f"ListState {self.name!r}: add(None): None cannot be an element of a list state")
        held = self._get()
        if held is None:
            self._space[self._context.key] = [value]
        else:
            held.append(value)

    def add_all(self, values: Iterable[T]) -> None:
        values = self._checked(values, "add_all")
        held = self._get()
        if held is not None:
            held += values
        elif values:
            self._space[self._context.key] = values

    def update(self, values: Iterable[T]) -> None:
        values = self._checked(values, "update")
        if values:
            self._space[self._context.key] = values
        else:
            self.clear()

    def _checked(self, values: Iterable[T] | None, call: str) -> list[T]:
        if values is None:
            raise StateError(f"ListState {self.name!r}: {call}(None): pass an iterable; clear() empties the list")
        values = list(values)
        if any(value is None for value in values):
            raise StateError(f"ListState {self.name!r}: {call}({values!r}): None cannot be an element of a list state")
        return values


class MemoryReducingState(_Handle, ReducingState[T]):
    """One value per key, reduced from all that were added."""

    __slots__ = ("_reduce",)

    def __init__(
        self,
        name: str,
        table: LayeredTable,
        context: KeyContext,
        reduce: Callable[[T, T], T],
        namespace: Any = None,
    ) -> None:
        super().__init__(name, table, context, namespace)
        self._reduce = reduce

    def get(self) -> T | None:
        value: T | None = self._get()
        return value

    def add(self, value: T) -> None:
        held = self._get()
        reduced = value if held is None else self._reduce(held, value)
        if reduced is None:
            self.clear()
        else:
            self._space[self._context.key] = reduced


class MemoryAggregatingState(_Handle, AggregatingState[IN, OUT]):
    """One accumulator per key."""

    __slots__ = ("_add", "_create", "_result")

    def __init__(
        self,
        name: str,
        table: LayeredTable,
        context: KeyContext,
        function: AggregatesValues[IN, Any, OUT],
        namespace: Any = None,
    ) -> None:
        super().__init__(name, table, context, namespace)
        self._create = function.create_accumulator
        self._add = function.add
        self._result = function.get_result

    def get(self) -> OUT | None:
        accumulator = self._get()
        return None if accumulator is None else self._result(accumulator)

    def add(self, value: IN) -> None:
        accumulator = self._get()
        accumulator = self._add(value, self._create() if accumulator is None else accumulator)
        if accumulator is None:
            self.clear()
        else:
            self._space[self._context.key] = accumulator


class MemoryMapState(_Handle, MapState[K, V]):
    """A dict per key; empty ones are not kept. What iterates goes over a copy, so the map may be changed meanwhile."""

    __slots__ = ()

    def get(self, key: K) -> V | None:
        held = self._space.get(self._context.key)
        if held is None:
            held = self._below()
            if held is None:
                return None
            value: V | None = held.get(key)
            if value is None or is_immutable(value):
                return value
            held = self._get()
        found: V | None = held.get(key)
        return found

    def put(self, key: K, value: V) -> None:
        held = self._get()
        if held is None:
            self._space[self._context.key] = {key: value}
        else:
            held[key] = value

    def put_all(self, dict_value: Mapping[K, V]) -> None:
        held = self._get()
        if held is not None:
            held.update(dict_value)
        elif dict_value:
            self._space[self._context.key] = dict(dict_value)

    def remove(self, key: K) -> None:
        if key in self._peek():
            held = self._get()
            del held[key]
            if not held:
                self.clear()

    def contains(self, key: K) -> bool:
        return key in self._peek()

    def items(self) -> list[tuple[K, V]]:
        return list(self._readable().items())

    def keys(self) -> list[K]:
        return list(self._peek())

    def values(self) -> list[V]:
        return list(self._readable().values())

    def is_empty(self) -> bool:
        return not self._peek()

    def _below(self) -> dict[K, V] | None:
        """The current key's dict, not to be changed."""
        if not self._table.layered:
            return None
        held: dict[K, V] | None = self._table.peek(self._namespace, self._context.key)
        return held

    def _peek(self) -> dict[K, V]:
        held: dict[K, V] | None = self._space.get(self._context.key)
        return (self._below() if held is None else held) or {}

    def _readable(self) -> dict[K, V]:
        """The current key's dict, whose values may be changed."""
        held = self._peek()
        return held if ATOMIC.issuperset(map(type, held.values())) else self._get() or {}
