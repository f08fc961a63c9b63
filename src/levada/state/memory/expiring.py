"""Handles on state whose values expire: each value, list element or map entry has its own time of last access.

What the table holds is, per key, ``(last access in ms, value)``; of a list state a list of such pairs, of a map state a
dict of them. A pair is never changed in place.

Reference: Flink documentation, "Working with State", section "State Time-To-Live (TTL)".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from levada.common.basic_typeinfo import BasicType, BasicTypeInfo, TypeInformation
from levada.common.composite_typeinfo import ListTypeInfo, MapTypeInfo, TupleTypeInfo
from levada.state.copying import is_immutable
from levada.state.memory.handles import (
    MemoryAggregatingState,
    MemoryListState,
    MemoryMapState,
    MemoryReducingState,
    MemoryValueState,
)
from levada.state.memory.layers import LayeredTable
from levada.state.ttl import StateTtlConfig

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")

_ACCESSES_PER_SLICE = 16
"""What is due for so many accesses is cleaned up in one go."""
_CLEANED_PER_PAUSE = 1024
"""How many keys are looked at between two batches, where records shall have state cleaned up that they do not use."""


class Expiry:
    """The rules of one state, and its clean-up.

    Attributes
    ----------
    now : callable
        The clock, in ms.
    lifetime : int
        In ms: what was last accessed at ``now() - lifetime`` or before has expired.
    renews_on_read, returns_expired : bool
    drops_from_snapshots : bool
    """

    __slots__ = (
        "_accesses",
        "_keys",
        "_kind",
        "_per_access",
        "_table",
        "drops_from_snapshots",
        "lifetime",
        "now",
        "renews_on_read",
        "returns_expired",
        "tidies_between_batches",
    )

    def __init__(self, config: StateTtlConfig, kind: str, table: LayeredTable, now: Callable[[], int]) -> None:
        self.now = now
        self.lifetime = config.ttl_ms
        self.renews_on_read = config.get_update_type() is StateTtlConfig.UpdateType.OnReadAndWrite
        visibility = StateTtlConfig.StateVisibility
        self.returns_expired = config.get_state_visibility() is visibility.ReturnExpiredIfNotCleanedUp
        strategies = config.get_cleanup_strategies()
        incremental = strategies.get_incremental_cleanup_strategy()
        self.drops_from_snapshots = strategies.in_full_snapshot()
        self.tidies_between_batches = incremental is not None and incremental.run_cleanup_for_every_record()
        self._per_access = 0 if incremental is None else incremental.get_cleanup_size()
        self._accesses = 0
        self._kind = kind
        self._table = table
        self._keys: list[Any] = []
        """What this round of the clean-up has still to look at."""

    def tidy(self) -> None:
        """Called after each access: from time to time, look at some keys, and remove what has expired."""
        self._accesses += 1
        if self._accesses >= _ACCESSES_PER_SLICE:
            self._accesses = 0
            if self._per_access:
                self._look_at(self._per_access * _ACCESSES_PER_SLICE)

    def tidy_between_batches(self) -> None:
        """As ``tidy``, for many keys."""
        self._look_at(_CLEANED_PER_PAUSE)

    def unexpired(self, stored: Any, now: int) -> Any:
        """What is left of a key's pair, list of pairs or dict of pairs; None where nothing is."""
        limit = now - self.lifetime
        if self._kind == "list":
            return stored if all(pair[0] > limit for pair in stored) else [p for p in stored if p[0] > limit] or None
        if self._kind == "map":
            if all(pair[0] > limit for pair in stored.values()):
                return stored
            return {key: pair for key, pair in stored.items() if pair[0] > limit} or None
        return stored if stored[0] > limit else None

    def _look_at(self, count: int) -> None:
        keys, table = self._keys, self._table
        if not keys:
            if table.layered:
                return  # listing the keys of layers takes too long; soon the table is at rest again
            keys = self._keys = list(table.top(None))
        due = keys[-count:]
        del keys[-count:]
        now = self.now()
        if table.layered or self._kind in ("list", "map"):
            for key in due:
                stored = table.peek(None, key)
                left = None if stored is None else self.unexpired(stored, now)
                if left is not stored:
                    table.put(None, key, left)
            return
        held, limit = table.top(None).get, now - self.lifetime
        for key in due:
            stored = held(key)
            if stored is not None and stored[0] <= limit:
                table.delete(None, key)


