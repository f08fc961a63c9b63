"""State of a key *and* a window: handles for triggers and for ``window_state()`` of window functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from levada.operators.row.runtime_context import KeyedStateStore
from levada.state.backend import KeyContext, KeyedBackend, ObjectTable
from levada.state.descriptors import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    ValueStateDescriptor,
)
from levada.state.handles import AggregatingState, ListState, MapState, ReducingState, ValueState


class WindowScope:
    """The key and the window that handles refer to."""

    __slots__ = ("_keys", "namespace")

    def __init__(self, keys: KeyContext) -> None:
        self._keys = keys
        self.namespace: Any = None

    @property
    def key(self) -> Any:
        """The current key."""
        return self._keys.key


class _Cell:
    """One value of a table, at the scope's key and window."""

    __slots__ = ("_scope", "_table")

    def __init__(self, table: ObjectTable, scope: WindowScope) -> None:
        self._table = table
        self._scope = scope

    def read(self) -> Any:
        return self._table.get(self._scope.namespace, self._scope.key)

    def write(self, value: Any) -> None:
        self._table.put(self._scope.namespace, self._scope.key, value)

    def clear(self) -> None:
        self._table.delete(self._scope.namespace, self._scope.key)

    def take(self, namespace: Any) -> Any:
        """The value of another window of the key, which loses it."""
        value = self._table.get(namespace, self._scope.key)
        if value is not None:
            self._table.delete(namespace, self._scope.key)
        return value


class WindowValueState(ValueState[Any]):
    """A value."""

    def __init__(self, cell: _Cell) -> None:
        self._cell = cell

    def value(self) -> Any:
        return self._cell.read()

    def update(self, value: Any) -> None:
        self._cell.write(value)

    def clear(self) -> None:
        self._cell.clear()


class WindowListState(ListState[Any]):
    """A list."""

    def __init__(self, cell: _Cell) -> None:
        self._cell = cell

    def get(self) -> list[Any]:
        return list(self._cell.read() or ())

    def add(self, value: Any) -> None:
        self.add_all((value,))

    def add_all(self, values: Iterable[Any]) -> None:
        self.update([*(self._cell.read() or ()), *values])

    def update(self, values: Iterable[Any]) -> None:
        self._cell.write(list(values) or None)

    def clear(self) -> None:
        self._cell.clear()

    def merge_from(self, namespaces: Iterable[Any]) -> None:
        """Add what other windows of the key hold."""
        for namespace in namespaces:
            self.add_all(self._cell.take(namespace) or ())


class WindowReducingState(ReducingState[Any]):
    """A reduced value."""

    def __init__(self, cell: _Cell, descriptor: ReducingStateDescriptor[Any]) -> None:
        self._cell = cell
        self._reduce = descriptor.reduce

    def get(self) -> Any:
        return self._cell.read()

    def add(self, value: Any) -> None:
        old = self._cell.read()
        self._cell.write(value if old is None else self._reduce(old, value))

    def clear(self) -> None:
        self._cell.clear()

    def merge_from(self, namespaces: Iterable[Any]) -> None:
        """Reduce what other windows of the key hold into this one."""
        for namespace in namespaces:
            value = self._cell.take(namespace)
            if value is not None:
                self.add(value)


class WindowAggregatingState(AggregatingState[Any, Any]):
    """An accumulator."""

    def __init__(self, cell: _Cell, descriptor: AggregatingStateDescriptor[Any, Any, Any]) -> None:
        self._cell = cell
        self._function = descriptor.get_agg_function()

    def get(self) -> Any:
        accumulator = self._cell.read()
        return None if accumulator is None else self._function.get_result(accumulator)

    def add(self, value: Any) -> None:
        accumulator = self._cell.read()
        if accumulator is None:
            accumulator = self._function.create_accumulator()
        self._cell.write(self._function.add(value, accumulator))

    def clear(self) -> None:
        self._cell.clear()

    def merge_from(self, namespaces: Iterable[Any]) -> None:
        """Merge what other windows of the key hold into this one."""
        for namespace in namespaces:
            other = self._cell.take(namespace)
            if other is not None:
                own = self._cell.read()
                self._cell.write(other if own is None else self._function.merge(own, other))


class WindowMapState(MapState[Any, Any]):
    """A dict."""

    def __init__(self, cell: _Cell) -> None:
        self._cell = cell

    def _read(self) -> dict[Any, Any]:
        return self._cell.read() or {}

    def get(self, key: Any) -> Any:
        return self._read().get(key)

    def put(self, key: Any, value: Any) -> None:
        self.put_all({key: value})

    def put_all(self, dict_value: Mapping[Any, Any]) -> None:
        self._cell.write({**self._read(), **dict_value} or None)

    def remove(self, key: Any) -> None:
        self._cell.write({k: v for k, v in self._read().items() if k != key} or None)

    def contains(self, key: Any) -> bool:
        return key in self._read()

    def items(self) -> Iterable[tuple[Any, Any]]:
        return list(self._read().items())

    def keys(self) -> Iterable[Any]:
        return list(self._read())

    def values(self) -> Iterable[Any]:
        return list(self._read().values())

    def is_empty(self) -> bool:
        return not self._read()

    def clear(self) -> None:
        self._cell.clear()


class WindowStateStore(KeyedStateStore):
    """Handles for the key and window of ``scope``, under a prefix of their own in the operator's tables."""

    def __init__(self, backend: KeyedBackend, scope: WindowScope, prefix: str) -> None:
        self._backend = backend
        self._scope = scope
        self._prefix = prefix
        self._handles: dict[str, Any] = {}

    def handle(self, state_descriptor: StateDescriptor) -> Any:
        """The handle of any kind of state; the same one for the same name."""
        handle = self._handles.get(state_descriptor.name)
        if handle is None:
            handle = self._handles[state_descriptor.name] = self._make(state_descriptor)
        return handle

    def _make(self, descriptor: StateDescriptor) -> Any:
        cell = _Cell(self._backend.table(self._prefix + descriptor.name, descriptor.type_info), self._scope)
        if isinstance(descriptor, ReducingStateDescriptor):
            return WindowReducingState(cell, descriptor)
        if isinstance(descriptor, AggregatingStateDescriptor):
            return WindowAggregatingState(cell, descriptor)
        if isinstance(descriptor, ListStateDescriptor):
            return WindowListState(cell)
        if isinstance(descriptor, MapStateDescriptor):
            return WindowMapState(cell)
        return WindowValueState(cell)

    def get_state(self, state_descriptor: ValueStateDescriptor[Any]) -> ValueState[Any]:
        """A value."""
        return self.handle(state_descriptor)  # type: ignore[no-any-return]

    def get_list_state(self, state_descriptor: ListStateDescriptor[Any]) -> ListState[Any]:
        """A list."""
        return self.handle(state_descriptor)  # type: ignore[no-any-return]

    def get_map_state(self, state_descriptor: MapStateDescriptor[Any, Any]) -> MapState[Any, Any]:
        """A dict."""
        return self.handle(state_descriptor)  # type: ignore[no-any-return]

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor[Any]) -> ReducingState[Any]:
        """A reduced value."""
        return self.handle(state_descriptor)  # type: ignore[no-any-return]

    def get_aggregating_state(
        self, state_descriptor: AggregatingStateDescriptor[Any, Any, Any]
    ) -> AggregatingState[Any, Any]:
        """An accumulator."""
        return self.handle(state_descriptor)  # type: ignore[no-any-return]
