"""Where rows and columns meet: the only two operators that turn one into the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from numbers import Integral
from operator import itemgetter
from typing import Any

import pyarrow as pa

from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.errors import InternalError, UserError
from levada.common.types import Row, RowKind
from levada.operators.base import Operator, OperatorContext

_REFUSALS = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, TypeError, ValueError)
"""What Arrow raises for a value that does not fit."""


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


@dataclass(frozen=True)
class RowsToColumns:
    """Row batches in (rows, tuples, lists, dicts; bare values where there is one column), column batches out.

    Attributes
    ----------
    schema : pyarrow.Schema
        Names and types of the columns. A value that does not fit is an error that names column, value and row.
    """

    schema: pa.Schema

    @property
    def reads_timestamps(self) -> bool:
        """They are dropped."""
        return False

    def create(self) -> Operator:
        """A fresh operator."""
        return RowsToColumnsOperator(self.schema)


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
    values = zip(*map(_to_list, batch.data.columns), strict=True)
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
        for row, kind in zip(rows, _to_list(kinds), strict=True):
            row._row_kind = known[kind]
    return rows


def _to_list(column: pa.Array) -> list[Any]:
    """Values as Python objects; numbers through numpy, ten times faster than one by one."""
    if column.null_count == 0 and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        values: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
        return values
    return list(column.to_pylist())


class RowsToColumnsOperator(Operator):
    """Runs a ``RowsToColumns``."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._rows_seen = 0

    def open(self, context: OperatorContext) -> None:
        """Remember how errors call this operator."""
        super().open(context)
        self._columns = [_column_maker(field) for field in self._schema]

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Emit the rows as columns."""
        if not isinstance(batch, RowBatch):
            raise InternalError(f"RowsToColumns takes row batches, not {batch!r}")
        if not batch.values:
            return
        columns = transpose(batch.values, self._schema.names, self._rows_seen)
        made = [make(values, self._rows_seen) for make, values in zip(self._columns, columns, strict=True)]
        self._rows_seen += len(batch)
        data = pa.RecordBatch.from_arrays(made, schema=self._schema)
        self.output.collect(ColumnBatch(data, _kinds(batch.values)))


def transpose(rows: Sequence[Any], names: list[str], first_row: int) -> list[Sequence[Any]]:
    """The values of each column; ``first_row`` is the number of the first row in messages."""
    first = rows[0]
    take: Callable[[Any], Sequence[Any]]
    if isinstance(first, Row):
        take = _of_row(names)
    elif isinstance(first, dict):
        take = _of_dict(names)
    elif isinstance(first, tuple | list):
        take = _of_sequence(len(names))
    elif len(names) == 1:
        return [rows]
    else:
        raise UserError(
            f"row {first_row}: {first!r} ({type(first).__name__}) is no row of the columns {', '.join(names)}; pass "
            "rows, tuples or dicts"
        )
    taken = []
    for at, row in enumerate(rows, first_row):
        try:
            taken.append(take(row))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise UserError(f"row {at}: {row!r} does not have the columns {', '.join(names)}: {error}") from error
    return list(zip(*taken, strict=True)) if names else []


def _of_row(names: list[str]) -> Callable[[Any], Sequence[Any]]:
    sized = _of_sequence(len(names))

    def take(row: Row) -> Sequence[Any]:
        if row._fields is None or row._fields == names:
            return sized(row._values)
        return [row[name] for name in names]

    return take


def _of_dict(names: list[str]) -> Callable[[Any], Sequence[Any]]:
    get: Callable[[Any], Any] = itemgetter(*names)

    def take(row: dict[str, Any]) -> Sequence[Any]:
        taken = get(row)
        if len(row) != len(names):
            raise ValueError(f"there is no column {', '.join(sorted(map(repr, row.keys() - set(names))))}")
        return taken if len(names) > 1 else (taken,)

    return take


def _of_sequence(length: int) -> Callable[[Any], Sequence[Any]]:
    def take(row: Sequence[Any]) -> Sequence[Any]:
        if len(row) != length:
            raise ValueError(f"it has {len(row)} values")
        return row

    return take


def _column_maker(field: pa.Field) -> Callable[[Sequence[Any], int], pa.Array]:
    nested = pa.types.is_nested(field.type)
    loses = _lossy(field.type)

    def make(values: Sequence[Any], first_row: int) -> pa.Array:
        if nested:
            values = [_plain(value) for value in values]
        if loses is not None and any(map(loses, set(map(type, values)))):
            at, value = next((at, value) for at, value in enumerate(values, first_row) if loses(type(value)))
            raise UserError(f"{_holds(field, at, value)}, which would lose its type; convert it first")
        try:
            column = pa.array(values, field.type)
        except _REFUSALS as error:
            raise _misfit(field, values, first_row) from error
        if not field.nullable and column.null_count:
            at = column.is_null().index(True).as_py()
            raise UserError(f"column {field.name!r} ({field.type} NOT NULL): row {first_row + at} holds None")
        return column

    return make


def _lossy(data_type: pa.DataType) -> Callable[[type], bool] | None:
    """Which Python types Arrow would silently cut down to ``data_type``."""
    if pa.types.is_integer(data_type):
        return lambda kind: kind is not type(None) and (kind is bool or not issubclass(kind, Integral))
    if pa.types.is_floating(data_type):
        return lambda kind: kind is bool
    if pa.types.is_date(data_type):
        return lambda kind: issubclass(kind, datetime)
    if pa.types.is_string(data_type) or pa.types.is_large_string(data_type):
        return lambda kind: issubclass(kind, bytes)
    return None


def _misfit(field: pa.Field, values: Sequence[Any], first_row: int) -> UserError:
    """Only the column as a whole has been refused: find the value."""
    for at, value in enumerate(values, first_row):
        try:
            pa.scalar(value, field.type)
        except _REFUSALS as error:
            return UserError(f"{_holds(field, at, value)}: {error}")
    return UserError(f"column {field.name!r} ({field.type}): values of rows {first_row} and on do not fit together")


def _holds(field: pa.Field, row: int, value: Any) -> str:
    return f"column {field.name!r} ({field.type}): row {row} holds {value!r} ({type(value).__name__})"


def _plain(value: Any) -> Any:
    """Nested rows as dicts, which Arrow knows."""
    if isinstance(value, Row):
        return {name: _plain(item) for name, item in value.as_dict().items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _kinds(rows: Sequence[Any]) -> pa.Array | None:
    if not isinstance(rows[0], Row):
        return None
    insert = RowKind.INSERT
    if all(row._row_kind is insert for row in rows):
        return None
    return pa.array([row._row_kind.value for row in rows], pa.int8())
