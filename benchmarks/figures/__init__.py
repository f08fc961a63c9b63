"""The figures, in the order in which they are measured."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.figures import checkpoints, kernels, keyed, latency, map_filter, memory, sql, startup
from benchmarks.results import Result
from benchmarks.suite import Suite

FIGURES: dict[str, Callable[[Suite], list[Result]]] = {
    "map-filter": map_filter.measure,
    "keyed": keyed.measure,
    "sql": sql.measure,
    "kernels": kernels.measure,
    "startup": startup.measure,
    "checkpoints": checkpoints.measure,
    "latency": latency.measure,
    "memory": memory.measure,
}
