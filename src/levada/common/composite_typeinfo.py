"""Types made of types: arrays, lists, maps, tuples and rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from levada.common.basic_typeinfo import BasicType, BasicTypeInfo, T_co, TypeInformation
from levada.common.types import Row

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    E = TypeVar("E", default=Any)
    K = TypeVar("K", default=Any)
    V = TypeVar("V", default=Any)
else:
    from typing import TypeVar

    E, K, V = TypeVar("E"), TypeVar("K"), TypeVar("V")


class _SequenceTypeInfo(TypeInformation[list[E]]):
    """Base of lists and arrays: a Python list of elements of one type."""

    def __init__(self, element_type: TypeInformation[E]) -> None:
        self.element_type = element_type

    def convert(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
            raise self._refuse(value)
        convert = self.element_type.convert
        return [convert(item) for item in value]

    @property
    def shapes(self) -> bool:
        return True

    def shape(self, value: Any) -> Any:
        if type(value) is list and not self.element_type.shapes:
            return value
        return self.convert(value)

    def _parts(self) -> tuple[Any, ...]:
        return (self.element_type,)


class ListTypeInfo(_SequenceTypeInfo[E]):
    """A list."""


class BasicArrayTypeInfo(_SequenceTypeInfo[E]):
    """An array of basic values, which may be None."""


class ObjectArrayTypeInfo(_SequenceTypeInfo[E]):
    """An array of values of any type."""


class PrimitiveArrayTypeInfo(_SequenceTypeInfo[E]):
    """An array of numbers or booleans without None; of bytes: a ``bytes`` object."""

    def convert(self, value: Any) -> Any:
        if value is not None and self.is_bytes:
            if not isinstance(value, (bytes, bytearray, memoryview)):
                raise self._refuse(value)
            return bytes(value)
        return super().convert(value)

    def shape(self, value: Any) -> Any:
        return value if type(value) is bytes else super().shape(value)

    @property
    def is_bytes(self) -> bool:
        """Whether values are ``bytes`` objects."""
        return self.element_type == BasicTypeInfo(BasicType.BYTE)


class MapTypeInfo(TypeInformation[dict[K, V]]):
    """A dict with keys of one type and values of one type."""

    def __init__(self, key_type_info: TypeInformation[K], value_type_info: TypeInformation[V]) -> None:
        self.key_type = key_type_info
        self.value_type = value_type_info

    def convert(self, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self._refuse(value)
        key, item = self.key_type.convert, self.value_type.convert
        return {key(k): item(v) for k, v in value.items()}

    @property
    def shapes(self) -> bool:
        return self.key_type.shapes or self.value_type.shapes

    def shape(self, value: Any) -> Any:
        return self.convert(value) if self.shapes else value

    def _parts(self) -> tuple[Any, ...]:
        return (self.key_type, self.value_type)

    def __repr__(self) -> str:
        return f"MapTypeInfo<{self.key_type!r}, {self.value_type!r}>"


class _FieldsTypeInfo(TypeInformation[T_co]):
    """Base of tuples and rows: a fixed number of fields, each of its own type."""

    def __init__(self, field_types: Sequence[TypeInformation]) -> None:
        self.field_types = tuple(field_types)
        self._fields_shape = any(field_type.shapes for field_type in self.field_types)

    def get_field_types(self) -> list[TypeInformation]:
        """The types of the fields, in their order."""
        return list(self.field_types)

    @property
    def shapes(self) -> bool:
        return True

    def need_conversion(self) -> bool:
        return True

    def _parts(self) -> tuple[Any, ...]:
        return (self.field_types,)

    def _converted(self, value: Any, values: Sequence[Any]) -> list[Any]:
        if len(values) != len(self.field_types):
            raise TypeError(f"{value!r} has {len(values)} fields, type {self!r} has {len(self.field_types)}")
        return [kind.convert(item) for kind, item in zip(self.field_types, values, strict=True)]


class TupleTypeInfo(_FieldsTypeInfo[tuple[Any, ...]]):
    """A tuple of a fixed length."""

    def convert(self, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, (tuple, list, Row)):
            raise self._refuse(value)
        return tuple(self._converted(value, list(value)))

    def shape(self, value: Any) -> Any:
        return value if type(value) is tuple and not self._fields_shape else self.convert(value)

    def to_internal_type(self, obj: Any) -> Any:
        if obj is None:
            return None
        return tuple(kind.to_internal_type(item) for kind, item in zip(self.field_types, obj, strict=True))

    def from_internal_type(self, obj: Any) -> Any:
        if obj is None:
            return None
        return tuple(kind.from_internal_type(item) for kind, item in zip(self.field_types, obj, strict=True))

    def __repr__(self) -> str:
        return f"TupleTypeInfo({', '.join(map(repr, self.field_types))})"


class RowTypeInfo(_FieldsTypeInfo[Row]):
    """A ``Row`` with named fields: the names given, or f0, f1, ..."""

    def __init__(self, field_types: Sequence[TypeInformation], field_names: Sequence[str] | None = None) -> None:
        super().__init__(field_types)
        names = [f"f{i}" for i in range(len(self.field_types))] if field_names is None else list(field_names)
        if len(names) != len(self.field_types):
            raise ValueError(f"RowTypeInfo: {len(self.field_types)} field types but {len(names)} field names {names}")
        if len(set(names)) != len(names):
            raise ValueError(f"RowTypeInfo: field names must differ, got {names}")
        self.field_names = tuple(names)
        self._names = names

    def get_field_names(self) -> list[str]:
        """The names of the fields, in their order."""
        return list(self.field_names)

    def get_field_index(self, field_name: str) -> int:
        """The position of a field; -1 where there is none of this name."""
        return self.field_names.index(field_name) if field_name in self.field_names else -1

    def convert(self, value: Any) -> Any:
        """A row from a row, a tuple, a list or a dict. Fields with names are taken by name, others by position."""
        if value is None:
            return None
        row = self._row(self._converted(value, self._values_of(value)))
        if isinstance(value, Row):
            row.set_row_kind(value.get_row_kind())
        return row

    def shape(self, value: Any) -> Any:
        if type(value) is Row and value._fields == self._names and not self._fields_shape:
            return value
        return self.convert(value)

    def to_internal_type(self, obj: Any) -> Any:
        if obj is None:
            return None
        values = self._values_of(obj)
        return tuple(kind.to_internal_type(item) for kind, item in zip(self.field_types, values, strict=True))

    def from_internal_type(self, obj: Any) -> Any:
        if obj is None:
            return None
        return self._row([k.from_internal_type(item) for k, item in zip(self.field_types, obj, strict=True)])

    def _values_of(self, value: Any) -> Sequence[Any]:
        if isinstance(value, Row):
            fields = value._fields
            by_name = fields is not None and set(fields) == set(self.field_names)
            return value.get_fields_by_names(self.field_names if by_name else None)
        if isinstance(value, Mapping):
            return [value.get(name) for name in self.field_names]
        if isinstance(value, (tuple, list)):
            return value
        raise self._refuse(value)

    def _row(self, values: list[Any]) -> Row:
        row = Row(*values)
        row._fields = self._names
        return row

    def _parts(self) -> tuple[Any, ...]:
        return (self.field_types, self.field_names)

    def __repr__(self) -> str:
        fields = zip(self.field_names, self.field_types, strict=True)
        return f"RowTypeInfo({', '.join(f'{name}: {kind!r}' for name, kind in fields)})"
