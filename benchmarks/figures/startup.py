"""A program with a trivial job, from the shell's point of view."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.contender import ROOT
from benchmarks.results import Claim, Result, Series
from benchmarks.suite import Suite, WrongOutputError

SLOW = frozenset({"PyFlink, thread mode"})


def measure(suite: Suite) -> list[Result]:
    """Wall time of the whole process."""
    programs: dict[str, tuple[Path, str, Mapping[str, str]]] = {
        "Levada": (Path(sys.executable), "trivial_levada", {}),
    }
    for name, shown in (("bytewax", "Bytewax"), ("pyflink", "PyFlink, thread mode")):
        peer = suite.peers.get(name)
        if peer is not None:
            programs[shown] = (peer.python, f"trivial_{name}", peer.environment)
    taken: dict[str, Series] = {name: Series(name, [], "s") for name in programs}
    for turn in range(suite.rounds + 1):
        for name, (python, module, environment) in programs.items():
            if name in SLOW and turn > 1:
                continue
            seconds = _run(python, module, environment)
            # The first start reads files from disk and compiles them.
            if turn or name in SLOW:
                taken[name].values.append(seconds)
    result = Result("startup", "a program with a trivial job: from its start to its end")
    result.series = list(taken.values())
    result.claims.append(Claim("Levada", taken["Levada"].values, 0.5, "s", at_least=False))
    return [result]


def _run(python: Path, module: str, environment: Mapping[str, str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(
        [str(python), str(ROOT / "benchmarks" / "workers" / f"{module}.py")],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - started
    if [int(line.rsplit(" ", 1)[-1]) for line in done.stdout.split("\n") if line.strip()] != [10, 20, 30]:
        raise WrongOutputError(f"{module}: printed {done.stdout!r}")
    return seconds
