"""The input: real departure times in UTC, and a disorder that a seed decides."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from levada.cli.flights.generated import departures as generate
from levada.cli.flights.job import OUT_OF_ORDER
from levada.cli.flights.replay import OUT_OF_ORDER_MS, STRAGGLERS_MS, write_replay

NEW_YORK = ZoneInfo("America/New_York")


def flight(scheduled: str, delay: int, dep_time: str = "1", **fields: str) -> dict[str, str]:
    """A row of the table, scheduled at a New York wall clock time."""
    local = datetime.fromisoformat(scheduled).replace(tzinfo=NEW_YORK)
    return {
        "dep_time": dep_time,
        "dep_delay": f"{delay}.0",
        "minute": str(local.minute),
        "time_hour": local.replace(minute=0).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "origin": "JFK",
        "dest": "BOS",
        "carrier": "B6",
        "flight": "1",
        "tailnum": "N1",
        **fields,
    }


@pytest.mark.parametrize(
    ("scheduled", "delay", "left"),
    [
        ("2013-01-01 05:15", 2, "2013-01-01 05:17 EST"),
        ("2013-07-01 05:15", -5, "2013-07-01 05:10 EDT"),
        ("2013-01-09 23:59", 72, "2013-01-10 01:11 EST"),
        ("2013-06-15 00:05", -7, "2013-06-14 23:58 EDT"),
        ("2013-12-31 23:00", 60, "2014-01-01 00:00 EST"),
        ("2013-01-09 09:00", 1301, "2013-01-10 06:41 EST"),
        ("2013-03-09 23:59", 200, "2013-03-10 04:19 EDT"),
        ("2013-11-02 23:59", 200, "2013-11-03 02:19 EST"),
    ],
)
def test_departure_time(prepare: ModuleType, scheduled: str, delay: int, left: str) -> None:
    ts = prepare.departure_time(flight(scheduled, delay))
    assert f"{datetime.fromtimestamp(ts / 1000, NEW_YORK):%Y-%m-%d %H:%M %Z}" == left


def test_the_table_is_in_new_york_time(prepare: ModuleType) -> None:
    checked = after_midnight = 0
    for row in islice(prepare.flights(), 20_000):
        if row["dep_time"] in prepare.MISSING:
            continue
        left = datetime.fromtimestamp(prepare.departure_time(row) / 1000, NEW_YORK)
        assert left.hour * 100 + left.minute == int(float(row["dep_time"])) % 2400, row
        scheduled = datetime(int(row["year"]), int(row["month"]), int(row["day"])).date()
        assert left.date() - scheduled in (timedelta(-1), timedelta(0), timedelta(1)), row
        after_midnight += left.date() > scheduled
        checked += 1
    assert checked > 19_000
    assert after_midnight > 10


def test_cancelled_flights_have_no_departure(prepare: ModuleType) -> None:
    table = [
        flight("2013-01-01 05:15", 2),
        {**flight("2013-01-01 06:00", 0, dep_time=""), "dep_delay": ""},
        flight("2013-01-01 07:00", 61, tailnum=""),
    ]
    first, second = prepare.departures(table)
    assert first == {
        "ts": 1_357_035_420_000,
        "origin": "JFK",
        "dest": "BOS",
        "carrier": "B6",
        "flight": 1,
        "tail": "N1",
        "delay": 2,
    }
    assert (second["tail"], second["delay"]) == (None, 61)


def replayed(path: Path, departures: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    assert write_replay(departures, path, seed) == len(departures)
    assert list(path.parent.iterdir()) == [path]
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_replay_holds_every_departure_once(tmp_path: Path) -> None:
    departures = list(generate(5_000, 1))
    lines = replayed(tmp_path / "d.jsonl", departures, 1)
    assert [line.pop("seq") for line in lines] == list(range(5_000))
    assert sorted(map(str, lines)) == sorted(map(str, departures))


def test_the_disorder_is_bounded_but_for_stragglers(tmp_path: Path) -> None:
    lines = replayed(tmp_path / "d.jsonl", list(generate(20_000, 2)), 2)
    newest, behind = 0, []
    for line in lines:
        newest = max(newest, line["ts"])
        behind.append(newest - line["ts"])
    in_order = sum(each == 0 for each in behind)
    stragglers = [each for each in behind if each > OUT_OF_ORDER_MS]
    assert in_order < 15_000
    assert 50 < len(stragglers) < 150
    assert max(stragglers) <= STRAGGLERS_MS[1] + OUT_OF_ORDER_MS
    assert timedelta(milliseconds=OUT_OF_ORDER_MS) == OUT_OF_ORDER


def test_a_seed_decides_everything(tmp_path: Path) -> None:
    texts = []
    for number, seed in enumerate((7, 7, 8)):
        path = tmp_path / str(number) / "d.jsonl"
        write_replay(generate(2_000, seed), path, seed)
        texts.append(path.read_text())
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]
