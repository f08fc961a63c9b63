"""Batches: the unit in which records move. No framework code handles one record at a time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class RowBatch:
    """Python values and, where something downstream reads them, their event timestamps.

    Attributes
    ----------
    values : list
        One Python object per record.
    timestamps : list of int, or None
        Milliseconds since the epoch, as long as ``values``; None where no time is carried.
    """

    __slots__ = ("timestamps", "values")

    def __init__(self, values: list[Any], timestamps: list[int] | None = None) -> None:
        self.values = values
        self.timestamps = timestamps

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"RowBatch({len(self.values)} rows{'' if self.timestamps is None else ', timed'})"

    def slice(self, start: int, stop: int) -> RowBatch:
        """Rows ``start`` to ``stop`` as a batch of their own."""
        times = self.timestamps
        return RowBatch(self.values[start:stop], None if times is None else times[start:stop])

    def estimated_bytes(self) -> int:
        """A cheap guess at the memory held: the size of the first value times the count."""
        if not self.values:
            return 0
        first = self.values[0]
        each = sys.getsizeof(first) + 8
        if isinstance(first, tuple):
            each += sum(sys.getsizeof(item) for item in first)
        return each * len(self.values)


class ColumnBatch:
    """An Arrow record batch and, unless every row is an insert, its row kinds.

    Attributes
    ----------
    data : pyarrow.RecordBatch
    kinds : pyarrow.Int8Array or None
        ``RowKind`` values (0 ``+I``, 1 ``-U``, 2 ``+U``, 3 ``-D``) as long as ``data``; None means all ``+I``.
    """

    __slots__ = ("data", "kinds")

    def __init__(self, data: pa.RecordBatch, kinds: pa.Int8Array | None = None) -> None:
        self.data = data
        self.kinds = kinds

    def __len__(self) -> int:
        return int(self.data.num_rows)

    def __repr__(self) -> str:
        changes = "" if self.kinds is None else ", changes"
        return f"ColumnBatch({self.data.num_rows} rows x {self.data.num_columns}{changes})"

    def slice(self, start: int, stop: int) -> ColumnBatch:
        """Rows ``start`` to ``stop``, without copying."""
        length = stop - start
        kinds = self.kinds
        return ColumnBatch(self.data.slice(start, length), None if kinds is None else kinds.slice(start, length))

    def estimated_bytes(self) -> int:
        """Bytes of the buffers this batch refers to (whole buffers for a slice)."""
        return int(self.data.nbytes)


Batch = RowBatch | ColumnBatch
