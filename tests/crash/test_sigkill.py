"""Fifty SIGKILLs at random moments: the output is that of a run that nobody disturbed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

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


def start(source: Path, output: Path, checkpoints: Path, rate: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "levada", "run", "--from", "latest", "--log-level", "info"]
    command += ["--set", f"execution.checkpointing.dir={checkpoints}"]
    command += ["--set", "execution.checkpointing.interval=100 ms"]
    command += [str(JOB), str(source), str(output), str(rate)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def newest(checkpoints: Path) -> int:
    """The highest completed checkpoint; 0 where there is none."""
    return max((int(path.parent.name[4:]) for path in checkpoints.glob("chk-*/manifest.json")), default=0)


def lock_holder(checkpoints: Path) -> int:
    """Who writes checkpoints now; 0 for nobody."""
    lock = checkpoints / "LOCK"
    return int(lock.read_text() or 0) if lock.exists() else 0


def await_that(process: subprocess.Popen[str], happens: Callable[[], bool]) -> None:
    """Wait for something the process does, if it lives."""
    for _ in range(3000):
        if process.poll() is not None or happens():
            return
        time.sleep(0.01)


@pytest.mark.slow
def test_fifty_kills_change_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = Random(20131)
    source = tmp_path / "events.jsonl"
    write_events(source, random)

    calm = start(source, tmp_path / "calm", tmp_path / "calm-checkpoints", 0)
    _, errors = calm.communicate(timeout=120)
    assert calm.returncode == 0, errors
    expected = read_rows(tmp_path / "calm")
    assert all(expected.values()), "every sink has something to compare"

    total = sum(map(len, expected.values()))
    output, checkpoints = tmp_path / "output", tmp_path / "checkpoints"
    table, within = [], 0
    for kill in range(1, KILLS + 1):
        process = start(source, output, checkpoints, RATE)
        began = time.monotonic()
        moment = random.random()
        if kill > 1 and moment < 0.15:
            time.sleep(random.uniform(0.02, 0.5))  # while Python and the job start
        else:
            known = newest(checkpoints)
            await_that(process, lambda pid=process.pid: lock_holder(checkpoints) == pid)
            if kill == 1 or moment > 0.4:
                await_that(process, lambda known=known: newest(checkpoints) > known)
            time.sleep(random.uniform(0.0, 0.4))
        before = newest(checkpoints)
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        restored = [line.split("chk-")[1].split()[0] for line in errors.splitlines() if "restoring" in line]
        committed = sum(part.read_bytes().count(b"\n") for part in output.glob("*/part-*"))
        # Between the first and the last record, and after a completed checkpoint.
        counts = alive and before > 0 and committed < total
        within += counts
        table.append(
            f"kill {kill:2} after {time.monotonic() - began:.2f} s: restored {'/'.join(restored) or 'nothing':>8}, "
            f"newest checkpoint {before:4}, rows visible {committed:6}{'' if counts else '  (not counted)'}"
        )
    last = start(source, output, checkpoints, 0)
    _, errors = last.communicate(timeout=180)
    with capsys.disabled():
        print("", *table, f"{within} of {KILLS} kills between first and last record, after a checkpoint", sep="\n")
    assert last.returncode == 0, errors
    assert within >= 40
    assert read_rows(output) == expected
