"""The kernels alone: key index with count, sum and max."""

from __future__ import annotations

from typing import Any

from benchmarks.results import Claim, Result
from benchmarks.suite import Contender, Suite, WrongOutputError

RECORDS = 8_000_000
KEYS = 100_000
MILLION = 1_000_000


def measure(suite: Suite) -> list[Result]:
    """Batches of 8,192 rows, every key there before time is taken."""
    result = Result("kernels", f"KeyIndex + count + sum + max, batches of 8,192 rows, {KEYS:,} keys drawn uniformly")
    records = suite.size(RECORDS)
    racing = []
    for text, name, goal in ((False, "int64 keys", 60), (True, "16-byte string keys", 20)):
        worker = suite.worker("columnar")
        arguments: dict[str, Any] = {"keys": KEYS, "text": text}
        small = suite.size(200_000)
        if not worker.ask("kernels", **arguments, records=small, check=True)["same"]:
            raise WrongOutputError(f"kernels, {name}: the results are not those of Arrow's group_by")
        racing.append((Contender(name, worker, "kernels", arguments, records), goal))
    rates = suite.race([contender for contender, _ in racing])
    for contender, goal in racing:
        series = rates[contender.name]
        result.series.append(series)
        millions = [rate / MILLION for rate in series.values]
        result.claims.append(Claim(contender.name, millions, goal, "M/s"))
    suite.end_worker("columnar")
    return [result]
