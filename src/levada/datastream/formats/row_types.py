"""Types of rows, however they are written down, as Arrow schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from levada.common.composite_typeinfo import (
    BasicArrayTypeInfo,
    ListTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
)
from levada.common.errors import JobBuildError
from levada.common.typeinfo import Types

if TYPE_CHECKING:
    import pyarrow as pa


def schema_of(row_type: Any, call: str) -> pa.Schema:
    """The columns of ``Types.ROW_NAMED(...)``, ``DataTypes.ROW(...)`` or a ``pyarrow.Schema``."""
    import pyarrow as pa

    from levada.sql.types import RowType
    from levada.sql.types.arrow import to_arrow_schema

    if isinstance(row_type, pa.Schema):
        return row_type
    if isinstance(row_type, RowType):
        return to_arrow_schema(row_type)
    if isinstance(row_type, RowTypeInfo):
        names, types = row_type.get_field_names(), row_type.get_field_types()
        return pa.schema([(name, arrow_type(each, call)) for name, each in zip(names, types, strict=True)])
    raise JobBuildError(
        f"{call}: {row_type!r} is no type of rows; pass Types.ROW_NAMED(names, types), DataTypes.ROW(fields) or a "
        "pyarrow.Schema"
    )


def arrow_type(given: Any, call: str) -> pa.DataType:
    """The Arrow type of a ``DataType`` of SQL or of a type information."""
    import pyarrow as pa

    from levada.sql.types import DataType
    from levada.sql.types.arrow import to_arrow

    if isinstance(given, pa.DataType):
        return given
    if isinstance(given, DataType):
        return to_arrow(given)
    if isinstance(given, RowTypeInfo):
        return pa.struct(list(schema_of(given, call)))
    if isinstance(given, MapTypeInfo):
        return pa.map_(arrow_type(given.key_type, call), arrow_type(given.value_type, call))
    if isinstance(given, PrimitiveArrayTypeInfo) and given.is_bytes:
        return pa.binary()
    if isinstance(given, ListTypeInfo | BasicArrayTypeInfo | ObjectArrayTypeInfo | PrimitiveArrayTypeInfo):
        return pa.list_(arrow_type(given.element_type, call))
    for known, arrow in (
        (Types.STRING(), pa.string()),
        (Types.BOOLEAN(), pa.bool_()),
        (Types.BYTE(), pa.int8()),
        (Types.SHORT(), pa.int16()),
        (Types.INT(), pa.int32()),
        (Types.LONG(), pa.int64()),
        (Types.FLOAT(), pa.float32()),
        (Types.DOUBLE(), pa.float64()),
        (Types.BIG_INT(), pa.decimal128(38, 0)),
        (Types.BIG_DEC(), pa.decimal128(38, 18)),
        (Types.SQL_DATE(), pa.date32()),
        (Types.SQL_TIME(), pa.time64("us")),
        (Types.SQL_TIMESTAMP(), pa.timestamp("us")),
        (Types.INSTANT(), pa.timestamp("us", "UTC")),
    ):
        if given == known:
            return arrow
    raise JobBuildError(f"{call}: {given!r} has no column type; give the field a type of Types or DataTypes")
