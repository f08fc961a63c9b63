"""CAST and TRY_CAST with Flink's results.

Arrow's cast kernels do the work where they agree with Flink; text that they refuse, decimals that must be rounded and
floats as text go value by value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from levada.common.errors import UserError
from levada.operators.columnar.arithmetic import fit_decimal, truncate_decimal

Datum = Any
_BOOLEANS = dict.fromkeys(("t", "true", "y", "yes", "1"), True) | dict.fromkeys(("f", "false", "n", "no", "0"), False)
_INTEGER = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)
_DATE = re.compile(r"(\d{1,4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_TIMESTAMP = re.compile(_DATE.pattern + r"(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?)?", re.ASCII)
_FRACTION_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}


def cast_can_fail(source: pa.DataType, target: pa.DataType) -> bool:
    """Whether a value can make the cast fail: only text can."""
    return (
        _is_text(source) and not _is_text(target) and not types.is_binary(target) and not types.is_large_binary(target)
    )


def compile_cast(source: pa.DataType, target: pa.DataType, null_on_error: bool) -> Callable[[Datum], Datum]:
    """The function of one column that casts it."""
    if source == target:
        return lambda operand: operand
    convert = _value_cast(source, target)
    if convert is not None:
        return _by_value(convert, target, null_on_error)
    if types.is_floating(source) and types.is_integer(target):
        return lambda operand: _float_to_integer(operand, target)
    if _is_text(source) and not _is_text(target):
        return _parse(target, null_on_error)
    if types.is_decimal(source) and types.is_integer(target):
        return _by_value(lambda value: _wrap(truncate_decimal(value), target), target, null_on_error)
    options = pc.CastOptions.unsafe(target)
    call = pc.get_function("cast").call
    return lambda operand: call([operand], options)


def _is_text(data_type: pa.DataType) -> bool:
    return bool(types.is_string(data_type) or types.is_large_string(data_type))


def _value_cast(source: pa.DataType, target: pa.DataType) -> Callable[[Any], Any] | None:
    if _is_text(target):
        if types.is_boolean(source):
            return lambda value: "TRUE" if value else "FALSE"
        if types.is_floating(source):
            return java_float if types.is_float32(source) else java_double
    if types.is_decimal(target):
        if types.is_decimal(source) and source.scale <= target.scale:
            whole = source.precision - source.scale
            if whole <= target.precision - target.scale:
                return None  # nothing can be lost
        if types.is_decimal(source) or types.is_integer(source):
            return lambda value: fit_decimal(Decimal(value), target)
        if types.is_floating(source):
            return lambda value: fit_decimal(Decimal(repr(value)), target) if math.isfinite(value) else None
    return None


def _by_value(convert: Callable[[Any], Any], target: pa.DataType, null_on_error: bool) -> Callable[[Datum], Datum]:
    def attempt(value: Any) -> Any:
        if value is None:
            return None
        try:
            return convert(value)
        except (ValueError, ArithmeticError) as error:
            if null_on_error:
                return None
            raise UserError(f"{value!r} is no {target}") from error

    def cast(operand: Datum) -> Datum:
        if isinstance(operand, pa.Scalar):
            return pa.scalar(attempt(operand.as_py()), target)
        return pa.array([attempt(value) for value in operand.to_pylist()], target)

    return cast


def _parse(target: pa.DataType, null_on_error: bool) -> Callable[[Datum], Datum]:
    """From text: as a whole where Arrow takes it, else value by value with Flink's wider rules."""
    call = pc.get_function("cast").call
    options = pc.CastOptions.safe(target)
    by_value = _by_value(_text_parser(target), target, null_on_error)
    if types.is_boolean(target) or types.is_decimal(target):
        return by_value

    def cast(operand: Datum) -> Datum:
        trimmed = pc.utf8_trim_whitespace(operand)
        if types.is_timestamp(target) and pc.any(pc.match_substring(trimmed, "T")).as_py():
            return by_value(trimmed)  # ISO's T is not SQL's
        try:
            return call([trimmed], options)
        except pa.ArrowInvalid:
            return by_value(trimmed)

    return cast


