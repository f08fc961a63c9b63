"""What a type checker refuses: each marked line is an error, and no other."""

from levada.datastream import DataStream, FilterFunction, MapFunction, StreamExecutionEnvironment


class Length(MapFunction[str, int]):
    def map(self, value: str) -> int:
        return len(value)


class Positive(FilterFunction[int]):
    def filter(self, value: int) -> bool:
        return value > 0


env = StreamExecutionEnvironment.get_execution_environment()
numbers = env.from_collection([1, 2, 3])
texts: DataStream[str] = numbers.map(str)

numbers.map(Length())  # wrong: takes texts
texts.filter(Positive())  # wrong: takes numbers
numbers.map(lambda n: n.upper())  # wrong: numbers have no upper
texts.union(numbers)  # wrong: of another type
wrong: DataStream[int] = numbers.map(str)  # wrong: gives texts
numbers.key_by(str).reduce(lambda a, b: str(a))  # wrong: must give a number
numbers.map(5)  # wrong: no function
