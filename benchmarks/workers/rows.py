"""The row path: Levada's jobs and the bare loops, in one process over the same bids."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import levada
from benchmarks.workers import loops
from benchmarks.workers.bids import load_rows
from benchmarks.workers.functions import CountAndSum, add_up, as_totals, bidder, has_even_auction, to_euros
from benchmarks.workers.protocol import digest, serve, timed
from levada.common import Types
from levada.connectors.blackhole import BlackHoleSink
from levada.connectors.function import FunctionSink
from levada.datastream import DataStream, StreamExecutionEnvironment
from levada.datastream.functions import KeyedProcessFunction, RuntimeContext
from levada.datastream.state import ValueStateDescriptor


class LevadaCountAndSum(CountAndSum, KeyedProcessFunction):  # type: ignore[type-arg]
    """The same function over Levada's state."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state."""
        types = Types.TUPLE([Types.LONG(), Types.LONG()])
        self.state = runtime_context.get_state(ValueStateDescriptor("totals", types))


JOBS: dict[str, Callable[[DataStream[Any]], DataStream[Any]]] = {
    "map_filter": lambda bids: bids.map(to_euros).filter(has_even_auction),
    "keyed_process": lambda bids: bids.key_by(bidder).process(LevadaCountAndSum()),
    "keyed_reduce": lambda bids: bids.map(as_totals).key_by(loops.of_totals).reduce(add_up),
}


def levada_job(job: str, bids: str, records: int, check: bool) -> Mapping[str, Any]:
    """One of ``JOBS``."""
    rows = load_rows(bids, records)
    kept: list[Any] = []
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = JOBS[job](env.from_collection(rows))
    stream.sink_to(FunctionSink(kept.append) if check else BlackHoleSink())
    seconds = timed(env.execute)
    return digest(kept) if check else seconds


def loop(job: str, bids: str, records: int, check: bool) -> Mapping[str, Any]:
    """One of the loops."""
    rows = load_rows(bids, records)
    kept: deque[Any] = deque(maxlen=None if check else 0)
    run = getattr(loops, job)
    seconds = timed(lambda: run(rows, kept.append))
    return digest(kept) if check else seconds


if __name__ == "__main__":
    serve({"levada": levada_job, "loop": loop}, {"version": levada.__version__})
