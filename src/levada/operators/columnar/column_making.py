"""Python values to Arrow arrays of a declared type, strictly: nothing is cut down or reinterpreted in silence.

Arrow would take an integer for a date, a naive ``datetime`` for an instant or a text for bytes. Here the Python type
decides; only digits of a second beyond a column's precision are cut off, as Flink does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, NamedTuple

import pyarrow as pa

from levada.common.errors import UserError
from levada.common.time import Instant
from levada.common.types import Row

REFUSALS = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, TypeError, ValueError)
"""What Arrow raises for a value that does not fit."""

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


class Rule(NamedTuple):
    """How values of one type reach Arrow.

    ``plain`` holds exact Python types that Arrow takes as they are; ``prepare`` gives any other value (never None) as
    Arrow takes it, or raises ``TypeError`` or ``ValueError`` with the reason why it cannot be taken.
    """

    plain: frozenset[type]
    prepare: Callable[[Any], Any]


def column_maker(field: pa.Field) -> Callable[[Sequence[Any], int], pa.Array]:
    """A function of a column's values and the number of the first row (for messages)."""
    plain, prepare = rule_of(field.type)
    plain |= {type(None)}

    def make(values: Sequence[Any], first_row: int) -> pa.Array:
        given = values
        if not plain.issuperset(map(type, values)):
            given = _prepared(values, prepare, field, first_row)
        try:
            column = pa.array(given, field.type)
        except REFUSALS as error:
            raise _misfit(field, given, values, first_row) from error
        if not field.nullable and column.null_count:
            at = column.is_null().index(True).as_py()
            raise UserError(f"column {field.name!r} ({field.type} NOT NULL): row {first_row + at} holds None")
        return column

    return make


def _prepared(values: Sequence[Any], prepare: Callable[[Any], Any], field: pa.Field, first_row: int) -> list[Any]:
    given = []
    for at, value in enumerate(values, first_row):
        try:
            given.append(None if value is None else prepare(value))
        except (ValueError, TypeError) as error:
            raise UserError(f"{_holds(field, at, value)}, {error}") from None
    return given


def _misfit(field: pa.Field, given: Sequence[Any], values: Sequence[Any], first_row: int) -> UserError:
    """Only the column as a whole has been refused: find the value."""
    for at, (taken, value) in enumerate(zip(given, values, strict=True), first_row):
        try:
            pa.array([taken], field.type)
        except REFUSALS as error:
            return UserError(f"{_holds(field, at, value)}: {error}")
    return UserError(f"column {field.name!r} ({field.type}): values of rows {first_row} and on do not fit together")


def _holds(field: pa.Field, row: int, value: Any) -> str:
    return f"column {field.name!r} ({field.type}): row {row} holds {value!r} ({type(value).__name__})"


def rule_of(kind: pa.DataType) -> Rule:
    """The rule for values of an Arrow type."""
    types = pa.types
    if types.is_integer(kind):
        return _scalar(_whole, int)
    if types.is_floating(kind):
        return _scalar(_real, float, int)
    if types.is_decimal(kind):
        return _scalar(_exact, Decimal, int)
    if types.is_boolean(kind):
        return _scalar(_unchanged, bool)
    if types.is_string(kind) or types.is_large_string(kind):
        return _scalar(_only(str, "text"), str)
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return _scalar(_only((bytes, bytearray, memoryview), "bytes"), bytes, bytearray)
    if types.is_timestamp(kind):
        return Rule(frozenset(), _local if kind.tz is None else _instants(_PER_SECOND[kind.unit]))
    if types.is_date(kind):
        return _scalar(_day, date)
    if types.is_time(kind):
        return _scalar(_only(time, "a time"), time)
    if types.is_duration(kind):
        return _scalar(_only(timedelta, "a timedelta"), timedelta)
    if types.is_list(kind) or types.is_large_list(kind):
        return Rule(frozenset(), _lists(kind.value_field))
    if types.is_map(kind):
        return Rule(frozenset(), _maps(kind.key_field, kind.item_field))
    if types.is_struct(kind):
        return Rule(frozenset(), _structs(list(kind)))
    return Rule(frozenset(), _unchanged)


