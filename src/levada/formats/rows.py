"""Columns to Python rows, and rows to columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import starmap
from typing import TYPE_CHECKING, Any

from levada.common.batch import Batch, ColumnBatch
from levada.common.errors import UserError
from levada.common.types import Row

if TYPE_CHECKING:
    import pyarrow as pa


def python_values(column: pa.Array) -> list[Any]:
    """An Arrow column as Python values. Timestamps become ``datetime`` (with nanoseconds cut off)."""
    import pyarrow as pa

    kind = column.type
    if (pa.types.is_integer(kind) or pa.types.is_floating(kind)) and column.null_count == 0:
        return list(column.to_numpy(zero_copy_only=False).tolist())
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    return list(column.to_pylist())


def to_row_values(data: pa.RecordBatch) -> list[Row]:
    """One named ``Row`` per row."""
    template = Row(*data.schema.names)
    columns = map(python_values, data.columns)
    return list(starmap(template, zip(*columns, strict=True)))


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
    first = values[0] if values else ()
    if isinstance(first, Mapping):
        return [[value.get(name) for value in values] for name in names]
    if isinstance(first, Row) and _is_named(first):
        return [[value[name] for value in values] for name in names]
    if is_dataclass(first) and not isinstance(first, type):
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
    for index, (name, values) in enumerate(zip(names, columns_of(batch.values, names), strict=True)):
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
        f"{what}: {first!r} ({type(first).__name__}) has no columns; map it to a Row, dict, tuple or dataclass, or give "
        "the format a schema"
    )


def _plain(values: list[Any]) -> list[Any]:
    if any(isinstance(value, Row) for value in values):
        return [value.as_dict(recursive=True) if isinstance(value, Row) else value for value in values]
    return values


def _is_named(row: Row) -> bool:
    return row._fields is not None
