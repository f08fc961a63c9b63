from pyflink.common import Configuration, Row, Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

config = Configuration()
config.set_string("parallelism.default", "1")
env = StreamExecutionEnvironment.get_execution_environment(config)
seq = NumberSequenceSource(1, 10)
ds = env.from_source(seq, WatermarkStrategy.for_monotonous_timestamps(), "seq", type_info=Types.LONG())
rows = ds.filter(lambda n: n % 3 == 0).map(
    lambda n: Row(n, str(n * n)), output_type=Types.ROW_NAMED(["n", "square"], [Types.LONG(), Types.STRING()])
)
with rows.execute_and_collect() as results:
    for row in results:
        print(row.n, row["square"], row[0])