class _Single:
    """What value, reducing and aggregating states share: one pair per key."""

    __slots__ = ()

    expiry: Expiry
    _get: Callable[[], Any]
    clear: Callable[[], None]
    _context: Any
    _space: dict[Any, Any]

    def _read(self) -> Any:
        """The value that the reader may see; renewed or removed where it is due."""
        expiry = self.expiry
        stored = self._space.get(self._context.key)
        if stored is None:
            stored = self._get()
        value = None
        if stored is not None:
            now = expiry.now()
            value = stored[1]
            if stored[0] + expiry.lifetime <= now:
                self.clear()
                if not expiry.returns_expired:
                    value = None
            elif expiry.renews_on_read:
                self._space[self._context.key] = (now, value)
        expiry.tidy()
        return value

    def _held(self) -> Any:
        """The value that a new one is merged with."""
        expiry = self.expiry
        stored = self._get()
        if stored is None or (not expiry.returns_expired and stored[0] + expiry.lifetime <= expiry.now()):
            return None
        return stored[1]

    def _write(self, value: Any) -> None:
        if value is None:
            self.clear()
        else:
            self._space[self._context.key] = (self.expiry.now(), value)
        self.expiry.tidy()


class ExpiringValueState(_Single, MemoryValueState[T]):
    """One value per key."""

    __slots__ = ()

    def value(self) -> T | None:
        value: T | None = self._read()
        return value

    def update(self, value: T | None) -> None:
        self._write(value)


class ExpiringReducingState(_Single, MemoryReducingState[T]):
    """One value per key, reduced from those added since the last one expired."""

    __slots__ = ()

    def get(self) -> T | None:
        value: T | None = self._read()
        return value

    def add(self, value: T) -> None:
        held = self._held()
        self._write(value if held is None else self._reduce(held, value))


class ExpiringAggregatingState(_Single, MemoryAggregatingState[IN, OUT]):
    """One accumulator per key, of the values added since the last one expired."""

    __slots__ = ()

    def get(self) -> OUT | None:
        accumulator = self._read()
        return None if accumulator is None else self._result(accumulator)

    def add(self, value: IN) -> None:
        accumulator = self._held()
        self._write(self._add(value, self._create() if accumulator is None else accumulator))


class ExpiringListState(MemoryListState[T]):
    """A list per key, whose elements expire one by one. ``get`` gives a new list."""

    __slots__ = ()

    expiry: Expiry

    def get(self) -> list[T]:
        expiry = self.expiry
        pairs: list[Any] | None = self._get()
        if pairs is None:
            expiry.tidy()
            return []
        now = expiry.now()
        live = expiry.unexpired(pairs, now)
        elements = [element for _, element in (pairs if expiry.returns_expired else live or ())]
        if live is None:
            self.clear()
        elif expiry.renews_on_read:
            self._space[self._context.key] = [(now, element) for _, element in live]
        elif live is not pairs:
            self._space[self._context.key] = live
        expiry.tidy()
        return elements

    def add(self, value: T) -> None:
        self._append(self._checked([value], "add"))

    def add_all(self, values: Iterable[T]) -> None:
        self._append(self._checked(values, "add_all"))

    def update(self, values: Iterable[T]) -> None:
        now = self.expiry.now()
        pairs = [(now, value) for value in self._checked(values, "update")]
        if pairs:
            self._space[self._context.key] = pairs
        else:
            self.clear()
        self.expiry.tidy()

    def _append(self, values: list[T]) -> None:
        now = self.expiry.now()
        pairs = [(now, value) for value in values]
        held = self._get()
        if held is not None:
            held += pairs
        elif pairs:
            self._space[self._context.key] = pairs
        self.expiry.tidy()


