"""Data types as written: ``DECIMAL(10, 2) NOT NULL``, ``ROW<a INT, b ARRAY<STRING>>``."""

from __future__ import annotations

from collections.abc import Callable

from levada.common.errors import SqlError
from levada.sql.parser.cursor import Cursor
from levada.sql.tokenizer import TokenKind
from levada.sql.types import (
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

_NAMES = (
    "CHAR",
    "VARCHAR",
    "STRING",
    "BOOLEAN",
    "BINARY",
    "VARBINARY",
    "BYTES",
    "DECIMAL",
    "TINYINT",
    "SMALLINT",
    "INT",
    "BIGINT",
    "FLOAT",
    "DOUBLE",
    "DATE",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP_LTZ",
    "ARRAY",
    "MAP",
    "MULTISET",
    "ROW",
)


def data_type(cursor: Cursor) -> DataType:
    """Read a type with its ``NOT NULL`` and its ``ARRAY`` / ``MULTISET`` suffixes."""
    start = cursor.token.span
    try:
        kind = _nullability(cursor, _base(cursor))
    except SqlError as error:
        if str(error).startswith("line "):
            raise
        raise cursor.error(str(error), cursor.span_from(start)) from None
    while suffix := cursor.take_any("ARRAY", "MULTISET"):
        kind = _nullability(cursor, ArrayType(kind) if suffix == "ARRAY" else MultisetType(kind))
    return kind


def _nullability(cursor: Cursor, kind: DataType) -> DataType:
    if cursor.take("NOT", "NULL"):
        return kind.not_null()
    cursor.take("NULL")
    return kind


def _base(cursor: Cursor) -> DataType:
    token = cursor.token
    if token.kind is not TokenKind.WORD:
        raise cursor.unexpected("a data type")
    rule = _RULES.get(token.value)
    if rule is None:
        names = ", ".join(_NAMES)
        raise cursor.error(f"`{token.text}` is not a data type; the types are {names}")
    cursor.advance()
    return rule(cursor)


def _parameter(cursor: Cursor) -> int | None:
    if not cursor.at_symbol("("):
        return None
    return cursor.parenthesised(lambda inner: inner.integer("a length or precision"))


def _decimal(cursor: Cursor) -> DataType:
    precision, scale = 10, 0
    if cursor.take_symbol("("):
        precision = cursor.integer("a precision")
        if cursor.take_symbol(","):
            scale = cursor.integer("a scale")
        cursor.expect_symbol(")")
    return DecimalType(precision, scale)


def _char(cursor: Cursor) -> DataType:
    if cursor.take("VARYING"):
        return VarCharType(_parameter(cursor) or 1)
    return CharType(_parameter(cursor) or 1)


def _binary(cursor: Cursor) -> DataType:
    if cursor.take("VARYING"):
        return VarBinaryType(_parameter(cursor) or 1)
    return BinaryType(_parameter(cursor) or 1)


def _double(cursor: Cursor) -> DataType:
    cursor.take("PRECISION")
    return DoubleType()


def _time(cursor: Cursor) -> DataType:
    precision = _parameter(cursor)
    cursor.take("WITHOUT", "TIME", "ZONE")
    return TimeType(precision)


def _timestamp(cursor: Cursor) -> DataType:
    precision = _parameter(cursor)
    if cursor.take("WITH", "LOCAL", "TIME", "ZONE"):
        return LocalZonedTimestampType(precision)
    if cursor.take("WITH", "TIME", "ZONE"):
        return ZonedTimestampType(precision)
    cursor.take("WITHOUT", "TIME", "ZONE")
    return TimestampType(precision)


def _angled(cursor: Cursor) -> DataType:
    cursor.expect_symbol("<")
    kind = data_type(cursor)
    cursor.expect_symbol(">")
    return kind


def _map(cursor: Cursor) -> DataType:
    cursor.expect_symbol("<")
    key = data_type(cursor)
    cursor.expect_symbol(",")
    value = data_type(cursor)
    cursor.expect_symbol(">")
    return MapType(key, value)


def _row(cursor: Cursor) -> DataType:
    close = ")" if cursor.take_symbol("(") else ">"
    if close == ">":
        cursor.expect_symbol("<")
    fields: tuple[RowField, ...] = ()
    if not cursor.at_symbol(close):
        fields = cursor.comma_list(_row_field)
    cursor.expect_symbol(close)
    return RowType(fields)


def _row_field(cursor: Cursor) -> RowField:
    name = cursor.name("a field name")
    kind = data_type(cursor)
    comment = cursor.string() if cursor.token.kind is TokenKind.STRING else None
    return RowField(name, kind, comment)


def _raw(cursor: Cursor) -> DataType:
    if cursor.take_symbol("("):
        cursor.comma_list(Cursor.string)
        cursor.expect_symbol(")")
    return RawType()


def _interval(cursor: Cursor) -> DataType:
    first = cursor.expect_any("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
    day_precision = _parameter(cursor)
    fraction = None
    last = None
    if cursor.take("TO"):
        last = cursor.expect_any("MONTH", "HOUR", "MINUTE", "SECOND")
        fraction = _parameter(cursor)
    fields = first if last is None else f"{first} TO {last}"
    if first in ("YEAR", "MONTH"):
        return YearMonthIntervalType(YearMonthIntervalType.YearMonthResolution(fields), day_precision or 2)
    resolution = DayTimeIntervalType.DayTimeResolution(fields)
    return DayTimeIntervalType(resolution, day_precision or 2, 3 if fraction is None else fraction)


_RULES: dict[str, Callable[[Cursor], DataType]] = {
    "CHAR": _char,
    "CHARACTER": _char,
    "VARCHAR": lambda cursor: VarCharType(_parameter(cursor) or 1),
    "STRING": lambda cursor: VarCharType(STRING_LENGTH),
    "BOOLEAN": lambda cursor: BooleanType(),
    "BINARY": _binary,
    "VARBINARY": lambda cursor: VarBinaryType(_parameter(cursor) or 1),
    "BYTES": lambda cursor: VarBinaryType(STRING_LENGTH),
    "DECIMAL": _decimal,
    "DEC": _decimal,
    "NUMERIC": _decimal,
    "TINYINT": lambda cursor: TinyIntType(),
    "SMALLINT": lambda cursor: SmallIntType(),
    "INT": lambda cursor: IntType(),
    "INTEGER": lambda cursor: IntType(),
    "BIGINT": lambda cursor: BigIntType(),
    "FLOAT": lambda cursor: FloatType(),
    "REAL": lambda cursor: FloatType(),
    "DOUBLE": _double,
    "DATE": lambda cursor: DateType(),
    "TIME": _time,
    "TIMESTAMP": _timestamp,
    "TIMESTAMP_LTZ": lambda cursor: LocalZonedTimestampType(_parameter(cursor)),
    "ARRAY": lambda cursor: ArrayType(_angled(cursor)),
    "MULTISET": lambda cursor: MultisetType(_angled(cursor)),
    "MAP": _map,
    "ROW": _row,
    "RAW": _raw,
    "INTERVAL": _interval,
    "VARIANT": lambda cursor: VariantType(),
    "NULL": lambda cursor: NullType(),
}
