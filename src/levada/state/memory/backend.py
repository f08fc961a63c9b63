"""Keyed state as Python objects in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from levada.common.errors import InternalError, StateError
from levada.state.backend import KeyContext, RestoredState
from levada.state.compatibility import check_type, description
from levada.state.copying import cannot_change
from levada.state.descriptors import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    ValueStateDescriptor,
)
from levada.state.handles import State
from levada.state.memory.frozen import FrozenTable
from levada.state.memory.handles import (
    MemoryAggregatingState,
    MemoryListState,
    MemoryMapState,
    MemoryReducingState,
    MemoryValueState,
)
from levada.state.memory.layers import LayeredTable
from levada.state.snapshot import PartKind, StatePart
from levada.state.timers import TimeDomain, TimerQueue, TimerService

if TYPE_CHECKING:
    import pyarrow as pa

    from levada.common.basic_typeinfo import TypeInformation
    from levada.state.keyed_parts import Chunk
    from levada.state.memory.detecting import MutationGuard
    from levada.state.memory.expiring import Expiry

_STATES = "states"
"""Part that lists the names, kinds and declared types of all states."""
_TABLE = "table"
_KIND_NAMES = {
    "value": "a ValueState",
    "list": "a ListState",
    "map": "a MapState",
    "reducing": "a ReducingState",
    "aggregating": "an AggregatingState",
    _TABLE: "a table of the operator itself",
}


class _Entry:
    """One state: its table and what is known of it."""

    __slots__ = ("claimed", "described", "expires", "expiry", "handle", "kind", "table", "type_info")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.table = LayeredTable()
        self.handle: State | None = None
        self.type_info: TypeInformation | None = None
        """Of what the table holds."""
        self.described: str | None = None
        """The declared type, as checkpoints name it."""
        self.claimed = False
        """Whether it has been asked for in this run."""
        self.expires = False
        """Whether the table holds times of last access."""
        self.expiry: Expiry | None = None

    def set_type(self, type_info: TypeInformation) -> None:
        """Say what the table holds."""
        self.type_info = type_info
        self.table.immutable = cannot_change(type_info)


class MemoryBackend:
    """A ``KeyedBackend`` over layered dicts.

    Parameters
    ----------
    operator : str
        The operator's name, for errors.
    max_parallelism : int
        Number of key groups.
    detect_mutations : bool
        ``levada.state.detect-mutations``: hand out handles that notice values changed in place and not stored.
    now : callable, optional
        The clock in ms, by which state with a time to live expires.
    """

    def __init__(
        self,
        operator: str,
        max_parallelism: int = 128,
        *,
        detect_mutations: bool = False,
        now: Callable[[], int] | None = None,
    ) -> None:
        self._operator = operator
        self._now = now
        self._tidied: list[Expiry] = []
        self._max_parallelism = max_parallelism
        self._key_context = KeyContext()
        self._entries: dict[str, _Entry] = {}
        self._timers = TimerService()
        self._guard: MutationGuard | None = None
        if detect_mutations:
            from levada.state.memory.detecting import MutationGuard

            self._guard = MutationGuard(operator)

    @property
    def key_context(self) -> KeyContext:
        """Where the current key is set; always the same object."""
        return self._key_context

    @property
    def detects_mutations(self) -> bool:
        """Whether ``check_mutations`` does anything."""
        return self._guard is not None

    def get_state(self, descriptor: StateDescriptor, namespace: Any = None) -> Any:
        """The handle of a state: the same one for the same name.

        Parameters
        ----------
        namespace
            Another namespace than None (a window). Such a handle is a new one each time, and valid as long as a space
            that ``top`` gave.
        """
        entry = self._entry(descriptor.name, descriptor.kind, descriptor.type_info)
        if descriptor.ttl_config is not None or entry.expires:
            self._set_expiry(entry, descriptor)
        entry.claimed = True
        if namespace is not None:
            return self._new_handle(descriptor, entry, namespace)
        if entry.handle is None:
            entry.handle = self._new_handle(descriptor, entry, None)
        return entry.handle

    def keys_of(self, descriptor: StateDescriptor) -> list[Any]:
        """All keys that have something in a state, in namespace None."""
        return list(self._entry(descriptor.name, descriptor.kind, descriptor.type_info).table.keys(None))

    def table(self, name: str, type_info: TypeInformation | None = None) -> LayeredTable:
        """The table ``name``: for operators, beside the user's states."""
        return self._entry(name, _TABLE, type_info).table

    def timers(self) -> TimerService:
        """This operator's timers."""
        return self._timers

    def snapshot(self) -> dict[str, StatePart]:
        """All state as of now, frozen in a time that does not depend on its size (of timers: the distinct times)."""
        parts: dict[str, StatePart] = {}
        if self._entries:
            from levada.state.encoding import list_part

            names = [(name, entry.kind, entry.described) for name, entry in self._entries.items()]
            parts[_STATES] = list_part(names, PartKind.UNION, f"operator {self._operator!r}")
        for name, entry in self._entries.items():
            part = _part_of_expiring(name) if entry.expires else _part_of_state(name)
            parts[part] = self._table_part(name, entry)
        for domain in TimeDomain:
            parts[_part_of_timers(domain)] = self._timer_part(domain)
        return parts

    def restore(self, restored: RestoredState) -> None:
        """Take over the state of a checkpoint. Called on a fresh backend, before ``get_state``."""
        for name, kind, *described in dict.fromkeys(map(tuple, restored.values(_STATES))):
            entry = self._entries.get(name)
            if entry is not None:  # another subtask's, which may not have declared it
                entry.described = entry.described or next(iter(described), None)
                continue
            entry = self._entries[name] = _Entry(kind)
            entry.described = next(iter(described), None)
            self._load(name, entry, restored)
        for domain in TimeDomain:
            _load_timers(self._timers.queue(domain), restored.keyed(_part_of_timers(domain)))

    def clear(self) -> None:
        """Forget all values of all states; timers stay."""
        for entry in self._entries.values():
            for namespace in entry.table.namespaces():
                entry.table.clear_namespace(namespace)

    def maintain(self, rows: int = 4096) -> bool:
        """Do deferred work on about ``rows`` values; whether there is more. Called between batches."""
        more = False
        for entry in self._entries.values():
            more |= entry.table.maintain(rows)
        for expiry in self._tidied:
            expiry.tidy_between_batches()
        return more

    def check_mutations(self) -> None:
        """Raise ``StateError`` where a value handed out since the last call was changed in place and not stored."""
        if self._guard is not None:
            self._guard.check()

    def _entry(self, name: str, kind: str, type_info: TypeInformation | None) -> _Entry:
        entry = self._entries.get(name)
        if entry is None:
            entry = self._entries[name] = _Entry(kind)
        elif entry.kind != kind:
            raise StateError(
                f"operator {self._operator!r}: state {name!r} is asked for as {_KIND_NAMES[kind]}, but it is "
                f"{_KIND_NAMES.get(entry.kind, entry.kind)}, declared earlier or in the checkpoint restored from. "
                "Give one of them another name"
            )
        if type_info is not None:
            described = description(type_info)
            if not entry.claimed:
                check_type(name, self._operator, entry.described, described)
            entry.described = described
            if entry.expiry is None:
                entry.set_type(type_info)
        return entry

    def _set_expiry(self, entry: _Entry, descriptor: StateDescriptor) -> None:
        """Let what the table holds expire, or no longer."""
        from levada.state.memory.expiring import Expiry, begin_expiring, stop_expiring, stored_type

        config, kind, table = descriptor.ttl_config, entry.kind, entry.table
        expires = config is not None
        if entry.claimed and entry.expires is not expires:
            raise StateError(
                f"operator {self._operator!r}: state {descriptor.name!r} is asked for with a time to live and without. "
                "Call enable_time_to_live on each of its descriptors, or on none"
            )
        if entry.expires is not expires:
            for namespace in table.namespaces():
                for key, stored in list(table.items(namespace)):
                    changed = begin_expiring(kind, stored, self._clock()) if expires else stop_expiring(kind, stored)
                    table.put(namespace, key, changed)
            entry.expires = expires
        if config is not None and entry.expiry is None:
            entry.expiry = Expiry(config, kind, table, self._clock)
            entry.set_type(stored_type(kind, descriptor.type_info))
            if entry.expiry.tidies_between_batches:
                self._tidied.append(entry.expiry)

    def _clock(self) -> int:
        if self._now is None:
            raise InternalError(f"operator {self._operator!r}: its backend has no clock, which a time to live needs")
        return self._now()

    def _load(self, name: str, entry: _Entry, restored: RestoredState) -> None:
        for batch in restored.keyed(_part_of_expiring(name)):
            entry.expires = True
            _load_rows(entry.table, batch)
        for batch in restored.keyed(_part_of_state(name)):
            if entry.expires:
                # Written by a subtask that had not asked for the state since it was given a time to live.
                from levada.state.memory.expiring import begin_expiring

                _load_rows(entry.table, batch, lambda stored: begin_expiring(entry.kind, stored, self._clock()))
            else:
                _load_rows(entry.table, batch)

    def _new_handle(self, descriptor: StateDescriptor, entry: _Entry, namespace: Any) -> State:
        arguments = (descriptor.name, entry.table, self._key_context)
        if entry.expiry is not None:
            handle = self._new_expiring(entry.kind)(*arguments, *_function_of(descriptor), namespace)
            handle.expiry = entry.expiry
            handle.guard = self._guard
        elif self._guard is not None:
            handle = _detecting(descriptor)(*arguments, *_function_of(descriptor), namespace)
            handle.guard = self._guard
        else:
            handle = _HANDLES[type(descriptor)](*arguments, *_function_of(descriptor), namespace)
        return cast("State", handle)

    def _new_expiring(self, kind: str) -> Callable[..., Any]:
        if self._guard is None:
            from levada.state.memory.expiring import EXPIRING

            return EXPIRING[kind]
        from levada.state.memory.detecting_expiring import DETECTING

        return DETECTING[kind]

    def _table_part(self, name: str, entry: _Entry) -> StatePart:
        frozen = FrozenTable(entry.table, lifts=entry.table.immutable)
        where = f"state {name!r} of operator {self._operator!r}"
        declared, max_parallelism = entry.type_info, self._max_parallelism
        expiry = entry.expiry if entry.expiry is not None and entry.expiry.drops_from_snapshots else None
        now = 0 if expiry is None else expiry.now()

        def batches() -> Iterator[pa.RecordBatch]:
            from levada.state.keyed_parts import KeyedEncoder, keyed_batches

            frozen.rows = KeyedEncoder.first_rows
            encoder = KeyedEncoder(where, max_parallelism, declared=declared)
            chunks = frozen.chunks() if expiry is None else _unexpired(frozen.chunks(), expiry, now)
            return keyed_batches(chunks, encoder, frozen.set_rows)

        return StatePart(PartKind.KEYED, batches, frozen.release)

    def _timer_part(self, domain: TimeDomain) -> StatePart:
        frozen = self._timers.queue(domain).freeze()
        where = f"{domain.value}-time timers of operator {self._operator!r}"
        max_parallelism = self._max_parallelism

        def batches() -> Iterator[pa.RecordBatch]:
            from levada.state.keyed_parts import KeyedEncoder, keyed_batches

            frozen.rows = KeyedEncoder.first_rows
            encoder = KeyedEncoder(where, max_parallelism, "timestamp")
            return keyed_batches(frozen.chunks(), encoder, frozen.set_rows)

        return StatePart(PartKind.KEYED, batches, frozen.release)


