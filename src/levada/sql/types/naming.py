"""How a type is written in SQL, and in messages, plans and ``DESCRIBE``."""

from __future__ import annotations

from collections.abc import Callable

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

_ROOTS: dict[type[DataType], str] = {
    NullType: "NULL",
    TinyIntType: "TINYINT",
    SmallIntType: "SMALLINT",
    IntType: "INT",
    BigIntType: "BIGINT",
    FloatType: "FLOAT",
    DoubleType: "DOUBLE",
    DecimalType: "DECIMAL",
    BooleanType: "BOOLEAN",
    CharType: "CHAR",
    VarCharType: "VARCHAR",
    BinaryType: "BINARY",
    VarBinaryType: "VARBINARY",
    DateType: "DATE",
    TimeType: "TIME",
    TimestampType: "TIMESTAMP",
    LocalZonedTimestampType: "TIMESTAMP_LTZ",
    ZonedTimestampType: "TIMESTAMP WITH TIME ZONE",
    DayTimeIntervalType: "INTERVAL DAY TO SECOND",
    YearMonthIntervalType: "INTERVAL YEAR TO MONTH",
    ArrayType: "ARRAY",
    MapType: "MAP",
    MultisetType: "MULTISET",
    RowType: "ROW",
    RawType: "RAW",
    VariantType: "VARIANT",
}


def type_root(kind: DataType) -> str:
    """The family a type belongs to, without parameters: ``DECIMAL``, ``ROW`` ..."""
    return _ROOTS[type(kind)]


def _field(field: RowField) -> str:
    quoted = field.name.replace("`", "``")
    return f"`{quoted}` {type_name(field.data_type)}"


_PARAMETERS: dict[type[DataType], Callable[..., str]] = {
    DecimalType: lambda t: f"DECIMAL({t.precision}, {t.scale})",
    CharType: lambda t: f"CHAR({t.length})",
    BinaryType: lambda t: f"BINARY({t.length})",
    VarCharType: lambda t: "STRING" if t.length == STRING_LENGTH else f"VARCHAR({t.length})",
    VarBinaryType: lambda t: "BYTES" if t.length == STRING_LENGTH else f"VARBINARY({t.length})",
    TimeType: lambda t: f"TIME({t.precision})",
    TimestampType: lambda t: f"TIMESTAMP({t.precision})",
    LocalZonedTimestampType: lambda t: f"TIMESTAMP_LTZ({t.precision})",
    ZonedTimestampType: lambda t: f"TIMESTAMP({t.precision}) WITH TIME ZONE",
    DayTimeIntervalType: lambda t: f"INTERVAL {t.resolution.value}",
    YearMonthIntervalType: lambda t: f"INTERVAL {t.resolution.value}",
    ArrayType: lambda t: f"ARRAY<{type_name(t.element_type)}>",
    MultisetType: lambda t: f"MULTISET<{type_name(t.element_type)}>",
    MapType: lambda t: f"MAP<{type_name(t.key_type)}, {type_name(t.value_type)}>",
    RowType: lambda t: f"ROW<{', '.join(map(_field, t.fields))}>",
}


def type_name(kind: DataType) -> str:
    """The type as Flink writes it: ``DECIMAL(10, 2) NOT NULL``, ``ARRAY<STRING>``, ``ROW<`a` INT>``."""
    write = _PARAMETERS.get(type(kind))
    text = type_root(kind) if write is None else write(kind)
    return text if kind.is_nullable else f"{text} NOT NULL"
