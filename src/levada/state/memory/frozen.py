"""A table as it was at a barrier, given out in chunks.

Where the declared type says that no value can be changed in place, a snapshot *lifts* its rows first: it takes keys and
values into lists, a slice at a time, which costs a third of encoding them. That is all it needs of the table, which can
settle again while the lists are encoded. While it lifts, reads that fall through to a frozen layer pay for a part of
the rest. So the time in which a table is layered, and its keys are slower to reach, is short whatever the pace of the
encoding. Other tables stay layered until they have been encoded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

from levada.common.errors import InternalError
from levada.state.memory.layers import LayeredTable, visible_items

Chunk = tuple[list[Any], list[Any], list[Any]]
"""Namespaces, keys and values, equally long."""

_SLICE = 8192
"""Rows merged between two chunks: about a millisecond."""
_LIFT_SLICE = 32_768
"""Rows lifted between two chunks: one to two milliseconds, because as long as it takes, every key is slow to reach."""
_LIFTED_ROWS = 4096


class FrozenTable:
    """One snapshot's view of a table. It holds until it has been read, or is released.

    Parameters
    ----------
    lifts : bool
        Whether the table's values cannot be changed in place.

    Attributes
    ----------
    rows : int
        How many rows the next chunk should have; may be changed while chunks are taken.
    """

    __slots__ = ("_base", "_layers", "_lifted", "_lifts", "_rows", "_table", "_used", "rows")

    def __init__(self, table: LayeredTable, *, lifts: bool = False) -> None:
        self.rows = 256
        self._table = table
        self._layers, self._base = table.freeze(self)
        self._lifts = lifts
        self._lifted: deque[Chunk] = deque()
        self._rows: Iterator[Chunk] | None = None if self._layers else self._rows_of_base()
        self._used = False

    def advance(self, rows: int) -> bool:
        """Lift about ``rows`` rows; False where there are none left, or they must stay where they are."""
        if self._rows is None or not self._lifts:
            return False
        for _ in range(0, rows, _LIFTED_ROWS):
            taken = next(self._rows, None)
            if taken is None:
                self._rows = None
                self._table.unpin(self)
                return False
            self._lifted.append(taken)
        return True

    def chunks(self) -> Iterator[Chunk | None]:
        """The table's rows, once; None where time was spent on something else and the loop may want to go on."""
        if self._used:
            raise InternalError("a snapshot was read twice, or after it had been released")
        self._used = True
        table = self._table
        while table.pins == [self] and table.merge(_SLICE, only=self._layers):
            yield None
        if table.unmerged(self._layers):
            # Another snapshot needs the layers as they are.
            yield from self._in_size(self._rows_of_layers())
        else:
            if self._layers:
                self._rows = self._rows_of_base()
            while self.advance(_LIFT_SLICE):
                yield None
            yield from self._in_size(self._drain())
        self.release()

    def set_rows(self, rows: int) -> None:
        """Make the next chunk this large."""
        self.rows = rows

    def release(self) -> None:
        """The snapshot is not read any more."""
        self._used = True
        self._table.unpin(self)
        self._lifted.clear()

    def _drain(self) -> Iterator[Chunk]:
        while self._lifted:
            yield self._lifted.popleft()
        if self._rows is not None:
            yield from self._rows

    def _in_size(self, pieces: Iterator[Chunk]) -> Iterator[Chunk]:
        """Chunks of ``self.rows`` rows from pieces of any size."""
        namespaces: list[Any] = []
        keys: list[Any] = []
        values: list[Any] = []
        for piece in pieces:
            namespaces += piece[0]
            keys += piece[1]
            values += piece[2]
            start = 0
            while len(keys) - start >= self.rows:
                stop = start + self.rows
                yield namespaces[start:stop], keys[start:stop], values[start:stop]
                start = stop
            if start:
                namespaces, keys, values = namespaces[start:], keys[start:], values[start:]
        if keys:
            yield namespaces, keys, values

    def _rows_of_base(self) -> Iterator[Chunk]:
        namespaces: list[Any] = []
        keys: list[Any] = []
        values: list[Any] = []
        for namespace, space in self._base.items():
            left, some_keys, some_values = len(space), iter(space), iter(space.values())
            while left > 0:
                rows = min(left, _LIFTED_ROWS - len(keys))
                keys += islice(some_keys, rows)
                values += islice(some_values, rows)
                namespaces += [namespace] * rows
                left -= rows
                if len(keys) == _LIFTED_ROWS:
                    yield namespaces, keys, values
                    namespaces, keys, values = [], [], []
        if keys:
            yield namespaces, keys, values

    def _rows_of_layers(self) -> Iterator[Chunk]:
        names: dict[Any, None] = dict.fromkeys(self._base)
        for layer in self._layers:
            names.update(dict.fromkeys(layer.spaces))
        for namespace in names:
            items = visible_items(namespace, self._layers, self._base)
            while some := list(islice(items, _LIFTED_ROWS)):
                yield [namespace] * len(some), [key for key, _ in some], [value for _, value in some]
