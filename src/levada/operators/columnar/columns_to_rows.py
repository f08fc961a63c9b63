"""Column batches to Python rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.errors import InternalError, UserError
from levada.common.time import Instant
from levada.common.types import Row, RowKind
from levada.formats.rows import python_values
from levada.operators.base import Operator
from levada.state.columnar.arrays import numbers_of

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


class RowForm(Enum):
    """What a row of a table becomes in Python."""

    ROW = "row"
    """A ``Row`` with field names and its row kind."""
    TUPLE = "tuple"
    """A tuple; for streams of inserts only."""
    DICT = "dict"
    """A dict by column name; for streams of inserts only."""


@dataclass(frozen=True)
class ColumnsToRows:
    """Column batches in, row batches out. Rows are handed on without timestamps: time is one of their columns."""

    form: RowForm = RowForm.ROW

    @property
    def reads_timestamps(self) -> bool:
        """Column batches have none."""
        return False

    def create(self) -> Operator:
        """A fresh operator."""
        return ColumnsToRowsOperator(self.form)


class ColumnsToRowsOperator(Operator):
    """Runs a ``ColumnsToRows``."""

    def __init__(self, form: RowForm) -> None:
        self._form = form

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Emit the batch's rows."""
        if not isinstance(batch, ColumnBatch):
            raise InternalError(f"ColumnsToRows takes column batches, not {batch!r}")
        if len(batch):
            self.output.collect(RowBatch(rows_of(batch, self._form)))


def rows_of(batch: ColumnBatch, form: RowForm = RowForm.ROW) -> list[Any]:
    """The batch's rows as Python values."""
    names = batch.data.schema.names
    values = zip(*map(values_of, batch.data.columns), strict=True)
    if form is RowForm.ROW:
        return _rows(names, values, batch.kinds)
    if batch.kinds is not None and any(batch.kinds.to_pylist()):
        raise UserError(
            f"a stream with updates or deletes cannot become {form.value}s, which have no row kind; use RowForm.ROW"
        )
    if form is RowForm.TUPLE:
        return list(values)
    return [dict(zip(names, row, strict=True)) for row in values]


def _rows(names: list[str], values: Iterable[tuple[Any, ...]], kinds: pa.Array | None) -> list[Row]:
    """Rows made past their constructor, which would cost three times as much."""
    new, insert = Row.__new__, RowKind.INSERT
    rows: list[Row] = []
    append = rows.append
    for row_values in map(list, values):
        row = new(Row)
        row._fields = names
        row._values = row_values
        row._row_kind = insert
        append(row)
    if kinds is not None:
        known = tuple(RowKind)
        for row, kind in zip(rows, numbers_of(kinds) or (), strict=True):
            row._row_kind = known[kind]
    return rows


def values_of(column: pa.Array) -> list[Any]:
    """A column as the Python values that streams hold: ``Instant``, ``Row``, ``dict`` where the type says so."""
    kind, types = column.type, pa.types
    if types.is_timestamp(kind) and kind.tz is not None:
        return _instants(column)
    if types.is_time64(kind) and kind.unit == "ns":
        return list(column.cast(pa.time64("us"), safe=False).to_pylist())
    if types.is_struct(kind):
        return _nested_rows(column)
    if types.is_map(kind):
        pairs = column.cast(pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)])))
        keys, items = (values_of(part) for part in pairs.flatten().flatten())
        return [None if each is None else dict(each) for each in _cut(pairs, zip(keys, items, strict=True))]
    if types.is_list(kind) or types.is_large_list(kind):
        return _cut(column, values_of(column.flatten()))
    numbers = numbers_of(column)
    return python_values(column) if numbers is None else numbers


def _cut(lists: pa.Array, flat: Iterable[Any]) -> list[list[Any] | None]:
    """The elements of all lists as one list each; None where the list is NULL."""
    elements = iter(flat)
    lengths = pc.list_value_length(lists).to_pylist()
    return [None if length is None else list(islice(elements, length)) for length in lengths]


def _instants(column: pa.Array) -> list[Instant | None]:
    per_second = _PER_SECOND[column.type.unit]
    nanos = 1_000_000_000 // per_second
    made: list[Instant | None] = []
    for value in python_values(column.cast(pa.int64())):
        if value is None:
            made.append(None)
        else:
            seconds, rest = divmod(value, per_second)
            made.append(Instant(seconds, rest * nanos))
    return made


def _nested_rows(column: pa.StructArray) -> list[Row | None]:
    names = [field.name for field in column.type]
    parts = [values_of(part) for part in column.flatten()]
    values = zip(*parts, strict=True) if parts else iter([()] * len(column))
    rows: list[Row | None] = list(_rows(names, values, None))
    if column.null_count:
        for at in pc.indices_nonzero(column.is_null()).to_pylist():
            rows[at] = None
    return rows
