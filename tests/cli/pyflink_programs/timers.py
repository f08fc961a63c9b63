from pyflink.common import Duration, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor


class Quiet(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext):
        self.last = runtime_context.get_state(ValueStateDescriptor("last", Types.LONG()))

    def process_element(self, value, ctx: "KeyedProcessFunction.Context"):
        self.last.update(ctx.timestamp())
        ctx.timer_service().register_event_time_timer(ctx.timestamp() + 1000)

    def on_timer(self, timestamp: int, ctx: "KeyedProcessFunction.OnTimerContext"):
        if timestamp == self.last.value() + 1000:
            yield f"{ctx.get_current_key()} has been quiet since {self.last.value()}"


class Clock(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return int(value[1])


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
watermarks = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(1)).with_timestamp_assigner(Clock())
env.from_collection(
    [("a", 1000), ("b", 1500), ("a", 1800), ("a", 9000)], type_info=Types.TUPLE([Types.STRING(), Types.LONG()])
).assign_timestamps_and_watermarks(watermarks).key_by(lambda row: row[0]).process(Quiet(), Types.STRING()).print()
env.execute("timers")
