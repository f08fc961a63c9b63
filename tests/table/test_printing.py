"""Results as text."""

from __future__ import annotations

import pytest
from tests.table.harness import environment


def test_a_streaming_result_shows_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "SELECT k, SUM(v) AS total, MAX(n) AS `last one` FROM (VALUES ('a', 1, TRUE), ('a', 2, FALSE)) AS t (k, v, b)"
    )
    text = text.replace("MAX(n) AS `last one`", "COUNT(*) AS n")
    environment().execute_sql(f"{text} GROUP BY k").print()
    assert capsys.readouterr().out == (
        "+----+--------------------------------+-------------+----------------------+\n"
        "| op |                              k |       total |                    n |\n"
        "+----+--------------------------------+-------------+----------------------+\n"
        "| +I |                              a |           1 |                    1 |\n"
        "| -U |                              a |           1 |                    1 |\n"
        "| +U |                              a |           3 |                    2 |\n"
        "+----+--------------------------------+-------------+----------------------+\n"
        "3 rows in set\n"
    )


def test_a_bounded_result_is_as_wide_as_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "SELECT TIMESTAMP '2024-01-01 00:00:00.5' AS ts, x'0aff' AS b, CAST(1E10 AS DOUBLE) AS d, TRUE AS yes, "
        "CAST(NULL AS STRING) AS n, 'a string that is too long to be shown' AS s"
    )
    environment("batch").execute_sql(text).print()
    assert capsys.readouterr().out == (
        "+-----------------------+---------+--------+------+--------+--------------------------------+\n"
        "|                    ts |       b |      d |  yes |      n |                              s |\n"
        "+-----------------------+---------+--------+------+--------+--------------------------------+\n"
        "| 2024-01-01 00:00:00.5 | x'0aff' | 1.0E10 | TRUE | <NULL> | a string that is too long t... |\n"
        "+-----------------------+---------+--------+------+--------+--------------------------------+\n"
        "1 row in set\n"
    )


@pytest.mark.parametrize("mode", ["streaming", "batch"])
def test_an_empty_result(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    environment(mode).execute_sql("SELECT x FROM (VALUES (1)) AS t (x) WHERE x > 1").print()
    assert capsys.readouterr().out.endswith("Empty set\n")


def test_statements_answer_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    t_env = environment()
    t_env.execute_sql("CREATE TABLE t (a INT) WITH ('connector' = 'print')").print()
    t_env.execute_sql("SHOW TABLES").print()
    t_env.execute_sql("EXPLAIN SELECT 1").print()
    out = capsys.readouterr().out
    assert out.startswith("OK\n+------------+\n| table name |\n+------------+\n|          t |\n")
    assert "\n== Physical Plan ==\n" in out


def test_wide_characters_keep_the_frame_straight(capsys: pytest.CaptureFixture[str]) -> None:
    environment("batch").execute_sql("SELECT '東京' AS city").print()
    lines = capsys.readouterr().out.split("\n")
    assert lines[0] == "+------+"
    assert lines[3] == "| 東京 |"
