"""The smallest job, as a program: for start-up."""

from pyflink.common import Configuration, Types
from pyflink.datastream import StreamExecutionEnvironment

settings = Configuration()
settings.set_string("python.execution-mode", "thread")
settings.set_string("parallelism.default", "1")
env = StreamExecutionEnvironment.get_execution_environment(settings)
env.from_collection([1, 2, 3], Types.LONG()).map(lambda number: number * 10, Types.LONG()).print()
env.execute()
