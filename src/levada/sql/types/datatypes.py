"""One class per data type, under PyFlink's names. Types are values: compared by content, never changed."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, ClassVar

from levada.common.errors import SqlError

STRING_LENGTH = 0x7FFFFFFF
"""The length of ``STRING`` and ``BYTES``, which are ``VARCHAR`` and ``VARBINARY`` of the greatest length."""


class DataType:
    """Base of all types. ``nullable`` says whether values may be NULL."""

    _content: ClassVar[tuple[str, ...]] = ()
    """Attributes that make two types of one class different."""

    def __init__(self, nullable: bool = True) -> None:
        self._nullable = nullable

    @classmethod
    def type_name(cls) -> str:
        """The class's name in capitals, without ``Type``."""
        return cls.__name__[:-4].upper()

    @property
    def is_nullable(self) -> bool:
        """Whether values may be NULL."""
        return self._nullable

    def nullable(self) -> DataType:
        """This type with NULL allowed."""
        return self.with_nullability(True)

    def not_null(self) -> DataType:
        """This type without NULL."""
        return self.with_nullability(False)

    def with_nullability(self, nullable: bool) -> DataType:
        """This type, with or without NULL."""
        if nullable == self._nullable:
            return self
        changed = copy.copy(self)
        changed._nullable = nullable
        return changed

    def _key(self) -> tuple[Any, ...]:
        return (type(self), self._nullable, *(getattr(self, name) for name in self._content))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataType) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        return self.type_name()

    def __repr__(self) -> str:
        content = "".join(f"{getattr(self, name)!r}, " for name in self._content)
        return f"{type(self).__name__}({content}{str(self._nullable).lower()})"


class AtomicType(DataType):
    """A type without parts."""


class NullType(AtomicType):
    """The type of a bare ``NULL``."""


class NumericType(AtomicType):
    """Numbers."""


class IntegralType(NumericType):
    """Whole numbers."""


class FractionalType(NumericType):
    """Numbers with a fraction."""


class TinyIntType(IntegralType):
    """8-bit integers."""


class SmallIntType(IntegralType):
    """16-bit integers."""


class IntType(IntegralType):
    """32-bit integers."""


class BigIntType(IntegralType):
    """64-bit integers."""


class FloatType(FractionalType):
    """32-bit floats."""


class DoubleType(FractionalType):
    """64-bit floats."""


class DecimalType(FractionalType):
    """Exact numbers of ``precision`` digits, ``scale`` of them behind the point."""

    _content = ("precision", "scale")

    def __init__(self, precision: int = 10, scale: int = 0, nullable: bool = True) -> None:
        if not 1 <= precision <= 38 or not 0 <= scale <= precision:
            raise SqlError(f"DECIMAL({precision}, {scale}): precision must be 1 to 38 and scale 0 to the precision")
        super().__init__(nullable)
        self.precision = precision
        self.scale = scale


class BooleanType(AtomicType):
    """TRUE, FALSE and, if nullable, UNKNOWN."""


class _LengthType(AtomicType):
    _content = ("length",)

    def __init__(self, length: int = 1, nullable: bool = True) -> None:
        if not 0 <= length <= STRING_LENGTH:
            raise SqlError(f"{self.type_name()}({length}): the length must be 1 to {STRING_LENGTH}")
        super().__init__(nullable)
        self.length = length


class CharType(_LengthType):
    """Strings of exactly ``length`` characters, padded with spaces."""


class VarCharType(_LengthType):
    """Strings of up to ``length`` characters."""


class BinaryType(_LengthType):
    """Exactly ``length`` bytes."""


class VarBinaryType(_LengthType):
    """Up to ``length`` bytes."""


class DateType(AtomicType):
    """Days."""


class _PrecisionType(AtomicType):
    _content = ("precision",)
    _default: ClassVar[int] = 6

    def __init__(self, precision: int | None = None, nullable: bool = True) -> None:
        precision = self._default if precision is None else precision
        if not 0 <= precision <= 9:
            raise SqlError(f"{self.type_name()}({precision}): the precision must be 0 to 9")
        super().__init__(nullable)
        self.precision = precision


class TimeType(_PrecisionType):
    """Times of day, ``precision`` digits behind the second."""

    _default = 0


