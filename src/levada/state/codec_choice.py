"""Which codec a column gets: from a declared type, from the values themselves, or from a file's metadata."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable
from enum import Enum
from itertools import chain
from typing import Any

from levada.common.basic_typeinfo import (
    BasicType,
    BasicTypeInfo,
    DateTypeInfo,
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
from levada.common.errors import CheckpointCorruptError
from levada.common.types import Row, RowKind
from levada.state.codecs import (
    BOOL,
    BYTES,
    DATE,
    DATETIME,
    DATETIME_UTC,
    DECIMAL,
    FLOAT,
    INT,
    OF_TYPE,
    SCALARS,
    STR,
    TIME,
    Codec,
    Description,
    EnumCodec,
    Misfit,
    PickleCodec,
    only_type,
)
from levada.state.composite_codecs import (
    DataclassCodec,
    DictCodec,
    ListCodec,
    NamedTupleCodec,
    RowCodec,
    TupleCodec,
    split_sequences,
)
from levada.state.pickling import find_by_name

_MAX_DEPTH = 8

_OF_BASIC_TYPE: dict[BasicType, Codec] = {
    BasicType.STRING: STR,
    BasicType.CHAR: STR,
    BasicType.BOOLEAN: BOOL,
    BasicType.BYTE: INT,
    BasicType.SHORT: INT,
    BasicType.INT: INT,
    BasicType.LONG: INT,
    BasicType.BIG_INT: INT,
    BasicType.FLOAT: FLOAT,
    BasicType.DOUBLE: FLOAT,
    BasicType.BIG_DEC: DECIMAL,
}


def codec_of_type(declared: TypeInformation | None) -> Codec | None:
    """The codec of a declared type; None where the values themselves have to tell."""
    match declared:
        case BasicTypeInfo():
            return _OF_BASIC_TYPE.get(declared.basic_type)
        case DateTypeInfo():
            return DATE
        case TimeTypeInfo():
            return TIME
        case TimestampTypeInfo():
            return DATETIME
        case PrimitiveArrayTypeInfo() if declared.is_bytes:
            return BYTES
        case ListTypeInfo() | BasicArrayTypeInfo() | ObjectArrayTypeInfo() | PrimitiveArrayTypeInfo():
            items = codec_of_type(declared.element_type)
            return None if items is None else ListCodec(items)
        case MapTypeInfo():
            keys, values = codec_of_type(declared.key_type), codec_of_type(declared.value_type)
            return None if keys is None or values is None else DictCodec(keys, values)
        case TupleTypeInfo() if declared.field_types:
            fields = _all(map(codec_of_type, declared.field_types))
            return None if fields is None else TupleCodec(fields)
        case RowTypeInfo() if declared.field_types:
            fields = _all(map(codec_of_type, declared.field_types))
            return None if fields is None else RowCodec(declared.field_names, RowKind.INSERT, fields)
    return None


def codec_of_values(values: list[Any], where: str) -> Codec:
    """The codec that fits these values; pickle where no other does.

    Parameters
    ----------
    where : str
        What the values belong to, for errors.
    """
    try:
        return _typed(values, where, _MAX_DEPTH)
    except Misfit:
        return PickleCodec(where)


def codec_of_description(description: Description, where: str = "a checkpoint") -> Codec:
    """The codec that wrote a column with this metadata."""
    if isinstance(description, str):
        return PickleCodec(where) if description == "pickle" else SCALARS[description]

    def fields(name: str) -> list[Codec]:
        return [codec_of_description(field, where) for field in description[name]]

    match next(iter(description)):
        case "tuple":
            return TupleCodec(fields("tuple"))
        case "list":
            return ListCodec(codec_of_description(description["list"], where))
        case "dict":
            return DictCodec(*fields("dict"))
        case "row":
            return RowCodec(description["names"], RowKind(description.get("kind", 0)), fields("row"))
        case "enum":
            return EnumCodec(find_by_name(description["enum"]), where)
        case "namedtuple":
            return NamedTupleCodec(find_by_name(description["namedtuple"]), fields("fields"), where)
        case "dataclass":
            by_name = description["fields"]
            codecs = [codec_of_description(field, where) for field in by_name.values()]
            return DataclassCodec(find_by_name(description["dataclass"]), list(by_name), codecs, where)
    raise CheckpointCorruptError(f"{where}: unknown encoding {description!r}; a newer Levada may have written it")


def _typed(values: list[Any], where: str, depth: int) -> Codec:
    """A codec other than pickle, or ``Misfit``."""
    kind, nulls = only_type(values)
    if kind is None:
        return SCALARS["none"]
    if kind is dt.datetime:
        first = next(value for value in values if value is not None)
        return DATETIME if first.tzinfo is None else DATETIME_UTC
    scalar = OF_TYPE.get(kind)
    if scalar is not None:
        return scalar
    if depth == 0:
        raise Misfit
    if kind is list:
        return ListCodec(_typed(_chained(values), where, depth - 1))
    if kind is dict:
        items = _chained([value.values() for value in values if value is not None])
        return DictCodec(_typed(_chained(values), where, depth - 1), _typed(items, where, depth - 1))
    if issubclass(kind, Enum):
        return EnumCodec(kind, where)
    return _with_fields(values, kind, nulls, where, depth)


def _with_fields(values: list[Any], kind: type, nulls: bool, where: str, depth: int) -> Codec:
    first = next(value for value in values if value is not None)
    if kind is tuple and first:
        return TupleCodec(_typed_columns(split_sequences(values, len(first), nulls), where, depth))
    if kind is Row and len(first) and (first._fields is None or len(set(first._fields)) == len(first)):
        nothing = RowCodec(first._fields, first._row_kind, [SCALARS["none"]] * len(first))
        return RowCodec(first._fields, first._row_kind, _typed_columns(nothing.columns(values)[0], where, depth))
    if _is_named_tuple(kind) and first:
        return NamedTupleCodec(kind, _typed_columns(split_sequences(values, len(first), nulls), where, depth), where)
    if _is_plain_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind)]
        empty = DataclassCodec(kind, names, [SCALARS["none"]] * len(names), where)
        return DataclassCodec(kind, names, _typed_columns(empty.columns(values)[0], where, depth), where)
    raise Misfit


def _typed_columns(columns: list[list[Any]], where: str, depth: int) -> list[Codec]:
    return [_typed(column, where, depth - 1) for column in columns]


def _chained(values: Iterable[Any]) -> list[Any]:
    return list(chain.from_iterable(value for value in values if value is not None))


def _is_named_tuple(kind: type) -> bool:
    return kind.__bases__ == (tuple,) and hasattr(kind, "_fields") and not kind.__dictoffset__


def _is_plain_dataclass(kind: type) -> bool:
    """Whether instances are their fields and nothing else, and pickle would treat them so too."""
    if not dataclasses.is_dataclass(kind) or not dataclasses.fields(kind):
        return False
    if kind.__reduce_ex__ is not object.__reduce_ex__ or kind.__reduce__ is not object.__reduce__:
        return False
    # The pair that ``slots=True, frozen=True`` generates takes the fields and nothing else.
    own_state = [vars(base).get(name) for base in kind.__mro__[:-1] for name in ("__getstate__", "__setstate__")]
    if any(method is not None and method.__module__ != "dataclasses" for method in own_state):
        return False
    return all(base.__flags__ & _HEAP_TYPE for base in kind.__mro__[:-1])


_HEAP_TYPE = 1 << 9
"""Set for classes made in Python: a dataclass that extends ``dict`` or an exception holds more than its fields."""


def _all(codecs: Iterable[Codec | None]) -> list[Codec] | None:
    found = list(codecs)
    return None if None in found else [codec for codec in found if codec is not None]
