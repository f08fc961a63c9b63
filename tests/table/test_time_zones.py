"""Casts between instants and local times in the session's zone: what Python's zoneinfo says, wherever they stand."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.table.harness import environment, query

from levada.common.errors import ConfigError, SqlError
from levada.table import TableEnvironment

ZONE = "Europe/Lisbon"


def in_zone(zone: str = ZONE) -> TableEnvironment:
    t_env = environment()
    t_env.get_config().set_local_timezone(zone)
    return t_env


def instant(local: dt.datetime, zone: str = ZONE) -> dt.datetime:
    """As Java reads it: the first of two; what is skipped is later by the gap."""
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(dt.UTC)


LOCALS = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2035, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
ODD = [
    dt.datetime(2024, 3, 31, 0, 59, 59),
    dt.datetime(2024, 3, 31, 1, 0),  # skipped in Lisbon
    dt.datetime(2024, 3, 31, 1, 30),
    dt.datetime(2024, 3, 31, 2, 0),
    dt.datetime(2024, 10, 27, 1, 30),  # twice in Lisbon
    dt.datetime(2024, 10, 27, 2, 0),
]


@given(
    st.lists(LOCALS | st.sampled_from(ODD) | st.none(), min_size=1, max_size=8), st.sampled_from([ZONE, "Asia/Tokyo"])
)
@settings(max_examples=25, deadline=None)
def test_columns_are_read_and_shown_in_the_zone(locals_: list[dt.datetime | None], zone: str) -> None:
    t_env = in_zone(zone)
    table = t_env.from_arrow({"l": locals_ if any(locals_) else [ODD[0]]})
    rows = query(t_env, f"SELECT l, CAST(l AS TIMESTAMP_LTZ(3)) AS i FROM {table}")
    assert [row[2] and row[2].astimezone(dt.UTC) for row in rows] == [row[1] and instant(row[1], zone) for row in rows]
    moments = t_env.from_arrow({"i": [row[2] or dt.datetime(2024, 1, 1, tzinfo=dt.UTC) for row in rows]})
    back = query(
        t_env, f"SELECT i, CAST(i AS TIMESTAMP(3)), CAST(i AS DATE), CAST(i AS TIME), CAST(i AS STRING) FROM {moments}"
    )
    for _, moment, local, day, time, text in back:
        here = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert (local, day, time) == (here, here.date(), here.time())
        assert text.startswith(here.isoformat(" "))


@pytest.mark.parametrize(
    "text",
    [
        "VALUES (CAST(TIMESTAMP '2024-07-01 12:00:00' AS TIMESTAMP_LTZ(3)))",
        "VALUES (CAST('2024-07-01 12:00:00' AS TIMESTAMP_LTZ(3)))",
        "SELECT CAST(TIMESTAMP '2024-07-01 12:00:00' AS TIMESTAMP_LTZ(3))",
        "SELECT CAST(t AS TIMESTAMP_LTZ(3)) FROM (VALUES ('2024-07-01 12:00:00'), ('x')) AS v (t) WHERE t <> 'x'",
        "SELECT t FROM (VALUES (CAST('2024-07-01 12:00:00' AS TIMESTAMP_LTZ(3)), 1)) AS v (t, n) WHERE n = 1",
        "SELECT DISTINCT CAST(t AS TIMESTAMP_LTZ(3)) FROM (VALUES (TIMESTAMP '2024-07-01 12:00:00')) AS v (t)",
    ],
)
def test_constants_too(text: str) -> None:
    ((_, value),) = query(in_zone(), text)
    assert value.astimezone(dt.UTC) == dt.datetime(2024, 7, 1, 11, tzinfo=dt.UTC)


def test_several_rows_of_values_keep_all_their_columns() -> None:
    rows = query(
        in_zone(),
        "VALUES (1, CAST(DATE '2024-07-01' AS TIMESTAMP_LTZ(0))), (CAST(NULL AS INT), CAST(NULL AS TIMESTAMP_LTZ(0)))",
    )
    assert sorted(rows, key=repr) == [
        ("+I", 1, dt.datetime(2024, 7, 1, tzinfo=ZoneInfo(ZONE))),
        ("+I", None, None),
    ]


def test_comparing_with_text() -> None:
    t_env = in_zone()
    table = t_env.from_arrow({"i": [dt.datetime(2024, 7, 1, 11, tzinfo=dt.UTC)]})
    assert query(t_env, f"SELECT 1 AS one FROM {table} WHERE i = '2024-07-01 12:00:00'") == [("+I", 1)]
    assert query(t_env, f"SELECT 1 AS one FROM {table} WHERE TRY_CAST('nothing' AS TIMESTAMP_LTZ(3)) IS NULL") == [
        ("+I", 1)
    ]


def test_explain_shows_the_cast_and_inside_other_types_it_is_refused() -> None:
    t_env = in_zone()
    assert "AS TIMESTAMP_LTZ(3))" in t_env.explain_sql(
        "SELECT CAST(TIMESTAMP '2024-07-01 12:00:00' AS TIMESTAMP_LTZ(3))"
    )
    table = t_env.from_arrow({"a": [[dt.datetime(2024, 7, 1, 11, tzinfo=dt.UTC)]]})
    with pytest.raises(
        SqlError, match=r"not supported yet: .*ARRAY<TIMESTAMP_LTZ.* while table.local-time-zone is Europe"
    ):
        t_env.execute_sql(f"SELECT CAST(a AS ARRAY<TIMESTAMP(3)>) FROM {table}")


def test_a_zone_that_does_not_exist_is_refused() -> None:
    t_env = environment()
    t_env.execute_sql("SET 'table.local-time-zone' = 'Mars/Olympus'")
    with pytest.raises(ConfigError, match=r"table\.local-time-zone is 'Mars/Olympus': this is no time zone"):
        t_env.execute_sql("SELECT 1")
