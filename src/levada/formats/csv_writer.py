"""Batches as lines of CSV."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from levada.common.batch import Batch, ColumnBatch
from levada.common.types import Row
from levada.formats import rows, timestamps

if TYPE_CHECKING:
    import pyarrow as pa

    from levada.formats.csv import CsvFormat


def encode_header(form: CsvFormat, batch: Batch) -> bytes:
    """The line with the columns' names."""
    if form.schema is not None:
        names = list(form.schema.names)
    elif isinstance(batch, ColumnBatch):
        names = list(batch.data.schema.names)
    else:
        first = batch.values[0]
        names = rows.field_names(first) or [f"f{index}" for index in range(_width(first))]
    return _lines(form, [names])


def encode(form: CsvFormat, batch: Batch) -> bytes:
    """A line for each row of a batch."""
    if isinstance(batch, ColumnBatch) or form.schema is not None:
        data = timestamps.as_text(rows.to_record_batch(batch, form.schema, "CSV"), form.timestamp_format)
        if form.quote_char == '"' and form.escape_char is None and not form.null_literal:
            return _encode_columns(form, data)
        columns: Iterable[list[Any]] = map(rows.python_values, data.columns)
    else:
        if not batch.values:
            return b""
        first = batch.values[0]
        names = rows.field_names(first) or [f"f{index}" for index in range(_width(first))]
        columns = rows.columns_of(batch.values, names)
    return _lines(form, zip(*(_texts(form, column) for column in columns), strict=True))


def _encode_columns(form: CsvFormat, data: pa.RecordBatch) -> bytes:
    import pyarrow as pa
    from pyarrow import compute as pc
    from pyarrow import csv as arrow_csv

    columns = []
    quotes = False
    special = f'["\r\n{re.escape(form.delimiter)}]'
    for column in data.columns:
        kind = column.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            if not pa.types.is_string(kind):
                texts = [None if value is None else str(_text(form, value)) for value in rows.python_values(column)]
                column = pa.array(texts, pa.string())
            quotes = quotes or pc.any(pc.match_substring_regex(column, special)).as_py()
        columns.append(column)
    # Arrow quotes either nothing or every string.
    options = arrow_csv.WriteOptions(
        include_header=False, delimiter=form.delimiter, quoting_style="needed" if quotes else "none"
    )
    out = pa.BufferOutputStream()
    arrow_csv.write_csv(pa.record_batch(columns, data.schema.names), out, options)
    return bytes(out.getvalue())


def _width(value: Any) -> int:
    return len(value) if isinstance(value, Row | tuple | list) else 1


def _texts(form: CsvFormat, values: list[Any]) -> list[Any]:
    null = form.null_literal or ""
    plain = (str, int, float)
    if all(type(value) in plain for value in values):
        return values
    return [null if value is None else _text(form, value) for value in values]


def _text(form: CsvFormat, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return timestamps.text_of(value, form.timestamp_format)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, list | tuple):
        return form.array_delimiter.join(str(_text(form, item)) for item in value)
    return value


def _lines(form: CsvFormat, records: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=form.delimiter,
        quotechar=form.quote_char,
        escapechar=form.escape_char,
        doublequote=form.escape_char is None,
        quoting=csv.QUOTE_MINIMAL if form.quote_char else csv.QUOTE_NONE,
        lineterminator="\n",
    )
    writer.writerows(records)
    return text.getvalue().encode()