def _text_parser(target: pa.DataType) -> Callable[[str], Any]:
    if types.is_integer(target):
        return lambda text: _checked(_whole(text), target)
    if types.is_floating(target):
        return float
    if types.is_boolean(target):
        return _boolean
    if types.is_decimal(target):
        return lambda text: fit_decimal(_decimal(text), target)
    if types.is_date(target):
        return lambda text: _timestamp(text).date()
    if types.is_timestamp(target):
        return lambda text: _instant(text, target)
    raise UserError(f"CAST from text to {target} is not defined")


def _whole(text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise ValueError(text)
    return int(text.partition(".")[0])


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.strip().lower()]
    except KeyError:
        raise ValueError(text) from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(text) from None


def _timestamp(text: str) -> datetime:
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction = found.groups()
    micros = int((fraction or "0").ljust(6, "0")[:6])
    day_part = date(int(year), int(month), int(day))
    return datetime(
        day_part.year, day_part.month, day_part.day, int(hour or 0), int(minute or 0), int(second or 0), micros
    )


def _instant(text: str, target: pa.DataType) -> int:
    """Units since the epoch; digits beyond the type's precision are cut off."""
    moment = _timestamp(text)
    digits = _FRACTION_DIGITS[target.unit]
    whole = moment.replace(microsecond=0) - datetime(1970, 1, 1)
    fraction = text.partition(".")[2].ljust(digits, "0")[:digits]
    return (whole.days * 86400 + whole.seconds) * int(10**digits) + int(fraction or 0)


def _checked(value: int, target: pa.DataType) -> int:
    if _wrap(value, target) != value:
        raise ValueError(value)
    return value


def _wrap(value: int, target: pa.DataType) -> int:
    bits = int(target.bit_width)
    value = int(value) & ((1 << bits) - 1)
    negative = bool(types.is_signed_integer(target)) and value >> (bits - 1) == 1
    return value - (1 << bits) if negative else value


def _float_to_integer(operand: Datum, target: pa.DataType) -> Datum:
    """Java's narrowing: towards zero, saturating at INT or BIGINT, then wrapping into anything smaller; NaN is 0."""
    wide = pa.int64() if target.bit_width == 64 else pa.int32()
    whole = pc.trunc(operand)
    try:
        result = whole.cast(wide)
    except pa.ArrowInvalid:
        lowest, highest = -(2 ** (wide.bit_width - 1)), 2 ** (wide.bit_width - 1) - 1

        def saturate(value: float | None) -> int | None:
            if value is None or value != value:
                return None if value is None else 0
            return highest if value >= highest else lowest if value <= lowest else int(value)

        if isinstance(whole, pa.Scalar):
            result = pa.scalar(saturate(whole.as_py()), wide)
        else:
            result = pa.array([saturate(value) for value in whole.to_pylist()], wide)
    return result if wide == target else result.cast(target, safe=False)


def java_double(value: float) -> str:
    """A double as Java prints it: 1.0, 1.0E10, 1.0E-5, NaN, Infinity."""
    return _java_text(value, repr(value))


def java_float(value: float) -> str:
    """A float as Java prints it: the shortest digits that give the same 32 bits."""
    import numpy as np

    return _java_text(value, str(np.float32(value)))


def _java_text(value: float, shortest: str) -> str:
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    sign, digits, exponent = Decimal(shortest).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)
    prefix = "-" if sign else ""
    if -3 < point <= 7:
        if point <= 0:
            return f"{prefix}0.{'0' * -point}{text}"
        return f"{prefix}{text[:point].ljust(point, '0')}.{text[point:] or '0'}"
    return f"{prefix}{text[0]}.{text[1:] or '0'}E{point - 1}"
