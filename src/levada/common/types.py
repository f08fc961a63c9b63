"""``Row``, a record with positions and (perhaps) names, and ``RowKind``, what a row does to a changelog."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

__all__ = ["Row", "RowKind"]


class RowKind(Enum):
    """What a row means in a changelog. Its value is the code in ``ColumnBatch.kinds``."""

    INSERT = 0
    UPDATE_BEFORE = 1
    UPDATE_AFTER = 2
    DELETE = 3

    def __str__(self) -> str:
        return ("+I", "-U", "+U", "-D")[self.value]


class Row:
    """A record of several values, by position and, where it has field names, by name.

    Rows are equal when their kinds, field names (in order) and values are equal. There is no order among rows.

    Examples
    --------
    >>> row = Row(name="Alice", age=11)
    >>> row.name, row["age"], row[0]
    ('Alice', 11, 'Alice')
    >>> Row(1, 2)
    <Row(1, 2)>
    >>> Person = Row("name", "age")
    >>> Person("Alice", 11)
    Row(name='Alice', age=11)
    """

    __slots__ = ("_fields", "_row_kind", "_values")

    _fields: list[str] | None
    _values: list[Any]
    _row_kind: RowKind

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs:
            if args:
                raise ValueError("Row(...) takes either values or named values, not both")
            self._fields = list(kwargs)
            self._values = list(kwargs.values())
        else:
            self._fields = None
            self._values = list(args)
        self._row_kind = RowKind.INSERT

    @staticmethod
    def of_kind(row_kind: RowKind, *args: Any, **kwargs: Any) -> Row:
        """A row of another kind than ``INSERT``."""
        row = Row(*args, **kwargs)
        row._row_kind = row_kind
        return row

    def get_row_kind(self) -> RowKind:
        """What the row means in a changelog."""
        return self._row_kind

    def set_row_kind(self, row_kind: RowKind) -> None:
        """Change what the row means in a changelog."""
        self._row_kind = row_kind

    def set_field_names(self, field_names: Sequence[str]) -> None:
        """Name the fields, in the order of the values."""
        self._fields = list(field_names)

    def get_fields_by_names(self, names: Sequence[str] | None) -> list[Any]:
        """The values of these fields, in this order; all of them where the row (or the call) has no names."""
        if self._fields is None or not names:
            return self._values
        unknown = [name for name in names if name not in self._fields]
        if unknown or len(names) != len(self._fields):
            raise KeyError(f"the row has the fields {self._fields}, not {list(names)}")
        return [self._values[self._fields.index(name)] for name in names]

    def as_dict(self, recursive: bool = False) -> dict[str, Any]:
        """The values by field name.

        Parameters
        ----------
        recursive : bool
            Whether rows inside, also in lists and dicts, become dicts too.
        """
        if self._fields is None:
            raise TypeError(f"{self!r} has no field names, so it has no dict; name them with set_field_names([...])")
        values = [_plain(value) for value in self._values] if recursive else self._values
        return dict(zip(self._fields, values, strict=False))

    def __call__(self, *args: Any) -> Row:
        """A new row with this row's values as its field names: ``Row("name", "age")("Alice", 11)``."""
        if len(args) > len(self._values):
            raise ValueError(
                f"{self!r}{args!r}: can not create a Row with {len(self._values)} fields from {len(args)} values"
            )
        row = Row(*args)
        row._fields = list(self._values)
        row._row_kind = self._row_kind
        return row

    def __getitem__(self, item: int | slice | str) -> Any:
        if isinstance(item, (int, slice)):
            return self._values[item]
        return self._values[self._index(item)]

    def __setitem__(self, key: int | slice | str, value: Any) -> None:
        if isinstance(key, (int, slice)):
            self._values[key] = value
        else:
            self._values[self._index(key)] = value

    def _index(self, name: str) -> int:
        if self._fields is None:
            raise KeyError(f"{name!r}: {self!r} has no field names; use a position, or name them: Row({name}=...)")
        try:
            return self._fields.index(name)
        except ValueError:
            raise KeyError(f"{name!r} is none of the fields {self._fields}") from None

    def __getattr__(self, item: str) -> Any:
        if not item.startswith("_") and self._fields is not None and item in self._fields:
            return self._values[self._fields.index(item)]
        raise AttributeError(f"{self!r} has no field {item!r}" if not item.startswith("_") else item)

    def __contains__(self, item: object) -> bool:
        return item in self._values

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return False
        return self._values == other._values and self._fields == other._fields and self._row_kind is other._row_kind

    def __hash__(self) -> int:
        return hash(tuple(self._values))

    def __repr__(self) -> str:
        if self._fields is None:
            return f"<Row({', '.join(map(repr, self._values))})>"
        named = zip(self._fields, self._values, strict=False)
        return f"Row({', '.join(f'{name}={value!r}' for name, value in named)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_row, (self._fields, self._values, self._row_kind.value)


def _restore_row(fields: list[str] | None, values: list[Any], kind: int) -> Row:
    row = Row(*values)
    row._fields = fields
    row._row_kind = RowKind(kind)
    return row


def _plain(value: Any) -> Any:
    """``value`` with every row in it as a dict."""
    if isinstance(value, Row):
        return value.as_dict(recursive=True)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
