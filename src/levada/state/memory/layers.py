"""Layered dicts: a table of Python objects that can be frozen in no time and read while it is written.

At rest a table is one dict per namespace, the *top*, and nothing below it. A barrier makes the top the *base* and
starts a new, empty top; reads fall through. As soon as the snapshot needs the base no more (``frozen.py``), the new top
is merged into it, a slice at a time, and the base becomes the top again: the table *settles*. Where a second barrier
comes before that, the top becomes a *frozen layer* over the base.

A layer says of a key: a value, or ``None`` (deleted: only where a layer below holds the key), or nothing; and of a
namespace whether everything below it is hidden (``cleared``).

What a read hands out from below the top may be changed by the reader. So values that can be changed are moved up first:
as they are while no snapshot can see them, as copies while one can.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol

from levada.state.copying import copy_value, is_immutable

Space = dict[Any, Any]
"""The values of one namespace by key."""

_ABSENT = object()
_MERGE_ROWS = 1024
"""Rows merged in one go: 0.1 ms, or 0.5 ms where memory is cold."""
_SETTLE_ROWS = 16_384
"""A top of no more rows than this is merged in one go: more than a batch can write, or the table would never settle."""
_MISSES_PER_SLICE = 64
"""So many reads that fall through pay for a slice of the work that ends the layering."""
_MAX_FROZEN = 8
_LARGE_SPACE = 4096
"""Spaces of more values are taken apart by ``maintain``: freeing a million objects at once is a pause of 50 ms."""


class Layer:
    """What was written between two barriers."""

    __slots__ = ("cleared", "deleted", "spaces")

    def __init__(self, spaces: dict[Any, Space] | None = None) -> None:
        self.spaces: dict[Any, Space] = {} if spaces is None else spaces
        self.cleared: set[Any] = set()
        self.deleted: dict[Any, set[Any]] = {}
        """Keys deleted here, by namespace; some may have been written again."""

    def holds_more_than(self, rows: int) -> bool:
        """Whether there are more values than ``rows``."""
        count = 0
        for space in self.spaces.values():
            count += len(space) + 1
            if count > rows:
                return True
        return False


class TopReader(Protocol):
    """Somebody who keeps the top space of namespace None and must hear of a new one."""

    def bind(self, space: Space) -> None:
        """Use ``space`` from now on."""
        ...


class Snapshot(Protocol):
    """A snapshot that reads the layers below the top."""

    def advance(self, rows: int) -> bool:
        """Take up to about ``rows`` values out of the layers; whether that brings the snapshot nearer to its end."""
        ...


class _Pin:
    """Somebody who reads the layers and wants them to stay as they are."""

    __slots__ = ()

    def advance(self, rows: int) -> bool:
        """There is nothing to take out."""
        return False


class LayeredTable:
    """An ``ObjectTable`` in memory.

    Attributes
    ----------
    layered : bool
        Whether there is anything below the top.
    immutable : bool
        Whether the values' declared type says that they cannot be changed in place, so none has to be looked at.
    pins : list of Snapshot
        Those that read below the top. While there are any, only a sole one may have layers merged.
    """

    __slots__ = (
        "_base",
        "_emptied",
        "_frozen",
        "_merging",
        "_misses",
        "_readers",
        "_top",
        "_trash",
        "immutable",
        "layered",
        "pins",
    )

    def __init__(self) -> None:
        self._base: dict[Any, Space] = {}
        self._frozen: list[Layer] = []  # newest first
        self._top = Layer()
        self.layered = False
        self.immutable = False
        self.pins: list[Snapshot] = []
        self._merging: Iterator[None] | None = None
        self._misses = 0
        self._readers: list[TopReader] = []
        # Namespaces whose top space may be empty; not dropped at once, because the operator may hold the space.
        self._emptied: set[Any] = set()
        self._trash: list[Space] = []

    def get(self, namespace: Any, key: Any) -> Any:
        space = self._top.spaces.get(namespace)
        if space is not None:
            value = space.get(key, _ABSENT)
            if value is not _ABSENT:
                return value
        return self.below(namespace, key) if self.layered else None

    def below(self, namespace: Any, key: Any) -> Any:
        """As ``get`` of a layered table, for a caller that has found nothing (or None) in the top itself."""
        deleted = self._top.deleted
        if deleted and key in deleted.get(namespace, ()):
            return None
        value = self._find(namespace, key)
        self._misses += 1
        if not self._misses % _MISSES_PER_SLICE:
            self._pay()
        if value is None or self.immutable or is_immutable(value):
            return value
        if self.pins:
            value = copy_value(value)
        self.top(namespace)[key] = value
        return value

    def peek(self, namespace: Any, key: Any) -> Any:
        """As ``get``, for a caller that neither changes the value nor hands it on: nothing is moved or copied."""
        space = self._top.spaces.get(namespace)
        if space is not None:
            value = space.get(key, _ABSENT)
            if value is not _ABSENT:
                return value
        return self._find(namespace, key) if self.layered else None

    def put(self, namespace: Any, key: Any, value: Any) -> None:
        if value is None:
            self.delete(namespace, key)
        else:
            self.top(namespace)[key] = value

    def delete(self, namespace: Any, key: Any) -> None:
        top = self._top
        space = top.spaces.get(namespace)
        if space is not None:
            space.pop(key, None)
        if self.layered and self._find(namespace, key) is not None:
            self.top(namespace)[key] = None
            top.deleted.setdefault(namespace, set()).add(key)
        elif space is not None and not space:
            self._emptied.add(namespace)

    def clear_namespace(self, namespace: Any) -> None:
        top = self._top
        space = top.spaces.pop(namespace, None)
        top.deleted.pop(namespace, None)
        if self.layered and self._holds_below(namespace):
            top.cleared.add(namespace)
        if space is not None:
            self._discard(space)
            if namespace is None:
                self._bind()

    def top(self, namespace: Any) -> Space:
        spaces = self._top.spaces
        space = spaces.get(namespace)
        if space is None:
            space = spaces[namespace] = {}
            self._emptied.add(namespace)
        return space

    def namespaces(self) -> list[Any]:
        candidates = dict.fromkeys(self._base)
        for layer in (*reversed(self._frozen), self._top):
            candidates.update(dict.fromkeys(layer.spaces))
        return [namespace for namespace in candidates if next(self.items(namespace), None) is not None]

    def keys(self, namespace: Any) -> Iterator[Any]:
        return (key for key, _ in self.items(namespace))

    def items(self, namespace: Any) -> Iterator[tuple[Any, Any]]:
        if self.layered:
            return self._items_of_layers(namespace)
        return iter(self._top.spaces.get(namespace, {}).items())

    def __len__(self) -> int:
        return sum(1 for namespace in self.namespaces() for _ in self.items(namespace))

    # What handles, backend and snapshots use beside the interface.

    def attach(self, reader: TopReader) -> None:
        """Keep ``reader`` informed about the top space of namespace None."""
        self._readers.append(reader)
        reader.bind(self.top(None))

    def freeze(self, snapshot: Snapshot) -> tuple[list[Layer], dict[Any, Space]]:
        """Give what the table holds as frozen layers (newest first) over a base, and pin them for ``snapshot``."""
        self._drop_emptied()
        top = self._top
        if not self.layered:
            self._base = {namespace: space for namespace, space in top.spaces.items() if space}
            self.layered = bool(self._base)
            if self.layered:
                self._begin_top()
        elif top.cleared or any(top.spaces.values()):
            while len(self._frozen) >= _MAX_FROZEN and not self.pins and self.merge(_MERGE_ROWS):
                pass
            self._frozen.insert(0, top)
            self._begin_top()
        self.pins.append(snapshot)
        return self._frozen.copy(), self._base

    def unpin(self, snapshot: Snapshot) -> None:
        """``snapshot`` has read what it needs."""
        if snapshot in self.pins:
            self.pins.remove(snapshot)

    def unmerged(self, layers: list[Layer]) -> bool:
        """Whether some of these frozen layers have not been merged into the base yet."""
        return any(layer in layers for layer in self._frozen)

    def merge(self, rows: int, only: list[Layer] | None = None) -> bool:
        """Merge about ``rows`` values of the oldest frozen layers into the base; whether there are more to merge.

        Parameters
        ----------
        only : list of Layer, optional
            Merge none but these.
        """
        frozen = self._frozen
        while rows > 0 and frozen and (only is None or frozen[-1] in only):
            if self._merging is None:
                self._merging = self._merge_oldest()
            if next(self._merging, _ABSENT) is _ABSENT:
                self._merging = None
            rows -= _MERGE_ROWS
        return bool(frozen) and (only is None or frozen[-1] in only)

    def _settle(self, rows: int) -> bool:
        """Do about ``rows`` values' worth of what brings the table to rest; whether there is more to do now."""
        if self.pins or not self.layered:
            return False
        if self._frozen:
            self.merge(rows)
        elif self._top.holds_more_than(_SETTLE_ROWS):
            self._frozen.insert(0, self._top)
            self._begin_top()
        else:
            self._frozen.insert(0, self._top)
            self._top = Layer()
            while self.merge(_MERGE_ROWS):
                pass
            self._top = Layer(self._base)
            self._base = {}
            self.layered = False
            self._bind()
        return self.layered

    def maintain(self, rows: int) -> bool:
        """Do deferred work on about ``rows`` values; whether there is more. Spaces that ``top`` gave are void then."""
        self._drop_emptied()
        trash = self._trash
        while trash and rows > 0:
            space = trash[-1]
            for _ in range(min(len(space), rows)):
                space.popitem()
                rows -= 1
            if not space:
                trash.pop()
        unsettled = self._settle(rows) if rows > 0 else self.layered and not self.pins
        return unsettled or bool(trash)

    def _items_of_layers(self, namespace: Any) -> Iterator[tuple[Any, Any]]:
        # The caller may pause between two items: nothing is merged until it has come to an end, or gives up.
        reader = _Pin()
        self.pins.append(reader)
        try:
            yield from visible_items(namespace, [self._top, *self._frozen], self._base)
        finally:
            self.pins.remove(reader)

    def _pay(self) -> None:
        if not self.pins:
            self.merge(_MERGE_ROWS)
        else:
            self.pins[0].advance(_MERGE_ROWS)

    def _begin_top(self) -> None:
        self._top = Layer()
        self._bind()

    def _find(self, namespace: Any, key: Any) -> Any:
        """The value that the layers below the top hold; None where there is none."""
        top = self._top
        if top.cleared and namespace in top.cleared:
            return None
        for layer in self._frozen:
            space = layer.spaces.get(namespace)
            if space is not None:
                value = space.get(key, _ABSENT)
                if value is not _ABSENT:
                    return value
            if namespace in layer.cleared:
                return None
        space = self._base.get(namespace)
        return None if space is None else space.get(key)

    def _holds_below(self, namespace: Any) -> bool:
        return namespace in self._base or any(namespace in layer.spaces for layer in self._frozen)

    def _bind(self) -> None:
        if self._readers:
            space = self.top(None)
            for reader in self._readers:
                reader.bind(space)

    def _drop_emptied(self) -> None:
        if not self._emptied:
            return
        if self._readers:
            self._emptied.discard(None)
        spaces = self._top.spaces
        for namespace in self._emptied:
            if not spaces.get(namespace, True):
                del spaces[namespace]
        self._emptied.clear()

    def _discard(self, space: Space) -> None:
        if len(space) > _LARGE_SPACE:
            # Should nobody call ``maintain``, memory must not pile up.
            if len(self._trash) >= _MAX_FROZEN:
                del self._trash[0]
            self._trash.append(space)

    def _merge_oldest(self) -> Iterator[None]:
        """Merge the oldest frozen layer into the base; yields after every ``_MERGE_ROWS`` values.

        Reads may come in between: until the layer goes, it hides what has been merged already.
        """
        layer, base = self._frozen[-1], self._base
        done = 0
        for namespace in layer.cleared:
            space = base.pop(namespace, None)
            if space is not None:
                self._discard(space)
        for namespace, space in layer.spaces.items():
            below = base.get(namespace)
            if below is None:
                # No snapshot reads the layer any more, so the base can have the dict itself.
                below = base[namespace] = space
                done += 1
            else:
                pairs = iter(space.items())
                for start in range(0, len(space), _MERGE_ROWS):
                    below.update(islice(pairs, _MERGE_ROWS))
                    done += min(_MERGE_ROWS, len(space) - start)
                    if done >= _MERGE_ROWS:
                        done = 0
                        yield
            for key in layer.deleted.get(namespace, ()):
                if below.get(key, _ABSENT) is None:
                    del below[key]
                done += 1
                if done >= _MERGE_ROWS:
                    done = 0
                    yield
            if not below:
                del base[namespace]
        self._frozen.pop()
        self.layered = bool(base or self._frozen)


def visible_items(namespace: Any, layers: list[Layer], base: dict[Any, Space]) -> Iterator[tuple[Any, Any]]:
    """What a stack of layers (newest first) over a base holds in one namespace."""
    newer: list[Space] = []
    for layer in layers:
        space = layer.spaces.get(namespace)
        if space:
            yield from _not_hidden(space, newer)
            newer.append(space)
        if namespace in layer.cleared:
            return
    space = base.get(namespace)
    if space:
        yield from _not_hidden(space, newer)


def _not_hidden(space: Space, newer: list[Space]) -> Iterator[tuple[Any, Any]]:
    for key, value in space.items():
        if value is not None and not any(key in other for other in newer):
            yield key, value