def _scalar(prepare: Callable[[Any], Any], *plain: type) -> Rule:
    return Rule(frozenset(plain), prepare)


def _unchanged(value: Any) -> Any:
    return value


def _only(kinds: type | tuple[type, ...], what: str) -> Callable[[Any], Any]:
    def prepare(value: Any) -> Any:
        if not isinstance(value, kinds):
            raise TypeError(f"which is not {what}; convert it first")
        return value

    return prepare


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError("which would lose its type; convert it first")
    return value


def _real(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError("which is no number; convert it first")
    return float(value)


def _exact(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, Decimal | Integral):
        raise TypeError("which is not exact; convert it with Decimal(str(value)) first")
    return value


def _day(value: Any) -> Any:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError("which would lose its type; convert it with .date() first")
    return value


def _local(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError("which is not a datetime; convert it first")
    if value.tzinfo is not None:
        raise TypeError("which has a zone; declare the column TIMESTAMP_LTZ, or drop it with .replace(tzinfo=None)")
    return value


def _instants(per_second: int) -> Callable[[Any], Any]:
    nanos = 1_000_000_000 // per_second

    def prepare(value: Any) -> Any:
        if isinstance(value, Instant):
            return value.seconds * per_second + value.nanos // nanos
        if not isinstance(value, datetime):
            raise TypeError("which is no instant; pass a datetime with a zone, or an Instant")
        if value.tzinfo is None:
            raise TypeError("which has no zone; declare the column TIMESTAMP, or say .replace(tzinfo=timezone.utc)")
        return value

    return prepare


def _inner(field: pa.Field) -> Callable[[Any], Any]:
    """Values inside other values."""
    plain, prepare = rule_of(field.type)

    def prepared(value: Any) -> Any:
        if value is None:
            if not field.nullable:
                raise ValueError(f"in which {field.name!r} is None, but it is NOT NULL")
            return None
        if type(value) in plain:
            return value
        try:
            return prepare(value)
        except (ValueError, TypeError) as error:
            raise ValueError(f"in which {field.name!r} is {value!r} ({type(value).__name__}), {error}") from None

    return prepared


def _lists(element: pa.Field) -> Callable[[Any], Any]:
    inner = _inner(element)

    def prepare(value: Any) -> list[Any]:
        if isinstance(value, str | bytes | bytearray | Mapping | Row) or not isinstance(value, Iterable):
            raise TypeError("which is no list; convert it first")
        return [inner(item) for item in value]

    return prepare


def _maps(key: pa.Field, item: pa.Field) -> Callable[[Any], Any]:
    inner_key, inner_item = _inner(key), _inner(item)

    def prepare(value: Any) -> list[tuple[Any, Any]]:
        if not isinstance(value, Mapping):
            raise TypeError("which is no dict; convert it first")
        return [(inner_key(k), inner_item(v)) for k, v in value.items()]

    return prepare


def _structs(fields: list[pa.Field]) -> Callable[[Any], Any]:
    inner = [(field.name, _inner(field)) for field in fields]
    names = [field.name for field in fields]

    def prepare(value: Any) -> dict[str, Any]:
        given = _as_dict(value, names)
        if given.keys() != set(names):
            raise ValueError(f"which does not have the fields {', '.join(names)}")
        return {name: prepared(given[name]) for name, prepared in inner}

    return prepare


def _as_dict(value: Any, names: list[str]) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclass_fields(value)}
    own = getattr(value, "_fields", None)
    if isinstance(value, tuple | list | Row):
        if len(value) != len(names):
            raise ValueError(f"which has {len(value)} fields, not {len(names)}")
        return dict(zip(own or names, value, strict=True))
    raise TypeError("which is no row; pass a Row, tuple, dict or dataclass")
