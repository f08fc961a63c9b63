"""``Schema``: columns, key and watermark of a table that is declared from Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from levada.common.errors import SqlError
from levada.sql.parser import parse_type
from levada.sql.types import DataType, RowType, type_name

__all__ = ["Schema"]


@dataclass(frozen=True)
class _Column:
    name: str
    data_type: DataType | None = None
    expression: str | None = None
    metadata_key: str | None = None
    metadata: bool = False
    virtual: bool = False


@dataclass(frozen=True)
class Schema:
    """Made by ``Schema.new_builder()``."""

    columns: tuple[_Column, ...] = ()
    primary_key: tuple[str, ...] = ()
    watermark: tuple[str, str] | None = None

    @staticmethod
    def new_builder() -> Schema.Builder:
        """A builder of schemas."""
        return Schema.Builder()

    def to_sql(self) -> str:
        """The columns as they stand in CREATE TABLE."""
        parts = [_column_sql(column) for column in self.columns]
        if self.watermark is not None:
            parts.append(f"WATERMARK FOR {_quoted(self.watermark[0])} AS {self.watermark[1]}")
        if self.primary_key:
            parts.append(f"PRIMARY KEY ({', '.join(map(_quoted, self.primary_key))}) NOT ENFORCED")
        return ", ".join(parts)

    @dataclass
    class Builder:
        """Collects columns; every method gives the builder back."""

        _columns: list[_Column] = field(default_factory=list)
        _primary_key: tuple[str, ...] = ()
        _watermark: tuple[str, str] | None = None

        def column(self, column_name: str, data_type: DataType | str) -> Schema.Builder:
            """A physical column; the type may be SQL text."""
            kind = parse_type(data_type) if isinstance(data_type, str) else data_type
            self._columns.append(_Column(column_name, kind))
            return self

        def column_by_expression(self, column_name: str, expr: str) -> Schema.Builder:
            """A column computed by a SQL expression."""
            self._columns.append(_Column(column_name, expression=expr))
            return self

        def column_by_metadata(
            self,
            column_name: str,
            data_type: DataType | str,
            metadata_key: str | None = None,
            is_virtual: bool = False,
        ) -> Schema.Builder:
            """A column that the connector fills from its records' metadata."""
            kind = parse_type(data_type) if isinstance(data_type, str) else data_type
            self._columns.append(_Column(column_name, kind, None, metadata_key, True, is_virtual))
            return self

        def from_fields(self, field_names: Sequence[str], field_data_types: Sequence[DataType]) -> Schema.Builder:
            """Physical columns by two lists."""
            for name, kind in zip(field_names, field_data_types, strict=True):
                self.column(name, kind)
            return self

        def from_row_data_type(self, data_type: DataType) -> Schema.Builder:
            """Physical columns from the fields of a row type."""
            if not isinstance(data_type, RowType):
                raise SqlError(f"from_row_data_type({data_type!r}): pass a DataTypes.ROW([...])")
            return self.from_fields(data_type.field_names(), data_type.field_types())

        def from_schema(self, unresolved_schema: Schema) -> Schema.Builder:
            """Everything of another schema."""
            self._columns += unresolved_schema.columns
            self._primary_key = unresolved_schema.primary_key or self._primary_key
            self._watermark = unresolved_schema.watermark or self._watermark
            return self

        def watermark(self, column_name: str, watermark_expr: str) -> Schema.Builder:
            """Event time is this column, its watermark this SQL expression."""
            self._watermark = (column_name, watermark_expr)
            return self

        def primary_key(self, *column_names: str) -> Schema.Builder:
            """Rows are unique by these columns."""
            self._primary_key = column_names
            return self

        def primary_key_named(self, constraint_name: str, *column_names: str) -> Schema.Builder:
            """As ``primary_key``; the name says nothing here."""
            return self.primary_key(*column_names)

        def build(self) -> Schema:
            """The schema."""
            return Schema(tuple(self._columns), self._primary_key, self._watermark)


def _quoted(name: str) -> str:
    escaped = name.replace("`", "``")
    return f"`{escaped}`"


def _column_sql(column: _Column) -> str:
    if column.expression is not None:
        return f"{_quoted(column.name)} AS {column.expression}"
    assert column.data_type is not None
    text = f"{_quoted(column.name)} {type_name(column.data_type)}"
    if column.metadata:
        text += " METADATA" + (f" FROM '{column.metadata_key}'" if column.metadata_key else "")
        text += " VIRTUAL" if column.virtual else ""
    return text
