"""Broadcast state: dicts of which every subtask of an operator holds the same.

Reference: Flink documentation, "The Broadcast State Pattern".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.errors import StateError
from levada.state.descriptors import MapStateDescriptor
from levada.state.handles import State

if TYPE_CHECKING:
    from levada.state.backend import RestoredState
    from levada.state.snapshot import StatePart

K = TypeVar("K")
V = TypeVar("V")

_PART = "broadcast"


class ReadOnlyBroadcastState(State, Generic[K, V]):
    """What the non-broadcast side sees: values must not be changed in place either."""

    __slots__ = ("_entries", "_name")

    def __init__(self, name: str, entries: Mapping[K, V]) -> None:
        self._name = name
        self._entries = entries

    def get(self, key: K) -> V | None:
        """The value under ``key``; None where there is none."""
        return self._entries.get(key)

    def contains(self, key: K) -> bool:
        """Whether there is a value under ``key``."""
        return key in self._entries

    def items(self) -> Iterable[tuple[K, V]]:
        """All keys and values, in the order the keys were put."""
        return self._entries.items()

    def keys(self) -> Iterable[K]:
        """All keys."""
        return self._entries.keys()

    def values(self) -> Iterable[V]:
        """All values."""
        return self._entries.values()

    def is_empty(self) -> bool:
        """Whether there is no key."""
        return not self._entries

    def clear(self) -> None:
        """Refused: see the class."""
        raise StateError(
            f"clear() on broadcast state {self._name!r}: it can be changed in process_broadcast_element alone, so that "
            "every subtask holds the same"
        )

    def __getitem__(self, key: K) -> V | None:
        return self.get(key)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[K]:
        return iter(self._entries)


class BroadcastState(ReadOnlyBroadcastState[K, V]):
    """What the broadcast side sees and changes, in every subtask alike."""

    __slots__ = ("_own",)

    def __init__(self, name: str, entries: dict[K, V]) -> None:
        super().__init__(name, entries)
        self._own = entries

    def put(self, key: K, value: V) -> None:
        """Store a value under ``key``; None removes it."""
        if value is None:
            self._own.pop(key, None)
        else:
            self._own[key] = value

    def put_all(self, dict_value: Mapping[K, V]) -> None:
        """Store several values."""
        for key, value in dict_value.items():
            self.put(key, value)

    def remove(self, key: K) -> None:
        """Forget ``key``; nothing happens where it is not there."""
        self._own.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._own.clear()

    def __setitem__(self, key: K, value: V) -> None:
        self.put(key, value)

    def __delitem__(self, key: K) -> None:
        self.remove(key)


class BroadcastStates:
    """All broadcast states of one subtask.

    Parameters
    ----------
    descriptors : iterable of MapStateDescriptor
        Those given to ``broadcast(...)``.
    operator : str
        For errors.
    """

    def __init__(self, descriptors: Iterable[MapStateDescriptor[Any, Any]], operator: str) -> None:
        self._operator = operator
        self._entries: dict[str, dict[Any, Any]] = {descriptor.name: {} for descriptor in descriptors}
        self._writable = {name: BroadcastState(name, entries) for name, entries in self._entries.items()}
        self._readable = {
            name: ReadOnlyBroadcastState(name, MappingProxyType(entries)) for name, entries in self._entries.items()
        }

    def writable(self, descriptor: MapStateDescriptor[K, V]) -> BroadcastState[K, V]:
        """The state, to read and change."""
        return self._writable[self._known(descriptor)]

    def readable(self, descriptor: MapStateDescriptor[K, V]) -> ReadOnlyBroadcastState[K, V]:
        """The state, to read."""
        return self._readable[self._known(descriptor)]

    def snapshot(self, subtask_index: int) -> dict[str, StatePart]:
        """One copy, for all hold the same: that of the first subtask.

        It is encoded at once, so that values may be changed in place meanwhile.
        """
        if subtask_index != 0:
            return {}
        from levada.state.encoding import list_part
        from levada.state.snapshot import PartKind

        rows = [(name, key, value) for name, entries in self._entries.items() for key, value in entries.items()]
        return {_PART: list_part(rows, PartKind.UNION, f"broadcast state of operator {self._operator!r}")}

    def restore(self, restored: RestoredState) -> None:
        """Take the copy over, at any parallelism. A state that is not declared any more is refused."""
        for name, key, value in restored.values(_PART):
            if name not in self._entries:
                raise StateError(
                    f"operator {self._operator!r}: the checkpoint holds broadcast state {name!r}, which is not "
                    f"declared; give its MapStateDescriptor to broadcast(...), beside {sorted(self._entries)}"
                )
            self._entries[name][key] = value

    def _known(self, descriptor: MapStateDescriptor[Any, Any]) -> str:
        name = getattr(descriptor, "name", None)
        if not isinstance(descriptor, MapStateDescriptor) or name not in self._entries:
            raise StateError(
                f"get_broadcast_state({descriptor!r}) in {self._operator!r}: pass one of the MapStateDescriptors given "
                f"to broadcast(...): {sorted(self._entries)}"
            )
        return descriptor.name
