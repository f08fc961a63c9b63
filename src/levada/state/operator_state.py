"""State of an operator's subtask as a whole, not of a key: lists that are dealt out anew when the parallelism changes.

Reference: Flink documentation, "Working with State", section "Operator State".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from levada.common.errors import StateError
from levada.state.broadcast import BroadcastState
from levada.state.compatibility import check_type, description
from levada.state.descriptors import ListStateDescriptor, MapStateDescriptor, StateDescriptor
from levada.state.handles import ListState

if TYPE_CHECKING:
    from levada.common.basic_typeinfo import TypeInformation
    from levada.state.backend import RestoredState
    from levada.state.snapshot import StatePart

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

_INDEX = "operator"
"""Part that lists the names, modes and declared types of all states."""
_SPLIT, _UNION, _BROADCAST = "split", "union", "broadcast"
_CALLS = {_SPLIT: "get_list_state", _UNION: "get_union_list_state", _BROADCAST: "get_broadcast_state"}


class OperatorStateStore(ABC):
    """Where a ``CheckpointedFunction`` gets its operator state."""

    @abstractmethod
    def get_list_state(self, state_descriptor: ListStateDescriptor[T]) -> ListState[T]:
        """A list of this subtask. On a restore the elements of all subtasks are dealt out, each to one of them."""

    @abstractmethod
    def get_union_list_state(self, state_descriptor: ListStateDescriptor[T]) -> ListState[T]:
        """A list of this subtask. On a restore every subtask gets the elements of all."""

    @abstractmethod
    def get_broadcast_state(self, state_descriptor: MapStateDescriptor[K, V]) -> BroadcastState[K, V]:
        """A dict that is kept alike in all subtasks. A checkpoint holds that of the first, and all get it back."""


class OperatorListState(ListState[T]):
    """A list in memory. ``get`` gives the list itself."""

    __slots__ = ("_elements", "_name")

    def __init__(self, name: str, elements: list[T]) -> None:
        self._name = name
        self._elements = elements

    def get(self) -> list[T]:
        return self._elements

    def add(self, value: T) -> None:
        self.add_all([value])

    def add_all(self, values: Iterable[T]) -> None:
        self._elements += self._checked(values)

    def update(self, values: Iterable[T]) -> None:
        self._elements[:] = self._checked(values)

    def clear(self) -> None:
        self._elements.clear()

    def _checked(self, values: Iterable[T]) -> list[T]:
        values = list(values)
        if any(value is None for value in values):
            raise StateError(f"operator state {self._name!r}: None cannot be an element of a list state")
        return values


class _Entry:
    """One state: its elements (of broadcast state: keys and values), its handle, and what is known of it."""

    def __init__(self, mode: str, described: str | None) -> None:
        self.mode = mode
        self.described = described
        self.type_info: TypeInformation | None = None
        self.restored: list[Any] = []
        self.handle: OperatorListState[Any] | BroadcastState[Any, Any] | None = None

    def contents(self, first: bool) -> list[Any]:
        """What the subtask writes into a checkpoint; ``first`` where it is the first subtask."""
        if self.mode != _SPLIT and not first and (self.handle is None or self.mode == _BROADCAST):
            return []  # all subtasks hold the same, so one copy is enough
        if self.handle is None:
            return self.restored
        if isinstance(self.handle, OperatorListState):
            return self.handle.get()
        return list(self.handle.items())


class OperatorStates(OperatorStateStore):
    """The operator state of one subtask.

    Parameters
    ----------
    operator : str
        For errors.
    subtask_index : int
    restored : RestoredState or None
        None on a fresh start.
    """

    def __init__(self, operator: str, subtask_index: int, restored: RestoredState | None) -> None:
        self._operator = operator
        self._first = subtask_index == 0
        self._entries: dict[str, _Entry] = {}
        if restored is not None:
            for name, mode, described in restored.values(_INDEX):
                entry = self._entries.get(name)
                if entry is None:
                    entry = self._entries[name] = _Entry(mode, described)
                    entry.restored = restored.values(_part(name))
                entry.described = entry.described or described

    def get_list_state(self, state_descriptor: ListStateDescriptor[T]) -> ListState[T]:
        return self._list(_SPLIT, state_descriptor)

    def get_union_list_state(self, state_descriptor: ListStateDescriptor[T]) -> ListState[T]:
        return self._list(_UNION, state_descriptor)

    def get_broadcast_state(self, state_descriptor: MapStateDescriptor[K, V]) -> BroadcastState[K, V]:
        entry = self._entry(_BROADCAST, state_descriptor, MapStateDescriptor)
        if entry.handle is None:
            entry.handle = BroadcastState(state_descriptor.name, dict(entry.restored))
        assert isinstance(entry.handle, BroadcastState)
        return entry.handle

    def snapshot(self) -> dict[str, StatePart]:
        """All state as of now; it is encoded at once."""
        if not self._entries:
            return {}
        from levada.state.encoding import list_part
        from levada.state.snapshot import PartKind

        names = [(name, entry.mode, entry.described) for name, entry in self._entries.items()]
        parts = {_INDEX: list_part(names, PartKind.UNION)}
        for name, entry in self._entries.items():
            kind = PartKind.LIST if entry.mode == _SPLIT else PartKind.UNION
            where = f"operator state {name!r} of operator {self._operator!r}"
            parts[_part(name)] = list_part(entry.contents(self._first), kind, where, entry.type_info)
        return parts

    def _list(self, mode: str, descriptor: ListStateDescriptor[T]) -> ListState[T]:
        entry = self._entry(mode, descriptor, ListStateDescriptor)
        if entry.handle is None:
            entry.handle = OperatorListState(descriptor.name, entry.restored)
            entry.type_info = descriptor.element_type
        assert isinstance(entry.handle, OperatorListState)
        return entry.handle

    def _entry(self, mode: str, descriptor: StateDescriptor, wanted: type[StateDescriptor]) -> _Entry:
        call = _CALLS[mode]
        if not isinstance(descriptor, wanted):
            raise StateError(f"{call}({descriptor!r}) in {self._operator!r}: pass a {wanted.__name__}")
        if descriptor.ttl_config is not None:
            raise StateError(
                f"{call}({descriptor!r}) in {self._operator!r}: operator state does not expire; enable_time_to_live is "
                "for keyed state"
            )
        name, described = descriptor.name, description(descriptor.type_info)
        entry = self._entries.get(name)
        if entry is None:
            entry = self._entries[name] = _Entry(mode, described)
        elif entry.mode != mode:
            raise StateError(
                f"{call}({descriptor!r}) in {self._operator!r}: the state is got by {_CALLS[entry.mode]}, earlier or "
                "in the checkpoint restored from. Get it the same way, or give one of them another name"
            )
        if entry.handle is None:
            check_type(name, self._operator, entry.described, described)
            entry.described = described
        return entry


def _part(name: str) -> str:
    return f"operator.{name}"
