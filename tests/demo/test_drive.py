"""The driver kills and resumes the job, and fails loudly when anything goes another way."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from levada.cli.flights.drive import PROGRESS, Demo, DemoFailed, demonstrate, run_to_end, run_until_killed
from levada.cluster.progress import JobProgress, describe
from levada.common.elements import MAX_TIMESTAMP, MIN_TIMESTAMP

from .conftest import DEMO, DEPARTURES, Run


def test_killed_and_resumed(program: Run, tmp_path: Path) -> None:
    options = ("--departures", str(DEPARTURES), "--seconds", "4", "--work", tmp_path)
    done = program(DEMO / "flights.py", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    killed = re.search(r"killed with SIGKILL at ([\d,]+) departures, after checkpoint (\d+)", done.stdout)
    assert killed is not None
    assert DEPARTURES / 2 <= int(killed[1].replace(",", "")) < DEPARTURES
    restored = {int(number) for number in re.findall(r"restored from (\d+)", done.stdout)}
    assert len(restored) == 1
    assert restored.pop() >= int(killed[2])
    assert "every result is there exactly once (20,000 departures" in done.stdout.splitlines()[-1]
    assert not list((tmp_path / "results").glob("*/.*")), "files in progress are left behind"


@pytest.mark.parametrize("watermark", [MIN_TIMESTAMP, 1_357_000_000_000, MAX_TIMESTAMP])
@pytest.mark.parametrize("checkpoint", [None, 12])
@pytest.mark.parametrize("restored", [None, 7])
def test_progress_lines_are_understood(watermark: int, checkpoint: int | None, restored: int | None) -> None:
    line = describe(JobProgress(1_234_567, watermark, 3, checkpoint, 25, 27_000, restored, 0), 33_000)
    match = PROGRESS.match(line)
    assert match is not None
    numbers = (None if checkpoint is None else str(checkpoint), None if restored is None else str(restored))
    assert match.groups() == ("1,234,567", *numbers)


def test_other_lines_are_no_progress() -> None:
    assert PROGRESS.match("12:00:01 WARNING levada.cluster attempt 1 failed: 3 rows in the way") is None


def demo_of(tmp_path: Path, program: str) -> Demo:
    """A demonstration of some other program."""
    script = tmp_path / "job.py"
    script.write_text(f"import sys, time\nsay = lambda text: print(text, file=sys.stderr, flush=True)\n{program}\n")
    return Demo(script, tmp_path / "in", 1000, tmp_path, 1.0, (sys.executable, "-c", "raise SystemExit(0)"))


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("raise SystemExit(3)", r"ended by itself \(exit code 3\)"),
        ("say('900 rows  1 rows/s  watermark none yet')", r"ended by itself \(exit code 0\)"),
        (
            "say('400 rows  1 rows/s  watermark none yet  checkpoint 1 (1 ms, 1 kB)')",
            r"ended by itself \(exit code 0\)",
        ),
        (
            "say('1,000 rows  1 rows/s  watermark none yet  checkpoint 1 (1 ms, 1 kB)'); time.sleep(60)",
            "ended before it could be killed",
        ),
    ],
)
def test_a_job_that_cannot_be_killed_half_way(tmp_path: Path, program: str, complaint: str) -> None:
    with pytest.raises(DemoFailed, match=complaint):
        run_until_killed(demo_of(tmp_path, program))


def test_a_job_that_fails(tmp_path: Path) -> None:
    with pytest.raises(DemoFailed, match="the job failed: exit code 1"):
        run_to_end(demo_of(tmp_path, "raise ValueError('broken')"))


@pytest.mark.parametrize("restored", ["", "  restored from 2"])
def test_a_job_that_does_not_go_on_where_it_was(tmp_path: Path, restored: str) -> None:
    program = f"say('900 rows  1 rows/s  watermark at the end  checkpoint 9 (1 ms, 1 kB){restored}')"
    with pytest.raises(DemoFailed, match=f"from checkpoint {restored[-1:] or None} and not from 3 or a later one"):
        run_to_end(demo_of(tmp_path, program), resume_at=3)


def test_what_an_earlier_demonstration_left_is_removed(tmp_path: Path) -> None:
    demo = demo_of(tmp_path, "raise SystemExit(3)")
    for folder in (demo.results, demo.checkpoints):
        (folder / "old").mkdir(parents=True)
    with pytest.raises(DemoFailed):
        demonstrate(demo)
    assert not demo.results.exists()
    assert not demo.checkpoints.exists()
