"""Single values of text or JSON to what an Arrow column of a given type takes: the careful way, with errors that teach.

Arrow decodes whole blocks; these functions see only records of blocks that it refused. They take what Flink's formats
take where Arrow is stricter: numbers in strings, surrounding blanks, more fractional digits than the column keeps.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Converter = Callable[[Any], Any]

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(?:(Z)|([+-])(\d\d):?(\d\d))?"
)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?")
_UNIT_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_EPOCH = date(1970, 1, 1).toordinal()


def converter(kind: pa.DataType) -> Converter:
    """A function that makes a column's value of a text or JSON value (never None), or raises ``ValueError``."""
    import pyarrow.types as types

    if types.is_integer(kind):
        return _integers(kind)
    if types.is_floating(kind):
        return _float
    if types.is_boolean(kind):
        return _boolean
    if types.is_string(kind) or types.is_large_string(kind):
        return _text
    if types.is_timestamp(kind):
        return _timestamps(_UNIT_DIGITS[kind.unit])
    if types.is_date(kind):
        return _date
    if types.is_time(kind):
        return _times(_UNIT_DIGITS[kind.unit])
    if types.is_decimal(kind):
        return _decimals(kind)
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return _bytes
    if types.is_list(kind) or types.is_large_list(kind):
        return _lists(converter(kind.value_type))
    if types.is_struct(kind):
        return _structs({kind.field(i).name: nullable(converter(kind.field(i).type)) for i in range(kind.num_fields)})
    if types.is_map(kind):
        return _maps(converter(kind.key_type), nullable(converter(kind.item_type)))
    raise ValueError(f"no text is read as {kind}")


def nullable(convert: Converter) -> Converter:
    """The same, with None for None."""
    return lambda value: None if value is None else convert(value)


def _wrong(value: Any, wanted: str) -> ValueError:
    return ValueError(f"{value!r} is not {wanted}")


def _integers(kind: pa.DataType) -> Converter:
    bits = kind.bit_width
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if str(kind).startswith("int") else (0, 2**bits - 1)

    def convert(value: Any) -> int:
        if isinstance(value, bool) or (isinstance(value, str) and "_" in value):
            raise _wrong(value, f"a whole number ({kind})")
        try:
            number = int(value)
            if number != value and not isinstance(value, str):
                raise _wrong(value, f"a whole number ({kind})")
        except (ValueError, TypeError, OverflowError):
            raise _wrong(value, f"a whole number ({kind})") from None
        if not low <= number <= high:
            raise ValueError(f"{value} is out of range for {kind} ({low} to {high})")
        return number

    return convert


def _float(value: Any) -> float:
    if isinstance(value, bool | list | dict) or (isinstance(value, str) and "_" in value):
        raise _wrong(value, "a number")
    try:
        return float(value)
    except (ValueError, TypeError):
        raise _wrong(value, "a number") from None


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("true", "1"):
        return True
    if text in ("false", "0"):
        return False
    raise _wrong(value, "true or false")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return str(value)


def _timestamps(digits: int) -> Converter:
    def convert(value: Any) -> int:
        match = _TIMESTAMP.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise _wrong(value, "a timestamp such as 2013-01-01 05:30:00.123 or 2013-01-01T05:30:00.123Z")
        year, month, day, hour, minute, second, fraction, _, sign, zone_hours, zone_minutes = match.groups()
        days = _days(value, year, month, day)
        seconds = days * 86_400 + _seconds(value, hour or "0", minute or "0", second or "0")
        if sign:
            offset = int(zone_hours) * 3600 + int(zone_minutes) * 60
            seconds += offset if sign == "-" else -offset
        return int(seconds * 10**digits + _fraction(fraction, digits))

    return convert


def _times(digits: int) -> Converter:
    def convert(value: Any) -> int:
        match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise _wrong(value, "a time such as 05:30:00")
        hour, minute, second, fraction = match.groups()
        return int(_seconds(value, hour, minute, second or "0") * 10**digits + _fraction(fraction, digits))

    return convert


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value.strip())
    except (ValueError, AttributeError):
        raise _wrong(value, "a date such as 2013-01-01") from None


def _days(value: Any, year: str, month: str, day: str) -> int:
    try:
        return date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError as error:
        raise ValueError(f"{value!r}: {error}") from None


def _seconds(value: Any, hour: str, minute: str, second: str) -> int:
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        raise _wrong(value, "a time of day")
    return int(hour) * 3600 + int(minute) * 60 + int(second)


def _fraction(text: str | None, digits: int) -> int:
    return int((text or "").ljust(9, "0")[:digits] or "0")


def _decimals(kind: pa.DataType) -> Converter:
    unit = Decimal(1).scaleb(-kind.scale)
    limit = Decimal(10) ** (kind.precision - kind.scale)

    def convert(value: Any) -> Decimal:
        if isinstance(value, bool | list | dict):
            raise _wrong(value, "a decimal number")
        try:
            number = Decimal(value.strip() if isinstance(value, str) else str(value))
            if abs(number) < limit:
                number = number.quantize(unit, ROUND_HALF_UP)
        except InvalidOperation:
            raise _wrong(value, "a decimal number") from None
        if not abs(number) < limit:
            raise ValueError(f"{value} has too many digits for DECIMAL({kind.precision}, {kind.scale})")
        return number

    return convert


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise _wrong(value, "bytes in base64") from None


def _lists(convert: Converter) -> Converter:
    convert = nullable(convert)

    def each(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise _wrong(value, "an array")
        return [convert(item) for item in value]

    return each


def _structs(converters: dict[str, Converter]) -> Converter:
    def each(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong(value, "an object")
        return {name: convert(value.get(name)) for name, convert in converters.items()}

    return each


def _maps(key: Converter, item: Converter) -> Converter:
    def each(value: Any) -> list[tuple[Any, Any]]:
        if not isinstance(value, dict):
            raise _wrong(value, "an object")
        return [(key(name), item(entry)) for name, entry in value.items()]

    return each
