"""From Python types and annotations to type informations."""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from levada.common.basic_typeinfo import (
    BasicType,
    BasicTypeInfo,
    DateTypeInfo,
    InstantTypeInfo,
    ObjectTypeInfo,
    PickledBytesTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TypeInformation,
)
from levada.common.composite_typeinfo import ListTypeInfo, MapTypeInfo, PrimitiveArrayTypeInfo, TupleTypeInfo
from levada.common.errors import JobBuildError
from levada.common.time import Instant
from levada.common.types import Row

_ANY = PickledBytesTypeInfo()
_SIMPLE: dict[Any, TypeInformation] = {
    bool: BasicTypeInfo(BasicType.BOOLEAN),
    int: BasicTypeInfo(BasicType.LONG),
    float: BasicTypeInfo(BasicType.DOUBLE),
    str: BasicTypeInfo(BasicType.STRING),
    bytes: PrimitiveArrayTypeInfo(BasicTypeInfo(BasicType.BYTE)),
    Decimal: BasicTypeInfo(BasicType.BIG_DEC),
    Instant: InstantTypeInfo(BasicType.INSTANT),
    dt.date: DateTypeInfo(),
    dt.time: TimeTypeInfo(),
    dt.datetime: TimestampTypeInfo(),
}
_UNTYPED = (Any, object, None, type(None), list, dict, tuple, set, frozenset, Row)


def type_information_of(given: Any, call: str) -> TypeInformation:
    """The type information that was given, or the one of the Python type that was given.

    Parameters
    ----------
    given : TypeInformation or type
        ``Types.INT()``, ``int``, ``tuple[str, int]``, a dataclass, ...
    call : str
        The call it was given to, for the error.

    Raises
    ------
    JobBuildError
        It is no type.
    """
    if isinstance(given, TypeInformation):
        return given
    if isinstance(given, type) or typing.get_origin(given) is not None or given is Any:
        return from_annotation(given)
    raise JobBuildError(f"{call}: {given!r} is not a type; pass one of Types.*() or a Python type such as int")


def from_annotation(annotation: Any) -> TypeInformation:
    """The type an annotation stands for; ``Types.PICKLED_BYTE_ARRAY()`` (any object) where it says no more."""
    try:
        simple = _SIMPLE.get(annotation)
    except TypeError:  # an unhashable annotation, such as Annotated[int, []]
        simple = None
    if simple is not None:
        return simple
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None:
        if isinstance(annotation, type) and annotation not in _UNTYPED:
            return ObjectTypeInfo(annotation)
        return _ANY
    if origin in (typing.Union, types.UnionType):
        members = [member for member in arguments if member is not type(None)]
        return from_annotation(members[0]) if len(members) == 1 else _ANY
    if origin is typing.Annotated:
        return from_annotation(arguments[0])
    if origin is tuple and Ellipsis not in arguments:
        return TupleTypeInfo([from_annotation(argument) for argument in arguments])
    if origin is list:
        return ListTypeInfo(from_annotation(arguments[0]))
    if origin is dict:
        return MapTypeInfo(from_annotation(arguments[0]), from_annotation(arguments[1]))
    if isinstance(origin, type) and not issubclass(origin, (Sequence, Mapping)):
        return ObjectTypeInfo(origin)
    return _ANY
