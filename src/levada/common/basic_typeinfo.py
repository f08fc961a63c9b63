"""What a type is to a stream, and the types of single values: numbers, texts, dates, any Python object."""

# ruff: noqa: N802 - the upper-case names are PyFlink's.

from __future__ import annotations

import datetime as dt
import struct
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic

from levada.common.time import Instant

if TYPE_CHECKING:  # a bare ``TypeInformation`` is one of anything; at run time no default is needed
    from typing_extensions import TypeVar

    T_co = TypeVar("T_co", covariant=True, default=Any)
else:
    from typing import TypeVar

    T_co = TypeVar("T_co", covariant=True)


class TypeInformation(Generic[T_co]):
    """The type of a stream's values, of a key or of a state.

    Types are values: equal ones are interchangeable, as keys of a dict too. A *declared* type decides what functions
    see (inside ``Types.ROW`` a ``Row``, inside ``Types.TUPLE`` a tuple): ``convert`` gives a value as one of this type
    and refuses what does not fit, ``shape`` does as little as it can, for values on their way through a job.
    """

    def convert(self, value: Any) -> Any:
        """``value`` as a value of this type; None stays None.

        Raises
        ------
        TypeError
            It does not fit; the message names value and type.
        """
        return value

    @property
    def shapes(self) -> bool:
        """Whether ``shape`` has anything to do."""
        return False

    def shape(self, value: Any) -> Any:
        """``value`` as functions see it, unchecked where it is of the right form already."""
        return value

    def need_conversion(self) -> bool:
        """Whether the internal form differs from the Python value."""
        return False

    def to_internal_type(self, obj: Any) -> Any:
        """The internal form of a Python value (for dates and times: a number)."""
        return obj

    def from_internal_type(self, obj: Any) -> Any:
        """The Python value of an internal form."""
        return obj

    def _parts(self) -> tuple[Any, ...]:
        """What makes two types of one class equal."""
        return ()

    def _refuse(self, value: Any) -> TypeError:
        return TypeError(f"{value!r} ({type(value).__name__}) is not of type {self!r}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, TypeInformation) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._parts()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._parts()))})"


class BasicType(Enum):
    """Names of the basic types."""

    STRING = "String"
    BYTE = "Byte"
    BOOLEAN = "Boolean"
    SHORT = "Short"
    INT = "Integer"
    LONG = "Long"
    FLOAT = "Float"
    DOUBLE = "Double"
    CHAR = "Char"
    BIG_INT = "BigInteger"
    BIG_DEC = "BigDecimal"
    INSTANT = "Instant"


_BITS = {BasicType.BYTE: 8, BasicType.SHORT: 16, BasicType.INT: 32, BasicType.LONG: 64}
_CLASSES: dict[BasicType, type] = {
    BasicType.STRING: str,
    BasicType.CHAR: str,
    BasicType.BOOLEAN: bool,
    BasicType.BIG_INT: int,
    BasicType.BIG_DEC: Decimal,
    BasicType.INSTANT: Instant,
}


class BasicTypeInfo(TypeInformation[T_co]):
    """A number, a text, a boolean or an instant. Integers are checked against their width."""

    def __init__(self, basic_type: BasicType) -> None:
        self.basic_type = basic_type

    def convert(self, value: Any) -> Any:
        if value is None:
            return None
        kind = self.basic_type
        bits = _BITS.get(kind)
        if bits is not None:
            if not isinstance(value, int):
                raise self._refuse(value)
            if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
                raise TypeError(f"{value!r} does not fit into {bits} bits, the width of type {self!r}")
            return value
        if kind in (BasicType.DOUBLE, BasicType.FLOAT):
            if not isinstance(value, (int, float)):
                raise self._refuse(value)
            return float(value) if kind is BasicType.DOUBLE else struct.unpack("f", struct.pack("f", value))[0]
        if not isinstance(value, _CLASSES[kind]):
            raise self._refuse(value)
        return value

    @property
    def shapes(self) -> bool:
        return self.basic_type in (BasicType.DOUBLE, BasicType.FLOAT)

    def shape(self, value: Any) -> Any:
        if type(value) is float and self.basic_type is BasicType.DOUBLE:
            return value
        return self.convert(value)

    def _parts(self) -> tuple[Any, ...]:
        return (self.basic_type,)

    def __repr__(self) -> str:
        return self.basic_type.value

    @staticmethod
    def STRING_TYPE_INFO() -> BasicTypeInfo[str]:
        """Text."""
        return BasicTypeInfo(BasicType.STRING)

    @staticmethod
    def BOOLEAN_TYPE_INFO() -> BasicTypeInfo[bool]:
        """True or False."""
        return BasicTypeInfo(BasicType.BOOLEAN)

    @staticmethod
    def BYTE_TYPE_INFO() -> BasicTypeInfo[int]:
        """An integer of 8 bits."""
        return BasicTypeInfo(BasicType.BYTE)

    @staticmethod
    def SHORT_TYPE_INFO() -> BasicTypeInfo[int]:
        """An integer of 16 bits."""
        return BasicTypeInfo(BasicType.SHORT)

    @staticmethod
    def INT_TYPE_INFO() -> BasicTypeInfo[int]:
        """An integer of 32 bits."""
        return BasicTypeInfo(BasicType.INT)

    @staticmethod
    def LONG_TYPE_INFO() -> BasicTypeInfo[int]:
        """An integer of 64 bits."""
        return BasicTypeInfo(BasicType.LONG)

    @staticmethod
    def FLOAT_TYPE_INFO() -> BasicTypeInfo[float]:
        """A floating-point number of 32 bits."""
        return BasicTypeInfo(BasicType.FLOAT)

    @staticmethod
    def DOUBLE_TYPE_INFO() -> BasicTypeInfo[float]:
        """A floating-point number of 64 bits."""
        return BasicTypeInfo(BasicType.DOUBLE)

    @staticmethod
    def CHAR_TYPE_INFO() -> BasicTypeInfo[str]:
        """A single character."""
        return BasicTypeInfo(BasicType.CHAR)

    @staticmethod
    def BIG_INT_TYPE_INFO() -> BasicTypeInfo[int]:
        """An integer of any size."""
        return BasicTypeInfo(BasicType.BIG_INT)

    @staticmethod
    def BIG_DEC_TYPE_INFO() -> BasicTypeInfo[Decimal]:
        """A ``decimal.Decimal``."""
        return BasicTypeInfo(BasicType.BIG_DEC)

    @staticmethod
    def INSTANT_TYPE_INFO() -> InstantTypeInfo:
        """An ``Instant``."""
        return InstantTypeInfo(BasicType.INSTANT)


class InstantTypeInfo(BasicTypeInfo[Instant]):
    """An ``Instant``; inside, microseconds since the epoch."""

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, obj: Instant) -> int:
        return obj.seconds * 1_000_000 + obj.nanos // 1000

    def from_internal_type(self, obj: int) -> Instant:
        seconds, micros = divmod(obj, 1_000_000)
        return Instant(seconds, micros * 1000)


