"""Columns to Python rows, and rows to columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from levada.common.batch import Batch, ColumnBatch
from levada.common.errors import UserError
from levada.common.types import Row, RowKind

if TYPE_CHECKING:
    import pyarrow as pa


def python_values(column: pa.Array) -> list[Any]:
    """An Arrow column as Python values. Timestamps become ``datetime`` (with nanoseconds cut off)."""
    from pyarrow import types

    kind = column.type
    if types.is_timestamp(kind):
        return _datetimes(column)
    if types.is_integer(kind) or types.is_floating(kind):
        return _numbers(column)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_boolean(kind):
        return list(column.to_numpy(zero_copy_only=False).tolist())
    return list(column.to_pylist())


def _numbers(column: pa.Array) -> list[Any]:
    if column.null_count == 0:
        return list(column.to_numpy(zero_copy_only=False).tolist())
    import pyarrow as pa
    from pyarrow import compute as pc

    values = list(column.fill_null(pa.scalar(0, column.type)).to_numpy().tolist())
    for index in pc.indices_nonzero(column.is_null()).to_numpy().tolist():
        values[index] = None
    return values


def _datetimes(column: pa.Array) -> list[Any]:
    import pyarrow as pa

    zone = column.type.tz
    if zone not in (None, "UTC"):
        return list(column.cast(pa.timestamp("us", zone), safe=False).to_pylist())
    values = list(column.cast(pa.timestamp("us"), safe=False).to_numpy(zero_copy_only=False).tolist())
    if zone is None:
        return values
    return [None if value is None else value.replace(tzinfo=UTC) for value in values]


def to_row_values(data: pa.RecordBatch) -> list[Row]:
    """One named ``Row`` per row."""
    names = list(data.schema.names)
    new, insert = Row.__new__, RowKind.INSERT
    made = []
    # Filling the slots takes a third of the time of Row(**fields); all rows share one list of names.
    for values in zip(*map(python_values, data.columns), strict=True):
        row = new(Row)
        row._fields = names
        row._values = list(values)
        row._row_kind = insert
        made.append(row)
    return made


def to_dict_values(data: pa.RecordBatch) -> list[dict[str, Any]]:
    """One dict per row."""
    names = data.schema.names
    columns = map(python_values, data.columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def field_names(value: Any) -> list[str] | None:
    """The field names of a dict, named ``Row``, named tuple or dataclass; None where it has none."""
    if isinstance(value, Mapping):
        return [str(name) for name in value]
    if isinstance(value, Row):
        return list(value.as_dict()) if _is_named(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return [item.name for item in fields(value)]
    names = getattr(value, "_fields", None)
    return list(names) if isinstance(value, tuple) and names else None


def columns_of(values: Sequence[Any], names: Sequence[str]) -> list[list[Any]]:
    """The fields of rows (dicts, ``Row``, tuples, dataclasses, or plain values for one column) as one list per name."""
    if not values:
        return [[] for _ in names]
    first = values[0]
    if isinstance(first, Mapping):
        return [[value.get(name) for value in values] for name in names]
    if isinstance(first, Row) and _is_named(first):
        order = list(names)
        if all(value._fields == order for value in values):
            return list(map(list, zip(*(value._values for value in values), strict=True)))
        return [[value[name] for value in values] for name in names]
    by_name = is_dataclass(first) or set(names) <= set(getattr(first, "_fields", None) or ())
    if by_name and not isinstance(first, Row):
        return [[getattr(value, name) for value in values] for name in names]
    if isinstance(first, Row | tuple | list):
        width = len(first)
        if width != len(names):
            raise UserError(f"{first!r} has {width} values where {len(names)} columns are written: {', '.join(names)}")
        return [[value[position] for value in values] for position in range(width)]
    if len(names) == 1:
        return [list(values)]
    raise UserError(
        f"{first!r} ({type(first).__name__}) cannot be written as the columns {', '.join(names)}; "
        "map it to a Row, dict, tuple or dataclass first"
    )


def to_record_batch(batch: Batch, schema: pa.Schema | None, what: str) -> pa.RecordBatch:
    """A batch as Arrow columns of ``schema``; without one, of the types that the batch itself suggests.

    Raises
    ------
    UserError
        A value does not fit its column; the message names both.
    """
    import pyarrow as pa

    if isinstance(batch, ColumnBatch):
        data = batch.data
        return data if schema is None or data.schema.equals(schema) else _select(data, schema, what)
    names = list(schema.names) if schema is not None else _suggested_names(batch.values, what)
    arrays = []
    try:
        columns = columns_of(batch.values, names)
    except (KeyError, AttributeError) as error:
        raise UserError(f"{what}: the columns {', '.join(names)} are written, but a row lacks one: {error}") from error
    for index, (name, values) in enumerate(zip(names, columns, strict=True)):
        try:
            arrays.append(pa.array(_plain(values), None if schema is None else schema.field(index).type))
        except (pa.ArrowException, OverflowError, TypeError) as error:
            raise UserError(f"{what}: column {name!r}: {error}; convert the values before") from None
    return pa.RecordBatch.from_arrays(arrays, schema=schema) if schema is not None else pa.record_batch(arrays, names)


def _select(data: pa.RecordBatch, schema: pa.Schema, what: str) -> pa.RecordBatch:
    import pyarrow as pa

    arrays = []
    for item in schema:
        index = data.schema.get_field_index(item.name)
        if index < 0:
            raise UserError(f"{what}: there is no column {item.name!r}; there are {', '.join(data.schema.names)}")
        try:
            arrays.append(data.column(index).cast(item.type))
        except pa.ArrowException as error:
            raise UserError(f"{what}: column {item.name!r}: {error}") from None
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _suggested_names(values: Sequence[Any], what: str) -> list[str]:
    first = values[0] if values else None
    names = field_names(first)
    if names is not None:
        return names
    if isinstance(first, Row | tuple | list):
        return [f"f{index}" for index in range(len(first))]
    raise UserError(
        f"{what}: {first!r} ({type(first).__name__}) has no columns; map it to a Row, dict, tuple or dataclass, or "
        "give the format a schema"
    )


def _plain(values: list[Any]) -> list[Any]:
    if any(isinstance(value, Row) for value in values):
        return [value.as_dict(recursive=True) if isinstance(value, Row) else value for value in values]
    return values


def _is_named(row: Row) -> bool:
    return row._fields is not None
