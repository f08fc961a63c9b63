"""The Arrow form of each type. Loaded only where columns are."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from levada.common.errors import SqlError
from levada.sql.types.datatypes import (
    STRING_LENGTH,
    ArrayType,
    BigIntType,
    BinaryType,
    BooleanType,
    CharType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntType,
    LocalZonedTimestampType,
    MapType,
    MultisetType,
    NullType,
    RawType,
    RowField,
    RowType,
    SmallIntType,
    TimestampType,
    TimeType,
    TinyIntType,
    VarBinaryType,
    VarCharType,
    VariantType,
    YearMonthIntervalType,
    ZonedTimestampType,
)
from levada.sql.types.naming import type_name

_SIMPLE: dict[type[DataType], pa.DataType] = {
    NullType: pa.null(),
    TinyIntType: pa.int8(),
    SmallIntType: pa.int16(),
    IntType: pa.int32(),
    BigIntType: pa.int64(),
    FloatType: pa.float32(),
    DoubleType: pa.float64(),
    BooleanType: pa.bool_(),
    CharType: pa.string(),
    VarCharType: pa.string(),
    BinaryType: pa.binary(),
    VarBinaryType: pa.binary(),
    DateType: pa.date32(),
    DayTimeIntervalType: pa.duration("ms"),
    YearMonthIntervalType: pa.int32(),
    RawType: pa.binary(),
    VariantType: pa.string(),
}


def _unit(precision: int) -> str:
    return "s" if precision == 0 else "ms" if precision <= 3 else "us" if precision <= 6 else "ns"


def to_arrow(kind: DataType) -> pa.DataType:
    """The Arrow type whose arrays hold values of ``kind``."""
    simple = _SIMPLE.get(type(kind))
    if simple is not None:
        return simple
    match kind:
        case DecimalType():
            return pa.decimal128(kind.precision, kind.scale)
        case TimeType():
            return pa.time32(_unit(kind.precision)) if kind.precision <= 3 else pa.time64(_unit(kind.precision))
        case TimestampType():
            return pa.timestamp(_unit(kind.precision))
        case LocalZonedTimestampType() | ZonedTimestampType():
            return pa.timestamp(_unit(kind.precision), "UTC")
        case ArrayType():
            return pa.list_(_arrow_field("item", kind.element_type))
        case MapType():
            return pa.map_(to_arrow(kind.key_type), to_arrow(kind.value_type))
        case MultisetType():
            return pa.map_(to_arrow(kind.element_type), pa.int32())
        case RowType():
            return pa.struct([_arrow_field(field.name, field.data_type) for field in kind.fields])
        case _:
            raise SqlError(f"{type_name(kind)} has no columnar form")


def _arrow_field(name: str, kind: DataType) -> pa.Field:
    return pa.field(name, to_arrow(kind), nullable=kind.is_nullable)


def to_arrow_schema(row: RowType) -> pa.Schema:
    """The Arrow schema of batches whose rows have type ``row``."""
    return pa.schema([_arrow_field(field.name, field.data_type) for field in row.fields])


def _precision(unit: str) -> int:
    return {"s": 0, "ms": 3, "us": 6, "ns": 9}[unit]


_FROM_SIMPLE: dict[Any, type[DataType]] = {
    pa.null(): NullType,
    pa.int8(): TinyIntType,
    pa.int16(): SmallIntType,
    pa.uint8(): SmallIntType,
    pa.int32(): IntType,
    pa.uint16(): IntType,
    pa.int64(): BigIntType,
    pa.uint32(): BigIntType,
    pa.float16(): FloatType,
    pa.float32(): FloatType,
    pa.float64(): DoubleType,
    pa.bool_(): BooleanType,
    pa.date32(): DateType,
    pa.date64(): DateType,
}


def from_arrow(arrow: pa.DataType, nullable: bool = True) -> DataType:
    """The SQL type that fits an Arrow type best; ``to_arrow`` of it can hold every value."""
    simple = _FROM_SIMPLE.get(arrow)
    if simple is not None:
        return NullType() if simple is NullType else simple(nullable)
    types = pa.types
    if types.is_uint64(arrow):
        return DecimalType(20, 0, nullable)
    if types.is_string(arrow) or types.is_large_string(arrow) or types.is_string_view(arrow):
        return VarCharType(STRING_LENGTH, nullable)
    if types.is_fixed_size_binary(arrow):
        return BinaryType(arrow.byte_width, nullable)
    if types.is_binary(arrow) or types.is_large_binary(arrow) or types.is_binary_view(arrow):
        return VarBinaryType(STRING_LENGTH, nullable)
    if types.is_decimal(arrow):
        return DecimalType(arrow.precision, arrow.scale, nullable)
    if types.is_timestamp(arrow):
        precision = _precision(arrow.unit)
        return TimestampType(precision, nullable) if arrow.tz is None else LocalZonedTimestampType(precision, nullable)
    if types.is_time(arrow):
        return TimeType(_precision(arrow.unit), nullable)
    if types.is_duration(arrow):
        return DayTimeIntervalType(nullable=nullable)
    if types.is_dictionary(arrow):
        return from_arrow(arrow.value_type, nullable)
    if types.is_map(arrow):
        return MapType(from_arrow(arrow.key_type, False), from_arrow(arrow.item_type), nullable)
    if types.is_list(arrow) or types.is_large_list(arrow) or types.is_fixed_size_list(arrow):
        return ArrayType(from_arrow(arrow.value_type, arrow.value_field.nullable), nullable)
    if types.is_struct(arrow):
        return RowType((RowField(f.name, from_arrow(f.type, f.nullable)) for f in arrow), nullable)
    raise SqlError(f"a column of Arrow type {arrow} cannot be used in SQL; cast it to another type first")