_HANDLES: dict[type[StateDescriptor], Callable[..., Any]] = {
    ValueStateDescriptor: MemoryValueState,
    ListStateDescriptor: MemoryListState,
    MapStateDescriptor: MemoryMapState,
    ReducingStateDescriptor: MemoryReducingState,
    AggregatingStateDescriptor: MemoryAggregatingState,
}


def _detecting(descriptor: StateDescriptor) -> Callable[..., Any]:
    from levada.state.memory import detecting

    handles: dict[type[StateDescriptor], Callable[..., Any]] = {
        ValueStateDescriptor: detecting.DetectingValueState,
        ListStateDescriptor: detecting.DetectingListState,
        MapStateDescriptor: detecting.DetectingMapState,
        ReducingStateDescriptor: detecting.DetectingReducingState,
        AggregatingStateDescriptor: detecting.DetectingAggregatingState,
    }
    return handles[type(descriptor)]


def _function_of(descriptor: StateDescriptor) -> tuple[Any, ...]:
    if isinstance(descriptor, ReducingStateDescriptor):
        return (descriptor.reduce,)
    if isinstance(descriptor, AggregatingStateDescriptor):
        return (descriptor.get_agg_function(),)
    return ()


def _part_of_state(name: str) -> str:
    return f"state.{name}"


