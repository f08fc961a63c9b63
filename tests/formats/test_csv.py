"""CSV: what Arrow decodes at once and what is decoded record by record are the same."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levada.common.batch import ColumnBatch, RowBatch
from levada.common.types import Row
from levada.formats.csv import CsvFormat, Fields

SCHEMA = pa.schema(
    [
        ("i", pa.int32()),
        ("f", pa.float64()),
        ("b", pa.bool_()),
        ("s", pa.string()),
        ("d", pa.date32()),
        ("t", pa.timestamp("ms")),
        ("z", pa.timestamp("us", "UTC")),
        ("n", pa.decimal128(10, 2)),
        ("h", pa.time32("ms")),
    ]
)
texts = st.text(st.sampled_from("abc,;\"\n'\\é 水"), max_size=8)
values = st.tuples(
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.booleans(),
    texts,
    st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
    st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(microsecond=5000)),
    st.none(),
    st.none() | st.decimals(-(10**7), 10**7, places=2, allow_nan=False),
    st.none() | st.times().map(lambda t: t.replace(microsecond=120_000)),
)


def careful(decoder, block):
    """Decode every record by itself."""
    spans = decoder.spans(block)
    records = [block[begin:end].removesuffix(b"\n").removesuffix(b"\r") for begin, end in spans]
    return decoder.finish([decoder.gather([decoder.one(record) for record in records])] if records else [])


@given(st.lists(values, max_size=6))
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_both_ways(rows):
    form = CsvFormat(SCHEMA)
    block = form.encode(RowBatch([Row(*row) for row in rows]))
    decoder = form.decoder(columnar=True)
    decoded = decoder.decode(block)
    assert decoded.malformed == []
    assert [tuple(row.values()) for row in decoded.batch.data.to_pylist()] == rows
    assert careful(decoder, block).data.equals(decoded.batch.data)


@given(st.lists(st.lists(texts, min_size=2, max_size=2), min_size=1, max_size=8), st.data())
@settings(max_examples=200, deadline=None)
def test_blocks_are_cut_at_records_ends(rows, data):
    form = CsvFormat(pa.schema([("a", pa.string()), ("b", pa.string())]), header=False)
    block = form.encode(RowBatch([Row(*row) for row in rows]))
    decoder = form.decoder(columnar=False)
    end = decoder.cut(block[: data.draw(st.integers(0, len(block)))])
    read = decoder.decode(block[:end]).batch.values + decoder.decode(block[end:]).batch.values
    assert [list(row) for row in read] == rows
    fields = Fields(form)
    assert fields.cut(block) == len(block)
    assert len(fields.spans(block)) == len(rows)


@given(st.lists(st.lists(texts, min_size=2, max_size=2), min_size=1, max_size=8), st.integers(1, 9))
def test_files_with_quoted_line_ends_are_not_split(rows, size):
    form = CsvFormat(pa.schema([("a", pa.string()), ("b", pa.string())]))
    block = form.encode(RowBatch([Row(*row) for row in rows]))
    chunks = [block[at : at + size] for at in range(0, len(block), size)]
    assert form.may_split(chunks) == (not any("\n" in text for row in rows for text in row))


@pytest.mark.parametrize("literal", [None, "", "NA"])
def test_null_literal(literal):
    form = CsvFormat(pa.schema([("i", pa.int64()), ("s", pa.string())]), null_literal=literal)
    decoder = form.decoder(columnar=True)
    block = b'1,NA\n2,"NA"\n3,\n,x\n'
    if literal == "NA":
        block += b"NA,y\n"
    expected = {
        None: [(1, "NA"), (2, "NA"), (3, ""), (None, "x")],
        "": [(1, "NA"), (2, "NA"), (3, None), (None, "x")],
        "NA": [(1, None), (2, None), (3, ""), (None, "x"), (None, "y")],
    }[literal]
    batch = decoder.decode(block).batch
    assert [tuple(row.values()) for row in batch.data.to_pylist()] == expected
    assert [tuple(row.values()) for row in careful(decoder, block).data.to_pylist()] == expected


def test_an_empty_text_in_quotes_is_no_null():
    decoder = CsvFormat(pa.schema([("i", pa.int64()), ("s", pa.string())]), null_literal="").decoder(columnar=True)
    block = b'1,""\n"",\n'
    assert decoder.decode(block).batch.data.to_pylist() == [{"i": 1, "s": ""}, {"i": None, "s": None}]
    assert careful(decoder, block).data.equals(decoder.decode(block).batch.data)


def test_escapes():
    form = CsvFormat(pa.schema([("a", pa.string()), ("b", pa.string())]), escape_char="\\", header=False)
    block = b'"a\\"\nb",x\\,y\n\\n,z\n'
    decoder = form.decoder(columnar=False)
    rows = decoder.decode(block).batch.values
    assert rows == [Row(a='a"\nb', b="x,y"), Row(a="n", b="z")]
    assert careful(decoder, block).values == rows
    assert decoder.cut(block + b'"open\n') == len(block)
    assert not form.may_split([b"a\n"])


@pytest.mark.parametrize(
    ("record", "error"),
    [
        (b"x,,,,,,,,", "column 'i': 'x' is not a whole number (int32)"),
        (b"1_0,,,,,,,,", "column 'i': '1_0' is not a whole number (int32)"),
        (b"3000000000,,,,,,,,", "column 'i': 3000000000 is out of range for int32 (-2147483648 to 2147483647)"),
        (b",1.x,,,,,,,", "column 'f': '1.x' is not a number"),
        (b",,maybe,,,,,,", "column 'b': 'maybe' is not true or false"),
        (b",,,,2013-02-30,,,,", "column 'd': '2013-02-30' is not a date such as 2013-01-01"),
        (b",,,,,2013-02-30 00:00:00,,,", "column 't': '2013-02-30 00:00:00': day is out of range for month"),
        (b",,,,,2013-01-01 24:00:00,,,", "column 't': '2013-01-01 24:00:00' is not a time of day"),
        (b",,,,,,soon,,", "column 'z': 'soon' is not a timestamp such as 2013-01-01 05:30:00.123 or "),
        (b",,,,,,,123456789.5,", "column 'n': 123456789.5 has too many digits for DECIMAL(10, 2)"),
        (b",,,,,,,,5", "column 'h': '5' is not a time such as 05:30:00"),
        (b",,", "it has 3 fields where 9 are expected"),
        (b',,,"a,,,,,', "a quote is not closed"),
        (b",,,\xff,,,,,", "'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_errors(record, error):
    decoder = CsvFormat(SCHEMA).decoder(columnar=True)
    decoded = decoder.decode(b"1,,,x,,,,,\n" + record + b"\n2,,,y,,,,,\n")
    assert [row["i"] for row in decoded.batch.data.to_pylist()] == [1, 2]
    [malformed] = decoded.malformed
    assert malformed.error.startswith(error)
    assert malformed.offset == 11
    assert malformed.text == record.decode(errors="replace")


def test_one_bad_record_among_many():
    lines = [f"{i},,,{i},,,,,\n".encode() for i in range(1000)]
    lines[777] = b"bad\n"
    decoded = CsvFormat(SCHEMA).decoder(columnar=True).decode(b"".join(lines))
    assert decoded.batch.data["i"].to_pylist() == [i for i in range(1000) if i != 777]
    assert decoded.malformed[0].offset == sum(map(len, lines[:777]))


def test_what_arrow_refuses_but_flink_takes():
    decoder = CsvFormat(SCHEMA).decoder(columnar=True)
    block = b" 5 ,,,,,2013-01-01 05:00:00.123456Z,2013-01-01T05:00:00+01:00,1.255,05:30\n"
    row = decoder.decode(block).batch.data.to_pylist()[0]
    assert row["i"] == 5
    assert row["t"] == datetime(2013, 1, 1, 5, 0, 0, 123_000)
    assert row["z"].isoformat() == "2013-01-01T04:00:00+00:00"
    assert row["n"] == Decimal("1.26")
    assert row["h"].isoformat() == "05:30:00"


def test_times_before_1970_lose_digits_towards_the_past():
    decoder = CsvFormat(pa.schema([("t", pa.timestamp("s"))])).decoder(columnar=True)
    block = b"1969-12-31 23:59:58.5\n"
    expected = datetime(1969, 12, 31, 23, 59, 58)
    assert decoder.decode(block).batch.data["t"].to_pylist() == [expected]
    assert careful(decoder, block).data["t"].to_pylist() == [expected]


def test_lists_and_bytes():
    schema = pa.schema([("l", pa.list_(pa.int64())), ("y", pa.binary())])
    form = CsvFormat(schema)
    block = form.encode(RowBatch([Row([1, 2], b"\x00\xff"), Row(None, None)]))
    assert block == b"1;2,AP8=\n,\n"
    assert form.decoder(columnar=False).decode(block).batch.values == [
        Row(l=[1, 2], y=b"\x00\xff"),
        Row(l=None, y=None),
    ]


def test_same_name_twice_in_a_header_takes_the_first():
    decoder = CsvFormat(pa.schema([("a", pa.int64())])).decoder(True, b"a,b,a")
    assert decoder.decode(b"1,2,3\n").batch.data.to_pylist() == [{"a": 1}]


def test_separate_batches_have_one_header():
    file = io.BytesIO()
    writer = CsvFormat(delimiter="\t").create_writer(file)
    writer.write(RowBatch([{"a": 1, "b": "x\ty"}]))
    writer.write(ColumnBatch(pa.record_batch({"a": [2], "b": [True]})))
    writer.finish()
    assert file.getvalue() == b'a\tb\n1\t"x\ty"\n2\ttrue\n'
