"""Queries executed: results, changelogs, modes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from tests.table.harness import changes, environment, final, query

from levada.common.errors import JobBuildError, SqlError, UserError
from levada.common.types import Row

PAIRS = "(VALUES (1, 'a', 10), (2, 'b', 20), (1, 'c', 30), (2, CAST(NULL AS STRING), 5)) AS t (k, s, v)"


def test_projection_and_filter() -> None:
    rows = query(environment(), f"SELECT k + 1, UPPER(s), v / 4 FROM {PAIRS} WHERE v >= 10")
    assert rows == [("+I", 2, "A", 2), ("+I", 3, "B", 5), ("+I", 2, "C", 7)]


def test_group_by_emits_a_change_per_row() -> None:
    rows = query(environment(), f"SELECT k, COUNT(*), COUNT(s), SUM(v), MIN(v), MAX(v), AVG(v) FROM {PAIRS} GROUP BY k")
    assert rows == [
        ("+I", 1, 1, 1, 10, 10, 10, 10),
        ("+I", 2, 1, 1, 20, 20, 20, 20),
        ("-U", 1, 1, 1, 10, 10, 10, 10),
        ("+U", 1, 2, 2, 40, 10, 30, 20),
        ("-U", 2, 1, 1, 20, 20, 20, 20),
        ("+U", 2, 2, 1, 25, 5, 20, 12),
    ]


def test_an_unchanged_group_says_nothing() -> None:
    rows = query(environment(), f"SELECT k, MAX(v) FROM {PAIRS} GROUP BY k")
    assert rows == [("+I", 1, 10), ("+I", 2, 20), ("-U", 1, 10), ("+U", 1, 30)]


def test_having_that_stops_matching_takes_the_row_back() -> None:
    rows = query(environment(), f"SELECT k, SUM(v) FROM {PAIRS} GROUP BY k HAVING SUM(v) < 25")
    assert rows == [("+I", 1, 10), ("+I", 2, 20), ("-U", 1, 10), ("-U", 2, 20)]


def test_mini_batch_emits_once_per_key() -> None:
    t_env = environment(table__exec__mini_batch__enabled="true", table__exec__mini_batch__size="1000")
    rows = query(t_env, f"SELECT k, SUM(v) FROM {PAIRS} GROUP BY k")
    assert sorted(rows) == [("+I", 1, 40), ("+I", 2, 25)]


def test_mini_batch_needs_a_size() -> None:
    with pytest.raises(UserError, match=r"table\.exec\.mini-batch\.size is -1"):
        query(environment(table__exec__mini_batch__enabled="true"), f"SELECT k, SUM(v) FROM {PAIRS} GROUP BY k")


def test_batch_mode_gives_final_rows() -> None:
    rows = query(environment("batch"), f"SELECT k, SUM(v) FROM {PAIRS} GROUP BY k")
    assert sorted(rows) == [("+I", 1, 40), ("+I", 2, 25)]


@pytest.mark.parametrize(("mode", "expected"), [("streaming", []), ("batch", [("+I", 0, None)])])
def test_a_global_aggregate_over_nothing(mode: str, expected: list[tuple[object, ...]]) -> None:
    assert query(environment(mode), f"SELECT COUNT(*), SUM(v) FROM {PAIRS} WHERE v > 1000") == expected


def test_a_global_aggregate_over_rows() -> None:
    assert query(environment("batch"), f"SELECT COUNT(*), SUM(v) FROM {PAIRS}") == [("+I", 4, 65)]
    assert final(query(environment(), f"SELECT COUNT(*), SUM(v) FROM {PAIRS}")) == [(4, 65)]


def test_distinct_union_and_filter_clause() -> None:
    t_env = environment()
    assert query(t_env, f"SELECT DISTINCT k FROM {PAIRS}") == [("+I", 1), ("+I", 2)]
    rows = query(t_env, f"SELECT k FROM {PAIRS} WHERE v > 15 UNION ALL SELECT v FROM {PAIRS} WHERE k = 2")
    assert sorted(rows) == [("+I", 1), ("+I", 2), ("+I", 5), ("+I", 20)]
    rows = query(t_env, f"SELECT k, COUNT(*) FILTER (WHERE v > 15) FROM {PAIRS} GROUP BY k")
    assert final(rows) == [(1, 1), (2, 1)]


def test_updates_keep_their_order_at_higher_parallelism(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("".join(f"{n % 7},{n}\n" for n in range(500)))
    t_env = environment(parallelism__default="3")
    t_env.execute_sql(
        f"CREATE TABLE t (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'csv')"
    )
    rows = query(t_env, "SELECT k, SUM(v), COUNT(*) FROM t WHERE v >= 0 GROUP BY k HAVING COUNT(*) > 1")
    assert final(rows) == [(k, sum(range(k, 500, 7)), len(range(k, 500, 7))) for k in range(7)]
    total = query(t_env, "SELECT s + 0 FROM (SELECT SUM(v) AS s FROM t) WHERE s >= 0")
    assert final(total) == [(sum(range(500)),)]
    assert len(total) == 1 + 2 * 499


def test_aggregating_an_aggregate_is_refused_with_a_reason() -> None:
    with pytest.raises(SqlError, match="not supported yet: an aggregation over rows that change"):
        query(environment(), f"SELECT c, COUNT(*) FROM (SELECT k, COUNT(*) AS c FROM {PAIRS} GROUP BY k) GROUP BY c")
    nested = f"SELECT c, COUNT(*) FROM (SELECT k, COUNT(*) AS c FROM {PAIRS} GROUP BY k) GROUP BY c"
    assert query(environment("batch"), nested) == [("+I", 2, 2)]


def test_values_come_as_python_objects() -> None:
    text = (
        "SELECT CAST(1.5 AS DECIMAL(4, 2)), DATE '2024-02-29', TIME '12:34:56', TIMESTAMP '2024-02-29 01:02:03.456', "
        "x'4142', 'a', CAST(2 AS DOUBLE), TRUE, CAST(NULL AS INT), CAST('ab' AS CHAR(4))"
    )
    ((_, *values),) = query(environment(), text)
    assert values == [
        Decimal("1.50"),
        dt.date(2024, 2, 29),
        dt.time(12, 34, 56),
        dt.datetime(2024, 2, 29, 1, 2, 3, 456000),
        bytearray(b"AB"),
        "a",
        2.0,
        True,
        None,
        "ab  ",
    ]
    assert isinstance(values[4], bytearray)


def test_instants_come_in_the_sessions_zone() -> None:
    t_env = environment()
    t_env.get_config().set_local_timezone("Asia/Tokyo")
    data = {"t": [dt.datetime(2024, 1, 1, tzinfo=dt.UTC)]}
    table = t_env.from_arrow(data)
    ((_, value),) = changes(table.execute())
    assert value.isoformat() == "2024-01-01T09:00:00+09:00"
    assert query(t_env, f"SELECT CAST(t AS STRING) FROM {table}") == [("+I", "2024-01-01 09:00:00.000000")]


def test_nested_values_pass_through() -> None:
    import pyarrow as pa

    data = pa.table(
        {
            "r": pa.array([{"city": "Oslo", "geo": {"lat": 59.9}}, None]),
            "m": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int32())),
            "a": pa.array([["x", None], None]),
        }
    )
    t_env = environment()
    rows = changes(t_env.from_arrow(data).execute())
    assert rows == [("+I", Row("Oslo", Row(59.9)), {"a": 1}, ["x", None]), ("+I", None, {}, None)]
    table = t_env.from_arrow(data)
    assert query(t_env, f"SELECT t.r.geo.lat AS lat FROM {table} AS t") == [("+I", 59.9), ("+I", None)]


def test_an_error_of_a_row_is_the_jobs() -> None:
    with pytest.raises(UserError, match="division by zero"):
        query(environment(), "SELECT 1 / v FROM (VALUES (1), (0)) AS t (v)")


def test_a_result_is_read_once() -> None:
    result = environment().execute_sql("SELECT 1")
    changes(result)
    with pytest.raises(JobBuildError, match="have been read"):
        changes(result)


def test_leaving_a_result_cancels_the_query() -> None:
    t_env = environment()
    t_env.execute_sql("CREATE TABLE g (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000')")
    result = t_env.execute_sql("SELECT n FROM g")
    with result.collect() as rows:
        assert isinstance(next(rows)[0], int)
    client = result.get_job_client()
    assert client is not None
    assert client.get_job_status().result().is_terminal_state()


def test_an_unbounded_table_is_refused_in_batch_mode() -> None:
    t_env = environment("batch")
    t_env.execute_sql("CREATE TABLE g (n BIGINT) WITH ('connector' = 'datagen')")
    with pytest.raises(SqlError, match="`g` has no end"):
        t_env.execute_sql("SELECT n FROM g")


def test_a_table_may_have_a_processing_time_column_that_nobody_reads() -> None:
    t_env = environment()
    t_env.execute_sql(
        "CREATE TABLE g (n INT, proc AS PROCTIME()) WITH ('connector' = 'datagen', 'number-of-rows' = '2')"
    )
    assert len(query(t_env, "SELECT n FROM g")) == 2
    with pytest.raises(SqlError, match=r"not supported yet: reading PROCTIME\(\)"):
        t_env.execute_sql("SELECT * FROM g")
