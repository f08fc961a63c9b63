"""Batches of a result to ``Row`` objects: values as PyFlink gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from levada.common.batch import Batch, ColumnBatch
from levada.common.errors import InternalError
from levada.common.types import Row, RowKind
from levada.formats.rows import python_values
from levada.sql.types import (
    ArrayType,
    BinaryType,
    DataType,
    LocalZonedTimestampType,
    MapType,
    MultisetType,
    RowType,
    TimestampType,
    VarBinaryType,
)
from levada.state.columnar.arrays import numbers_of

Convert = Callable[[Any], Any]

_KINDS = tuple(RowKind)


class RowReader:
    """Turns batches of ``row_type`` into rows.

    Bytes become ``bytearray``, ROW values ``Row``, maps and multisets ``dict``, instants ``datetime`` in the session's
    zone.
    """

    def __init__(self, row_type: RowType, time_zone: str) -> None:
        self._converters = [_converter(kind, ZoneInfo(time_zone)) for kind in row_type.field_types()]

    def rows(self, batch: Batch) -> Iterator[Row]:
        """The rows of a batch, with their kinds."""
        if not isinstance(batch, ColumnBatch):
            raise InternalError(f"a result comes in column batches, not {batch!r}")
        columns = [
            _column(column, convert) for column, convert in zip(batch.data.columns, self._converters, strict=True)
        ]
        if batch.kinds is None:
            for values in zip(*columns, strict=True):
                yield Row(*values)
            return
        for kind, values in zip(numbers_of(batch.kinds) or (), zip(*columns, strict=True), strict=True):
            yield Row.of_kind(_KINDS[kind], *values)


def _column(column: pa.Array, convert: Convert | None) -> list[Any]:
    values = numbers_of(column)
    if values is None:
        values = python_values(_microseconds(column))
    return values if convert is None else [None if value is None else convert(value) for value in values]


def _microseconds(column: pa.Array) -> pa.Array:
    """Python's times have no nanoseconds."""
    if pa.types.is_time64(column.type) and column.type.unit == "ns":
        return column.cast(pa.time64("us"), safe=False)
    return column


def _converter(kind: DataType, zone: ZoneInfo) -> Convert | None:
    """What is left to do for values that Arrow gives; None where nothing is."""
    match kind:
        case BinaryType() | VarBinaryType():
            return bytearray
        case LocalZonedTimestampType():
            return lambda value: _moment(value).astimezone(zone)
        case TimestampType():
            return _moment
        case ArrayType():
            element = _converter(kind.element_type, zone)
            return None if element is None else lambda value: [_each(element, item) for item in value]
        case MapType() | MultisetType():
            if isinstance(kind, MapType):
                key, item = _converter(kind.key_type, zone), _converter(kind.value_type, zone)
            else:
                key, item = _converter(kind.element_type, zone), None
            return lambda value: {_each(key, k): _each(item, v) for k, v in value}
        case RowType():
            inner = [_converter(field.data_type, zone) for field in kind.fields]
            return lambda value: Row(*(_each(c, v) for c, v in zip(inner, value.values(), strict=True)))
        case _:
            return None


def _each(convert: Convert | None, value: Any) -> Any:
    return value if convert is None or value is None else convert(value)


def _moment(value: Any) -> datetime:
    """A ``datetime``; nested nanosecond timestamps come as pandas' own where pandas is installed."""
    moment: datetime = value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
    return moment
