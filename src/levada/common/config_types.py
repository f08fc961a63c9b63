"""Types of configuration values: how a text becomes a value, and a value a text.

The texts are Flink's: durations as ``10 s``, ``5min`` or ISO 8601 ``PT10S`` (a bare number is milliseconds), memory
sizes as ``4 mb`` (powers of 1024; a bare number is bytes).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_DURATION_UNITS: dict[str, float] = {
    **dict.fromkeys(("d", "day", "days"), 86_400e6),
    **dict.fromkeys(("h", "hour", "hours"), 3_600e6),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60e6),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1e6),
    **dict.fromkeys(("ms", "milli", "millis", "millisecond", "milliseconds", ""), 1e3),
    **dict.fromkeys(("us", "µs", "micro", "micros", "microsecond", "microseconds"), 1.0),
    **dict.fromkeys(("ns", "nano", "nanos", "nanosecond", "nanoseconds"), 1e-3),
}
_SIZE_UNITS: dict[str, int] = {
    **dict.fromkeys(("", "b", "byte", "bytes"), 1),
    **dict.fromkeys(("k", "kb", "kib", "kibibytes"), 1 << 10),
    **dict.fromkeys(("m", "mb", "mib", "mebibytes"), 1 << 20),
    **dict.fromkeys(("g", "gb", "gib", "gibibytes"), 1 << 30),
    **dict.fromkeys(("t", "tb", "tib", "tebibytes"), 1 << 40),
}
_NUMBER_AND_UNIT = re.compile(r"([0-9]+)\s*([a-zµ]*)", re.IGNORECASE)
_ISO_DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class OptionType(Generic[T]):
    """A kind of value: ``parse`` raises ``ValueError`` saying what is expected, ``format`` gives a text it reads."""

    name: str
    parse: Callable[[str], T]
    format: Callable[[Any], str] = str


def parse_duration(text: str) -> timedelta:
    """``10 s``, ``5min``, ``250`` (milliseconds) or ``PT1H30M`` as a timedelta."""
    plain = text.strip()
    match = _NUMBER_AND_UNIT.fullmatch(plain)
    if match and match[2].lower() in _DURATION_UNITS:
        return timedelta(microseconds=int(match[1]) * _DURATION_UNITS[match[2].lower()])
    iso = _ISO_DURATION.fullmatch(plain)
    if iso and any(iso.groups()):
        return timedelta(**{unit: float(number) for unit, number in iso.groupdict().items() if number})
    raise ValueError("a duration such as '10 s', '5 min', '200 ms' or 'PT10S'")


def format_duration(value: Any) -> str:
    """The shortest Flink text of a timedelta, of a ``Duration`` or ``Time``, or of a number of milliseconds."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value} ms"
    if not isinstance(value, timedelta):
        millis = getattr(value, "to_millis", None) or getattr(value, "to_milliseconds", None)
        if millis is None:
            raise ValueError("a timedelta, a Duration, milliseconds as int, or a text such as '10 s'")
        return f"{millis()} ms"
    micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    for unit in ("d", "h", "min", "s", "ms"):
        size = int(_DURATION_UNITS[unit])
        if micros and micros % size == 0:
            return f"{micros // size} {unit}"
    return f"{micros} us" if micros else "0 ms"


def parse_size(text: str) -> int:
    """``4 mb``, ``64kb`` or ``1024`` as bytes."""
    match = _NUMBER_AND_UNIT.fullmatch(text.strip())
    if match and match[2].lower() in _SIZE_UNITS:
        return int(match[1]) * _SIZE_UNITS[match[2].lower()]
    raise ValueError("a memory size such as '4 mb', '64 kb' or '1048576'")


def format_size(value: Any) -> str:
    """The shortest Flink text of a number of bytes."""
    if isinstance(value, str):
        return value
    number = int(value)
    for unit, size in (("gb", 1 << 30), ("mb", 1 << 20), ("kb", 1 << 10)):
        if number and number % size == 0:
            return f"{number // size} {unit}"
    return f"{number} b"


def parse_boolean(text: str) -> bool:
    """``true`` or ``false``, whatever their case."""
    value = {"true": True, "false": False}.get(text.strip().lower())
    if value is None:
        raise ValueError("true or false")
    return value


def _format_boolean(value: Any) -> str:
    return str(value).lower()


def parse_integer(text: str) -> int:
    """A decimal integer; ``_`` may group digits."""
    try:
        return int(text)
    except ValueError:
        raise ValueError("an integer") from None


def parse_float(text: str) -> float:
    """A decimal number."""
    try:
        return float(text)
    except ValueError:
        raise ValueError("a number") from None


def parse_map(text: str) -> dict[str, str]:
    """Flink's map text ``a:1,b:2``."""
    pairs = [item.partition(":") for item in text.split(",") if item.strip()]
    if not all(colon and key.strip() for key, colon, _ in pairs):
        raise ValueError("a map such as 'name:value,other:value'")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _format_map(value: Any) -> str:
    return value if isinstance(value, str) else ",".join(f"{key}:{item}" for key, item in value.items())


def at_least(minimum: int, kind: OptionType[int]) -> OptionType[int]:
    """``kind`` for values that must not be below ``minimum``."""

    def parse(text: str) -> int:
        value = kind.parse(text)
        if value < minimum:
            raise ValueError(f"{kind.name} of at least {minimum}")
        return value

    return OptionType(kind.name, parse, kind.format)


def choice(*aliases: tuple[str, ...]) -> OptionType[str]:
    """One of several words; each tuple is a word followed by other spellings of it."""
    words = {spelling: names[0] for names in aliases for spelling in names}

    def parse(text: str) -> str:
        word = words.get(text.strip().lower())
        if word is None:
            raise ValueError("one of " + ", ".join(repr(names[0]) for names in aliases))
        return word

    return OptionType("one of " + ", ".join(names[0] for names in aliases), parse)


STRING: OptionType[str] = OptionType("string", str)
BOOLEAN: OptionType[bool] = OptionType("boolean", parse_boolean, _format_boolean)
INTEGER: OptionType[int] = OptionType("integer", parse_integer)
POSITIVE: OptionType[int] = at_least(1, INTEGER)
FLOAT: OptionType[float] = OptionType("float", parse_float)
DURATION: OptionType[timedelta] = OptionType("duration", parse_duration, format_duration)
SIZE: OptionType[int] = at_least(1, OptionType("memory size", parse_size, format_size))
MAP: OptionType[dict[str, str]] = OptionType("map", parse_map, _format_map)
