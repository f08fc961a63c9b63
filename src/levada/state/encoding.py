"""Columns of Python objects: how lists of values become Arrow columns of a checkpoint and come back.

A column's field carries its encoding as JSON in the metadata ``levada.encoding`` (see docs/state.md). Values come back
equal and of the same types, whatever the encoding. Numbers, text, dates, and tuples, lists, dicts, rows and dataclasses
of them are typed columns that other programs can read; the rest is pickled, value by value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from levada.common.basic_typeinfo import TypeInformation
from levada.common.errors import CheckpointCorruptError
from levada.state.codec_choice import codec_of_description, codec_of_type, codec_of_values
from levada.state.codecs import SCALARS, Codec, Misfit, PickleCodec
from levada.state.snapshot import PartKind, StatePart

ENCODING = b"levada.encoding"
_MAX_CHANGES = 8
_LIST_ROWS = 1024


class ColumnEncoder:
    """Encodes the chunks of one column, keeping to one encoding as long as it fits.

    A change of encoding is always a change of Arrow type, because what reads or writes files may compare no more than
    that. Files with a new schema are begun for it, so a column whose values keep changing is pickled in the end.

    Parameters
    ----------
    name : str
        Of the column.
    where : str
        What the values belong to, for errors: "state 'total' of operator 'sum'".
    declared : TypeInformation, optional
        Tried first. Values that do not fit it are kept as they are.

    Attributes
    ----------
    codec : Codec or None
        The encoding last used.
    """

    def __init__(self, name: str, where: str, declared: TypeInformation | None = None) -> None:
        self._name = name
        self._where = where
        self.codec = self._declared = codec_of_type(declared)
        self._field: pa.Field | None = None
        self._changes = 0

    @property
    def pickles(self) -> bool:
        """Whether values were last pickled: ten times as slow as typed columns."""
        return isinstance(self.codec, PickleCodec)

    @property
    def as_declared(self) -> bool:
        """Whether values were last encoded as the declared type says."""
        return self._declared is not None and self.codec is self._declared

    def encode(self, values: list[Any]) -> tuple[pa.Field, pa.Array]:
        """The values as a column.

        Raises
        ------
        StateError
            A value cannot be written so that another process can read it.
        """
        array = self._fitting(values)
        if self._field is None or self._field.type != array.type:
            assert self.codec is not None
            metadata = {ENCODING: json.dumps(self.codec.describe())}
            self._field = pa.field(self._name, array.type, metadata=metadata)
        return self._field, array

    def _fitting(self, values: list[Any]) -> pa.Array:
        if self.codec is not None:
            try:
                return self.codec.encode(values)
            except Misfit:
                self._changes += 1
        self.codec = self._new_codec(values)
        before, self._field = self._field, None
        try:
            array = self.codec.encode(values)
        except Misfit:
            # Of a typed kind, but one of them does not fit: an int of 65 bits, a text with half a surrogate pair.
            array = None
        if array is None or (before is not None and before.type == array.type):
            self.codec = PickleCodec(self._where)
            array = self.codec.encode(values)
        return array

    def _new_codec(self, values: list[Any]) -> Codec:
        if self._changes >= _MAX_CHANGES and self.codec != SCALARS["none"]:
            return PickleCodec(self._where)
        return codec_of_values(values, self._where)


def encode_column(
    name: str, values: list[Any], where: str, declared: TypeInformation | None = None
) -> tuple[pa.Field, pa.Array]:
    """One list of values as a column; see ``ColumnEncoder``."""
    return ColumnEncoder(name, where, declared).encode(values)


def decode_column(batch: pa.RecordBatch, name: str) -> list[Any]:
    """The values of a column that was made by ``ColumnEncoder``."""
    index = batch.schema.get_field_index(name)
    if index < 0:
        raise CheckpointCorruptError(f"no column {name!r} among {batch.schema.names}")
    metadata = batch.schema.field(index).metadata or {}
    if ENCODING not in metadata:
        raise CheckpointCorruptError(f"column {name!r} has no metadata {ENCODING.decode()!r}")
    return codec_of_description(json.loads(metadata[ENCODING])).decode(batch.column(index))


def list_part(
    values: Sequence[Any], kind: PartKind, where: str = "operator state", declared: TypeInformation | None = None
) -> StatePart:
    """Values that are shared out among subtasks when restored: splits, committables, watermarks.

    They are encoded at once, so the caller may go on changing them.

    Parameters
    ----------
    kind : PartKind
        ``LIST`` or ``UNION``.
    where : str
        What the values are, for errors.
    declared : TypeInformation, optional
        Their type.
    """
    encoder = ColumnEncoder("value", where, declared)
    batches = []
    for start in range(0, len(values), _LIST_ROWS):
        field, array = encoder.encode(list(values[start : start + _LIST_ROWS]))
        batches.append(pa.record_batch([array], schema=pa.schema([field])))
    return StatePart(kind, lambda: iter(batches))


def decode_values(batch: pa.RecordBatch) -> list[Any]:
    """The values of one batch of a list part."""
    return decode_column(batch, "value")


def decode_part(batches: Iterator[pa.RecordBatch]) -> list[Any]:
    """The values of all batches of a list part."""
    return [value for batch in batches for value in decode_values(batch)]
