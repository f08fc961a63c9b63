"""``TableSchema``: the names and types of a table's columns."""

from __future__ import annotations

from collections.abc import Sequence

from levada.sql.types import DataType, RowType, type_name

__all__ = ["TableSchema"]


class TableSchema:
    """Names and types, in order."""

    def __init__(self, field_names: Sequence[str] = (), data_types: Sequence[DataType] = ()) -> None:
        self._row_type = RowType.of(list(field_names), list(data_types))

    def copy(self) -> TableSchema:
        """An equal schema."""
        return TableSchema(self.get_field_names(), self.get_field_data_types())

    def get_field_names(self) -> list[str]:
        """All names."""
        return self._row_type.field_names()

    def get_field_data_types(self) -> list[DataType]:
        """All types."""
        return self._row_type.field_types()

    def get_field_name(self, field_index: int) -> str | None:
        """The name at a position, or None."""
        names = self.get_field_names()
        return names[field_index] if 0 <= field_index < len(names) else None

    def get_field_data_type(self, field: int | str) -> DataType | None:
        """The type of a column, by position or name; None if there is none."""
        names = self.get_field_names()
        index = field if isinstance(field, int) else names.index(field) if field in names else -1
        return self.get_field_data_types()[index] if 0 <= index < len(names) else None

    def get_field_count(self) -> int:
        """The number of columns."""
        return len(self._row_type.fields)

    def to_row_data_type(self) -> RowType:
        """The type of the rows."""
        return self._row_type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TableSchema) and self._row_type == other._row_type

    def __hash__(self) -> int:
        return hash(self._row_type)

    def __repr__(self) -> str:
        lines = (f" |-- {field.name}: {type_name(field.data_type)}" for field in self._row_type.fields)
        return "\n".join(("root", *lines))
