"""Running a program in a process of its own, and killing it at random moments."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random


def start(
    program: Path, arguments: Sequence[object], checkpoints: Path, settings: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """Run a program by ``levada run`` from the newest checkpoint in a directory, with a checkpoint every 100 ms."""
    command = [sys.executable, "-m", "levada", "run", "--from", "latest", "--log-level", "info"]
    command += ["--set", f"execution.checkpointing.dir={checkpoints}"]
    command += ["--set", "execution.checkpointing.interval=100 ms"]
    for setting in settings:
        command += ["--set", setting]
    command += [str(program), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], timeout: float) -> None:
    """Wait for the process to end, which it must do well."""
    try:
        _, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 0, errors


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


@dataclass(frozen=True)
class Kill:
    """One SIGKILL: what the process had restored, and how far it had come."""

    seconds: float
    restored: str
    alive: bool
    checkpoint: int

    def __str__(self) -> str:
        return f"after {self.seconds:.2f} s: restored {self.restored:>8}, newest checkpoint {self.checkpoint:4}"


def kill_sometime(process: subprocess.Popen[str], checkpoints: Path, random: Random, first: bool) -> Kill:
    """Kill the process as it starts, before its first checkpoint, or (mostly) after it; the first one after it."""
    began = time.monotonic()
    moment = random.random()
    if not first and moment < 0.15:
        time.sleep(random.uniform(0.02, 0.5))  # while Python and the job start
    else:
        known = newest(checkpoints)
        await_that(process, lambda: lock_holder(checkpoints) == process.pid)
        if first or moment > 0.4:
            await_that(process, lambda: newest(checkpoints) > known)
        time.sleep(random.uniform(0.0, 0.4))
    before = newest(checkpoints)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    restored = [line.split("chk-")[1].split()[0] for line in errors.splitlines() if "restoring" in line]
    return Kill(time.monotonic() - began, "/".join(restored) or "nothing", alive, before)
