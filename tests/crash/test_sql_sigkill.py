"""SQL jobs killed by SIGKILL at random moments: what they leave is what a run leaves that nobody disturbed."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from tests.crash.killing import finish, kill_sometime, start

JOB = Path(__file__).with_name("sql_job.py")
ROWS = 120_000
FILES = 3
KEYS = 50
RATE = 30_000
UNPACED = 100_000_000


@dataclass(frozen=True)
class Case:
    """One job, and how often it is killed."""

    what: str
    form: str
    kills: int
    settings: tuple[str, ...] = ()


CASES = {
    "changelog per row": Case("changelog", "csv", 6, ("parallelism.default=2",)),
    "changelog by mini-batch": Case(
        "changelog",
        "parquet",
        5,
        (
            "table.exec.mini-batch.enabled=true",
            "table.exec.mini-batch.size=500",
            "table.exec.mini-batch.allow-latency=40 ms",
        ),
    ),
    "insert": Case("insert", "csv", 5, ("parallelism.default=2",)),
}


def write_events(folder: Path, form: str, random: Random) -> pa.Table:
    folder.mkdir()
    values = [None if random.random() < 0.1 else random.randrange(500) for _ in range(ROWS)]
    keys = [f"k{random.randrange(KEYS)}" for _ in range(ROWS)]
    events = pa.table({"id": pa.array(range(ROWS), pa.int64()), "key": keys, "value": pa.array(values, pa.int64())})
    for number in range(FILES):
        part = events.slice(number * ROWS // FILES, ROWS // FILES)
        if form == "csv":
            options = pa.csv.WriteOptions(include_header=False)
            pa.csv.write_csv(part, folder / f"{number}.csv", options)
        else:
            pa.parquet.write_table(part, folder / f"{number}.parquet", row_group_size=5_000)
    return events


def read_rows(output: Path) -> list[dict[str, Any]]:
    """Committed rows."""
    return [json.loads(line) for part in output.glob("part-*") for line in part.read_text().splitlines()]


def folded(rows: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    """What is left of a changelog."""
    left: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        left[row["key"], row["c"], row["s"], row["newest"]] += 1 if row["op"] in ("+I", "+U") else -1
    return +left + Counter({row: times for row, times in left.items() if times < 0})


def check_changelog(rows: list[dict[str, Any]], events: pa.Table, *, per_row: bool) -> None:
    """The oracle that needs no other run: a plain Python group by."""
    groups: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
    for event in events.to_pylist():
        if event["id"] % 10 != 3:
            groups[event["key"]].append((event["id"], event["value"]))
    expected = {
        (key, len(held), sum(value or 0 for _, value in held), max(number for number, _ in held)): 1
        for key, held in groups.items()
    }
    assert folded(rows) == expected
    added = Counter((row["key"], row["c"]) for row in rows if row["op"] in ("+I", "+U"))
    taken = Counter((row["key"], row["c"]) for row in rows if row["op"] == "-U")
    assert set(added.values()) == {1}, "no answer comes twice"
    assert set(taken) < set(added)
    assert Counter(row["key"] for row in rows if row["op"] == "+I") == dict.fromkeys(groups, 1)
    if per_row:
        assert set(added) == {(key, count) for key, held in groups.items() for count in range(1, len(held) + 1)}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_kills_change_nothing(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = CASES[name]
    random = Random(f"{name} 2")
    source, output, checkpoints = tmp_path / "events", tmp_path / "output", tmp_path / "checkpoints"
    events = write_events(source, case.form, Random(f"events of {name}"))

    def job(into: Path, rate: int) -> list[object]:
        return [case.what, case.form, source, into, rate]

    finish(start(JOB, job(tmp_path / "calm", UNPACED), tmp_path / "calm-checkpoints", case.settings), 60)
    calm = read_rows(tmp_path / "calm")
    assert calm

    table, within = [], 0
    for number in range(1, case.kills + 1):
        process = start(JOB, job(output, RATE), checkpoints, case.settings)
        kill = kill_sometime(process, checkpoints, random, number == 1)
        committed = sum(part.read_bytes().count(b"\n") for part in output.glob("part-*"))
        within += kill.alive and kill.checkpoint > 0
        table.append(f"kill {number:2} {kill}, rows visible {committed:6}")
    finish(start(JOB, job(output, UNPACED), checkpoints, case.settings), 60)
    rough = read_rows(output)
    with capsys.disabled():
        print("", f"{name}: {len(rough)} rows", *table, sep="\n")

    assert within >= case.kills - 1, "kills fall behind a checkpoint and before the end"
    if case.what == "insert":
        multiset = Counter((row["id"], row["label"]) for row in rough)
        assert multiset == Counter((row["id"], row["label"]) for row in calm)
        assert sorted(multiset) == sorted(
            (event["id"], f"{event['key']}/{event['value']}")
            for event in events.to_pylist()
            if event["value"] is not None and event["value"] > 250
        )
    else:
        assert folded(rough) == folded(calm)
        check_changelog(rough, events, per_row="mini" not in name)
