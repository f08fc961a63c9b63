from collections.abc import Iterable

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import OutputTag, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import TimeWindow, TumblingEventTimeWindows

EMPTY = OutputTag("small", Types.STRING())


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp) -> int:
        return value[1]


class Count(ProcessWindowFunction[tuple, tuple, str, TimeWindow]):
    def process(self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[tuple]):
        count = len(list(elements))
        if count < 2:
            yield EMPTY, f"{key} has only {count}"
        else:
            yield key, context.window().start, context.window().end, count


env = StreamExecutionEnvironment.get_execution_environment()
data = env.from_collection(
    [("hi", 1), ("hi", 2), ("yo", 3), ("hi", 8), ("yo", 9), ("hi", 15)],
    type_info=Types.TUPLE([Types.STRING(), Types.INT()]),
)
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(SecondField())
counts = (
    data.assign_timestamps_and_watermarks(strategy)
    .key_by(lambda x: x[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(5)))
    .process(Count(), Types.TUPLE([Types.STRING(), Types.INT(), Types.INT(), Types.INT()]))
)
counts.print()
counts.get_side_output(EMPTY).print()
env.execute()
