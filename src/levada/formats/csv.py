"""CSV, as RFC 4180 describes it: quoted separators, quoted line ends, doubled quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any

from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.errors import JobBuildError, MalformedRecordError
from levada.formats import convert, rows, timestamps
from levada.formats.base import BlockDecoder, LineWriter, StreamFormat, line_spans
from levada.formats.casts import cast
from levada.formats.csv_writer import encode, encode_header

if TYPE_CHECKING:
    import pyarrow as pa

_TRUE = ["true", "True", "TRUE", "1"]
_FALSE = ["false", "False", "FALSE", "0"]
_LONGEST_RECORD = 16 * 1024 * 1024
"""A quote that has not been closed after so many bytes never will be."""


@dataclass(frozen=True)
class CsvFormat(StreamFormat):
    """Comma separated values. As rows: a ``Row`` with named fields.

    An empty field is null, except in a string column, where it is the empty string unless ``null_literal`` is ``""``.

    Parameters
    ----------
    schema : pyarrow.Schema, optional
        Columns and their types; guessed from the first file when a source is built without one.
    header : bool, default True
        Whether each file begins with the names of its columns. They are matched with the schema's by name, and columns
        that the schema does not have are left out. Without a header columns are matched by position.
    delimiter, quote_char, escape_char : str
        One character each; the latter two may be None.
    null_literal : str, optional
        Text that stands for null, in any column.
    array_delimiter : str, default ";"
        Between the elements of a list column.
    timestamp_format : {"SQL", "ISO-8601"}, default "SQL"
        How timestamps are written. Both are read.
    """

    schema: pa.Schema | None = None
    header: bool = True
    delimiter: str = ","
    quote_char: str | None = '"'
    escape_char: str | None = None
    null_literal: str | None = None
    array_delimiter: str = ";"
    timestamp_format: str = "SQL"

    name = "CSV"

    def __post_init__(self) -> None:
        timestamps.check_standard(self.timestamp_format, "CsvFormat(timestamp_format)")
        for parameter in ("delimiter", "quote_char", "escape_char"):
            value = getattr(self, parameter)
            if value is not None and (len(value) != 1 or not value.isascii() or value in "\r\n"):
                raise JobBuildError(f"CsvFormat({parameter}={value!r}): it must be one ASCII character, no line end")
        for item in self.schema or ():
            _check_type(item)

    @property
    def has_header(self) -> bool:  # type: ignore[override]
        """Whether files begin with the names of their columns."""
        return self.header

    def with_schema(self, schema: pa.Schema) -> CsvFormat:
        return replace(self, schema=schema)

    def decoder(self, columnar: bool, header: bytes | None = None) -> BlockDecoder[Any]:
        if self.schema is None:
            raise JobBuildError("CsvFormat(): a schema is needed to decode; a FileSource guesses one when it is built")
        names = list(self.schema.names)
        if header is not None:
            names = [text.strip() for text, _ in Fields(self).split(header.decode("utf-8"))]
            missing = [name for name in self.schema.names if name not in names]
            if missing:
                raise MalformedRecordError(f"the header has no column {missing[0]!r}; it has {', '.join(names)}")
        return _CsvDecoder(self, names, columnar)

    def needs_schema(self, columnar: bool) -> bool:
        return True

    def infer(self, sample: bytes) -> pa.Schema | None:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        if self.quote_char is not None and self.quote_char.encode() in sample:
            sample = sample[: Fields(self).cut(sample)] or sample  # it may end within quotes
        table = arrow_csv.read_csv(
            pa.BufferReader(sample),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=len(sample) + 1, autogenerate_column_names=not self.header
            ),
            parse_options=self._parse_options(),
            convert_options=arrow_csv.ConvertOptions(
                null_values=["", *([self.null_literal] if self.null_literal else [])]
            ),
        )
        return pa.schema([(item.name, _guessed(item.type)) for item in table.schema])

    def may_split(self, chunks: Iterable[bytes]) -> bool:
        """False where a line end stands within quotes."""
        if self.escape_char is not None:
            return False
        return self.quote_char is None or not _quoted_line_end(chunks, self.quote_char.encode())

    def create_writer(self, file: IO[bytes]) -> LineWriter:
        """Writes a line per row, after a header line if the format has one."""
        return LineWriter(
            file, lambda batch: encode(self, batch), (lambda batch: encode_header(self, batch)) if self.header else None
        )

    def encode(self, batch: Batch) -> bytes:
        """A line for each row."""
        return encode(self, batch)

    def _parse_options(self) -> Any:
        from pyarrow import csv as arrow_csv

        return arrow_csv.ParseOptions(
            delimiter=self.delimiter,
            quote_char=self.quote_char or False,
            escape_char=self.escape_char or False,
            newlines_in_values=True,
        )


class Fields:
    """Takes records apart, remembering which fields were quoted (an empty field in quotes is no null)."""

    def __init__(self, form: CsvFormat) -> None:
        delimiter = re.escape(form.delimiter)
        quote = re.escape(form.quote_char) if form.quote_char else None
        escape = re.escape(form.escape_char) if form.escape_char else None
        plain = rf"(?:{escape}.|[^{delimiter}\n{escape}])*+" if escape else rf"[^{delimiter}\n]*+"
        self._unescape = re.compile(rf"{escape}(.)", re.DOTALL) if escape else None
        self._quote = form.quote_char
        if quote is None:
            field = plain
            self._field = re.compile(rf"()({plain})(?:{delimiter}|$)", re.DOTALL)
        else:
            inner = rf"(?:{escape}.|{quote}{quote}|[^{quote}{escape or ''}])*+"
            field = rf"(?:{quote}{inner}{quote}{plain}|(?!{quote}){plain})"
            self._field = re.compile(rf"(?:{quote}({inner}){quote})?({plain})(?:{delimiter}|$)", re.DOTALL)
        self._record = re.compile(rf"{field}(?:{delimiter}{field})*+(?:\n|\Z)".encode(), re.DOTALL)

    def split(self, record: str) -> list[tuple[str, bool]]:
        """The fields of one record and whether each was quoted.

        Raises
        ------
        ValueError
            A quote is not closed.
        """
        fields = []
        at = 0
        while True:
            match = self._field.match(record, at)
            quoted = match is not None and match[1] is not None and self._quote is not None
            if match is None or (self._quote and not quoted and record.startswith(self._quote, at)):
                raise ValueError("a quote is not closed")
            text = match[2]
            if quoted:
                assert self._quote is not None
                text = match[1].replace(self._quote * 2, self._quote) + text
            if self._unescape is not None:
                text = self._unescape.sub(r"\1", text)
            fields.append((text, quoted))
            at = match.end()
            if at == match.end(2):
                return fields

    def spans(self, block: bytes) -> list[tuple[int, int]]:
        """Begin and end of each record; a line whose quotes do not close is a record of its own."""
        spans = []
        at = 0
        while at < len(block):
            match = self._record.match(block, at)
            end = match.end() if match is not None else block.find(b"\n", at) + 1 or len(block)
            if block[at:end].strip():
                spans.append((at, end))
            at = end
        return spans

    def cut(self, data: bytes) -> int:
        """Where the last record that has ended ends."""
        at = 0
        while at < len(data):
            match = self._record.match(data, at)
            if match is None or data[match.end() - 1] != 10:
                break
            at = match.end()
        return at


class _CsvDecoder(BlockDecoder["pa.RecordBatch"]):
    def __init__(self, form: CsvFormat, names: list[str], columnar: bool) -> None:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        assert form.schema is not None
        self._schema = form.schema
        self._columnar = columnar
        self._names = names
        self._null = form.null_literal
        self._array_delimiter = form.array_delimiter
        self._quote = form.quote_char.encode() if form.quote_char and not form.escape_char else None
        self._escapes = form.escape_char is not None
        self._fields = Fields(form)
        self._empty = pa.RecordBatch.from_arrays(
            [pa.array([], item.type) for item in self._schema], schema=self._schema
        )
        # Columns are read by position, under names that are unique whatever the header says.
        position = {name: index for index, name in reversed(list(enumerate(names)))}
        self._positions = [position[item.name] for item in self._schema]
        wire = {str(at): _wire_type(item.type) for at, item in zip(self._positions, self._schema, strict=True)}
        self._arrow_reads_all = None not in wire.values()
        self._parse = form._parse_options()
        self._convert = arrow_csv.ConvertOptions(
            column_types={name: kind for name, kind in wire.items() if kind is not None},
            include_columns=[str(at) for at in self._positions],
            null_values=[""] if self._null is None else ["", self._null],
            strings_can_be_null=self._null == "",
            quoted_strings_can_be_null=False,
            true_values=_TRUE,
            false_values=_FALSE,
        )
        self._converters = [convert.converter(item.type) for item in self._schema]

    def cut(self, data: bytes) -> int:
        if self._escapes:
            return self._fields.cut(data)
        end = data.rfind(b"\n") + 1
        if self._quote is None or data.count(self._quote, 0, end) % 2 == 0 or len(data) > _LONGEST_RECORD:
            return end
        return self._fields.cut(data)

    def spans(self, block: bytes) -> list[tuple[int, int]]:
        if not self._escapes and (self._quote is None or self._quote not in block):
            return line_spans(block)
        return self._fields.spans(block)

    def fast(self, block: bytes) -> pa.RecordBatch:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        if not self._arrow_reads_all:
            raise ValueError("the schema has types that Arrow does not read from CSV")
        if not block.strip():
            return self._empty
        if self._quote is not None and block.count(self._quote) % 2:
            # Arrow would take all the rest of the block for one field.
            raise ValueError("a quote is not closed")
        options = arrow_csv.ReadOptions(
            use_threads=False,
            block_size=len(block) + 1,
            column_names=[str(at) for at in range(len(self._names))],
        )
        table = arrow_csv.read_csv(
            pa.BufferReader(block), read_options=options, parse_options=self._parse, convert_options=self._convert
        )
        columns = []
        for index, item in enumerate(self._schema):
            column = table.column(index)
            column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
            column = cast(column, item.type)
            if self._null and pa.types.is_string(item.type):
                column = _null_where_literal(column, self._null)
            columns.append(column)
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)

    def one(self, record: bytes) -> list[Any]:
        fields = self._fields.split(record.decode("utf-8"))
        if len(fields) != len(self._names):
            raise ValueError(f"it has {len(fields)} fields where {len(self._names)} are expected")
        values: list[Any] = []
        for position, item, of in zip(self._positions, self._schema, self._converters, strict=True):
            text, quoted = fields[position]
            is_text = _is_text(item.type)
            # As Arrow has it: "" in quotes is a text, and any other null literal is null with and without quotes.
            if (text == self._null and (text or not (quoted and is_text))) or (not text and not is_text):
                values.append(None)
                continue
            try:
                values.append(of(text.split(self._array_delimiter) if _is_list(item.type) else text))
            except ValueError as error:
                raise ValueError(f"column {item.name!r}: {error}") from None
        return values

    def gather(self, values: list[Any]) -> pa.RecordBatch:
        import pyarrow as pa

        columns = zip(*values, strict=True)
        arrays = [pa.array(column, item.type) for column, item in zip(columns, self._schema, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def finish(self, parts: list[pa.RecordBatch]) -> Batch:
        import pyarrow as pa

        data = parts[0] if len(parts) == 1 else pa.concat_batches(parts or [self._empty])
        return ColumnBatch(data) if self._columnar else RowBatch(rows.to_row_values(data))


def _null_where_literal(column: pa.Array, literal: str) -> pa.Array:
    import pyarrow as pa
    from pyarrow import compute as pc

    is_literal = pc.equal(column, pa.scalar(literal))
    return pc.if_else(is_literal, pa.scalar(None, column.type), column) if pc.any(is_literal).as_py() else column


def _quoted_line_end(chunks: Iterable[bytes], quote: bytes) -> bool:
    import numpy as np

    open_quotes = 0
    for chunk in chunks:
        if not open_quotes and quote not in chunk:
            continue
        codes = np.frombuffer(chunk, np.uint8)
        quotes = np.flatnonzero(codes == quote[0])
        ends = np.flatnonzero(codes == 10)
        if ((np.searchsorted(quotes, ends) + open_quotes) % 2).any():
            return True
        open_quotes = (open_quotes + len(quotes)) % 2
    return False


def _wire_type(kind: pa.DataType) -> pa.DataType | None:
    import pyarrow as pa
    from pyarrow import types

    if types.is_timestamp(kind):
        return kind if kind.unit == "ns" else pa.timestamp("us", kind.tz)
    if types.is_list(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        return None
    return kind


def _guessed(kind: pa.DataType) -> pa.DataType:
    """What is declared for a guessed type: timestamps have milli- or microseconds, nothing known is text."""
    import pyarrow as pa

    if pa.types.is_null(kind):
        return pa.string()
    return pa.timestamp("ms" if kind.unit == "s" else "us", kind.tz) if pa.types.is_timestamp(kind) else kind


def _check_type(item: pa.Field) -> None:
    from pyarrow import types

    kind = item.type.value_type if _is_list(item.type) else item.type
    if types.is_nested(kind):
        raise JobBuildError(f"CsvFormat(schema): column {item.name!r} of type {item.type} has no form in CSV; use JSON")
    try:
        convert.converter(item.type)
    except ValueError as error:
        raise JobBuildError(f"CsvFormat(schema): column {item.name!r}: {error}") from None


def _is_text(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))


def _is_list(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_list(kind))