class _TemporalTypeInfo(TypeInformation[T_co]):
    """Base of the types of dates and times: one Python class, one name."""

    python_type: type = object
    type_name = ""

    def convert(self, value: Any) -> Any:
        if value is not None and not isinstance(value, self.python_type):
            raise self._refuse(value)
        return value

    def need_conversion(self) -> bool:
        return True

    def __repr__(self) -> str:
        return self.type_name


class DateTypeInfo(_TemporalTypeInfo[dt.date]):
    """A ``datetime.date``; inside, days since 1970-01-01."""

    EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
    python_type = dt.date
    type_name = "SqlDate"

    def to_internal_type(self, d: dt.date | None) -> int | None:
        return None if d is None else d.toordinal() - self.EPOCH_ORDINAL

    def from_internal_type(self, v: int | None) -> dt.date | None:
        return None if v is None else dt.date.fromordinal(v + self.EPOCH_ORDINAL)


class TimeTypeInfo(_TemporalTypeInfo[dt.time]):
    """A ``datetime.time``; inside, microseconds since midnight."""

    EPOCH_ORDINAL = DateTypeInfo.EPOCH_ORDINAL
    python_type = dt.time
    type_name = "SqlTime"

    def to_internal_type(self, t: dt.time | None) -> int | None:
        if t is None:
            return None
        return ((t.hour * 60 + t.minute) * 60 + t.second) * 1_000_000 + t.microsecond

    def from_internal_type(self, t: int | None) -> dt.time | None:
        if t is None:
            return None
        seconds, micros = divmod(t, 1_000_000)
        return dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60, micros)


class TimestampTypeInfo(_TemporalTypeInfo[dt.datetime]):
    """A ``datetime.datetime`` without zone; inside, microseconds since 1970-01-01 00:00."""

    python_type = dt.datetime
    type_name = "SqlTimestamp"
    _epoch = dt.datetime(1970, 1, 1)
    _microsecond = dt.timedelta(microseconds=1)

    def to_internal_type(self, dt: dt.datetime | None) -> int | None:
        return None if dt is None else (dt.replace(tzinfo=None) - self._epoch) // self._microsecond

    def from_internal_type(self, ts: int | None) -> dt.datetime | None:
        return None if ts is None else self._epoch + dt.timedelta(microseconds=ts)


class SqlTimeTypeInfo(TypeInformation[Any]):
    """Where the types of dates and times are made."""

    @staticmethod
    def DATE() -> DateTypeInfo:
        """A ``datetime.date``."""
        return DateTypeInfo()

    @staticmethod
    def TIME() -> TimeTypeInfo:
        """A ``datetime.time``."""
        return TimeTypeInfo()

    @staticmethod
    def TIMESTAMP() -> TimestampTypeInfo:
        """A ``datetime.datetime``."""
        return TimestampTypeInfo()


class LocalTimeTypeInfo(TypeInformation[Any]):
    """A date, time or timestamp without zone, as some formats give them."""

    class TimeType(Enum):
        """Which of the three."""

        LOCAL_DATE = 0
        LOCAL_TIME = 1
        LOCAL_DATE_TIME = 2

    def __init__(self, time_type: TimeType) -> None:
        self.time_type = time_type

    def _parts(self) -> tuple[Any, ...]:
        return (self.time_type,)


class PickledBytesTypeInfo(TypeInformation[T_co]):
    """Any Python object."""

    def __repr__(self) -> str:
        return "PickledByteArrayTypeInfo"


class ObjectTypeInfo(PickledBytesTypeInfo[T_co]):
    """Objects of one Python class, such as a dataclass: what an annotation says beyond "any Python object"."""

    def __init__(self, python_type: type[T_co]) -> None:
        self.python_type = python_type

    def convert(self, value: Any) -> Any:
        if value is not None and not isinstance(value, self.python_type):
            raise self._refuse(value)
        return value

    def _parts(self) -> tuple[Any, ...]:
        return (self.python_type,)

    def __repr__(self) -> str:
        return self.python_type.__name__
