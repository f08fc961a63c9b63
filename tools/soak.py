"""A long run under load: the soak job is killed now and then, goes on from its checkpoint, and its output is checked.

Every state count must be there once and in order, every window once and whole, and memory must stay flat.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from kernels import ROOT
from soak_job import EVERY, RECORDS_PER_SECOND_OF_EVENT_TIME, WINDOW

SAMPLE_SECONDS = 1.0
STOPPED = 143
WARM_UP_SECONDS = 20
GROWTH_ALLOWED = 1.25
"""A run's last memory figure over the one after warming up."""


def start(work: Path, rate: float) -> subprocess.Popen[bytes]:
    """Start the job, from its newest checkpoint."""
    settings = {"execution.checkpointing.interval": "2 s", "execution.checkpointing.dir": str(work / "checkpoints")}
    command = [sys.executable, "-m", "levada", "run", str(ROOT / "tools" / "soak_job.py"), str(work / "out"), str(rate)]
    command += ["--from", "latest", "--log-level", "warning"]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    return subprocess.Popen(command, cwd=work)


def resident_mb(pid: int) -> float:
    """Memory of a process."""
    fields = Path(f"/proc/{pid}/status").read_text().split("VmRSS:")
    return int(fields[1].split()[0]) / 1024 if len(fields) > 1 else 0.0


def watch(process: subprocess.Popen[bytes], seconds: float) -> list[float]:
    """Let the job run for so long; its memory, sample by sample."""
    samples, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(SAMPLE_SECONDS)
        if process.poll() is not None:
            raise SystemExit(f"soak: the job ended by itself with exit code {process.returncode}")
        samples.append(resident_mb(process.pid))
    return samples


def grown(samples: list[float]) -> float:
    """The newest memory over that after warming up; 1 where a run was too short to tell."""
    warm = samples[WARM_UP_SECONDS:]
    if len(warm) < 2 * WARM_UP_SECONDS:
        return 1.0
    return max(warm[-10:]) / max(warm[:10])


def faults(out: Path) -> list[str]:
    """What is wrong with the output: a count twice, missing or out of order, a window twice or of the wrong size."""
    counts: dict[str, list[int]] = defaultdict(list)
    windows: dict[tuple[str, int], list[int]] = defaultdict(list)
    for file in out.rglob("part-*"):
        for line in file.read_text().splitlines():
            kind, key, *numbers = line.split()
            if kind == "state":
                counts[key].append(int(numbers[0]))
            else:
                windows[key, int(numbers[0])].append(int(numbers[1]))
    found = []
    for key, seen in counts.items():
        expected = list(range(EVERY, EVERY * (len(seen) + 1), EVERY))
        if sorted(seen) != expected:
            found.append(f"key {key}: counts {sorted(seen)[:5]}.. where {expected[:5]}.. belong")
    # Of the numbers divisible by ten, each of the hundred keys takes one in a hundred.
    whole = int(RECORDS_PER_SECOND_OF_EVENT_TIME * WINDOW.total_seconds()) // 1000
    newest = max((start for _, start in windows), default=0)
    for (key, start), sizes in windows.items():
        if len(sizes) != 1 or (sizes[0] != whole and start != newest):
            found.append(f"window {start} of key {key}: sizes {sizes} where [{whole}] belongs")
    print(f"soak: {sum(map(len, counts.values())):,} counts and {len(windows):,} windows in the output")
    if not counts or not windows:
        found.append("the output is empty")
    return found


def main() -> int:
    """Run, kill, go on, stop, check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=200_000, help="records per second")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    work = Path(tempfile.mkdtemp(prefix="levada-soak-"))
    until, kills, problems = time.monotonic() + options.minutes * 60, 0, []
    process = start(work, options.rate)
    try:
        while (left := until - time.monotonic()) > 0:
            # Half of the kills come early, half after the run is long enough to see memory grow.
            lifetime = min(dice.choice([dice.uniform(5, 30), dice.uniform(60, 180)]), options.minutes * 20)
            samples = watch(process, min(left, lifetime))
            print(
                f"soak: {time.strftime('%H:%M:%S')} {samples[-1]:,.0f} MB, highest {max(samples):,.0f} MB", flush=True
            )
            if grown(samples) > GROWTH_ALLOWED:
                problems.append(f"memory grew by {grown(samples) - 1:.0%} in one run")
            if until - time.monotonic() > 10:
                process.kill()
                process.wait()
                kills += 1
                process = start(work, options.rate)
        process.send_signal(signal.SIGTERM)
        if process.wait(timeout=30) != STOPPED:
            problems.append(f"SIGTERM ended the job with exit code {process.returncode}, not {STOPPED}")
    finally:
        process.kill()
    problems += faults(work / "out")
    for problem in problems[:20]:
        print(f"soak: FAILED: {problem}")
    if problems:
        print(f"soak: the job's files are in {work}")
        return 1
    shutil.rmtree(work)
    print(f"soak: {options.minutes:g} minutes, {kills} kills, every result once: passed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