class TimestampType(_PrecisionType):
    """Date and time of day without a zone."""


class LocalZonedTimestampType(_PrecisionType):
    """Instants, shown in the session's zone."""


class ZonedTimestampType(_PrecisionType):
    """Instants with a zone of their own."""


class DayTimeIntervalType(AtomicType):
    """Spans of time, to the millisecond; ``resolution`` says which fields they are written in."""

    _content = ("resolution", "day_precision", "fractional_precision")

    class DayTimeResolution(Enum):
        """Fields of a span from the first to the last."""

        DAY = "DAY"
        DAY_TO_HOUR = "DAY TO HOUR"
        DAY_TO_MINUTE = "DAY TO MINUTE"
        DAY_TO_SECOND = "DAY TO SECOND"
        HOUR = "HOUR"
        HOUR_TO_MINUTE = "HOUR TO MINUTE"
        HOUR_TO_SECOND = "HOUR TO SECOND"
        MINUTE = "MINUTE"
        MINUTE_TO_SECOND = "MINUTE TO SECOND"
        SECOND = "SECOND"

    def __init__(
        self,
        resolution: DayTimeResolution = DayTimeResolution.SECOND,
        day_precision: int = 2,
        fractional_precision: int = 3,
        nullable: bool = True,
    ) -> None:
        super().__init__(nullable)
        self.resolution = resolution
        self.day_precision = day_precision
        self.fractional_precision = fractional_precision


class YearMonthIntervalType(AtomicType):
    """Spans of months."""

    _content = ("resolution", "precision")

    class YearMonthResolution(Enum):
        """Fields of a span from the first to the last."""

        YEAR = "YEAR"
        MONTH = "MONTH"
        YEAR_TO_MONTH = "YEAR TO MONTH"

    def __init__(
        self,
        resolution: YearMonthResolution = YearMonthResolution.MONTH,
        precision: int = 2,
        nullable: bool = True,
    ) -> None:
        super().__init__(nullable)
        self.resolution = resolution
        self.precision = precision


class ArrayType(DataType):
    """Lists of values of one type."""

    _content = ("element_type",)

    def __init__(self, element_type: DataType, nullable: bool = True) -> None:
        super().__init__(nullable)
        self.element_type = element_type


class MapType(DataType):
    """Keys with their values."""

    _content = ("key_type", "value_type")

    def __init__(self, key_type: DataType, value_type: DataType, nullable: bool = True) -> None:
        super().__init__(nullable)
        self.key_type = key_type
        self.value_type = value_type


class MultisetType(DataType):
    """Values with how often they occur."""

    _content = ("element_type",)

    def __init__(self, element_type: DataType, nullable: bool = True) -> None:
        super().__init__(nullable)
        self.element_type = element_type


class RowField:
    """A named field of a ``RowType``."""

    __slots__ = ("data_type", "description", "name")

    def __init__(self, name: str, data_type: DataType, description: str | None = None) -> None:
        self.name = name
        self.data_type = data_type
        self.description = description

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RowField) and (self.name, self.data_type) == (other.name, other.data_type)

    def __hash__(self) -> int:
        return hash((self.name, self.data_type))

    def __repr__(self) -> str:
        return f"RowField({self.name}, {self.data_type!r})"


class RowType(DataType):
    """Fields with names and types."""

    _content = ("fields",)

    def __init__(self, fields: Iterable[RowField] = (), nullable: bool = True) -> None:
        super().__init__(nullable)
        self.fields: tuple[RowField, ...] = tuple(fields)

    def field_names(self) -> list[str]:
        """Names, in order."""
        return [field.name for field in self.fields]

    def field_types(self) -> list[DataType]:
        """Types, in order."""
        return [field.data_type for field in self.fields]

    @staticmethod
    def of(names: Sequence[str], types: Sequence[DataType], nullable: bool = True) -> RowType:
        """A row of fields given by two lists."""
        return RowType((RowField(name, kind) for name, kind in zip(names, types, strict=True)), nullable)


class RawType(DataType):
    """Objects that SQL passes through without looking inside."""


class VariantType(AtomicType):
    """Semi-structured values, such as parsed JSON."""
