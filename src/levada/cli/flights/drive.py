"""Drives the demonstration: start the job, kill it half-way, resume it, show its results, have them checked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from levada.cli.flights.summary import summary

PROGRESS = re.compile(r"\s*([\d,]+) rows .*?(?: checkpoint (\d+) .*?)?(?: restored from (\d+))?$")
"""What the job prints every ``levada.progress.interval``."""

TIME_LIMIT_S = 300

KILLED = 1 if os.name == "nt" else -9
"""The exit code of a process that was killed."""

TAMPERINGS = ("drop", "double")


class DemoFailed(Exception):
    """The demonstration did not go as it must; the text says how."""


@dataclass(frozen=True)
class Demo:
    """What is demonstrated.

    Attributes
    ----------
    script : Path
        The job; it takes the input file, the output directory and a pace.
    departures : Path
        Its input, of ``count`` lines.
    work : Path
        Where results and checkpoints go. What an earlier demonstration left there is removed.
    seconds : float
        How long the replay should take.
    verify : sequence of str
        The command that checks the results; input file and output directory are added.
    """

    script: Path
    departures: Path
    count: int
    work: Path
    seconds: float
    verify: Sequence[str]

    @property
    def results(self) -> Path:
        """The output directory."""
        return self.work / "results"

    @property
    def checkpoints(self) -> Path:
        """The checkpoint directory."""
        return self.work / "checkpoints"


def demonstrate(demo: Demo, *, kill: bool = True, tamper: str | None = None) -> int:
    """Run the whole demonstration; the exit code of the check.

    Raises
    ------
    DemoFailed
        The job failed, could not be killed half-way, or was not resumed from its checkpoint.
    """
    for left_over in (demo.results, demo.checkpoints):
        shutil.rmtree(left_over, ignore_errors=True)
    began = time.monotonic()
    if kill:
        run_to_end(demo, resume_at=run_until_killed(demo))
    else:
        run_to_end(demo)
    say(f"the job is done, {time.monotonic() - began:.1f} s after its start", "")
    say(*summary(demo.results), "")
    if tamper is not None:
        say(tamper_with(demo.results, tamper))
    return subprocess.run([*demo.verify, str(demo.departures), str(demo.results)], check=False).returncode


def run_until_killed(demo: Demo) -> int:
    """Run the job up to the middle of its input, and end it as a power failure would; its newest checkpoint."""
    say(f"the job starts: {demo.count:,} departures in about {demo.seconds:.0f} s; it will be killed half-way")
    with started(demo, resume=False) as process:
        for rows, checkpoint, _ in progress(process):
            if rows >= demo.count / 2 and checkpoint is not None:
                process.kill()
                break
        else:
            raise DemoFailed(
                f"the job ended by itself (exit code {process.wait()}) before half of its input was read and a "
                "checkpoint was complete"
            )
    if process.wait() != KILLED or rows >= demo.count:
        raise DemoFailed(f"the job ended before it could be killed (exit code {process.returncode}, {rows:,} rows)")
    unfinished = len([*demo.results.glob("*/.*")])
    say(
        f"killed with SIGKILL at {rows:,} departures, after checkpoint {checkpoint}; {unfinished} output files are "
        "unfinished"
    )
    return checkpoint


def run_to_end(demo: Demo, *, resume_at: int | None = None) -> None:
    """Run the job to its end: from the start, or from its newest checkpoint, this one or a later one."""
    resume = resume_at is not None
    say("the job is resumed with --from latest" if resume else f"the job starts: {demo.count:,} departures")
    restored_from = None
    with started(demo, resume=resume) as process:
        for _, _, restored in progress(process):
            restored_from = restored or restored_from
    if process.wait() != 0:
        raise DemoFailed(f"the job failed: exit code {process.returncode}")
    if resume_at is not None and (restored_from is None or restored_from < resume_at):
        raise DemoFailed(f"the job went on from checkpoint {restored_from} and not from {resume_at} or a later one")


@contextmanager
def started(demo: Demo, *, resume: bool) -> Iterator[subprocess.Popen[str]]:
    """The job in a process of its own, ended when the block is left; and in any case after some minutes."""
    command = [sys.executable, "-m", "levada", "run", *(["--from", "latest"] if resume else [])]
    command += ["--log-level", "warning"]
    command += ["--set", f"execution.checkpointing.dir={demo.checkpoints}"]
    command += ["--set", f"levada.progress.interval={max(100, int(demo.seconds * 100))} ms"]
    command += [str(demo.script), str(demo.departures), str(demo.results), str(demo.count / demo.seconds)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8") as process:
        watchdog = threading.Timer(TIME_LIMIT_S, give_up, [process])
        watchdog.daemon = True
        watchdog.start()
        try:
            yield process
            for line in process.stderr or ():
                say(line.rstrip())
            process.wait()
        finally:
            watchdog.cancel()
            process.kill()


def give_up(process: subprocess.Popen[str]) -> None:
    """End a job that does not come to its end."""
    say(f"the job has not ended within {TIME_LIMIT_S} s and is given up")
    process.kill()


def progress(process: subprocess.Popen[str]) -> Iterator[tuple[int, int | None, int | None]]:
    """Show what the job says; rows read, newest checkpoint and checkpoint restored from, as often as it says them."""
    for line in process.stderr or ():
        say(line.rstrip())
        match = PROGRESS.match(line)
        if match is not None:
            rows, checkpoint, restored = match.groups()
            yield (
                int(rows.replace(",", "")),
                int(checkpoint) if checkpoint else None,
                int(restored) if restored else None,
            )


def tamper_with(results: Path, how: str) -> str:
    """Remove or double one row of the output; says what was done."""
    file = sorted((results / "hours").glob("part-*"))[-1]
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    middle = len(lines) // 2
    victim = lines[middle]
    lines[middle : middle + 1] = [] if how == "drop" else [victim, victim]
    file.write_text("".join(lines), encoding="utf-8")
    return f"TAMPER={how}: a row of {file.name} is {'gone' if how == 'drop' else 'doubled'}: {victim.rstrip()}"


def say(*lines: str) -> None:
    """Print at once, also into a pipe."""
    print(*lines, sep="\n", flush=True)