class ExpiringMapState(MemoryMapState[K, V]):
    """A dict per key, whose entries expire one by one."""

    __slots__ = ()

    expiry: Expiry

    def get(self, key: K) -> V | None:
        pair = self._pair(key)
        return None if pair is None else pair[1]

    def contains(self, key: K) -> bool:
        return self._pair(key) is not None

    def put(self, key: K, value: V) -> None:
        self.put_all({key: value})

    def put_all(self, dict_value: Mapping[K, V]) -> None:
        now = self.expiry.now()
        pairs = {key: (now, value) for key, value in dict_value.items()}
        held = self._get()
        if held is not None:
            held.update(pairs)
        elif pairs:
            self._space[self._context.key] = pairs
        self.expiry.tidy()

    def remove(self, key: K) -> None:
        super().remove(key)
        self.expiry.tidy()

    def items(self) -> list[tuple[K, V]]:
        expiry = self.expiry
        pairs: dict[K, Any] | None = self._get()
        if pairs is None:
            expiry.tidy()
            return []
        now = expiry.now()
        live: dict[K, Any] | None = expiry.unexpired(pairs, now)
        seen: dict[K, Any] = pairs if expiry.returns_expired else live or {}
        items = [(key, pair[1]) for key, pair in seen.items()]
        if live is None:
            self.clear()
        elif expiry.renews_on_read:
            self._space[self._context.key] = {key: (now, pair[1]) for key, pair in live.items()}
        elif live is not pairs:
            self._space[self._context.key] = live
        expiry.tidy()
        return items

    def keys(self) -> list[K]:
        return [key for key, _ in self.items()]

    def values(self) -> list[V]:
        return [value for _, value in self.items()]

    def is_empty(self) -> bool:
        pairs: dict[Any, Any] = self._peek()
        if self.expiry.returns_expired:
            return not pairs
        limit = self.expiry.now() - self.expiry.lifetime
        return all(pair[0] <= limit for pair in pairs.values())

    def _pair(self, key: K) -> tuple[int, V] | None:
        """The entry that the reader may see; renewed or removed where it is due."""
        expiry = self.expiry
        held: dict[K, Any] = self._peek()
        pair: tuple[int, V] | None = held.get(key)
        if pair is None:
            expiry.tidy()
            return None
        now = expiry.now()
        if self._table.layered and (expiry.renews_on_read or not is_immutable(pair[1])):
            held = self._get()
            pair = held[key]
            assert pair is not None
        if pair[0] + expiry.lifetime <= now:
            super().remove(key)
            if not expiry.returns_expired:
                pair = None
        elif expiry.renews_on_read:
            held[key] = (now, pair[1])
        expiry.tidy()
        return pair


EXPIRING: dict[str, Callable[..., Any]] = {
    "value": ExpiringValueState,
    "list": ExpiringListState,
    "map": ExpiringMapState,
    "reducing": ExpiringReducingState,
    "aggregating": ExpiringAggregatingState,
}
"""The handle for each kind of state."""


def stored_type(kind: str, declared: TypeInformation) -> TypeInformation:
    """The type of what the table holds for a state of a declared type."""
    if isinstance(declared, ListTypeInfo) and kind == "list":
        return ListTypeInfo(_paired(declared.element_type))
    if isinstance(declared, MapTypeInfo) and kind == "map":
        return MapTypeInfo(declared.key_type, _paired(declared.value_type))
    return _paired(declared)


def begin_expiring(kind: str, stored: Any, now: int) -> Any:
    """What state without time to live becomes where it gets one: last accessed now."""
    if kind == "list":
        return [(now, element) for element in stored]
    if kind == "map":
        return {key: (now, value) for key, value in stored.items()}
    return (now, stored)


def stop_expiring(kind: str, stored: Any) -> Any:
    """What state becomes where its time to live is taken away: all that is still there."""
    if kind == "list":
        return [element for _, element in stored]
    if kind == "map":
        return {key: pair[1] for key, pair in stored.items()}
    return stored[1]


def _paired(declared: TypeInformation) -> TypeInformation:
    return TupleTypeInfo([BasicTypeInfo(BasicType.LONG), declared])
