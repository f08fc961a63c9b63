"""Columns to rows and back, for every kind of row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa
import pytest

from levada.common.batch import RowBatch
from levada.common.errors import UserError
from levada.common.types import Row
from levada.formats.rows import python_values, to_record_batch, to_row_values


@dataclass
class Point:
    x: int
    y: str


class Pair(NamedTuple):
    x: int
    y: str


@pytest.mark.parametrize(
    "make", [lambda x, y: {"x": x, "y": y}, lambda x, y: Row(x=x, y=y), Point, Pair, lambda x, y: Row(y=y, x=x)]
)
def test_rows_with_names(make):
    batch = to_record_batch(RowBatch([make(1, "a"), make(2, "b")]), None, "test")
    assert sorted(batch.schema.names) == ["x", "y"]
    assert batch.select(["x", "y"]).to_pylist() == [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]
    schema = pa.schema([("y", pa.string()), ("x", pa.float32())])
    assert to_record_batch(RowBatch([make(1, "a")]), schema, "test").to_pylist() == [{"y": "a", "x": 1.0}]


def test_rows_whose_fields_come_in_another_order():
    rows = RowBatch([Row(x=1, y="a"), Row(y="b", x=2)])
    assert to_record_batch(rows, None, "test").to_pylist() == [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]


@pytest.mark.parametrize("make", [lambda *v: Row(*v), lambda *v: v, lambda *v: list(v)])
def test_rows_without_names(make):
    assert to_record_batch(RowBatch([make(1, "a")]), None, "test").to_pylist() == [{"f0": 1, "f1": "a"}]


def test_plain_values_fill_one_column():
    assert to_record_batch(RowBatch([1, None]), pa.schema([("x", pa.int64())]), "test")["x"].to_pylist() == [1, None]
    with pytest.raises(UserError, match=r"5 \(int\) has no columns; map it to a Row"):
        to_record_batch(RowBatch([5]), None, "test")


def test_rows_inside_rows():
    batch = to_record_batch(RowBatch([Row(a=Row(x=1))]), None, "test")
    assert batch.to_pylist() == [{"a": {"x": 1}}]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((1, 2, 3), "has 3 values where 2 columns"),
        (5, "cannot be written as the columns"),
        (("x", 1), "column 'x'"),
        (Row(x=1, z=2), "a row lacks one: .*'y'"),
    ],
)
def test_rows_that_do_not_fit(value, message):
    with pytest.raises(UserError, match=message):
        to_record_batch(RowBatch([value]), pa.schema([("x", pa.int64()), ("y", pa.string())]), "test")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, 3], pa.int64()),
        ([1, 2], pa.uint8()),
        ([1.5, None], pa.float32()),
        ([True, None, False], pa.bool_()),
        (["a", None, "水"], pa.string()),
        ([b"a", None], pa.binary()),
        ([datetime(2013, 1, 1, 5), None, datetime(1900, 1, 1)], pa.timestamp("ms")),
        ([datetime(2013, 1, 1, 5, 0, 0, 1), None], pa.timestamp("ns")),
        ([datetime(2013, 1, 1, 5, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        ([[1], None], pa.list_(pa.int64())),
        ([None, None], pa.int64()),
    ],
)
def test_values_come_back(values, kind):
    array = pa.array(values, kind)
    got = python_values(array)
    assert got == values
    assert [type(value) for value in got] == [type(value) for value in values]
    assert python_values(array.slice(1)) == values[1:]


def test_zones():
    array = pa.array([datetime(2013, 7, 1, 12, tzinfo=UTC)], pa.timestamp("ms", "Europe/Lisbon"))
    assert python_values(array)[0].isoformat() == "2013-07-01T13:00:00+01:00"


def test_rows_have_their_fields():
    [row] = to_row_values(pa.record_batch({"x": [1], "y": ["a"]}))
    assert row == Row(x=1, y="a")
    assert (row.y, row["x"]) == ("a", 1)
