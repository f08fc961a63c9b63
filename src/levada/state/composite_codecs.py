"""Codecs for values made of values: tuples, lists, dicts, rows, dataclasses. Their parts become child columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from itertools import chain, islice
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from levada.common.errors import StateError
from levada.common.types import Row, RowKind
from levada.state.codecs import Codec, Description, Misfit, only_type
from levada.state.pickling import name_of


class _FieldsCodec(Codec):
    """Values of one exact type with a fixed number of fields: an Arrow struct."""

    python_type: type

    def __init__(self, names: Sequence[str], codecs: Sequence[Codec]) -> None:
        self.names = tuple(names)
        self.codecs = tuple(codecs)

    def encode(self, values: list[Any]) -> pa.Array:
        columns, nulls = self.columns(values)
        arrays = [codec.encode(column) for codec, column in zip(self.codecs, columns, strict=True)]
        fields = [pa.field(name, array.type) for name, array in zip(self.names, arrays, strict=True)]
        mask = pa.array([value is None for value in values]) if nulls else None
        return pa.StructArray.from_arrays(arrays, fields=fields, mask=mask)

    def columns(self, values: list[Any]) -> tuple[list[list[Any]], bool]:
        """One list per field, and whether some values are None; such a value has None in each field."""
        kind, nulls = only_type(values)
        if kind is not self.python_type and kind is not None:
            raise Misfit
        return self.take_apart(values, nulls), nulls

    def decode(self, array: pa.Array) -> list[Any]:
        columns = [codec.decode(child) for codec, child in zip(self.codecs, array.flatten(), strict=True)]
        values = self.assemble(columns)
        if array.null_count:
            valid = array.is_valid().to_pylist()
            values = [value if there else None for value, there in zip(values, valid, strict=True)]
        return values

    def take_apart(self, values: list[Any], nulls: bool) -> list[list[Any]]:
        """One list per field."""
        return split_sequences(values, len(self.names), nulls)

    def assemble(self, columns: list[list[Any]]) -> list[Any]:
        """Values from one list per field."""
        raise NotImplementedError


def split_sequences(values: list[Any], width: int, nulls: bool) -> list[list[Any]]:
    """The columns of sequences that all have ``width`` items."""
    if nulls:
        nothing = (None,) * width
        values = [nothing if value is None else value for value in values]
    if set(map(len, values)) - {width}:
        raise Misfit
    return [list(map(itemgetter(index), values)) for index in range(width)]


class TupleCodec(_FieldsCodec):
    """Tuples of one length, at least 1."""

    python_type = tuple

    def __init__(self, codecs: Sequence[Codec]) -> None:
        super().__init__([f"f{index}" for index in range(len(codecs))], codecs)

    def assemble(self, columns: list[list[Any]]) -> list[Any]:
        return list(zip(*columns, strict=True))

    def describe(self) -> Description:
        return {"tuple": [codec.describe() for codec in self.codecs]}


class RowCodec(_FieldsCodec):
    """Rows of one length, of one kind, and with the same field names (or none)."""

    python_type = Row

    def __init__(self, names: Sequence[str] | None, kind: RowKind, codecs: Sequence[Codec]) -> None:
        super().__init__([f"f{index}" for index in range(len(codecs))] if names is None else names, codecs)
        self._row_names = None if names is None else list(names)
        self._kind = kind

    def take_apart(self, values: list[Any], nulls: bool) -> list[list[Any]]:
        names, kind = self._row_names, self._kind
        for value in values:
            if value is not None and (value._fields != names or value._row_kind is not kind):
                raise Misfit
        items = [None if value is None else value._values for value in values]
        return split_sequences(items, len(self.codecs), nulls)

    def assemble(self, columns: list[list[Any]]) -> list[Any]:
        names, kind = self._row_names, self._kind
        rows = []
        for values in zip(*columns, strict=True):
            row = Row.of_kind(kind, *values)
            if names is not None:
                row.set_field_names(names)
            rows.append(row)
        return rows

    def describe(self) -> Description:
        described: dict[str, Any] = {"row": [codec.describe() for codec in self.codecs], "names": self._row_names}
        if self._kind is not RowKind.INSERT:
            described["kind"] = self._kind.value
        return described


class NamedTupleCodec(_FieldsCodec):
    """Named tuples of one class."""

    def __init__(self, kind: type, codecs: Sequence[Codec], where: str) -> None:
        super().__init__(kind._fields, codecs)  # type: ignore[attr-defined]
        self.python_type = kind
        self._name = name_of(kind, where)

    def assemble(self, columns: list[list[Any]]) -> list[Any]:
        kind = self.python_type
        return [tuple.__new__(kind, values) for values in zip(*columns, strict=True)]

    def describe(self) -> Description:
        return {"namedtuple": self._name, "fields": [codec.describe() for codec in self.codecs]}


class DataclassCodec(_FieldsCodec):
    """Instances of one dataclass that hold nothing but its fields.

    Fields are found again by name: one that the class has gained since takes its default, one that it has lost is
    dropped. ``__init__`` and ``__post_init__`` are not called.
    """

    def __init__(self, kind: type, names: Sequence[str], codecs: Sequence[Codec], where: str) -> None:
        super().__init__(names, codecs)
        self.python_type = kind
        self._name = name_of(kind, where)

    def take_apart(self, values: list[Any], nulls: bool) -> list[list[Any]]:
        present = [value for value in values if value is not None] if nulls else values
        width = len(self.names)
        # More attributes than fields (a cached property, say) would be lost.
        if present and hasattr(present[0], "__dict__") and any(len(value.__dict__) != width for value in present):
            raise Misfit
        try:
            if not nulls:
                return [list(map(attrgetter(name), values)) for name in self.names]
            return [[None if value is None else getattr(value, name) for value in values] for name in self.names]
        except AttributeError as error:
            raise Misfit from error

    def assemble(self, columns: list[list[Any]]) -> list[Any]:
        kind, names = self.python_type, self.names
        if not dataclasses.is_dataclass(kind):
            raise StateError(
                f"the checkpoint holds {self._name} as a dataclass, which it no longer is. Make it one again, or start "
                "without the checkpoint"
            )
        fields = {field.name: field for field in dataclasses.fields(kind)}
        gained = [field for name, field in fields.items() if name not in names]
        kept = [index for index, name in enumerate(names) if name in fields]
        setters = [(index, names[index]) for index in kept]
        defaults = [(field.name, _default_of(field, self._name)) for field in gained]
        new, put = object.__new__, object.__setattr__
        values = []
        for row in zip(*columns, strict=True):
            value: Any = new(kind)
            for index, name in setters:
                put(value, name, row[index])
            for name, make in defaults:
                put(value, name, make())
            values.append(value)
        return values

    def describe(self) -> Description:
        return {
            "dataclass": self._name,
            "fields": {name: codec.describe() for name, codec in zip(self.names, self.codecs, strict=True)},
        }


def _default_of(field: dataclasses.Field[Any], class_name: str) -> Callable[[], Any]:
    if field.default is not dataclasses.MISSING:
        default = field.default
        return lambda: default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory
    raise StateError(
        f"the checkpoint holds {class_name} without the field {field.name!r}, which the class has gained since. "
        f"Give the field a default"
    )


class ListCodec(Codec):
    """Lists of values of one kind."""

    def __init__(self, items: Codec) -> None:
        self._items = items

    def encode(self, values: list[Any]) -> pa.Array:
        offsets, mask = list_layout(values, list)
        flat = list(chain.from_iterable(filter(None, values)))
        return pa.ListArray.from_arrays(offsets, self._items.encode(flat), mask=mask)

    def decode(self, array: pa.Array) -> list[Any]:
        return regroup(array, self._items.decode(array.flatten()), list)

    def describe(self) -> Description:
        return {"list": self._items.describe()}


class DictCodec(Codec):
    """Dicts whose keys are of one kind and whose values are of one kind: a list of (key, value) structs."""

    def __init__(self, keys: Codec, values: Codec) -> None:
        self._keys = keys
        self._values = values

    def encode(self, values: list[Any]) -> pa.Array:
        offsets, mask = list_layout(values, dict)
        dicts = list(filter(None, values))
        arrays = [
            self._keys.encode(list(chain.from_iterable(dicts))),
            self._values.encode(list(chain.from_iterable([each.values() for each in dicts]))),
        ]
        return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(arrays, ["key", "value"]), mask=mask)

    def decode(self, array: pa.Array) -> list[Any]:
        keys, values = array.flatten().flatten()
        return regroup(array, list(zip(self._keys.decode(keys), self._values.decode(values), strict=True)), dict)

    def describe(self) -> Description:
        return {"dict": [self._keys.describe(), self._values.describe()]}


def list_layout(values: list[Any], expected: type) -> tuple[pa.Array, pa.Array | None]:
    """Offsets of the values' items in one flat list, and which values are None."""
    kind, nulls = only_type(values)
    if kind is not expected and kind is not None:
        raise Misfit
    lengths = [0 if value is None else len(value) for value in values] if nulls else list(map(len, values))
    offsets = np.zeros(len(values) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    if offsets[-1] > np.iinfo(np.int32).max:
        raise Misfit
    return pa.array(offsets.astype(np.int32)), pa.array([value is None for value in values]) if nulls else None


def regroup(array: pa.Array, flat: list[Any], make: Callable[[Any], Any]) -> list[Any]:
    """Lists or dicts from all their items, by the lengths of a list array."""
    items = iter(flat)
    lengths = pc.list_value_length(array).to_pylist()
    return [None if length is None else make(islice(items, length)) for length in lengths]
