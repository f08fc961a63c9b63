"""Rows grouped by key and sorted by time within a key, on disk where they do not fit into memory.

Rows of equal time stay in the order in which they came, those of the first input before those of the second. Keys come
in the order of their canonical bytes, however much was spilled.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import IO, Any

from levada.common.batch import RowBatch
from levada.common.elements import MIN_TIMESTAMP
from levada.common.errors import UserError
from levada.operators.row.resumable import CHUNK_ROWS

NO_TIME = MIN_TIMESTAMP - 1
"""The time of rows that bear none: before all others."""
_ROW_BYTES = 120
"""What a row takes beside its value: a tuple, a time, its place in a list."""

SortedRow = tuple[int, int, Any]
"""Time, side (0 for the first input, 1 for the second), value."""

FlatRow = tuple[bytes, int, int, Any]
"""The key's canonical bytes, then as above: what is written to disk."""

_by_time_and_side = itemgetter(0, 1)
_by_key_time_and_side = itemgetter(0, 1, 2)
_key = itemgetter(0)


class SortedInput:
    """Takes batches in, gives rows out key by key.

    Parameters
    ----------
    memory : int
        Bytes, roughly, that are kept in memory; what is more goes to a temporary file, one sorted run after the other.
        The file has no name: it goes with the process, whatever ends that.
    name : str
        Of the operator, for errors.
    """

    def __init__(self, memory: int, name: str) -> None:
        self._memory = memory
        self._name = name
        self._rows: dict[Any, list[SortedRow]] = {}
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._runs: list[tuple[int, int]] = []

    @property
    def runs(self) -> int:
        """How many sorted runs are on disk."""
        return len(self._runs)

    def add(self, keys: list[Any], batch: RowBatch, side: int) -> None:
        """Take in a batch with the canonical keys of its rows."""
        rows = self._rows
        times = batch.timestamps or [NO_TIME] * len(keys)
        for key, time, value in zip(keys, times, batch.values, strict=True):
            of_key = rows.get(key)
            if of_key is None:
                rows[key] = [(time, side, value)]
            else:
                of_key.append((time, side, value))
        self._bytes += batch.estimated_bytes() + _ROW_BYTES * len(keys)
        if self._bytes > self._memory:
            self._spill()

    def take(self) -> Iterator[Iterator[SortedRow]]:
        """The rows of one key after the other; each key's must be read before the next is asked for."""
        if not self._runs:
            for _, rows in self._sorted():
                yield iter(rows)
            return
        if self._rows:
            self._spill()
        merged = merge(*(self._read(*run) for run in self._runs), key=_by_key_time_and_side)
        for _, flat in groupby(merged, key=_key):
            yield (row[1:] for row in flat)

    def close(self) -> None:
        """Forget all rows."""
        self._rows = {}
        if self._file is not None:
            self._file.close()
            self._file = None

    def _sorted(self) -> Iterator[tuple[bytes, list[SortedRow]]]:
        """What is in memory, in order; it is forgotten as it is handed out."""
        from levada._kernels import key_bytes

        held, self._rows, self._bytes = self._rows, {}, 0
        for encoded, key in sorted(((key_bytes(key), key) for key in held), key=_key):
            rows = held.pop(key)
            rows.sort(key=_by_time_and_side)
            yield encoded, rows

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="levada-sort-")  # noqa: SIM115  # closed in close()
        file = self._file
        begin = file.seek(0, 2)
        chunk: list[FlatRow] = []
        for encoded, rows in self._sorted():
            for time, side, value in rows:
                chunk.append((encoded, time, side, value))
                if len(chunk) >= CHUNK_ROWS:
                    file.write(self._pickled(chunk))
                    chunk = []
        file.write(self._pickled(chunk))
        self._runs.append((begin, file.tell()))

    def _pickled(self, chunk: list[FlatRow]) -> bytes:
        try:
            return pickle.dumps(chunk, protocol=5)
        except Exception as error:
            raise UserError(
                f"operator {self._name!r}: its input is sorted in BATCH mode; it is too large for "
                f"levada.batch.sort-memory, and a record cannot be pickled to disk ({error}). Keep plain data in "
                "records, or raise levada.batch.sort-memory"
            ) from error

    def _read(self, begin: int, end: int) -> Iterator[FlatRow]:
        """A run's rows, a chunk of them in memory at a time."""
        file = self._file
        while begin < end and file is not None:
            file.seek(begin)
            chunk: list[FlatRow] = pickle.load(file)
            begin = file.tell()
            yield from chunk
