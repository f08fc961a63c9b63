"""The line that tells how far a job is."""

from __future__ import annotations

import pytest
from tests.runtime.jobs import Remembering, config, pipeline, run

from levada.cluster.progress import JobProgress, ProgressPrinter, describe, show_time
from levada.common.elements import MAX_TIMESTAMP, MIN_TIMESTAMP


def test_a_line_names_rows_watermark_and_checkpoints() -> None:
    progress = JobProgress(165_000, 1_367_590_800_000, 4, 4, 310, 1_200_000, 2, 0)
    line = describe(progress, 33_000)
    for part in ("165,000 rows", "33,000 rows/s", "watermark 2013-05-03 14:20", "checkpoint 4 (310 ms, 1,200 kB)"):
        assert part in line
    assert "restored from 2" in line


def test_times_without_a_date_are_words() -> None:
    assert show_time(MIN_TIMESTAMP) == "none yet"
    assert show_time(MAX_TIMESTAMP) == "at the end"
    assert show_time(10**17) == str(10**17)


def test_a_line_comes_once_an_interval(capsys: pytest.CaptureFixture[str]) -> None:
    rows = iter([0, 100, 100])
    printer = ProgressPrinter(1000)

    def progress() -> JobProgress:
        return JobProgress(next(rows), 0, 0, None, 0, 0, None, 0)

    for now in (0, 500, 1000, 1500, 1999):
        printer.look(now, progress)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "100 rows/s" in lines[0]


def test_progress_of_a_finished_job_counts_rows_and_checkpoints() -> None:
    job = run(pipeline(range(300), abs, Remembering()), config(**{"execution.checkpointing.interval": "3 ms"}))
    progress = job.progress()
    assert progress.rows == 300
    assert progress.checkpoints == job.stats.completed >= 1
    assert progress.last_checkpoint_bytes > 0
