"""``Types``: where type informations are made. Everywhere a type is asked for, a Python type will do too."""

# ruff: noqa: N802 - the upper-case names are PyFlink's.

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar

from levada.common.basic_typeinfo import (
    BasicType,
    BasicTypeInfo,
    DateTypeInfo,
    InstantTypeInfo,
    LocalTimeTypeInfo,
    ObjectTypeInfo,
    PickledBytesTypeInfo,
    SqlTimeTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TypeInformation,
)
from levada.common.composite_typeinfo import (
    BasicArrayTypeInfo,
    ListTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TupleTypeInfo,
)
from levada.common.time import Instant
from levada.common.type_hints import type_information_of

__all__ = [
    "BasicArrayTypeInfo",
    "BasicType",
    "BasicTypeInfo",
    "DateTypeInfo",
    "InstantTypeInfo",
    "ListTypeInfo",
    "LocalTimeTypeInfo",
    "MapTypeInfo",
    "ObjectArrayTypeInfo",
    "ObjectTypeInfo",
    "PickledBytesTypeInfo",
    "PrimitiveArrayTypeInfo",
    "RowTypeInfo",
    "SqlTimeTypeInfo",
    "TimeTypeInfo",
    "TimestampTypeInfo",
    "TupleTypeInfo",
    "TypeInformation",
    "Types",
    "type_information_of",
]

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class Types:
    """Makes type informations.

    Examples
    --------
    >>> Types.ROW_NAMED(["name", "age"], [Types.STRING(), Types.INT()])
    RowTypeInfo(name: String, age: Integer)
    """

    @staticmethod
    def STRING() -> TypeInformation[str]:
        """Text: ``str``."""
        return BasicTypeInfo.STRING_TYPE_INFO()

    @staticmethod
    def BYTE() -> TypeInformation[int]:
        """An ``int`` of 8 bits."""
        return BasicTypeInfo.BYTE_TYPE_INFO()

    @staticmethod
    def BOOLEAN() -> TypeInformation[bool]:
        """A ``bool``."""
        return BasicTypeInfo.BOOLEAN_TYPE_INFO()

    @staticmethod
    def SHORT() -> TypeInformation[int]:
        """An ``int`` of 16 bits."""
        return BasicTypeInfo.SHORT_TYPE_INFO()

    @staticmethod
    def INT() -> TypeInformation[int]:
        """An ``int`` of 32 bits."""
        return BasicTypeInfo.INT_TYPE_INFO()

    @staticmethod
    def LONG() -> TypeInformation[int]:
        """An ``int`` of 64 bits."""
        return BasicTypeInfo.LONG_TYPE_INFO()

    @staticmethod
    def FLOAT() -> TypeInformation[float]:
        """A ``float`` of 32 bits."""
        return BasicTypeInfo.FLOAT_TYPE_INFO()

    @staticmethod
    def DOUBLE() -> TypeInformation[float]:
        """A ``float`` of 64 bits."""
        return BasicTypeInfo.DOUBLE_TYPE_INFO()

    @staticmethod
    def CHAR() -> TypeInformation[str]:
        """One character: ``str``."""
        return BasicTypeInfo.CHAR_TYPE_INFO()

    @staticmethod
    def BIG_INT() -> TypeInformation[int]:
        """An ``int`` of any size."""
        return BasicTypeInfo.BIG_INT_TYPE_INFO()

    @staticmethod
    def BIG_DEC() -> TypeInformation[Decimal]:
        """A ``decimal.Decimal``."""
        return BasicTypeInfo.BIG_DEC_TYPE_INFO()

    @staticmethod
    def INSTANT() -> TypeInformation[Instant]:
        """An ``Instant``."""
        return BasicTypeInfo.INSTANT_TYPE_INFO()

    @staticmethod
    def SQL_DATE() -> TypeInformation[dt.date]:
        """A ``datetime.date``."""
        return SqlTimeTypeInfo.DATE()

    @staticmethod
    def SQL_TIME() -> TypeInformation[dt.time]:
        """A ``datetime.time``."""
        return SqlTimeTypeInfo.TIME()

    @staticmethod
    def SQL_TIMESTAMP() -> TypeInformation[dt.datetime]:
        """A ``datetime.datetime``."""
        return SqlTimeTypeInfo.TIMESTAMP()

    @staticmethod
    def PICKLED_BYTE_ARRAY() -> TypeInformation[Any]:
        """Any Python object."""
        return PickledBytesTypeInfo()

    @staticmethod
    def ROW(field_types: Sequence[TypeInformation | type[Any]]) -> RowTypeInfo:
        """A ``Row`` with the fields f0, f1, ..."""
        return RowTypeInfo(_each(field_types, "Types.ROW(field_types)"))

    @staticmethod
    def ROW_NAMED(field_names: Sequence[str], field_types: Sequence[TypeInformation | type[Any]]) -> RowTypeInfo:
        """A ``Row`` with fields of these names."""
        return RowTypeInfo(_each(field_types, "Types.ROW_NAMED(.., field_types)"), field_names)

    @staticmethod
    def TUPLE(field_types: Sequence[TypeInformation | type[Any]]) -> TupleTypeInfo:
        """A tuple."""
        return TupleTypeInfo(_each(field_types, "Types.TUPLE(field_types)"))

    @staticmethod
    def LIST(element_type_info: TypeInformation[T] | type[T]) -> ListTypeInfo[T]:
        """A list."""
        return ListTypeInfo(type_information_of(element_type_info, "Types.LIST(element_type_info)"))

    @staticmethod
    def MAP(
        key_type_info: TypeInformation[K] | type[K], value_type_info: TypeInformation[V] | type[V]
    ) -> MapTypeInfo[K, V]:
        """A dict."""
        return MapTypeInfo(
            type_information_of(key_type_info, "Types.MAP(key_type_info, ..)"),
            type_information_of(value_type_info, "Types.MAP(.., value_type_info)"),
        )

    @staticmethod
    def PRIMITIVE_ARRAY(element_type: TypeInformation[T] | type[T]) -> PrimitiveArrayTypeInfo[T]:
        """A list of numbers; of ``Types.BYTE()``: ``bytes``."""
        return PrimitiveArrayTypeInfo(type_information_of(element_type, "Types.PRIMITIVE_ARRAY(element_type)"))

    @staticmethod
    def BASIC_ARRAY(element_type: TypeInformation[T] | type[T]) -> BasicArrayTypeInfo[T]:
        """A list of basic values, which may be None."""
        return BasicArrayTypeInfo(type_information_of(element_type, "Types.BASIC_ARRAY(element_type)"))

    @staticmethod
    def OBJECT_ARRAY(element_type: TypeInformation[T] | type[T]) -> ObjectArrayTypeInfo[T]:
        """A list of values of any type."""
        return ObjectArrayTypeInfo(type_information_of(element_type, "Types.OBJECT_ARRAY(element_type)"))


def _each(types: Sequence[TypeInformation | type[Any]], call: str) -> list[TypeInformation]:
    return [type_information_of(each, call) for each in types]
