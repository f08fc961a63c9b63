"""The types of streams as types of tables, and the other way round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from levada.common.type_hints import from_annotation
from levada.common.typeinfo import (
    BasicArrayTypeInfo,
    BasicType,
    BasicTypeInfo,
    DateTypeInfo,
    ListTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    ObjectTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TupleTypeInfo,
    TypeInformation,
    Types,
)
from levada.sql.types import (
    STRING_LENGTH,
    ArrayType,
    BigIntType,
    BinaryType,
    BooleanType,
    CharType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntType,
    LocalZonedTimestampType,
    MapType,
    MultisetType,
    RowField,
    RowType,
    SmallIntType,
    TimestampType,
    TimeType,
    TinyIntType,
    VarBinaryType,
    VarCharType,
)

_BASIC: dict[BasicType, DataType] = {
    BasicType.STRING: VarCharType(STRING_LENGTH),
    BasicType.CHAR: CharType(1),
    BasicType.BOOLEAN: BooleanType(),
    BasicType.BYTE: TinyIntType(),
    BasicType.SHORT: SmallIntType(),
    BasicType.INT: IntType(),
    BasicType.LONG: BigIntType(),
    BasicType.BIG_INT: DecimalType(38, 0),
    BasicType.FLOAT: FloatType(),
    BasicType.DOUBLE: DoubleType(),
    BasicType.BIG_DEC: DecimalType(38, 18),
    BasicType.INSTANT: LocalZonedTimestampType(9),
}
"""Python's own precision where a type says none: microseconds, and the nanoseconds of an ``Instant``."""


def row_type_of(type_info: TypeInformation) -> RowType | None:
    """The columns of a stream's values: the fields of rows, tuples and dataclasses, else one column ``f0``.

    None where the values may be anything.
    """
    kind = data_type_of(type_info)
    if kind is None or isinstance(kind, RowType):
        return kind
    return RowType((RowField("f0", kind),))


def data_type_of(type_info: TypeInformation) -> DataType | None:
    """The SQL type of a stream's values; None where there is none."""
    match type_info:
        case BasicTypeInfo():
            return _BASIC[type_info.basic_type]
        case DateTypeInfo():
            return DateType()
        case TimeTypeInfo():
            return TimeType(6)
        case TimestampTypeInfo():
            return TimestampType(6)
        case PrimitiveArrayTypeInfo() if type_info.is_bytes:
            return VarBinaryType(STRING_LENGTH)
        case PrimitiveArrayTypeInfo():
            return _with(lambda parts: ArrayType(parts[0].not_null()), [type_info.element_type])
        case ListTypeInfo() | BasicArrayTypeInfo() | ObjectArrayTypeInfo():
            return _with(lambda parts: ArrayType(parts[0]), [type_info.element_type])
        case MapTypeInfo():
            return _with(
                lambda parts: MapType(parts[0].not_null(), parts[1]), [type_info.key_type, type_info.value_type]
            )
        case RowTypeInfo():
            return _fields(type_info.get_field_names(), type_info.get_field_types())
        case TupleTypeInfo():
            kinds = type_info.get_field_types()
            return _fields([f"f{at}" for at in range(len(kinds))], kinds)
        case ObjectTypeInfo():
            return _object(type_info.python_type)
        case _:
            return None


def _with(make: Callable[[list[DataType]], DataType], parts: Sequence[TypeInformation]) -> DataType | None:
    kinds = [data_type_of(part) for part in parts]
    known = [kind for kind in kinds if kind is not None]
    return make(known) if len(known) == len(kinds) else None


def _fields(names: Sequence[str], types: Sequence[TypeInformation]) -> DataType | None:
    return _with(lambda kinds: RowType.of(list(names), kinds), types)


def _object(python_type: type[Any]) -> DataType | None:
    """A dataclass or a named tuple as a row of its fields."""
    if is_dataclass(python_type):
        names = [field.name for field in fields(python_type)]
    elif issubclass(python_type, tuple) and hasattr(python_type, "_fields"):
        names = list(python_type._fields)
    else:
        return None
    hints = get_type_hints(python_type)
    return _fields(names, [from_annotation(hints.get(name, Any)) for name in names])


_TYPE_INFO: dict[type[DataType], Callable[[], TypeInformation]] = {
    BooleanType: Types.BOOLEAN,
    TinyIntType: Types.BYTE,
    SmallIntType: Types.SHORT,
    IntType: Types.INT,
    BigIntType: Types.LONG,
    FloatType: Types.FLOAT,
    DoubleType: Types.DOUBLE,
    DecimalType: Types.BIG_DEC,
    CharType: Types.STRING,
    VarCharType: Types.STRING,
    BinaryType: lambda: Types.PRIMITIVE_ARRAY(Types.BYTE()),
    VarBinaryType: lambda: Types.PRIMITIVE_ARRAY(Types.BYTE()),
    DateType: Types.SQL_DATE,
    TimeType: Types.SQL_TIME,
    TimestampType: Types.SQL_TIMESTAMP,
    LocalZonedTimestampType: Types.INSTANT,
}


def type_info_of(kind: DataType) -> TypeInformation:
    """The type of a table's values in a stream; any object where streams have no name for it."""
    simple = _TYPE_INFO.get(type(kind))
    if simple is not None:
        return simple()
    match kind:
        case ArrayType():
            return Types.OBJECT_ARRAY(type_info_of(kind.element_type))
        case MapType():
            return Types.MAP(type_info_of(kind.key_type), type_info_of(kind.value_type))
        case MultisetType():
            return Types.MAP(type_info_of(kind.element_type), Types.INT())
        case RowType():
            return row_type_info(kind)
        case _:
            return Types.PICKLED_BYTE_ARRAY()


def row_type_info(row_type: RowType) -> RowTypeInfo:
    """The type of a table's rows in a stream."""
    return Types.ROW_NAMED(row_type.field_names(), [type_info_of(kind) for kind in row_type.field_types()])
