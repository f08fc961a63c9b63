"""What a checkpoint every second costs with a million keys."""

from __future__ import annotations

from typing import Any

from benchmarks.contender import Worker
from benchmarks.results import Claim, Result, Series
from benchmarks.suite import Suite

KEYS = 1_000_000
PATHS: dict[str, tuple[str, dict[str, Any], int]] = {
    # Records for five to ten seconds.
    "row path": ("rows", {}, 6_000_000),
    "SQL, changelog per row": ("sql", {"mode": "per row"}, 60_000_000),
    "SQL, mini-batch": ("sql", {"mode": "mini-batch"}, 100_000_000),
}
MOST_ROUNDS = 3


def measure(suite: Suite) -> list[Result]:
    """Rates without and with, in turns."""
    result = Result("checkpoints", f"keyed count + sum with a checkpoint every second, {suite.size(KEYS):,} keys")
    worker = suite.worker("checkpoints")
    for path, (workload, arguments, records) in PATHS.items():
        without, with_them, taken = _rates(suite, worker, workload, arguments, records)
        result.series += [
            Series(f"{path}, without", without),
            Series(f"{path}, with", with_them),
        ]
        lost = [100 * (1 - slower / faster) for faster, slower in zip(without, with_them, strict=True)]
        result.claims.append(Claim(f"{path}: lost", lost, 10, "%", at_least=False))
        result.notes.append(f"{path}: {taken}")
    suite.end_worker("checkpoints")
    return [result]


def _rates(
    suite: Suite, worker: Worker, workload: str, arguments: dict[str, Any], records: int
) -> tuple[list[float], list[float], str]:
    rates: dict[bool, list[float]] = {False: [], True: []}
    taken = ""
    for _ in range(min(suite.rounds, MOST_ROUNDS)):
        for checkpoints in (False, True):
            answer = worker.ask(
                workload, **arguments, keys=suite.size(KEYS), records=suite.size(records), checkpoints=checkpoints
            )
            rates[checkpoints].append(answer["rows"] / answer["seconds"])
            if checkpoints:
                taken = (
                    f"{answer['checkpoints']} checkpoints, the last of {answer['bytes'] / 1e6:.1f} MB "
                    f"in {answer.get('duration_ms', 0)} ms"
                )
    return rates[False], rates[True], taken
