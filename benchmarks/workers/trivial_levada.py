"""The smallest job, as a program: for start-up."""

from levada.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection([1, 2, 3]).map(lambda number: number * 10).print()
env.execute()
