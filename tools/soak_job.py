"""The job of ``tools/soak.py``: counts per key and per window, kept exactly-once through whatever happens to it.

Arguments: output directory, records per second. Every tenth record of a key writes ``state key count``; every
window writes ``window key start count``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from levada.common import Types, WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.connectors.files import FileSink
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.functions import KeyedProcessFunction, ProcessWindowFunction, RuntimeContext
from levada.datastream.state import ValueStateDescriptor
from levada.datastream.window import TumblingEventTimeWindows

KEYS = 100_000
EVERY = 10
RECORDS_PER_SECOND_OF_EVENT_TIME = 50_000
WINDOW = timedelta(seconds=10)


class Count(KeyedProcessFunction[int, int, str]):
    """Counts a key's records in a ``ValueState``."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: int, ctx: Any) -> Iterator[str]:
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        if count % EVERY == 0:
            yield f"state {ctx.get_current_key()} {count}"


class CountWindow(ProcessWindowFunction[int, str, int, Any]):
    """Counts a window's records."""

    def process(self, key: int, context: Any, elements: Iterable[int]) -> Iterator[str]:
        yield f"window {key} {context.window().start} {sum(1 for _ in elements)}"


def key_of(number: int) -> int:
    """A key that comes once in ``KEYS`` records."""
    return number * 7919 % KEYS


def main() -> None:
    """Build the job and run it."""
    output, rate = Path(sys.argv[1]), float(sys.argv[2])
    env = StreamExecutionEnvironment.get_execution_environment()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(
        lambda number, _: number * 1000 // RECORDS_PER_SECOND_OF_EVENT_TIME
    )
    source = DataGeneratorSource(lambda number: number, rate_limiter_strategy=RateLimiterStrategy.per_second(rate))
    numbers = env.from_source(source, strategy, "numbers").uid("numbers")
    counts = numbers.key_by(key_of).process(Count()).uid("counts")
    windows = (
        numbers.filter(lambda number: number % 10 == 0)
        .key_by(lambda number: number % 1000)
        .window(TumblingEventTimeWindows.of(WINDOW))
        .process(CountWindow())
        .uid("windows")
    )
    sink = FileSink.for_row_format(output, lambda line: f"{line}\n".encode()).build()
    counts.union(windows).sink_to(sink).uid("output")
    env.execute("soak")


if __name__ == "__main__":
    main()
