"""Python rows to column batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, is_dataclass
from operator import attrgetter, itemgetter
from typing import Any

import pyarrow as pa

from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.errors import InternalError, UserError
from levada.common.types import Row, RowKind
from levada.operators.base import Operator, OperatorContext
from levada.operators.columnar.column_making import column_maker
from levada.state.columnar.arrays import array_of

Take = Callable[[Any], Sequence[Any]]


@dataclass(frozen=True)
class RowsToColumns:
    """Row batches in, column batches out.

    Rows are ``Row``, tuples, lists, dicts, dataclasses or named tuples; bare values where there is one column.

    Attributes
    ----------
    schema : pyarrow.Schema
        Names and types of the columns. A value that does not fit is an error that names column, value and row.
    fields : tuple of str
        All fields of the rows, in their order, where the schema takes only some or in another order; else empty.
    insert_only : bool
        Whether a row of another kind than ``INSERT`` is an error.
    """

    schema: pa.Schema
    fields: tuple[str, ...] = ()
    insert_only: bool = False

    @property
    def reads_timestamps(self) -> bool:
        """They are dropped."""
        return False

    def create(self) -> Operator:
        """A fresh operator."""
        return RowsToColumnsOperator(self)


class RowsToColumnsOperator(Operator):
    """Runs a ``RowsToColumns``."""

    def __init__(self, spec: RowsToColumns) -> None:
        self._schema = spec.schema
        self._fields = list(spec.fields or spec.schema.names)
        self._insert_only = spec.insert_only
        self._rows_seen = 0

    def open(self, context: OperatorContext) -> None:
        """Prepare the columns."""
        super().open(context)
        self._columns = [column_maker(field) for field in self._schema]

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Emit the rows as columns."""
        if not isinstance(batch, RowBatch):
            raise InternalError(f"RowsToColumns takes row batches, not {batch!r}")
        rows, seen = batch.values, self._rows_seen
        if not rows:
            return
        columns = transpose(rows, self._schema.names, self._fields, seen)
        made = [make(values, seen) for make, values in zip(self._columns, columns, strict=True)]
        kinds = _kinds(rows)
        if kinds is not None and self._insert_only:
            raise self._changed(rows)
        self._rows_seen += len(rows)
        self.output.collect(ColumnBatch(pa.RecordBatch.from_arrays(made, schema=self._schema), kinds))

    def _changed(self, rows: Sequence[Any]) -> UserError:
        at, row = next((at, row) for at, row in enumerate(rows) if row._row_kind is not RowKind.INSERT)
        return UserError(
            f"{self.context.name}: row {self._rows_seen + at}: {row!r} is of kind {row._row_kind}, but a table made of "
            "a stream takes only inserts (+I)"
        )


def transpose(
    rows: Sequence[Any], names: Sequence[str], fields: Sequence[str], first_row: int
) -> Sequence[Sequence[Any]]:
    """The values of each column of ``names``; ``first_row`` is the number of the first row in messages."""
    take = _taker(rows[0], names, fields)
    if take is None:
        if len(fields) == 1:
            return [rows] * len(names)
        raise UserError(
            f"row {first_row}: {rows[0]!r} ({type(rows[0]).__name__}) is no row of the columns {', '.join(fields)}; "
            "pass rows, tuples, dicts or dataclasses"
        )
    taken = []
    for at, row in enumerate(rows, first_row):
        try:
            taken.append(take(row))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise UserError(f"row {at}: {row!r} does not have the columns {', '.join(fields)}: {error}") from error
    return list(zip(*taken, strict=True))


def _taker(first: Any, names: Sequence[str], fields: Sequence[str]) -> Take | None:
    """How values are taken out of rows like ``first``; None for a bare value."""
    if isinstance(first, Row):
        return _of_row(names, fields)
    if isinstance(first, dict):
        return _of_dict(names, fields)
    if is_dataclass(first) and not isinstance(first, type):
        return _several(attrgetter, names)
    if isinstance(first, tuple) and set(fields) <= set(getattr(first, "_fields", ())):
        return _several(attrgetter, names)
    if isinstance(first, tuple | list):
        return _of_sequence(names, fields)
    return None


def _several(getter: Callable[..., Callable[[Any], Any]], keys: Sequence[Any]) -> Take:
    """``itemgetter`` or ``attrgetter`` that gives a sequence for one key, too."""
    get = getter(*keys)
    return get if len(keys) > 1 else lambda row: (get(row),)


def _of_row(names: Sequence[str], fields: Sequence[str]) -> Take:
    by_position = _of_sequence(names, fields)
    by_name = _several(itemgetter, names)

    def take(row: Row) -> Sequence[Any]:
        if row._fields is None or row._fields == fields:
            return by_position(row._values)
        return by_name(row)

    return take


def _of_dict(names: Sequence[str], fields: Sequence[str]) -> Take:
    get, known = _several(itemgetter, names), set(fields)

    def take(row: dict[str, Any]) -> Sequence[Any]:
        taken = get(row)
        if row.keys() != known:
            unknown = sorted(map(repr, row.keys() - known))
            if unknown:
                raise ValueError(f"there is no column {', '.join(unknown)}")
            raise ValueError(f"it lacks {', '.join(sorted(map(repr, known - row.keys())))}")
        return taken

    return take


def _of_sequence(names: Sequence[str], fields: Sequence[str]) -> Take:
    length = len(fields)
    chosen = None if list(names) == list(fields) else _several(itemgetter, [fields.index(name) for name in names])

    def take(row: Sequence[Any]) -> Sequence[Any]:
        if len(row) != length:
            raise ValueError(f"it has {len(row)} values")
        return row if chosen is None else chosen(row)

    return take


def _kinds(rows: Sequence[Any]) -> pa.Array | None:
    if not isinstance(rows[0], Row):
        return None
    insert = RowKind.INSERT
    if all(row._row_kind is insert for row in rows):
        return None
    return array_of([row._row_kind.value for row in rows], pa.int8())
