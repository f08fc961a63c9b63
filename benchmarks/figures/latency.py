"""From event to sink at 10,000 a second through ``key_by`` and state."""

from __future__ import annotations

from benchmarks.results import Claim, Result, Series
from benchmarks.suite import Suite

RATE = 10_000
SECONDS = 8
KEYS = 10_000
MOST_ROUNDS = 3
SHARES = ("p50", "p99", "p99.9", "max")


def measure(suite: Suite) -> list[Result]:
    """Percentiles of each round."""
    result = Result("latency", f"event -> sink through key_by + ValueState, {RATE:,} events/s, {KEYS:,} keys")
    worker = suite.worker("latency")
    seconds = max(SECONDS * suite.scale, 0.5)
    for checkpoints, name in ((False, ""), (True, ", a checkpoint every second")):
        found: dict[str, list[float]] = {share: [] for share in SHARES}
        for _ in range(min(suite.rounds, MOST_ROUNDS)):
            answer = worker.ask("paced", rate=RATE, seconds=seconds, keys=KEYS, checkpoints=checkpoints)
            for share in SHARES:
                found[share].append(answer[share])
        result.series += [Series(f"{share}{name}", values, "ms") for share, values in found.items()]
        result.claims.append(Claim(f"p99{name}", found["p99"], 10, "ms", at_least=False))
    suite.end_worker("latency")
    return [result]
