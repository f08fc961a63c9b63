"""From an event to the sink, at a rate that leaves room, through ``key_by`` and a ``ValueState``.

A row's delay counts from the moment at which it was due, not from when the source made it: a pause is felt by all rows
that should have come meanwhile.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import levada
from benchmarks.workers.protocol import serve
from levada.common import Types, WatermarkStrategy
from levada.common.batch import Batch, RowBatch
from levada.common.configuration import Configuration
from levada.connectors.base import SinkWriter, WriterContext
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, contiguous_splits
from levada.connectors.rate import RateLimitedSource
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.functions import KeyedProcessFunction, RuntimeContext
from levada.datastream.state import ValueStateDescriptor

WARM_UP_SECONDS = 1
Event = tuple[int, int]
"""Key and number."""


@dataclass
class Run:
    """When rows were made and when they arrived, in nanoseconds."""

    made: list[tuple[int, int]] = field(default_factory=list)
    """The last number of each batch made, and when."""
    arrived: list[tuple[int, list[Any]]] = field(default_factory=list)

    transactional = False

    def create_writer(self, context: WriterContext) -> SinkWriter:
        """The writer."""
        return _Arrivals(self)

    def create_committer(self) -> None:
        """Nothing is committed."""

    def delays_ms(self, rate: int) -> list[float]:
        """Of every row behind the warm-up, sorted."""
        apart = 1e9 / rate
        # A row is never made before it is due, and some are made at once: the earliest start that fits all of them.
        start = min(moment - number * apart for number, moment in self.made)
        first = WARM_UP_SECONDS * rate
        return sorted(
            (moment - start - number * apart) / 1e6
            for moment, rows in self.arrived
            for _, _, number in rows
            if number >= first
        )


class _Arrivals(SinkWriter):
    def __init__(self, run: Run) -> None:
        self._run = run

    def write(self, batch: Batch) -> None:
        assert isinstance(batch, RowBatch)
        self._run.arrived.append((time.perf_counter_ns(), batch.values))

    def flush(self, end_of_input: bool) -> None:
        """Nothing."""


@dataclass(frozen=True, eq=False)
class Numbered(IndexedSource):
    """Keys and numbers; notes in ``run`` when they were made."""

    run: Run
    records: int
    keys: int

    columnar = False

    def producer(self) -> Producer:
        """Makes rows."""
        made, keys = self.run.made, self.keys

        def produce(numbers: range) -> Batch:
            made.append((numbers[-1], time.perf_counter_ns()))
            return RowBatch([(number * 7919 % keys, number) for number in numbers])

        return produce

    def splits(self, parallelism: int) -> list[RangeSplit]:
        """Runs of neighbours."""
        return contiguous_splits(range(self.records), parallelism)


class Count(KeyedProcessFunction[int, Event, tuple[int, int, int]]):
    """Counts a key's events."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state."""
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: Event, ctx: Any) -> Iterator[tuple[int, int, int]]:
        """Count one."""
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield value[0], count, value[1]


def paced(rate: int, seconds: float, keys: int, checkpoints: bool) -> Mapping[str, Any]:
    """One run; percentiles in milliseconds."""
    run = Run()
    with tempfile.TemporaryDirectory(prefix="levada-bench-") as directory:
        config = Configuration()
        if checkpoints:
            config.set_string("execution.checkpointing.dir", directory)
            config.set_string("execution.checkpointing.interval", "1 s")
        env = StreamExecutionEnvironment.get_execution_environment(config)
        source = RateLimitedSource(Numbered(run, int(rate * (seconds + WARM_UP_SECONDS)), keys), rate)
        stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "events")
        stream.key_by(lambda event: event[0]).process(Count()).sink_to(run)
        env.execute()
    delays = run.delays_ms(rate)
    return {
        "rows": len(delays),
        **{f"p{share}": delays[int(len(delays) * share / 100)] for share in (50, 90, 99)},
        "p99.9": delays[int(len(delays) * 0.999)],
        "max": delays[-1],
    }


if __name__ == "__main__":
    serve({"paced": paced}, {"version": levada.__version__})
