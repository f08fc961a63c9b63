"""The job that is killed: windows, timers and a side output over a file of events. Run by ``levada run``.

Arguments: input file, output directory, rows per second (0: as fast as it goes).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from levada.common import Duration, Types, WatermarkStrategy
from levada.connectors.files import FileSink, FileSource
from levada.connectors.rate import RateLimitedSource
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.functions import KeyedProcessFunction, ProcessWindowFunction, RuntimeContext
from levada.datastream.output_tag import OutputTag
from levada.datastream.state import ValueStateDescriptor
from levada.datastream.window import TimeWindow, TumblingEventTimeWindows
from levada.formats.json import JsonFormat

LATE = OutputTag("late")


class CountAndRemind(KeyedProcessFunction):
    """Reports every tenth event of a key, and each key's silence of a second, by a timer."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value: dict[str, Any], ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        count, reminder = self.seen.value() or (0, None)
        timers = ctx.timer_service()
        if reminder is not None:
            timers.delete_event_time_timer(reminder)
        reminder = value["ts"] + 1_000
        timers.register_event_time_timer(reminder)
        self.seen.update((count + 1, reminder))
        if (count + 1) % 10 == 0:
            yield {"key": value["key"], "count": count + 1, "at": value["id"]}

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        count, _ = self.seen.value()
        yield {"key": ctx.get_current_key(), "silent": timestamp, "after": count}


class Summary(ProcessWindowFunction):
    """Ids of a window's events, in the order they came."""

    def process(self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Any) -> Iterator[Any]:
        yield {"key": key, "start": context.window().start, "ids": [event["id"] for event in elements]}


def main(source: str, output: str, rate: float) -> None:
    """Build and run the job."""
    env = StreamExecutionEnvironment.get_execution_environment()
    lines: Any = FileSource.for_record_stream_format(JsonFormat(), source).build()
    if rate:
        lines = RateLimitedSource(lines, rate)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(200)).with_timestamp_assigner(
        lambda event, _: event["ts"]
    )
    events = env.from_source(lines, strategy, "events").uid("events")

    def sink(name: str) -> FileSink:
        return FileSink.for_row_format(Path(output) / name, JsonFormat()).build()

    keyed = events.key_by(lambda event: event["key"])
    windows = (
        keyed.window(TumblingEventTimeWindows.of(Duration.of_seconds(1))).side_output_late_data(LATE).process(Summary())
    )
    windows.sink_to(sink("windows"))
    windows.get_side_output(LATE).sink_to(sink("late"))
    keyed.process(CountAndRemind()).sink_to(sink("counts"))
    env.execute("crash test")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
