"""Fifty SIGKILLs at random moments: the output is that of a run that nobody disturbed."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from tests.crash.killing import finish, kill_sometime, start

JOB = Path(__file__).with_name("job.py")
EVENTS = 400_000
RATE = 12_000
KILLS = 50


def write_events(path: Path, random: Random) -> None:
    """Events of 40 keys with disorder up to 200 ms, and every 500th far too late."""
    with path.open("w") as file:
        for number in range(EVENTS):
            ts = 1_700_000_000_000 + number * 2 - random.randint(0, 200)
            if number % 500 == 499:
                ts -= 5_000
            file.write(json.dumps({"id": number, "key": f"k{random.randrange(40)}", "ts": ts}) + "\n")


def read_rows(output: Path) -> dict[str, list[str]]:
    """Committed lines of each sink, sorted."""
    return {
        name: sorted(line for part in (output / name).glob("part-*") for line in part.read_text().splitlines())
        for name in ("windows", "late", "counts")
    }


@pytest.mark.slow
def test_fifty_kills_change_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = Random(20131)
    source = tmp_path / "events.jsonl"
    write_events(source, random)

    finish(start(JOB, [source, tmp_path / "calm", 0], tmp_path / "calm-checkpoints"), 120)
    expected = read_rows(tmp_path / "calm")
    assert all(expected.values()), "every sink has something to compare"

    total = sum(map(len, expected.values()))
    output, checkpoints = tmp_path / "output", tmp_path / "checkpoints"
    table, within = [], 0
    for number in range(1, KILLS + 1):
        kill = kill_sometime(start(JOB, [source, output, RATE], checkpoints), checkpoints, random, number == 1)
        committed = sum(part.read_bytes().count(b"\n") for part in output.glob("*/part-*"))
        # Between the first and the last record, and after a completed checkpoint.
        counts = kill.alive and kill.checkpoint > 0 and committed < total
        within += counts
        table.append(f"kill {number:2} {kill}, rows visible {committed:6}{'' if counts else '  (not counted)'}")
    with capsys.disabled():
        print("", *table, f"{within} of {KILLS} kills between first and last record, after a checkpoint", sep="\n")
    finish(start(JOB, [source, output, 0], checkpoints), 180)
    assert within >= 40
    assert read_rows(output) == expected