def _part_of_expiring(name: str) -> str:
    return f"expiring.{name}"


def _part_of_timers(domain: TimeDomain) -> str:
    return f"timers.{domain.value}"


def _unexpired(chunks: Iterator[Chunk | None], expiry: Expiry, now: int) -> Iterator[Chunk | None]:
    """The chunks without what had expired at ``now``."""
    for chunk in chunks:
        if chunk is None:
            yield None
            continue
        rows = [(space, key, expiry.unexpired(stored, now)) for space, key, stored in zip(*chunk, strict=True)]
        rows = [row for row in rows if row[2] is not None]
        yield ([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]) if rows else None


def _load_rows(table: LayeredTable, batch: pa.RecordBatch, changed: Callable[[Any], Any] | None = None) -> None:
    from levada.state.keyed_parts import decode_keyed

    namespaces, keys, values = decode_keyed(batch)
    if changed is not None:
        values = list(map(changed, values))
    if all(namespace is None for namespace in namespaces):
        table.top(None).update(zip(keys, values, strict=True))
    else:
        for namespace, key, value in zip(namespaces, keys, values, strict=True):
            table.top(namespace)[key] = value


def _load_timers(queue: TimerQueue, batches: Iterator[pa.RecordBatch]) -> None:
    """Set timers in the order in which those of the same timestamp had been set."""
    from levada.state.keyed_parts import PLACE, decode_keyed

    later: list[tuple[int, Any, Any, Any]] = []
    for batch in batches:
        timers = zip(*decode_keyed(batch, "timestamp"), strict=True)
        if PLACE not in batch.schema.names:
            places = [0] * batch.num_rows
        else:
            places = batch.column(PLACE).to_pylist()
        for place, (namespace, key, timestamp) in zip(places, timers, strict=True):
            if place:
                later.append((place, timestamp, key, namespace))
            else:
                queue.register(timestamp, key, namespace)
    later.sort(key=itemgetter(0))
    for _, timestamp, key, namespace in later:
        queue.register(timestamp, key, namespace)
