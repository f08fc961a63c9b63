"""``DataTypes``: the types of SQL, as a factory. The classes live in ``levada.sql.types``."""

from __future__ import annotations

from collections.abc import Iterable

from levada.common.errors import SqlError
from levada.sql.types import (
    STRING_LENGTH,
    ArrayType,
    AtomicType,
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
    FractionalType,
    IntegralType,
    IntType,
    LocalZonedTimestampType,
    MapType,
    MultisetType,
    NullType,
    NumericType,
    RawType,
    RowField,
    RowType,
    SmallIntType,
    TimestampType,
    TimeType,
    TinyIntType,
    VarBinaryType,
    VarCharType,
    YearMonthIntervalType,
    ZonedTimestampType,
)

__all__ = [
    "ArrayType",
    "AtomicType",
    "BigIntType",
    "BinaryType",
    "BooleanType",
    "CharType",
    "DataType",
    "DataTypes",
    "DateType",
    "DayTimeIntervalType",
    "DecimalType",
    "DoubleType",
    "FloatType",
    "FractionalType",
    "IntType",
    "IntegralType",
    "LocalZonedTimestampType",
    "MapType",
    "MultisetType",
    "NullType",
    "NumericType",
    "RawType",
    "RowField",
    "RowType",
    "SmallIntType",
    "TimeType",
    "TimestampType",
    "TinyIntType",
    "VarBinaryType",
    "VarCharType",
    "YearMonthIntervalType",
    "ZonedTimestampType",
]


class DataTypes:
    """Makes types: ``DataTypes.INT()``, ``DataTypes.ARRAY(DataTypes.STRING())``. NULL is allowed unless told not to."""

    @staticmethod
    def NULL() -> NullType:  # noqa: N802
        """The type of a bare NULL."""
        return NullType()

    @staticmethod
    def CHAR(length: int, nullable: bool = True) -> CharType:  # noqa: N802
        """Strings of exactly ``length`` characters."""
        return CharType(length, nullable)

    @staticmethod
    def VARCHAR(length: int, nullable: bool = True) -> VarCharType:  # noqa: N802
        """Strings of up to ``length`` characters."""
        return VarCharType(length, nullable)

    @staticmethod
    def STRING(nullable: bool = True) -> VarCharType:  # noqa: N802
        """Strings of any length."""
        return VarCharType(STRING_LENGTH, nullable)

    @staticmethod
    def BOOLEAN(nullable: bool = True) -> BooleanType:  # noqa: N802
        """TRUE or FALSE."""
        return BooleanType(nullable)

    @staticmethod
    def BINARY(length: int, nullable: bool = True) -> BinaryType:  # noqa: N802
        """Exactly ``length`` bytes."""
        return BinaryType(length, nullable)

    @staticmethod
    def VARBINARY(length: int, nullable: bool = True) -> VarBinaryType:  # noqa: N802
        """Up to ``length`` bytes."""
        return VarBinaryType(length, nullable)

    @staticmethod
    def BYTES(nullable: bool = True) -> VarBinaryType:  # noqa: N802
        """Any number of bytes."""
        return VarBinaryType(STRING_LENGTH, nullable)

    @staticmethod
    def DECIMAL(precision: int, scale: int, nullable: bool = True) -> DecimalType:  # noqa: N802
        """Exact numbers of ``precision`` digits, ``scale`` of them behind the point."""
        return DecimalType(precision, scale, nullable)

    @staticmethod
    def TINYINT(nullable: bool = True) -> TinyIntType:  # noqa: N802
        """8-bit integers."""
        return TinyIntType(nullable)

    @staticmethod
    def SMALLINT(nullable: bool = True) -> SmallIntType:  # noqa: N802
        """16-bit integers."""
        return SmallIntType(nullable)

    @staticmethod
    def INT(nullable: bool = True) -> IntType:  # noqa: N802
        """32-bit integers."""
        return IntType(nullable)

    @staticmethod
    def BIGINT(nullable: bool = True) -> BigIntType:  # noqa: N802
        """64-bit integers."""
        return BigIntType(nullable)

    @staticmethod
    def FLOAT(nullable: bool = True) -> FloatType:  # noqa: N802
        """32-bit floats."""
        return FloatType(nullable)

    @staticmethod
    def DOUBLE(nullable: bool = True) -> DoubleType:  # noqa: N802
        """64-bit floats."""
        return DoubleType(nullable)

    @staticmethod
    def DATE(nullable: bool = True) -> DateType:  # noqa: N802
        """Days."""
        return DateType(nullable)

    @staticmethod
    def TIME(precision: int = 0, nullable: bool = True) -> TimeType:  # noqa: N802
        """Times of day."""
        return TimeType(precision, nullable)

    @staticmethod
    def TIMESTAMP(precision: int = 6, nullable: bool = True) -> TimestampType:  # noqa: N802
        """Date and time of day without a zone."""
        return TimestampType(precision, nullable)

    @staticmethod
    def TIMESTAMP_LTZ(precision: int = 6, nullable: bool = True) -> LocalZonedTimestampType:  # noqa: N802
        """Instants, shown in the session's zone."""
        return LocalZonedTimestampType(precision, nullable)

    @staticmethod
    def TIMESTAMP_WITH_LOCAL_TIME_ZONE(  # noqa: N802
        precision: int = 6, nullable: bool = True
    ) -> LocalZonedTimestampType:
        """As ``TIMESTAMP_LTZ``."""
        return LocalZonedTimestampType(precision, nullable)

    @staticmethod
    def ARRAY(element_type: DataType, nullable: bool = True) -> ArrayType:  # noqa: N802
        """Lists of values of one type."""
        return ArrayType(element_type, nullable)

    @staticmethod
    def MAP(key_type: DataType, value_type: DataType, nullable: bool = True) -> MapType:  # noqa: N802
        """Keys with their values."""
        return MapType(key_type, value_type, nullable)

    @staticmethod
    def MULTISET(element_type: DataType, nullable: bool = True) -> MultisetType:  # noqa: N802
        """Values with how often they occur."""
        return MultisetType(element_type, nullable)

    @staticmethod
    def ROW(row_fields: Iterable[RowField] | Iterable[DataType] = (), nullable: bool = True) -> RowType:  # noqa: N802
        """Fields made by ``DataTypes.FIELD``, or types alone, whose fields are then called f0, f1, ..."""
        fields = []
        for index, field in enumerate(row_fields):
            if isinstance(field, DataType):
                fields.append(RowField(f"f{index}", field))
            elif isinstance(field, RowField):
                fields.append(field)
            else:
                raise SqlError(f"DataTypes.ROW([.., {field!r}, ..]): pass DataTypes.FIELD(name, type) or types")
        return RowType(fields, nullable)

    @staticmethod
    def FIELD(name: str, data_type: DataType, description: str | None = None) -> RowField:  # noqa: N802
        """A field of a row."""
        return RowField(name, data_type, description)
