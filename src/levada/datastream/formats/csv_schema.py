"""``CsvSchema``: the columns of CSV files, named one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from levada.common.errors import JobBuildError
from levada.common.logs import get_logger
from levada.datastream.formats.row_types import arrow_type
from levada.formats.csv import CsvFormat

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CsvSchema", "CsvSchemaBuilder"]

log = get_logger(__name__)


class CsvSchema:
    """Columns of CSV and how they are written. Made by ``CsvSchema.builder()``."""

    def __init__(self, form: CsvFormat) -> None:
        self.format = form

    @staticmethod
    def builder() -> CsvSchemaBuilder:
        """A schema to be, without columns."""
        return CsvSchemaBuilder()

    def size(self) -> int:
        """The number of columns."""
        return len(self.format.schema or ())

    def __len__(self) -> int:
        return self.size()

    def __repr__(self) -> str:
        return f"CsvSchema({', '.join(f'{item.name} {item.type}' for item in self.format.schema or ())})"


class CsvSchemaBuilder:
    """Columns and options of a ``CsvSchema``. As in Flink there is no header unless ``set_use_header`` asks for one."""

    def __init__(self) -> None:
        self._columns: list[tuple[str, pa.DataType]] = []
        self._options: dict[str, Any] = {"header": False}

    # --- columns -----------------------------------------------------------------------------------------------------

    def add_array_column(self, name: str, separator: str = ";", element_type: Any = None) -> CsvSchemaBuilder:
        """A list, of strings unless ``element_type`` says otherwise. All lists of a file share the last separator."""
        import pyarrow as pa

        element = pa.string() if element_type is None else arrow_type(element_type, "add_array_column(element_type)")
        return self.set_array_element_separator(separator)._add(name, pa.list_(element))

    def add_boolean_column(self, name: str) -> CsvSchemaBuilder:
        """``true`` or ``false``."""
        import pyarrow as pa

        return self._add(name, pa.bool_())

    def add_number_column(self, name: str, number_type: Any = None) -> CsvSchemaBuilder:
        """A number: ``DataTypes.BIGINT()`` unless ``number_type`` says otherwise."""
        import pyarrow as pa

        kind = pa.int64() if number_type is None else arrow_type(number_type, "add_number_column(number_type)")
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
            raise JobBuildError(f"add_number_column({name!r}, {number_type!r}): this is no type of numbers")
        return self._add(name, kind)

    def add_string_column(self, name: str) -> CsvSchemaBuilder:
        """Text."""
        import pyarrow as pa

        return self._add(name, pa.string())

    def add_columns_from(self, schema: CsvSchema) -> CsvSchemaBuilder:
        """All columns of another schema, behind those that are there."""
        for item in schema.format.schema or ():
            self._add(item.name, item.type)
        return self

    def clear_columns(self) -> CsvSchemaBuilder:
        """Drop all columns."""
        self._columns.clear()
        return self

    def size(self) -> int:
        """The number of columns so far."""
        return len(self._columns)

    def __len__(self) -> int:
        return self.size()

    def _add(self, name: str, kind: pa.DataType) -> CsvSchemaBuilder:
        if any(name == known for known, _ in self._columns):
            raise JobBuildError(f"CsvSchema: there is a column {name!r} already")
        self._columns.append((name, kind))
        return self

    # --- options -----------------------------------------------------------------------------------------------------

    def set_use_header(self, use: bool = True) -> CsvSchemaBuilder:
        """Whether files begin with the names of their columns, by which they are found."""
        return self._set(header=use)

    def set_column_separator(self, char: str) -> CsvSchemaBuilder:
        """What stands between fields; a comma at first."""
        return self._set(delimiter=char)

    def set_quote_char(self, char: str) -> CsvSchemaBuilder:
        """What fields may be put in; a double quote at first."""
        return self._set(quote_char=char)

    def disable_quote_char(self) -> CsvSchemaBuilder:
        """Fields are never put in quotes."""
        return self._set(quote_char=None)

    def set_escape_char(self, char: str) -> CsvSchemaBuilder:
        """What takes the next character's meaning from it; none at first."""
        return self._set(escape_char=char)

    def disable_escape_char(self) -> CsvSchemaBuilder:
        """No character takes the next one's meaning from it."""
        return self._set(escape_char=None)

    def set_array_element_separator(self, separator: str) -> CsvSchemaBuilder:
        """What stands between the elements of lists; a semicolon at first."""
        return self._set(array_delimiter=separator)

    def set_null_value(self, null_value: str) -> CsvSchemaBuilder:
        """The text that stands for null."""
        return self._set(null_literal=null_value)

    def set_line_separator(self, separator: str) -> CsvSchemaBuilder:
        r"""Accept a line end; lines end with ``\n`` when written, and with ``\n`` or ``\r\n`` when read."""
        if separator not in ("\n", "\r\n"):
            raise JobBuildError(rf"set_line_separator({separator!r}): lines of CSV end with '\n' or '\r\n'")
        return self

    def set_strict_headers(self, strict: bool = True) -> CsvSchemaBuilder:
        """Warn: columns are found by their names, in whatever order the header has them; one that lacks is an error."""
        if strict:
            log.warning("set_strict_headers() has no effect: columns are found by the names in the header")
        return self

    def set_skip_first_data_row(self, skip: bool = True) -> CsvSchemaBuilder:
        """Refuse to skip a row that is no header; ``set_use_header()`` is for one that is."""
        if skip:
            raise JobBuildError(
                "set_skip_first_data_row(True): only a header can be skipped; call set_use_header() where the first "
                "row names the columns, or drop the row with filter(...)"
            )
        return self

    def build(self) -> CsvSchema:
        """The schema."""
        import pyarrow as pa

        if not self._columns:
            raise JobBuildError("CsvSchema.builder().build(): there is no column; add_string_column('name'), ...")
        return CsvSchema(CsvFormat(pa.schema(self._columns), **self._options))

    def _set(self, **options: Any) -> CsvSchemaBuilder:
        self._options.update(options)
        return self
