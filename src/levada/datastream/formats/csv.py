"""CSV under PyFlink's names: schemas that are built column by column, and messages of one line."""

from __future__ import annotations

from dataclasses import replace

from levada.common.batch import RowBatch
from levada.common.errors import JobBuildError, MalformedRecordError
from levada.common.serialization import DeserializationSchema, SerializationSchema
from levada.common.typeinfo import TypeInformation
from levada.common.types import Row
from levada.datastream.formats.csv_schema import CsvSchema, CsvSchemaBuilder
from levada.datastream.formats.row_types import schema_of
from levada.formats.csv import CsvFormat

__all__ = [
    "CsvBulkWriters",
    "CsvReaderFormat",
    "CsvRowDeserializationSchema",
    "CsvRowSerializationSchema",
    "CsvSchema",
    "CsvSchemaBuilder",
]

_LINE_ENDS = ("\n", "\r", "\r\n", "")


class CsvReaderFormat:
    """CSV files for ``FileSource.for_record_stream_format``: named rows."""

    @staticmethod
    def for_schema(schema: CsvSchema) -> CsvFormat:
        """The format that a schema describes."""
        return _format_of(schema, "CsvReaderFormat.for_schema")


class CsvBulkWriters:
    """CSV files for ``FileSink.for_bulk_format``."""

    @staticmethod
    def for_schema(schema: CsvSchema) -> CsvFormat:
        """The format that a schema describes."""
        return _format_of(schema, "CsvBulkWriters.for_schema")


def _format_of(schema: CsvSchema, call: str) -> CsvFormat:
    if not isinstance(schema, CsvSchema):
        raise JobBuildError(f"{call}({schema!r}): pass CsvSchema.builder().add_string_column('name').build()")
    return schema.format


class CsvRowDeserializationSchema(DeserializationSchema):
    """A named ``Row`` from a message that is one line of CSV."""

    def __init__(self, form: CsvFormat, ignore_parse_errors: bool = False) -> None:
        self.format = form
        self.ignore_parse_errors = ignore_parse_errors

    def deserialize(self, message: bytes) -> Row | None:
        """The row; None for what is no such line, where parse errors are ignored."""
        decoded = self.format.decoder(columnar=False).decode(message)
        if decoded.malformed:
            if self.ignore_parse_errors:
                return None
            raise MalformedRecordError(f"{message!r:.200} is no such line of CSV: {decoded.malformed[0].error}")
        assert isinstance(decoded.batch, RowBatch)
        return decoded.batch.values[0] if decoded.batch.values else None

    class Builder:
        """Options of a ``CsvRowDeserializationSchema``."""

        def __init__(self, type_info: TypeInformation) -> None:
            schema = schema_of(type_info, "CsvRowDeserializationSchema.Builder(type_info)")
            self._format = CsvFormat(schema, header=False)
            self._ignore = False
            self._comments = False

        def set_field_delimiter(self, delimiter: str) -> CsvRowDeserializationSchema.Builder:
            """What stands between fields; a comma at first."""
            return self._set(delimiter=delimiter)

        def set_array_element_delimiter(self, delimiter: str) -> CsvRowDeserializationSchema.Builder:
            """What stands between the elements of a list; a semicolon at first."""
            return self._set(array_delimiter=delimiter)

        def set_quote_character(self, c: str) -> CsvRowDeserializationSchema.Builder:
            """What fields may be put in; a double quote at first."""
            return self._set(quote_char=c)

        def set_escape_character(self, c: str) -> CsvRowDeserializationSchema.Builder:
            """What takes the next character's meaning from it; none at first."""
            return self._set(escape_char=c)

        def set_null_literal(self, null_literal: str) -> CsvRowDeserializationSchema.Builder:
            """The text that stands for null."""
            return self._set(null_literal=null_literal)

        def set_ignore_parse_errors(self, ignore_parse_errors: bool) -> CsvRowDeserializationSchema.Builder:
            """Give None for what cannot be read, in place of an error."""
            self._ignore = ignore_parse_errors
            return self

        def set_allow_comments(self, allow_comments: bool) -> CsvRowDeserializationSchema.Builder:
            """Take a line that begins with ``#`` for a comment, which gives None."""
            self._comments = allow_comments
            return self

        def build(self) -> CsvRowDeserializationSchema:
            """The schema."""
            make = _WithComments if self._comments else CsvRowDeserializationSchema
            return make(self._format, self._ignore)

        def _set(self, **options: str) -> CsvRowDeserializationSchema.Builder:
            self._format = replace(self._format, **options)  # type: ignore[arg-type]
            return self


class _WithComments(CsvRowDeserializationSchema):
    def deserialize(self, message: bytes) -> Row | None:
        return None if message.startswith(b"#") else super().deserialize(message)


class CsvRowSerializationSchema(SerializationSchema):
    """A row as a message that is one line of CSV."""

    def __init__(self, form: CsvFormat, line_delimiter: str = "\n") -> None:
        self.format = form
        self._line_end = line_delimiter.encode()

    def serialize(self, value: Row) -> bytes:
        """The line of ``value``."""
        return self.format.encode(RowBatch([value])).removesuffix(b"\n") + self._line_end

    class Builder:
        """Options of a ``CsvRowSerializationSchema``."""

        def __init__(self, type_info: TypeInformation) -> None:
            schema = schema_of(type_info, "CsvRowSerializationSchema.Builder(type_info)")
            self._format = CsvFormat(schema, header=False)
            self._line_end = "\n"

        def set_field_delimiter(self, c: str) -> CsvRowSerializationSchema.Builder:
            """What stands between fields; a comma at first."""
            return self._set(delimiter=c)

        def set_line_delimiter(self, delimiter: str) -> CsvRowSerializationSchema.Builder:
            """What ends the message; a line end at first, nothing for ``""``."""
            if delimiter not in _LINE_ENDS:
                raise JobBuildError(rf"set_line_delimiter({delimiter!r}): pass one of '\n', '\r', '\r\n', ''")
            self._line_end = delimiter
            return self

        def set_array_element_delimiter(self, delimiter: str) -> CsvRowSerializationSchema.Builder:
            """What stands between the elements of a list; a semicolon at first."""
            return self._set(array_delimiter=delimiter)

        def disable_quote_character(self) -> CsvRowSerializationSchema.Builder:
            """Put no field in quotes."""
            return self._set(quote_char=None)

        def set_quote_character(self, c: str) -> CsvRowSerializationSchema.Builder:
            """What fields are put in that need it; a double quote at first."""
            return self._set(quote_char=c)

        def set_escape_character(self, c: str) -> CsvRowSerializationSchema.Builder:
            """What is put before a character that would end the field; none at first."""
            return self._set(escape_char=c)

        def set_null_literal(self, s: str) -> CsvRowSerializationSchema.Builder:
            """The text that stands for null."""
            return self._set(null_literal=s)

        def build(self) -> CsvRowSerializationSchema:
            """The schema."""
            return CsvRowSerializationSchema(self._format, self._line_end)

        def _set(self, **options: str | None) -> CsvRowSerializationSchema.Builder:
            self._format = replace(self._format, **options)  # type: ignore[arg-type]
            return self
