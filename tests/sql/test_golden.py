"""Statements and results of Flink 2.3, kept as data."""

from __future__ import annotations

import datetime as dt
import decimal
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from levada.common.errors import SqlError
from levada.sql.parser import parse_statement
from levada.sql.types import type_name
from levada.table import EnvironmentSettings, TableEnvironment

GOLDEN = Path(__file__).parent / "golden"

UNREADABLE = {"q141"}
"""Flink refuses ``!=`` when it reads, and so do we."""


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GOLDEN / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("statement", lines("statements.jsonl"), ids=lambda s: f"{s['id']}-{s['feature']}")
def test_statements_are_read(statement: dict[str, Any]) -> None:
    if statement["id"] in UNREADABLE:
        with pytest.raises(SqlError):
            parse_statement(statement["sql"])
    else:
        parse_statement(statement["sql"])


def plain(value: Any) -> Any:
    """A value in the form of the data files."""
    if isinstance(value, dt.datetime):
        zone = "Z" if value.tzinfo is not None else ""
        text = value.replace(tzinfo=None).isoformat()
        return (text.rstrip("0") if value.microsecond else text) + zone
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    return bytes(value).hex() if isinstance(value, bytearray) else value


@pytest.fixture(scope="module")
def batch_environment() -> TableEnvironment:
    return TableEnvironment.create(EnvironmentSettings.in_batch_mode())


@pytest.mark.parametrize("scalar", lines("scalars.jsonl"), ids=lambda s: s["id"])
def test_scalar_expressions(batch_environment: TableEnvironment, scalar: dict[str, Any]) -> None:
    table = batch_environment.sql_query(f"SELECT {scalar['expr']} AS v")
    assert [type_name(kind) for kind in table.get_schema().get_field_data_types()] == [scalar["type"]]
    with table.execute().collect() as rows:
        (value,) = [row[0] for row in rows]
    if isinstance(value, float):
        assert value == pytest.approx(float(scalar["value"]), rel=1e-6)
    else:
        assert plain(value) == scalar["value"]


def run(query: dict[str, Any], settings: EnvironmentSettings) -> list[list[Any]]:
    t_env = TableEnvironment.create(settings)
    for text in query["setup_sql"]:
        t_env.execute_sql(text.replace("{DATA}", str(GOLDEN / "data")))
    with t_env.execute_sql(query["sql"]).collect() as rows:
        return [[str(row.get_row_kind()), *map(plain, row)] for row in rows]


@pytest.mark.parametrize("query", lines("queries.jsonl"), ids=lambda q: f"{q['id']}-{q['feature']}")
def test_queries_in_streaming_mode(query: dict[str, Any]) -> None:
    changes = run(query, EnvironmentSettings.in_streaming_mode())
    if query["changelog_deterministic"]:
        assert changes == query["rows"]
    else:
        assert sorted(changes, key=repr) == sorted(query["rows"], key=repr)


@pytest.mark.parametrize("query", lines("queries.jsonl"), ids=lambda q: f"{q['id']}-{q['feature']}")
def test_queries_in_batch_mode(query: dict[str, Any]) -> None:
    rows = run(query, EnvironmentSettings.in_batch_mode())
    assert Counter(map(repr, (row[1:] for row in rows))) == Counter(map(repr, query["batch_rows"]))
