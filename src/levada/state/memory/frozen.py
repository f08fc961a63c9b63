"""A table as it was at a barrier, given out in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from levada.common.errors import InternalError
from levada.state.memory.layers import LayeredTable, visible_items

Chunk = tuple[list[Any], list[Any], list[Any]]
"""Namespaces, keys and values, equally long."""

_ROWS_MERGED = 8192
"""Between two chunks: half a millisecond."""


class FrozenTable:
    """One snapshot's view of a table. It holds until it is released.

    Attributes
    ----------
    rows : int
        How many rows the next chunk should have; may be changed while chunks are taken.
    changed : Layer
        What was written, deleted and cleared since the snapshot before this one: all that an incremental snapshot
        needs. Valid until chunks are taken.
    """

    __slots__ = ("_base", "_layers", "_reads_layers", "_table", "changed", "rows")

    def __init__(self, table: LayeredTable) -> None:
        self._table = table
        self._layers, self._base, self.changed = table.freeze()
        self._reads_layers = False
        self.rows = 256
        table.pins.append(self)

    def chunks(self) -> Iterator[Chunk | None]:
        """The table's rows; None where time was spent on something else and the loop may want to go on."""
        if self not in self._table.pins:
            raise InternalError("a snapshot was read after it had been released")
        table = self._table
        while not self._reads_layers and table.pins == [self] and table.merge(_ROWS_MERGED, only=self._layers):
            yield None
        if self._reads_layers or not self._merged():
            # Another snapshot needs the layers as they are, or this one has begun to read them.
            self._reads_layers = True
            yield from self._chunks_of_layers()
        else:
            self._reads_layers = False
            yield from self._chunks_of_base()

    def set_rows(self, rows: int) -> None:
        """Make the next chunk this large."""
        self.rows = rows

    def release(self) -> None:
        """The snapshot is not read any more."""
        pins = self._table.pins
        if self in pins:
            pins.remove(self)

    def _merged(self) -> bool:
        mine = set(map(id, self._layers))
        return not any(id(layer) in mine for layer in self._table.unmerged())

    def _chunks_of_base(self) -> Iterator[Chunk]:
        namespaces: list[Any] = []
        keys: list[Any] = []
        values: list[Any] = []
        for namespace, space in self._base.items():
            left, some_keys, some_values = len(space), iter(space), iter(space.values())
            while left > 0:
                rows = min(left, max(self.rows - len(keys), 1))
                keys += islice(some_keys, rows)
                values += islice(some_values, rows)
                namespaces += [namespace] * rows
                left -= rows
                if len(keys) >= self.rows:
                    yield namespaces, keys, values
                    namespaces, keys, values = [], [], []
        if keys:
            yield namespaces, keys, values

    def _chunks_of_layers(self) -> Iterator[Chunk]:
        rows = self._rows_of_layers()
        while chunk := list(islice(rows, self.rows)):
            yield [row[0] for row in chunk], [row[1] for row in chunk], [row[2] for row in chunk]

    def _rows_of_layers(self) -> Iterator[tuple[Any, Any, Any]]:
        seen: dict[Any, None] = dict.fromkeys(self._base)
        for layer in self._layers:
            seen.update(dict.fromkeys(layer.spaces))
        for namespace in seen:
            for key, value in visible_items(namespace, self._layers, self._base):
                yield namespace, key, value
