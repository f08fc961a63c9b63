"""What keeps keyed state: the interface that operators are written against.

A backend belongs to one operator of one subtask. Its states come in two forms over the same tables: *handles* for user
functions (``get_state``), which know the current key, and ``ObjectTable`` for operators that name key and namespace
themselves (windows).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from levada.state.descriptors import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    ValueStateDescriptor,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from levada.common.basic_typeinfo import TypeInformation
    from levada.state.handles import AggregatingState, ListState, MapState, ReducingState, State, ValueState
    from levada.state.snapshot import StatePart
    from levada.state.timers import TimerService

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")


class KeyContext:
    """The key that handles refer to. Operators set ``key`` before each call of a user function."""

    __slots__ = ("key",)

    def __init__(self) -> None:
        self.key: Any = None


class RestoredState(Protocol):
    """An operator's state as read back from a checkpoint, cut to this subtask's share."""

    def keyed(self, name: str) -> Iterator[pa.RecordBatch]:
        """Batches of the keyed part ``name`` whose key groups belong to this subtask; empty if it was not there."""
        ...

    def values(self, name: str) -> list[Any]:
        """This subtask's share of the list part ``name`` (the whole of a union part); empty if it was not there."""
        ...


class ObjectTable(Protocol):
    """Python values by namespace (None, a window ...) and key. ``None`` is no value: putting it deletes.

    Reading a mutable value and changing it in place is a change of the state.
    """

    def get(self, namespace: Any, key: Any) -> Any:
        """The value, or None."""
        ...

    def put(self, namespace: Any, key: Any, value: Any) -> None:
        """Store a value."""
        ...

    def delete(self, namespace: Any, key: Any) -> None:
        """Forget a key of a namespace."""
        ...

    def clear_namespace(self, namespace: Any) -> None:
        """Forget a whole namespace, at a cost that does not depend on its size."""
        ...

    def top(self, namespace: Any) -> dict[Any, Any]:
        """The dict that takes this namespace's writes: the fast path of hot loops.

        ``value = top.get(key)`` is the value where it is not None; where it is None, ask ``get``. ``top[key] = value``
        stores (a value that is not None). Valid until the backend's ``snapshot`` or ``maintain`` is called, or
        ``clear_namespace`` for this namespace. To delete, call ``delete``.
        """
        ...

    def namespaces(self) -> list[Any]:
        """All namespaces that hold a value."""
        ...

    def keys(self, namespace: Any) -> Iterator[Any]:
        """The keys of a namespace, which must not be written to meanwhile."""
        ...

    def items(self, namespace: Any) -> Iterator[tuple[Any, Any]]:
        """Keys and values of a namespace. Values must not be changed, the namespace not be written to meanwhile."""
        ...

    def __len__(self) -> int:
        """How many values the table holds (a count that walks the table)."""
        ...


class KeyedBackend(Protocol):
    """State of one operator of one subtask."""

    @property
    def key_context(self) -> KeyContext:
        """Where the current key is set; always the same object."""
        ...

    @overload
    def get_state(self, descriptor: ValueStateDescriptor[T], namespace: Any = None) -> ValueState[T]: ...
    @overload
    def get_state(self, descriptor: ListStateDescriptor[T], namespace: Any = None) -> ListState[T]: ...
    @overload
    def get_state(self, descriptor: MapStateDescriptor[K, V], namespace: Any = None) -> MapState[K, V]: ...
    @overload
    def get_state(self, descriptor: ReducingStateDescriptor[T], namespace: Any = None) -> ReducingState[T]: ...
    @overload
    def get_state(
        self, descriptor: AggregatingStateDescriptor[IN, Any, OUT], namespace: Any = None
    ) -> AggregatingState[IN, OUT]: ...
    @overload
    def get_state(self, descriptor: StateDescriptor, namespace: Any = None) -> State: ...
    def get_state(self, descriptor: StateDescriptor, namespace: Any = None) -> State:
        """The handle of a state: in namespace None, the same one for the same name.

        In another namespace (a window) it is a new one each time, valid as long as a space that ``top`` gave.
        """
        ...

    def keys_of(self, descriptor: StateDescriptor) -> list[Any]:
        """All keys that have something in a state, in namespace None."""
        ...

    def table(self, name: str, type_info: TypeInformation | None = None) -> ObjectTable:
        """The table ``name``: for operators, beside the user's states. ``type_info`` is the type of its values."""
        ...

    def timers(self) -> TimerService:
        """This operator's timers."""
        ...

    def snapshot(self) -> dict[str, StatePart]:
        """All state as of now, frozen in a time that does not depend on its size."""
        ...

    def restore(self, restored: RestoredState) -> None:
        """Take over the state of a checkpoint. Called on a fresh backend, before ``get_state``."""
        ...

    def clear(self) -> None:
        """Forget all values of all states; timers stay."""
        ...

    def maintain(self, rows: int = 4096) -> bool:
        """Do deferred work on about ``rows`` values; whether there is more.

        Operators call it when they are done with a batch or a watermark, and hold no space that ``top`` gave.
        """
        ...

    def check_mutations(self) -> None:
        """With ``levada.state.detect-mutations``: ``StateError`` where a value handed out was changed, not stored."""
        ...
