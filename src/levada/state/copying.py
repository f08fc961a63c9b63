"""Which values cannot be changed, and copies of those that can."""

from __future__ import annotations

import copy
import datetime as dt
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from types import BuiltinFunctionType, FunctionType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from levada.common.basic_typeinfo import (
    BasicTypeInfo,
    DateTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TypeInformation,
)
from levada.common.composite_typeinfo import PrimitiveArrayTypeInfo, TupleTypeInfo
from levada.common.errors import StateError
from levada.common.time import Instant

ATOMIC: frozenset[type] = frozenset(
    {
        type(None),
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        dt.date,
        dt.datetime,
        dt.time,
        dt.timedelta,
        dt.timezone,
        ZoneInfo,
        Decimal,
        Fraction,
        UUID,
        Instant,
        range,
        type,
        FunctionType,
        BuiltinFunctionType,
    }
)
"""Exact types whose values never change and hold nothing that does."""

_FIELDS_OF_FROZEN: dict[type, tuple[str, ...] | None] = {}


def is_immutable(value: Any) -> bool:
    """Whether nothing reachable from ``value`` can be changed in place, as far as a quick look can tell."""
    kind = type(value)
    if kind in ATOMIC:
        return True
    if kind is tuple or kind is frozenset:
        for item in value:  # noqa: SIM110 - a generator costs three times as much here
            if type(item) not in ATOMIC and not is_immutable(item):
                return False
        return True
    return _is_immutable_object(value, kind)


def _is_immutable_object(value: Any, kind: type) -> bool:
    if issubclass(kind, Enum):
        return True
    if issubclass(kind, tuple) and not hasattr(value, "__dict__"):  # a named tuple
        return all(map(is_immutable, value))
    if kind not in _FIELDS_OF_FROZEN:
        _FIELDS_OF_FROZEN[kind] = _fields_of_frozen(kind)
    fields = _FIELDS_OF_FROZEN[kind]
    return fields is not None and all(is_immutable(getattr(value, name, None)) for name in fields)


def _fields_of_frozen(kind: type) -> tuple[str, ...] | None:
    """A frozen dataclass's field names; None for any other class."""
    parameters = getattr(kind, "__dataclass_params__", None)
    if parameters is None or not parameters.frozen:
        return None
    return tuple(kind.__dataclass_fields__)  # type: ignore[attr-defined]


def cannot_change(declared: TypeInformation | None) -> bool:
    """Whether values of a declared type cannot be changed in place."""
    if isinstance(declared, TupleTypeInfo):
        return all(map(cannot_change, declared.field_types))
    if isinstance(declared, PrimitiveArrayTypeInfo):
        return declared.is_bytes
    return isinstance(declared, (BasicTypeInfo, DateTypeInfo, TimeTypeInfo, TimestampTypeInfo))


def own(value: Any) -> Any:
    """``value`` itself where it cannot be changed, otherwise a copy; also itself where it cannot be copied.

    For records that are kept: whoever handed them over, or is handed them, may change his.
    """
    if is_immutable(value):
        return value
    try:
        return copy_value(value)
    except StateError:
        return value


def copy_value(value: Any) -> Any:
    """A copy that shares nothing with ``value`` that can be changed."""
    kind = type(value)
    if kind is list and ATOMIC.issuperset(map(type, value)):
        return value.copy()
    if kind is dict and ATOMIC.issuperset(map(type, value.values())):
        return value.copy()  # keys are hashable, so they are as good as immutable
    if (kind is list and all(map(is_immutable, value))) or (kind is dict and all(map(is_immutable, value.values()))):
        return value.copy()
    fields = getattr(value, "__dict__", None)
    try:
        if fields is not None and not hasattr(kind, "__slots__") and all(map(is_immutable, fields.values())):
            return copy.copy(value)
        return copy.deepcopy(value)
    except Exception as error:
        raise StateError(
            f"a value of type {kind.__name__} in state cannot be copied ({error}). Keep plain data in state (numbers, "
            "text, tuples, lists, dicts, Row, dataclasses); open files, connections and locks belong into open()"
        ) from error
