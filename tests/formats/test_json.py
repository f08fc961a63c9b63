"""JSON lines: what Arrow decodes at once and what is decoded line by line are the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levada.common.batch import ColumnBatch, RowBatch
from levada.common.errors import UserError
from levada.common.types import Row
from levada.formats.json import JsonFormat

SCHEMA = pa.schema(
    [
        ("i", pa.int32()),
        ("f", pa.float64()),
        ("b", pa.bool_()),
        ("s", pa.string()),
        ("d", pa.date32()),
        ("t", pa.timestamp("ms")),
        ("z", pa.timestamp("us", "UTC")),
        ("h", pa.time32("ms")),
        ("l", pa.list_(pa.int64())),
        ("r", pa.struct([("x", pa.string()), ("at", pa.timestamp("ms"))])),
    ]
)
rows = st.fixed_dictionaries(
    {
        "i": st.none() | st.integers(-(2**31), 2**31 - 1),
        "f": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "b": st.none() | st.booleans(),
        "s": st.none() | st.text(),
        "d": st.none() | st.dates(),
        "t": st.none()
        | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(microsecond=0)),
        "z": st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
        "h": st.none() | st.times().map(lambda t: t.replace(microsecond=0)),
        "l": st.none() | st.lists(st.none() | st.integers(-(2**53), 2**53), max_size=3),
        "r": st.none() | st.fixed_dictionaries({"x": st.none() | st.text(max_size=3), "at": st.none()}),
    }
)


def careful(decoder, block):
    lines = [line for line in block.split(b"\n") if line]
    return decoder.finish([decoder.gather([decoder.one(line) for line in lines])] if lines else [])


@pytest.mark.parametrize("standard", ["SQL", "ISO-8601"])
@given(values=st.lists(rows, max_size=5))
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_read_both_ways(standard, values):
    form = JsonFormat(SCHEMA, timestamp_format=standard)
    block = form.encode(RowBatch(values))
    decoder = form.decoder(columnar=True)
    decoded = decoder.decode(block)
    assert decoded.malformed == []
    assert decoded.batch.data.to_pylist() == values
    assert careful(decoder, block).data.equals(decoded.batch.data)
    assert form.decoder(columnar=False).decode(block).batch.values == values


@given(st.lists(st.none() | st.integers() | st.text() | st.lists(st.text()), max_size=5))
def test_values_without_a_schema(values):
    form = JsonFormat()
    block = form.encode(RowBatch(values))
    assert form.decoder(columnar=False).decode(block).batch.values == values
    assert form.decoder(columnar=False).decode(block.replace(b"\n", b"\r\n\n")).batch.values == values


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b'{"i": "x"}', "column 'i': 'x' is not a whole number (int32)"),
        (b'{"i": 1.5}', "column 'i': Decimal('1.5') is not a whole number (int32)"),
        (b'{"i": true}', "column 'i': True is not a whole number (int32)"),
        (b'{"f": []}', "column 'f': [] is not a number"),
        (b'{"t": 5}', "column 't': 5 is not a timestamp such as"),
        (b'{"l": {}}', "column 'l': {} is not an array"),
        (b'{"r": {"at": "x"}}', "column 'r': 'x' is not a timestamp"),
        (b'{"r": 5}', "column 'r': 5 is not an object"),
        (b"[1]", "not a JSON object but list"),
        (b'{"i": 1} {"i": 2}', "not JSON: Extra data"),
        (b'{"i": 1', "not JSON: Expecting"),
        (b'{"s": "\xff"}', "not UTF-8: "),
    ],
)
def test_errors(line, error):
    decoded = JsonFormat(SCHEMA).decoder(columnar=True).decode(b'{"i": 1}\n' + line + b'\n{"i": 2}\n')
    assert [row["i"] for row in decoded.batch.data.to_pylist()] == [1, 2]
    [malformed] = decoded.malformed
    assert malformed.error.startswith(error)
    assert malformed.offset == 9


def test_errors_without_a_schema():
    decoded = JsonFormat().decoder(columnar=False).decode(b"1\n1,2\n[\n]\n2\n")
    assert decoded.batch.values == [1, 2]
    assert [bad.text for bad in decoded.malformed] == ["1,2", "[", "]"]


def test_what_arrow_refuses_but_flink_takes():
    schema = pa.schema(
        [
            ("i", pa.int64()),
            ("s", pa.string()),
            ("n", pa.decimal128(6, 2)),
            ("m", pa.map_(pa.string(), pa.int64())),
            ("y", pa.binary()),
        ]
    )
    line = b'{"i": "5", "s": {"a": [1.50]}, "n": 1.255, "m": {"k": 1, "l": null}, "y": "AP8="}'
    decoder = JsonFormat(schema).decoder(columnar=False)
    row = decoder.decode(line).batch.values[0]
    assert row["i"] == 5
    assert json.loads(row["s"]) == {"a": ["1.50"]}
    assert row["n"] == Decimal("1.26")
    assert row["m"] == [("k", 1), ("l", None)]
    assert row["y"] == b"\x00\xff"


def test_python_values_that_json_lacks():
    class Color(Enum):
        RED = 1

    @dataclass
    class Point:
        x: int
        at: datetime

    values = [
        Row(a=1, b=Row(2, None)),
        Point(1, datetime(2013, 1, 1, 5, tzinfo=UTC)),
        {"d": date(2013, 1, 1), "t": time(5), "n": Decimal("1.50"), "w": Decimal(3), "y": b"\x00", "s": {2, 1}},
        {"u": UUID(int=1), "e": Color.RED},
    ]
    lines = JsonFormat().encode(RowBatch(values)).decode().splitlines()
    assert lines == [
        '{"a":1,"b":[2,null]}',
        '{"x":1,"at":"2013-01-01 05:00:00Z"}',
        '{"d":"2013-01-01","t":"05:00:00","n":1.5,"w":3,"y":"AA==","s":[1,2]}',
        '{"u":"00000000-0000-0000-0000-000000000001","e":"RED"}',
    ]


def test_a_value_that_cannot_be_written_is_named():
    with pytest.raises(UserError, match=r"<object .* \(object\) cannot be written as JSON; map the records"):
        JsonFormat().encode(RowBatch([{"x": object()}]))


def test_columns_are_written_with_nested_times():
    data = pa.record_batch(
        {"r": pa.array([{"at": datetime(2013, 1, 1, 5, 0, 0, 120_000)}], pa.struct([("at", pa.timestamp("ms"))]))}
    )
    assert JsonFormat().encode(ColumnBatch(data)) == b'{"r":{"at":"2013-01-01 05:00:00.12"}}\n'


def test_nested_times_before_1970_lose_digits_towards_the_past():
    decoder = JsonFormat(pa.schema([("r", pa.struct([("at", pa.timestamp("ms"))]))])).decoder(columnar=True)
    block = b'{"r": {"at": "1969-12-31 23:59:59.9999"}}\n{"r": {"at": "1969-12-31 23:59:59.999"}}\n'
    times = [row["r"]["at"] for row in decoder.decode(block).batch.data.to_pylist()]
    assert times == [datetime(1969, 12, 31, 23, 59, 59, 999_000)] * 2
    assert careful(decoder, block).data.equals(decoder.decode(block).batch.data)


def test_nothing():
    assert JsonFormat().encode(RowBatch([])) == b""
    assert len(JsonFormat(SCHEMA).decoder(columnar=True).decode(b"\n \n").batch) == 0
