"""Whether memory stays flat in a long run."""

from __future__ import annotations

from statistics import median

from benchmarks.machine import resident_mb
from benchmarks.results import Claim, Result, Series
from benchmarks.suite import Suite

RECORDS = 50_000_000
KEYS = 100_000
GROWTH_ALLOWED = 1.25
WARM_UP_SHARE = 0.1


def measure(suite: Suite) -> list[Result]:
    """The worker's memory, looked at twice a second from outside."""
    records, keys = suite.size(RECORDS), suite.size(KEYS)
    worker = suite.worker("memory")
    samples: list[float] = []
    answer = worker.ask("soak", lambda: samples.append(resident_mb(worker.pid)), records=records, keys=keys)
    suite.end_worker("memory")
    result = Result(
        "memory",
        f"memory over {records:,} generated records, {keys:,} keys: ValueState, 10 s windows, a checkpoint every 5 s",
    )
    result.series.append(Series("Levada", [records / answer["seconds"]]))
    warm = samples[int(len(samples) * WARM_UP_SHARE) :]
    if len(warm) < 10:
        result.notes.append("too short a run to see memory grow")
        return [result]
    fifth = len(warm) // 5
    parts = [warm[start : start + fifth] for start in range(0, fifth * 5, fifth)]
    result.series.append(Series("resident memory, medians of five parts", [median(part) for part in parts], "MB"))
    result.series.append(Series("resident memory, highest", [max(samples)], "MB"))
    result.claims.append(
        Claim("last fifth / first fifth", [median(parts[-1]) / median(parts[0])], GROWTH_ALLOWED, "x", at_least=False)
    )
    return [result]
