"""A long run whose memory is watched from outside: generated records, keyed state, windows, checkpoints."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import levada
from benchmarks.workers.protocol import serve, timed
from levada.common import Types, WatermarkStrategy
from levada.common.configuration import Configuration
from levada.connectors.blackhole import BlackHoleSink
from levada.connectors.datagen import DataGeneratorSource
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.functions import KeyedProcessFunction, RuntimeContext
from levada.datastream.state import ValueStateDescriptor
from levada.datastream.window import TumblingEventTimeWindows

EVENTS_PER_SECOND = 50_000
WINDOW = timedelta(seconds=10)


class Count(KeyedProcessFunction[int, int, tuple[int, int]]):
    """Counts a key's records."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state."""
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: int, ctx: Any) -> Iterator[tuple[int, int]]:
        """Count one."""
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield ctx.get_current_key(), count


def soak(records: int, keys: int) -> Mapping[str, Any]:
    """The whole run."""
    with tempfile.TemporaryDirectory(prefix="levada-bench-") as directory:
        config = Configuration()
        config.set_string("execution.checkpointing.dir", directory)
        config.set_string("execution.checkpointing.interval", "5 s")
        env = StreamExecutionEnvironment.get_execution_environment(config)
        source = DataGeneratorSource(lambda number: number, records)
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(
            lambda number, _: number * 1000 // EVENTS_PER_SECOND
        )
        numbers = env.from_source(source, strategy, "numbers")
        numbers.key_by(lambda number: number * 7919 % keys).process(Count()).sink_to(BlackHoleSink())
        tenth = numbers.filter(lambda number: number % 10 == 0).map(lambda number: (number * 7919 % keys, 1))
        windowed = tenth.key_by(lambda pair: pair[0]).window(TumblingEventTimeWindows.of(WINDOW))
        windowed.reduce(lambda left, right: (left[0], left[1] + right[1])).sink_to(BlackHoleSink())
        return timed(env.execute)


if __name__ == "__main__":
    serve({"soak": soak}, {"version": levada.__version__})
