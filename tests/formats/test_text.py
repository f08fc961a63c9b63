"""Lines of text."""

from __future__ import annotations

import io

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from levada.common.batch import ColumnBatch, RowBatch
from levada.formats.base import StreamFormat

FORMAT = StreamFormat.text_line_format()


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8"))))
def test_what_is_written_is_read(lines):
    block = FORMAT.encode(RowBatch(lines))
    assert FORMAT.decoder(columnar=False).decode(block).batch.values == lines
    windows = "".join(line + "\r\n" for line in lines).encode()
    assert FORMAT.decoder(columnar=False).decode(windows).batch.values == lines


def test_bytes_that_are_no_text():
    decoded = FORMAT.decoder(columnar=False).decode(b"a\n\xff\n\nb\r\r\n")
    assert decoded.batch.values == ["a", "", "b\r"]
    assert [bad.offset for bad in decoded.malformed] == [2]


def test_columns():
    batch = FORMAT.decoder(columnar=True).decode(b"a\nb\n").batch
    assert batch.data.equals(pa.record_batch({"line": ["a", "b"]}))
    assert FORMAT.encode(ColumnBatch(pa.record_batch({"x": [1, None], "y": ["a", "b"]}))) == b"1\ta\n\tb\n"


def test_writer():
    file = io.BytesIO()
    writer = FORMAT.create_writer(file)
    writer.write(RowBatch(["a", 5]))
    writer.write(RowBatch([]))
    writer.finish()
    assert file.getvalue() == b"a\n5\n"
