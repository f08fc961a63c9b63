"""Codecs for single values: how a list of Python objects of one exact type becomes an Arrow array and comes back.

A codec takes only what it gives back exactly, type and all; anything else is a ``Misfit``. None is null everywhere.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pyarrow as pa

from levada.state.pickling import dump_value, find_by_name, load_value, name_of

_NONE = type(None)

Description = str | dict[str, Any]
"""A codec as JSON, as it stands in the field metadata ``levada.encoding``."""


class Misfit(Exception):
    """The values are not of the kind a codec takes."""


class Codec:
    """One way to write a column."""

    def encode(self, values: list[Any]) -> pa.Array:
        """The values as an array; ``Misfit`` where one of them would not come back as it is."""
        raise NotImplementedError

    def decode(self, array: pa.Array) -> list[Any]:
        """The values of an array that ``encode`` made (or a part of one)."""
        raise NotImplementedError

    def describe(self) -> Description:
        """What the metadata says of the column."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Codec) and self.describe() == other.describe()

    __hash__ = None  # type: ignore[assignment]


def only_type(values: list[Any]) -> tuple[type | None, bool]:
    """The one exact type of all values that are not None (None where all are), and whether some are None."""
    kinds = set(map(type, values))
    nulls = _NONE in kinds
    if nulls:
        kinds.discard(_NONE)
    if len(kinds) > 1:
        raise Misfit
    return (kinds.pop() if kinds else None), nulls


class NullCodec(Codec):
    """Nothing but None."""

    def encode(self, values: list[Any]) -> pa.Array:
        if any(value is not None for value in values):
            raise Misfit
        return pa.nulls(len(values))

    def decode(self, array: pa.Array) -> list[Any]:
        return [None] * len(array)

    def describe(self) -> Description:
        return "none"


class ScalarCodec(Codec):
    """Values of one exact type that Arrow has a type for.

    Parameters
    ----------
    name : str
        What the metadata calls it.
    python_type : type
    arrow_type : pyarrow.DataType
    numpy_type : str, optional
        Fast ways through numpy for columns without None.
    check : callable, optional
        Whether values (without None) come back exactly.
    before, after : callable, optional
        From a value to what Arrow takes, and back.
    """

    def __init__(
        self,
        name: str,
        python_type: type,
        arrow_type: pa.DataType,
        *,
        numpy_type: str | None = None,
        check: Callable[[list[Any]], bool] | None = None,
        before: Callable[[Any], Any] | None = None,
        after: Callable[[Any], Any] | None = None,
    ) -> None:
        self.name = name
        self.python_type = python_type
        self._arrow_type = arrow_type
        self._numpy_type = numpy_type
        self._check = check
        self._before = before
        self._after = after

    def encode(self, values: list[Any]) -> pa.Array:
        kind, nulls = only_type(values)
        if kind is not self.python_type and kind is not None:
            raise Misfit
        if self._check is not None and not self._check([v for v in values if v is not None] if nulls else values):
            raise Misfit
        before = self._before
        if before is not None:
            values = [None if value is None else before(value) for value in values]
        try:
            if self._numpy_type is not None and not nulls:
                return pa.array(np.fromiter(values, self._numpy_type, len(values)))
            array = pa.array(values, self._arrow_type)
        except (OverflowError, UnicodeEncodeError, pa.ArrowException) as error:
            raise Misfit from error
        if not isinstance(array, pa.Array):
            raise Misfit  # over 2 GiB: it came in pieces
        return array

    def decode(self, array: pa.Array) -> list[Any]:
        if self._numpy_type is not None and not array.null_count:
            values: list[Any] = array.to_numpy(zero_copy_only=False).tolist()
        else:
            values = array.to_pylist()
        after = self._after
        return values if after is None else [None if value is None else after(value) for value in values]

    def describe(self) -> Description:
        return self.name


class EnumCodec(Codec):
    """Members of one enumeration, by name."""

    def __init__(self, kind: type[Enum], where: str) -> None:
        self._kind = kind
        self._name = name_of(kind, where)

    def encode(self, values: list[Any]) -> pa.Array:
        kind, _ = only_type(values)
        if kind is not self._kind and kind is not None:
            raise Misfit
        names = [None if value is None else value._name_ for value in values]
        if not all(name is None or name in self._kind.__members__ for name in names):
            raise Misfit  # a combination of flags
        return pa.array(names, pa.string())

    def decode(self, array: pa.Array) -> list[Any]:
        members = self._kind.__members__
        return [None if name is None else members[name] for name in array.to_pylist()]

    def describe(self) -> Description:
        return {"enum": self._name}

    @staticmethod
    def of_name(name: str) -> EnumCodec:
        """The codec of an enumeration that can be imported by this name."""
        return EnumCodec(find_by_name(name), "a checkpoint")


class PickleCodec(Codec):
    """Anything that can be pickled, value by value. The only codec that makes large binary columns."""

    def __init__(self, where: str) -> None:
        self._where = where

    def encode(self, values: list[Any]) -> pa.Array:
        where = self._where
        pickles = [None if value is None else dump_value(value, where) for value in values]
        return pa.array(pickles, pa.large_binary())

    def decode(self, array: pa.Array) -> list[Any]:
        return [None if data is None else load_value(data) for data in array.to_pylist()]

    def describe(self) -> Description:
        return "pickle"


def _naive(values: list[Any]) -> bool:
    return all(value.tzinfo is None and not value.fold for value in values)


def _in_utc(values: list[Any]) -> bool:
    return all(value.tzinfo is dt.UTC and not value.fold for value in values)


INT = ScalarCodec("int", int, pa.int64(), numpy_type="int64")
FLOAT = ScalarCodec("float", float, pa.float64(), numpy_type="float64")
BOOL = ScalarCodec("bool", bool, pa.bool_(), numpy_type="bool")
STR = ScalarCodec("str", str, pa.string())
BYTES = ScalarCodec("bytes", bytes, pa.binary())
DATE = ScalarCodec("date", dt.date, pa.date32())
TIME = ScalarCodec("time", dt.time, pa.time64("us"), check=_naive)
TIMEDELTA = ScalarCodec("timedelta", dt.timedelta, pa.duration("us"))
DATETIME = ScalarCodec("datetime", dt.datetime, pa.timestamp("us"), check=_naive)
DATETIME_UTC = ScalarCodec(
    "datetime-utc",
    dt.datetime,
    pa.timestamp("us", tz="UTC"),
    check=_in_utc,
    after=lambda value: value.replace(tzinfo=dt.UTC),
)
DECIMAL = ScalarCodec("decimal", Decimal, pa.string(), before=str, after=Decimal)
UUID = ScalarCodec(
    "uuid", uuid.UUID, pa.binary(16), before=lambda value: value.bytes, after=lambda data: uuid.UUID(bytes=data)
)

SCALARS: dict[str, Codec] = {
    codec.name: codec
    for codec in (INT, FLOAT, BOOL, STR, BYTES, DATE, TIME, TIMEDELTA, DATETIME, DATETIME_UTC, DECIMAL, UUID)
} | {"none": NullCodec()}
"""By the name in the metadata."""

OF_TYPE: dict[type, Codec] = {
    int: INT,
    float: FLOAT,
    bool: BOOL,
    str: STR,
    bytes: BYTES,
    dt.date: DATE,
    dt.time: TIME,
    dt.timedelta: TIMEDELTA,
    dt.datetime: DATETIME,
    Decimal: DECIMAL,
    uuid.UUID: UUID,
}
"""By exact Python type."""
