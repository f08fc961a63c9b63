"""Parts of a snapshot with one row per key: how keyed state and timers are laid out in checkpoint files.

Columns: ``key_group`` (uint16), ``key``, ``namespace`` (absent where all are None), and ``value`` or ``timestamp``.
The rows of each batch are sorted by key group; batches follow one another in no order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from levada.common.basic_typeinfo import TypeInformation
from levada.common.errors import StateError
from levada.state.codecs import INT, STR
from levada.state.copying import cannot_change, is_immutable
from levada.state.encoding import ColumnEncoder, decode_column
from levada.state.keygroups import groups_of_column, groups_of_keys

Chunk = tuple[list[Any], list[Any], list[Any]]
"""Namespaces, keys, and values or timestamps."""
TimerChunk = tuple[list[Any], list[Any], list[Any], list[int]]
"""Namespaces, keys, timestamps, and places among the timers of the same timestamp."""

MIN_ROWS = 64
MAX_ROWS = 8192
_MAX_PICKLED_ROWS = 768
_TARGET_BYTES = 400_000
"""What a batch should hold: about a millisecond's work."""

PLACE = "place"
_PLACE = pa.field(PLACE, pa.uint32(), nullable=False)
_KEY_GROUP = pa.field("key_group", pa.uint16(), nullable=False)


class KeyedEncoder:
    """Makes record batches from chunks of rows.

    Attributes
    ----------
    rows : int
        How many rows the next chunk should have to take about a millisecond.

    Parameters
    ----------
    where : str
        What the rows belong to, for errors.
    content : str
        Name of the last column.
    declared : TypeInformation, optional
        Type of the last column.
    """

    first_rows = 256
    """How many rows the first chunk should have, of whose size nothing is known."""

    def __init__(
        self, where: str, max_parallelism: int, content: str = "value", declared: TypeInformation | None = None
    ) -> None:
        self._max_parallelism = max_parallelism
        self._key = ColumnEncoder("key", f"a key of {where}")
        self._namespace = ColumnEncoder("namespace", f"a namespace of {where}")
        self._content = ColumnEncoder(content, where, declared)
        self._where = where
        self._trusted = declared if cannot_change(declared) else None
        self.rows = self.first_rows

    def encode(self, chunk: Chunk | TimerChunk) -> pa.RecordBatch:
        """One batch, sorted by key group."""
        namespaces, keys, contents = chunk[0], chunk[1], chunk[2]
        key_field, key_column = self._key.encode(keys)
        if self._key.codec in (INT, STR) and not key_column.null_count:
            groups = groups_of_column(key_column, self._max_parallelism)
        else:
            groups = groups_of_keys(keys, self._max_parallelism)
        columns = [(_KEY_GROUP, groups), (key_field, key_column)]
        if namespaces.count(None) != len(namespaces):
            columns.append(self._namespace.encode(namespaces))
        columns.append(self._content.encode(contents))
        if len(chunk) == 4:
            columns.append((_PLACE, pa.array(chunk[3], pa.uint32())))
        if self._trusted is not None and not self._content.as_declared:
            self._check_trust(contents)
        batch = pa.record_batch([array for _, array in columns], schema=pa.schema([field for field, _ in columns]))
        if self._max_parallelism > 1:
            batch = batch.take(pa.array(np.argsort(groups.to_numpy(), kind="stable")))
        self._set_rows(len(keys), batch.nbytes)
        return batch

    def _check_trust(self, contents: list[Any]) -> None:
        # The table was not kept as it was at the barrier, because the declared type said that values do not change.
        for value in contents:
            if not is_immutable(value):
                raise StateError(
                    f"{self._where} is declared as {self._trusted!r}, but holds {value!r} ({type(value).__name__}), "
                    "which can be changed in place. Declare its type, or Types.PICKLED_BYTE_ARRAY() for any object"
                )

    def _set_rows(self, rows: int, size: int) -> None:
        most = _MAX_PICKLED_ROWS if self._content.pickles or self._key.pickles else MAX_ROWS
        self.rows = max(MIN_ROWS, min(most, rows * _TARGET_BYTES // max(size, 1)))


def keyed_batches(
    chunks: Iterable[Chunk | TimerChunk | None], encoder: KeyedEncoder, set_rows: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    """Encode chunks as they come; None becomes a batch without rows, so that the caller gets control back."""
    pause = pa.record_batch([pa.array([], pa.uint16())], schema=pa.schema([_KEY_GROUP]))
    for chunk in chunks:
        if chunk is None:
            yield pause
            continue
        batch = encoder.encode(chunk)
        set_rows(encoder.rows)
        yield batch
        pause = batch.slice(0, 0)


def decode_keyed(batch: pa.RecordBatch, content: str = "value") -> Chunk:
    """Namespaces, keys and contents of a batch."""
    keys = decode_column(batch, "key")
    named = "namespace" in batch.schema.names
    namespaces = decode_column(batch, "namespace") if named else [None] * len(keys)
    return namespaces, keys, decode_column(batch, content)
