"""Rows to columns and back: kinds survive, and errors name column, value and row."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.common.batch import ColumnBatch, RowBatch
from levada.common.errors import InternalError, UserError
from levada.common.time import Instant
from levada.common.types import Row, RowKind
from levada.operators.columnar import ColumnsToRows, RowForm, RowsToColumns

from .harness import Bench

SCHEMA = pa.schema([("name", pa.string()), ("age", pa.int32())])


def to_columns(values: list[Any], schema: pa.Schema = SCHEMA) -> ColumnBatch:
    bench = Bench(RowsToColumns(schema))
    bench.push(RowBatch(values))
    (made,) = bench.out.elements
    return made


def to_rows(batch: ColumnBatch, form: RowForm = RowForm.ROW) -> list[Any]:
    bench = Bench(ColumnsToRows(form))
    bench.push(batch)
    (made,) = bench.out.elements
    return made.values


@pytest.mark.parametrize(
    "values",
    [
        [("Ann", 1), ("Bob", None)],
        [["Ann", 1], ["Bob", None]],
        [{"name": "Ann", "age": 1}, {"age": None, "name": "Bob"}],
        [Row("Ann", 1), Row("Bob", None)],
        [Row(age=1, name="Ann"), Row(name="Bob", age=None)],
    ],
)
def test_every_shape_of_row_makes_the_same_columns(values: list[Any]) -> None:
    made = to_columns(values)
    assert made.data.to_pylist() == [{"name": "Ann", "age": 1}, {"name": "Bob", "age": None}]
    assert made.kinds is None


def test_bare_values_fill_a_single_column() -> None:
    assert to_columns([1, None], pa.schema([("n", pa.int64())])).data.column(0).to_pylist() == [1, None]


_KINDS = st.sampled_from(list(RowKind))


@given(st.lists(st.tuples(_KINDS, st.none() | st.text(max_size=3), st.none() | st.integers(-9, 9)), min_size=1))
def test_rows_come_back_as_they_went(rows: list[tuple[RowKind, Any, Any]]) -> None:
    values = [Row.of_kind(kind, name=name, age=age) for kind, name, age in rows]
    assert to_rows(to_columns(values)) == values


def test_rows_as_tuples_and_dicts() -> None:
    batch = to_columns([("Ann", 1)])
    assert to_rows(batch, RowForm.TUPLE) == [("Ann", 1)]
    assert to_rows(batch, RowForm.DICT) == [{"name": "Ann", "age": 1}]
    changes = ColumnBatch(batch.data, pa.array([3], pa.int8()))
    with pytest.raises(UserError, match="cannot become tuples"):
        to_rows(changes, RowForm.TUPLE)


def test_values_keep_their_python_types() -> None:
    schema = pa.schema(
        [("x", pa.float64()), ("d", pa.decimal128(5, 2)), ("day", pa.date32()), ("r", pa.struct([("a", pa.int64())]))]
    )
    given_rows = [(1.5, Decimal("1.20"), date(2024, 1, 2), Row(a=1)), (math.inf, None, None, None)]
    assert to_rows(to_columns(given_rows, schema), RowForm.TUPLE) == [
        (1.5, Decimal("1.20"), date(2024, 1, 2), Row(a=1)),
        (math.inf, None, None, None),
    ]


def test_an_error_names_column_value_and_row() -> None:
    bench = Bench(RowsToColumns(SCHEMA))
    bench.push(RowBatch([("Ann", 1)] * 10))
    with pytest.raises(UserError, match=r"column 'age' \(int32\): row 11 holds 'old' \(str\)"):
        bench.push(RowBatch([("Bob", 2), ("Carl", "old")]))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([("Ann", 2**40)], r"column 'age' \(int32\): row 0 holds 1099511627776 \(int\)"),
        ([("Ann", 1.5)], r"column 'age' \(int32\): row 0 holds 1.5 \(float\)"),
        ([("Ann", True)], r"column 'age' \(int32\): row 0 holds True \(bool\), which would lose its type"),
        ([("Ann", "1")], r"column 'age' \(int32\): row 0 holds '1' \(str\)"),
        ([(b"Ann", 1)], r"column 'name' \(string\): row 0 holds b'Ann' \(bytes\)"),
        ([(7, 1)], r"column 'name' \(string\): row 0 holds 7 \(int\)"),
        ([("Ann", 1), ("Bob",)], r"row 1: \('Bob',\) does not have the columns name, age: it has 1 values"),
        ([{"name": "Ann"}], r"row 0: .* does not have the columns name, age: 'age'"),
        ([{"name": "Ann", "age": 1, "x": 2}], r"row 0: .*there is no column 'x'"),
        ([Row(name="Ann", size=1)], r"row 0: .* does not have the columns name, age"),
        ([("Ann", 1), None], r"row 1: None does not have the columns"),
        ([1], r"row 0: 1 \(int\) is no row of the columns name, age; pass rows, tuples, dicts or dataclasses"),
    ],
)
def test_what_does_not_fit_is_refused(values: list[Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        to_columns(values)


def test_none_in_a_not_null_column() -> None:
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False)])
    with pytest.raises(UserError, match=r"column 'id' \(int64 NOT NULL\): row 1 holds None"):
        to_columns([(1,), (None,)], schema)


def test_empty_batches_give_nothing_and_wrong_ones_are_a_planners_mistake() -> None:
    columns, rows = Bench(RowsToColumns(SCHEMA)), Bench(ColumnsToRows())
    columns.push(RowBatch([]))
    rows.push(to_columns([("a", 1)]).slice(0, 0))
    assert columns.out.elements == rows.out.elements == []
    with pytest.raises(InternalError, match="takes row batches"):
        columns.push(to_columns([("a", 1)]))
    with pytest.raises(InternalError, match="takes column batches"):
        rows.push(RowBatch([1]))


def test_nested_columns_of_a_slice_come_back() -> None:
    kind = pa.struct([("l", pa.list_(pa.map_(pa.string(), pa.timestamp("ms", "UTC")))), ("n", pa.int8())])
    data = pa.array(
        [
            {"l": [], "n": 1},
            None,
            {"l": [[("a", 5)], None, [("b", None), ("c", -1)]], "n": None},
            {"l": None, "n": 2},
        ],
        kind,
    )
    batch = ColumnBatch(pa.RecordBatch.from_arrays([data], ["r"]).slice(1))
    assert to_rows(batch, RowForm.TUPLE) == [
        (None,),
        (Row(l=[{"a": Instant(0, 5_000_000)}, None, {"b": None, "c": Instant(-1, 999_000_000)}], n=None),),
        (Row(l=None, n=2),),
    ]


def test_some_columns_of_longer_rows() -> None:
    spec = RowsToColumns(pa.schema([("age", pa.int32())]), ("name", "size", "age"))
    named = {"name": "Ann", "size": 1, "age": 2}
    for row in (("Ann", 1, 2), Row("Ann", 1, 2), Row(age=2, name="Ann", size=1), named):
        bench = Bench(spec)
        bench.push(RowBatch([row]))
        assert bench.out.elements[0].data.to_pydict() == {"age": [2]}
    with pytest.raises(UserError, match=r"row 0: .* does not have the columns name, size, age: it lacks 'size'"):
        Bench(spec).push(RowBatch([{"name": "Ann", "age": 1}]))
