"""Data in memory as tables, and results as data; one query over data frames against DuckDB."""

from __future__ import annotations

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.table.harness import changes, environment, final, query

from levada.common.errors import JobBuildError, SqlError
from levada.sql.types import type_name
from levada.table import Table, run_query

BIDS = {"bidder": [1, 2, 1], "price": [10, 20, 31], "channel": ["a", "b", None]}


def forms() -> list[object]:
    arrow = pa.table(BIDS)
    return [arrow, arrow.to_batches()[0], pd.DataFrame(BIDS), BIDS, duckdb.sql("SELECT * FROM arrow").to_arrow_table()]


@pytest.mark.parametrize("bids", forms(), ids=lambda form: type(form).__name__)
def test_anything_tabular_is_a_table(bids: object) -> None:
    table = run_query("SELECT bidder, SUM(price) AS total FROM bids GROUP BY bidder", {"bids": bids})
    assert table.to_arrow().to_pylist() == [{"bidder": 1, "total": 41}, {"bidder": 2, "total": 20}]


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(JobBuildError, match="bids=int: a table is a pandas or Polars data frame"):
        run_query("SELECT 1 FROM bids", {"bids": 5})


def test_foreign_types_become_sql_types() -> None:
    data = pa.table({"d": pa.array(["x", "y"]).dictionary_encode(), "u": pa.array([1, 2], pa.uint8())})
    table = run_query("SELECT d, u, u + 1 AS v FROM t", {"t": data})
    assert [type_name(kind) for kind in table.get_schema().get_field_data_types()] == ["STRING", "SMALLINT", "INT"]
    assert table.to_arrow().to_pylist() == [{"d": "x", "u": 1, "v": 2}, {"d": "y", "u": 2, "v": 3}]


def test_results_are_data_again() -> None:
    table = run_query("SELECT bidder, price * 2 AS twice FROM bids WHERE channel IS NOT NULL", {"bids": BIDS})
    assert list(table.to_pandas()["twice"]) == [20, 40]
    assert duckdb.sql("SELECT SUM(twice) FROM t", connection=_with(table)).fetchall() == [(60,)]


def _with(table: Table) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.register("t", pa.table(table))
    return connection


def test_a_changelog_is_no_table() -> None:
    t_env = environment()
    t_env.create_temporary_view("bids", t_env.from_arrow(BIDS))
    with pytest.raises(JobBuildError, match="rows change as more input comes"):
        t_env.sql_query("SELECT bidder, COUNT(*) FROM bids GROUP BY bidder").to_arrow()


def test_tables_have_names_and_text() -> None:
    t_env = environment()
    table = t_env.from_pandas(pd.DataFrame(BIDS))
    t_env.create_temporary_view("bids", table)
    assert query(t_env, "SELECT price FROM bids WHERE bidder = 2") == [("+I", 20)]
    assert changes(t_env.from_path("bids").execute())[0] == ("+I", 1, 10, "a")
    assert query(t_env, f"SELECT COUNT(*) FROM {table} WHERE FALSE") == []
    assert t_env.drop_temporary_view("bids")
    assert not t_env.drop_temporary_view("bids")
    with pytest.raises(SqlError, match="table `bids` not found"):
        t_env.from_path("bids")


def test_execute_insert() -> None:
    t_env = environment()
    t_env.execute_sql("CREATE TABLE nothing (a BIGINT) WITH ('connector' = 'blackhole')")
    t_env.sql_query("SELECT 1 + 1 AS x").execute_insert("nothing").wait()
    with pytest.raises(SqlError, match="takes 1 columns"):
        t_env.sql_query("SELECT 1, 2").execute_insert("nothing")


ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 3)),
        st.one_of(st.none(), st.integers(-(2**31), 2**31)),
        st.one_of(st.none(), st.floats(-1e6, 1e6)),
        st.one_of(st.none(), st.sampled_from(["", "a", "b%", "Abc"])),
    ),
    max_size=30,
)

SELECTIONS = (
    "SELECT k, COUNT(*), COUNT(i), SUM(i), MIN(i), MAX(i) FROM t GROUP BY k",
    "SELECT k, COUNT(*) FROM t WHERE i > 0 OR s IS NULL GROUP BY k HAVING COUNT(*) > 1",
    "SELECT COUNT(*), SUM(i), MIN(f), MAX(f) FROM t WHERE k IN (1, 2)",
    "SELECT i + k, i - 1, COALESCE(s, 'none'), CASE WHEN i > 5 THEN 1 WHEN i IS NULL THEN 2 ELSE 3 END FROM t",
    "SELECT k FROM t WHERE NOT (i BETWEEN -5 AND 5) AND s LIKE 'a%' OR s NOT IN ('b%', 'Abc')",
    "SELECT UPPER(s), CHAR_LENGTH(s), SUBSTRING(s, 1, 1), s || '-' FROM t WHERE k IS DISTINCT FROM 1",
    "SELECT DISTINCT k, s FROM t",
    "SELECT k FROM t WHERE i > 3 UNION ALL SELECT k FROM t WHERE s = 'a'",
)


@pytest.mark.parametrize("text", SELECTIONS)
@settings(max_examples=12, deadline=None)
@given(rows=ROWS)
def test_streaming_batch_and_duckdb_agree(text: str, rows: list[tuple[object, ...]]) -> None:
    kinds = [pa.int32(), pa.int64(), pa.float64(), pa.string()]
    columns = list(zip(*rows, strict=True)) or [()] * 4
    data = pa.table([pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)], names=list("kifs"))
    streaming = environment()
    streaming.create_temporary_view("t", streaming.from_arrow(data))
    streamed = final(query(streaming, text))
    batch = final([("+I", *row.values()) for row in run_query(text, {"t": data}).to_arrow().to_pylist()])
    connection = duckdb.connect()
    connection.register("t", data)
    reference = sorted((tuple(row) for row in connection.execute(text).fetchall()), key=repr)
    global_over_nothing = "GROUP BY" not in text and "COUNT" in text and not streamed
    assert batch == reference
    assert streamed == (reference if not global_over_nothing else [])
