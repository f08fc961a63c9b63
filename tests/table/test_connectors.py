"""Tables backed by connectors: reading, writing, options."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.table.harness import environment, query

from levada.common.errors import JobBuildError, SqlError, UserError
from levada.common.job_status import JobStatus
from levada.table import TableEnvironment


def create(t_env: TableEnvironment, name: str, columns: str, **options: object) -> None:
    pairs = ", ".join(f"'{key.replace('__', '.').replace('_', '-')}' = '{value}'" for key, value in options.items())
    t_env.execute_sql(f"CREATE TABLE {name} ({columns}) WITH ({pairs})")


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_what_was_written_is_read_back(form: str, tmp_path: Path) -> None:
    t_env = environment()
    columns = "id BIGINT, name STRING, amount DECIMAL(10, 2), at_ts TIMESTAMP(3), day_d DATE, tags ARRAY<STRING>"
    create(t_env, "t", columns, connector="filesystem", path=tmp_path / "out", format=form)
    values = (
        "VALUES (1, 'a,\"b', 1.50, TIMESTAMP '2024-01-01 00:00:00.125', DATE '1969-12-31'), "
        "(2, CAST(NULL AS STRING), CAST(NULL AS DECIMAL(3, 2)), CAST(NULL AS TIMESTAMP(3)), CAST(NULL AS DATE))"
    )
    t_env.execute_sql(f"INSERT INTO t (id, name, amount, at_ts, day_d) {values}").wait()
    first, second = query(t_env, "SELECT id, name, amount, at_ts, day_d FROM t")
    expected = query(t_env, f"SELECT * FROM ({values}) AS v (id, name, amount, at_ts, day_d)")
    assert first == expected[0]
    assert second[:2] == ("+I", 2)
    assert second[3:] == (None, None, None)
    assert query(t_env, "SELECT id FROM t WHERE amount > 1") == [("+I", 1)]


def test_parquet_reads_only_wanted_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": pa.array([1, 2], pa.int64()), "b": ["x", "y"]}), tmp_path / "in.parquet")
    t_env = environment()
    create(t_env, "t", "b STRING, a BIGINT", connector="filesystem", path=tmp_path / "in.parquet", format="parquet")
    assert "fields=[a]" in t_env.explain_sql("SELECT a FROM t").split("Physical Plan")[1]
    assert query(t_env, "SELECT a FROM t") == [("+I", 1), ("+I", 2)]
    assert query(t_env, "SELECT b, a FROM t") == [("+I", "x", 1), ("+I", "y", 2)]


def test_csv_columns_are_found_by_position_or_by_header(tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text("1|x\n2|\n")
    (tmp_path / "named.csv").write_text("b,a\nx,1\ny,2\n")
    t_env = environment()
    columns = "a INT, b STRING"
    options = {"csv__field_delimiter": "|", "csv__null_literal": ""}
    create(t_env, "p", columns, connector="filesystem", path=tmp_path / "plain.csv", format="csv", **options)
    create(t_env, "n", columns, connector="filesystem", path=tmp_path / "named.csv", format="csv", csv__header="true")
    assert query(t_env, "SELECT b FROM p") == [("+I", "x"), ("+I", None)]
    assert query(t_env, "SELECT a, b FROM n") == [("+I", 1, "x"), ("+I", 2, "y")]


def test_malformed_lines_fail_or_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"a": 1}\n{"a": \n{"a": 3}\n')
    t_env = environment()
    create(t_env, "strict", "a INT", connector="filesystem", path=path, format="json")
    create(t_env, "lax", "a INT", connector="filesystem", path=path, format="json", json__ignore_parse_errors="true")
    assert query(t_env, "SELECT a FROM lax") == [("+I", 1), ("+I", 3)]
    with pytest.raises(UserError, match=r"in\.jsonl"):
        query(t_env, "SELECT a FROM strict")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"connector": "filesytem"}, "there is no connector 'filesytem'; did you mean `filesystem`?"),
        ({}, "table `t` has no 'connector' option; the connectors are blackhole, datagen, filesystem, nexmark, print"),
        ({"connector": "filesystem", "format": "csv"}, "the option 'path' is missing"),
        ({"connector": "filesystem", "path": ".", "format": "cvs"}, "did you mean `csv`?"),
        ({"connector": "filesystem", "pth": "."}, "option 'pth': the connector 'filesystem' does not take it; did"),
        ({"connector": "print"}, "the connector 'print' can only be written to"),
        ({"connector": "datagen", "number-of-rows": "many"}, "option 'number-of-rows': 'many'"),
        ({"connector": "datagen", "rows-per-second": "0"}, "option 'rows-per-second': 0: it must be 1 or more"),
        ({"connector": "datagen", "fields.b.min": "1"}, "option 'fields.b.min': there is no column `b`"),
        ({"connector": "datagen", "fields.a.null-rate": "0"}, "'null-rate' is not supported; a column takes kind, min"),
        ({"connector": "nexmark", "table": "bid"}, "a Nexmark bid has no column `a`"),
    ],
)  # fmt: skip
def test_options_are_checked_before_anything_runs(options: dict[str, str], message: str) -> None:
    t_env = environment()
    listed = ", ".join(f"'{key}' = '{value}'" for key, value in options.items())
    t_env.execute_sql(f"CREATE TABLE t (a INT) {f'WITH ({listed})' if listed else ''}")
    with pytest.raises(SqlError) as error:
        t_env.execute_sql("SELECT a FROM t")
    assert message in str(error.value)


def test_a_missing_file_is_refused_when_the_job_is_built(tmp_path: Path) -> None:
    t_env = environment()
    create(t_env, "t", "a INT", connector="filesystem", path=tmp_path / "nope", format="csv")
    with pytest.raises(JobBuildError, match="nope"):
        t_env.execute_sql("SELECT a FROM t")


def test_an_updating_query_into_files_is_refused_but_runs_in_batch_mode(tmp_path: Path) -> None:
    for mode in ("streaming", "batch"):
        t_env = environment(mode)
        create(t_env, "t", "k INT, c BIGINT", connector="filesystem", path=tmp_path / mode, format="json")
        insert = "INSERT INTO t SELECT k, COUNT(*) FROM (VALUES (1), (2), (1)) AS v (k) GROUP BY k"
        if mode == "streaming":
            with pytest.raises(SqlError, match=r"connector 'filesystem'\) takes only inserts, but GroupAggregate"):
                t_env.execute_sql(insert)
            continue
        t_env.execute_sql(insert).wait()
        rows = [json.loads(line) for file in (tmp_path / mode).glob("part-*") for line in file.read_text().split()]
        assert sorted(rows, key=lambda row: row["k"]) == [{"k": 1, "c": 2}, {"k": 2, "c": 1}]


def test_a_not_null_column_gets_no_null(tmp_path: Path) -> None:
    t_env = environment(parallelism__default="2")
    create(t_env, "t", "k INT NOT NULL, v INT", connector="filesystem", path=tmp_path / "out", format="json")
    values = "(VALUES (1, 10), (CAST(NULL AS INT), 20), (3, NULL)) AS s (k, v)"
    with pytest.raises(UserError, match=r"column `k` of `t` is NOT NULL, but a row .*: {'k': None"):
        t_env.execute_sql(f"INSERT INTO t SELECT k, v FROM {values}").wait()
    assert list((tmp_path / "out").glob("part-*")) == []
    t_env.execute_sql(f"INSERT INTO t SELECT k, v FROM {values} WHERE k IS NOT NULL").wait()
    assert sorted(query(t_env, "SELECT k, v FROM t"), key=repr) == [("+I", 1, 10), ("+I", 3, None)]


def test_an_aggregate_without_values_is_null_for_a_not_null_column() -> None:
    t_env = environment()
    create(t_env, "nothing", "k INT NOT NULL, s INT NOT NULL", connector="blackhole")
    rows = "(VALUES (1, CAST(NULL AS INT))) AS t (k, v)"
    with pytest.raises(UserError, match="column `s` of `nothing` is NOT NULL"):
        t_env.execute_sql(f"INSERT INTO nothing SELECT k, SUM(v) FROM {rows} GROUP BY k").wait()


def test_print_shows_changes(capsys: pytest.CaptureFixture[str]) -> None:
    t_env = environment()
    create(t_env, "shown", "k INT, total INT", connector="print", print_identifier="p")
    result = t_env.execute_sql("INSERT INTO shown SELECT k, SUM(v) FROM (VALUES (1, 2), (1, 3)) AS t (k, v) GROUP BY k")
    result.wait()
    assert capsys.readouterr().out == "p> +I[1, 2]\np> -U[1, 2]\np> +U[1, 5]\n"
    client = result.get_job_client()
    assert client is not None
    assert client.get_job_status().result() is JobStatus.FINISHED


def test_one_job_fills_several_tables(tmp_path: Path) -> None:
    t_env = environment()
    for name in ("small", "big"):
        create(t_env, name, "x BIGINT", connector="filesystem", path=tmp_path / name, format="csv")
    create(
        t_env, "g", "x BIGINT", connector="datagen", fields__x__kind="sequence", fields__x__start=1, fields__x__end=9
    )
    t_env.execute_sql(
        "EXECUTE STATEMENT SET BEGIN INSERT INTO small SELECT x FROM g WHERE x < 4; INSERT INTO big SELECT x FROM g "
        "WHERE x > 7; END"
    ).wait()
    assert query(t_env, "SELECT x FROM small") == [("+I", 1), ("+I", 2), ("+I", 3)]
    assert query(t_env, "SELECT x FROM big") == [("+I", 8), ("+I", 9)]


def test_datagen_is_the_same_for_the_same_seed() -> None:
    t_env = environment(parallelism__default="2")
    columns = "i INT, t TINYINT, b BIGINT, d DOUBLE, s STRING, ok BOOLEAN"
    options = {
        "number_of_rows": 2000,
        "rows_per_second": 10**6,
        "fields__i__min": 5,
        "fields__i__max": 7,
        "fields__s__length": 11,
    }
    create(t_env, "a", columns, connector="datagen", seed=3, **options)
    create(t_env, "b", columns, connector="datagen", seed=3, **options)
    create(t_env, "c", columns, connector="datagen", seed=4, **options)
    a, b, c = (Counter(query(t_env, f"SELECT * FROM {name}")) for name in "abc")
    assert a == b != c
    rows = list(a.elements())
    assert len(rows) == 2000
    assert {row[1] for row in rows} == {5, 6, 7}
    assert {row[6] for row in rows} == {True, False}
    assert {len(row[5]) for row in rows} == {11}
    assert all(0 <= row[4] < 1 for row in rows)
    assert min(row[2] for row in rows) < -100 < 100 < max(row[2] for row in rows)
    assert min(row[3] for row in rows) < -(2**62) < 2**62 < max(row[3] for row in rows)


def test_datagen_is_paced_as_in_flink_unless_told_otherwise() -> None:
    t_env = environment()
    create(t_env, "paced", "n BIGINT", connector="datagen", number_of_rows=2_000)
    began = time.monotonic()
    assert len(query(t_env, "SELECT n FROM paced")) == 2_000
    assert time.monotonic() - began >= 0.19, "10,000 rows a second"


def test_nexmark_bids() -> None:
    t_env = environment()
    columns = "auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, `dateTime` TIMESTAMP(3)"
    create(t_env, "bids", columns, connector="nexmark", table="bid", events__num=5000)
    create(t_env, "wrong", "price STRING", connector="nexmark", table="bid")
    rows = query(t_env, "SELECT bidder, price FROM bids WHERE price > 0")
    assert len(rows) == 5000 * 46 // 50
    with pytest.raises(SqlError, match="column `price` is STRING, in Nexmark it is BIGINT"):
        query(t_env, "SELECT price FROM wrong")


def test_option_hints_override_the_table() -> None:
    t_env = environment()
    create(t_env, "g", "n BIGINT", connector="datagen", number_of_rows=1000)
    assert len(query(t_env, "SELECT n FROM g /*+ OPTIONS('number-of-rows' = '7') */")) == 7


def test_waiting_has_a_limit() -> None:
    t_env = environment()
    create(t_env, "g", "n BIGINT", connector="datagen", rows_per_second=100)
    create(t_env, "nothing", "n BIGINT", connector="blackhole")
    result = t_env.execute_sql("INSERT INTO nothing SELECT n FROM g")
    with pytest.raises(TimeoutError, match="timeout_ms=50"):
        result.wait(50)
    client = result.get_job_client()
    assert client is not None
    client.cancel().result()
    assert client.get_job_status().result() is JobStatus.CANCELED
