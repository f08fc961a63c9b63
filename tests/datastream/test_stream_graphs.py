"""What the calls build: transformations, their inputs, names, types and settings."""

import itertools
import logging
import pickle
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from levada.common import OutputTag, Row, Time, TypeInformation, Types, WatermarkStrategy
from levada.common.errors import JobBuildError
from levada.common.options import JOB_NAME
from levada.datastream import DataStream, KeyedProcessFunction, MapFunction, RuntimeContext, StreamExecutionEnvironment
from levada.datastream.window import TumblingEventTimeWindows
from levada.graph.partitioner import Broadcast, Forward, Global, KeyByRows, Rebalance
from levada.graph.transformation import Chaining, LogicalGraph, Transformation
from levada.operators.row.fused import RowStep
from levada.operators.row.keyed_process import KeyedProcess
from levada.operators.row.window import WindowRows
from levada.operators.watermarks import TimestampsAndWatermarks

EVENT_TIME = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda value, _: value)


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment()


@pytest.fixture
def numbers(env: StreamExecutionEnvironment) -> DataStream[int]:
    return env.from_collection([1, 2, 3], type_info=Types.INT())


def parse(line: str) -> tuple[str, int]:
    return line, 1


def words(line: str) -> Iterator[str]:
    yield from line.split()


def graph_of(env: StreamExecutionEnvironment) -> LogicalGraph:
    return env._graph(env._pending, env.get_configuration())


def kinds(env: StreamExecutionEnvironment) -> list[str]:
    return [each.kind for each in graph_of(env).transformations]


def last(env: StreamExecutionEnvironment) -> Transformation:
    return graph_of(env).transformations[-1]


def test_a_chain_of_calls_is_a_chain_of_transformations(
    env: StreamExecutionEnvironment, numbers: DataStream[int]
) -> None:
    numbers.map(str).flat_map(words).filter(bool).add_sink(print)
    assert kinds(env) == ["source", "map", "flat_map", "filter", "sink"]
    transformations = graph_of(env).transformations
    for before, after in itertools.pairwise(transformations):
        assert [given.transformation for given in after.inputs] == [before]
        assert isinstance(after.inputs[0].partitioner, Forward)


def test_operators_are_named_after_their_functions(numbers: DataStream[int]) -> None:
    assert numbers.map(str).get_name() == "Map(str)"
    assert numbers.map(lambda n: n).get_name() == "Map"
    assert numbers.map(str).flat_map(words).get_name() == "FlatMap(words)"
    assert numbers.map(str).name("texts").get_name() == "texts"


def test_types_are_read_from_annotations_and_declarations(numbers: DataStream[int]) -> None:
    assert numbers.get_type() == Types.INT()
    assert numbers.map(str).get_type() == Types.STRING()
    assert numbers.map(str).map(parse).get_type() == Types.TUPLE([Types.STRING(), Types.LONG()])
    assert numbers.map(str).flat_map(words).get_type() == Types.STRING()
    assert numbers.map(str).filter(bool).get_type() == Types.STRING()
    assert numbers.map(lambda n: n).get_type() == Types.PICKLED_BYTE_ARRAY()
    assert numbers.map(lambda n: n, output_type=Types.INT()).get_type() == Types.INT()
    assert numbers.map(lambda n: n, output_type=float).get_type() == Types.DOUBLE()
    assert numbers.key_by(lambda n: n).reduce(max).get_type() == Types.INT()
    assert numbers.union(numbers).rebalance().get_type() == Types.INT()
    assert numbers.get_side_output(OutputTag("x", str)).get_type() == Types.STRING()


def test_a_declared_form_is_given_by_a_step_of_its_own(
    env: StreamExecutionEnvironment, numbers: DataStream[int]
) -> None:
    pairs = numbers.map(lambda n: (n, "x"), output_type=Types.ROW([Types.INT(), Types.STRING()])).set_parallelism(3)
    pairs.uid("pairs").add_sink(print)
    assert kinds(env) == ["source", "map", "as-type", "sink"]
    _, mapped, shaped, sink = graph_of(env).transformations
    assert (mapped.uid, mapped.parallelism, shaped.parallelism) == ("pairs", 3, 3)
    assert sink.inputs[0].transformation is shaped
    assert isinstance(shaped.spec, RowStep)
    assert shaped.spec.function((1, "x")) == Row(f0=1, f1="x")


def test_numbers_need_no_such_step(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    numbers.map(str, output_type=Types.STRING())
    assert kinds(env) == ["source", "map"]


def test_a_collection_gets_its_declared_form_at_once(env: StreamExecutionEnvironment) -> None:
    env.from_collection(
        [(1, "a"), Row("b", 2)][:1], type_info=Types.ROW_NAMED(["n", "s"], [Types.INT(), Types.STRING()])
    )
    (source,) = graph_of(env).transformations
    assert list(source.spec.source.values) == [Row(n=1, s="a")]  # type: ignore[union-attr]
    with pytest.raises(JobBuildError, match=r"from_collection\(.*Integer\): element 1: 'two' \(str\) is not of type"):
        env.from_collection([1, "two"], type_info=Types.INT())


def test_a_collection_is_read_once_and_in_one_subtask(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection(n for n in range(3))
    (source,) = graph_of(env).transformations
    assert source.parallelism == 1
    assert list(source.spec.source.values) == [0, 1, 2]  # type: ignore[union-attr]
    assert stream.get_type() == Types.PICKLED_BYTE_ARRAY()
    with pytest.raises(JobBuildError, match="not iterable"):
        env.from_collection(5)  # type: ignore[arg-type]


def test_records_are_spread_as_asked(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    for spread, partitioner in (
        (numbers.rebalance(), Rebalance),
        (numbers.broadcast(), Broadcast),
        (numbers.global_(), Global),
        (numbers.rebalance().forward(), Forward),
    ):
        spread.map(str)
        assert isinstance(last(env).inputs[0].partitioner, partitioner)


def test_a_keyed_stream_spreads_by_key(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    keyed = numbers.key_by(lambda n: n % 2)
    keyed.map(str)
    assert isinstance(last(env).spec, RowStep)
    keyed.reduce(max)
    assert last(env).stateful
    for transformation in graph_of(env).transformations[1:]:
        partitioner = transformation.inputs[0].partitioner
        assert isinstance(partitioner, KeyByRows)
        assert partitioner.selector(5) == 1
    keyed.key_by(lambda n: n % 3).sum()
    partitioner = last(env).inputs[0].partitioner
    assert isinstance(partitioner, KeyByRows)
    assert partitioner.selector(5) == 2


class WithState(MapFunction[int, int]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.opened = True

    def map(self, value: int) -> int:
        return value


def test_function_objects_on_keyed_streams_may_keep_state(
    env: StreamExecutionEnvironment, numbers: DataStream[int]
) -> None:
    stream = numbers.key_by(lambda n: n).map(WithState())
    spec = last(env).spec
    assert isinstance(spec, KeyedProcess)
    assert (stream.get_name(), stream.get_type()) == ("Map(WithState)", Types.LONG())
    assert list(spec.function.process_element(3, None)) == [3]
    spec.function.open(None)
    assert spec.function.__wrapped__.opened


def test_a_union_has_the_inputs_of_all(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    others = env.from_collection([4])
    numbers.union(others, numbers.map(str).map(int)).map(str)
    assert [given.transformation.name for given in last(env).inputs] == ["Collection", "Collection", "Map(int)"]


def test_side_outputs_are_read_from_their_operator(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    def split(value: int, ctx: Any) -> Iterable[int | tuple[OutputTag[str], str]]:
        yield OutputTag("odd"), str(value)

    main = numbers.process(split, output_type=Types.TUPLE([Types.INT()])).name("split")
    main.get_side_output(OutputTag("odd")).add_sink(print)
    given = last(env).inputs[0]
    assert (given.transformation.name, given.side_output) == ("split", "odd")
    main.get_side_output(OutputTag("odd", Types.ROW([int]))).add_sink(print)
    shaped = last(env).inputs[0].transformation
    assert (shaped.kind, shaped.inputs[0].side_output) == ("as-type", "odd")


def test_names_uids_and_chaining_are_set(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    stream = numbers.map(str).name("n").uid("u").set_description("d").set_parallelism(2).set_max_parallelism(64)
    stream.start_new_chain()
    built = last(env)
    assert (built.name, built.uid, built.description) == ("n", "u", "d")
    assert (built.parallelism, built.max_parallelism, built.chaining) == (2, 64, Chaining.HEAD)
    sink = stream.add_sink(print).name("out").uid("s").disable_chaining()
    assert (last(env).name, last(env).uid, last(env).chaining) == ("out", "s", Chaining.NEVER)
    assert sink.get_name() == "out"


def test_event_time_is_assigned_by_an_operator(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    numbers.assign_timestamps_and_watermarks(EVENT_TIME)
    assert last(env).kind == "timestamps"
    assert isinstance(last(env).spec, TimestampsAndWatermarks)


def test_windows_carry_their_settings(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    late: OutputTag[int] = OutputTag("late")
    (
        numbers.assign_timestamps_and_watermarks(EVENT_TIME)
        .key_by(lambda n: n % 2)
        .window(TumblingEventTimeWindows.of(Time.minutes(1)))
        .allowed_lateness(timedelta(seconds=5))
        .side_output_late_data(late)
        .reduce(max, lambda key, context, elements: [str(key)])
        .get_side_output(late)
        .add_sink(print)
    )
    window = graph_of(env).transformations[-2]
    spec = window.spec
    assert isinstance(spec, WindowRows)
    assert (spec.contents, spec.window_call, spec.allowed_lateness_ms, spec.late_tag) == (
        "reduce",
        "process",
        5000,
        "late",
    )
    assert window.name == "Window(TumblingEventTimeWindows(60000, 0), Reduce(max))"
    assert last(env).inputs[0].side_output == "late"


def test_windows_over_everything_run_in_one_subtask(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    result = (
        numbers.assign_timestamps_and_watermarks(EVENT_TIME)
        .window_all(TumblingEventTimeWindows.of(Time.minutes(1)))
        .apply(lambda window, inputs: [sum(inputs)])
    )
    assert last(env).parallelism == 1
    assert last(env).spec.key_selector is None  # type: ignore[union-attr]
    assert isinstance(last(env).inputs[0].partitioner, Global)
    with pytest.raises(JobBuildError, match="only runs with parallelism 1"):
        result.set_parallelism(2)


@pytest.mark.parametrize("warned", [True, False])
def test_event_time_windows_without_watermarks_are_warned_about(
    numbers: DataStream[int], caplog: pytest.LogCaptureFixture, warned: bool
) -> None:
    stream = numbers if warned else numbers.assign_timestamps_and_watermarks(EVENT_TIME).map(int)
    with caplog.at_level(logging.WARNING, logger="levada"):
        stream.key_by(lambda n: n).window(TumblingEventTimeWindows.of(Time.minutes(1))).reduce(max)
    told = [record.getMessage() for record in caplog.records]
    assert any("'Collection' gives no watermarks" in each and "assign_timestamps" in each for each in told) is warned


class Counting(KeyedProcessFunction[int, int, tuple[int, int]]):
    def process_element(
        self, value: int, ctx: KeyedProcessFunction.Context[int]
    ) -> Iterator[tuple[int, int] | tuple[OutputTag[Any], Any]]:
        yield value, 1


def test_what_goes_aside_does_not_count_as_the_result_type(numbers: DataStream[int]) -> None:
    expected: TypeInformation = Types.TUPLE([Types.LONG(), Types.LONG()])
    assert numbers.key_by(lambda n: n).process(Counting()).get_type() == expected


def test_function_sinks_and_adapters_can_be_pickled(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    numbers.project(0).add_sink(print)
    numbers.key_by(abs).map(WithState())
    numbers.key_by(abs).max_by(0)
    for transformation in graph_of(env).transformations[1:]:
        assert pickle.loads(pickle.dumps(transformation.spec)) is not None


def test_equal_uids_are_refused_with_both_names(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    numbers.map(str).uid("same").name("first").map(int).uid("same").name("second")
    with pytest.raises(JobBuildError, match=r"'same'.*'first'.*'second'"):
        env.execute()


def test_nothing_to_run_is_refused(env: StreamExecutionEnvironment) -> None:
    with pytest.raises(JobBuildError, match=r"execute\(\): nothing was built.*from_collection"):
        env.execute()


def test_the_plan_is_readable(env: StreamExecutionEnvironment, numbers: DataStream[int]) -> None:
    numbers.map(str).key_by(len).reduce(max).add_sink(print)
    told = env.get_execution_plan()
    for name in ("Collection", "Map(str)", "Reduce(max)", "Sink(print)"):
        assert name in told
    assert env.explain() == told


def test_the_job_is_named(env: StreamExecutionEnvironment) -> None:
    from levada.datastream.execution import default_name, job_configuration

    assert job_configuration(env.get_configuration(), None).get(JOB_NAME) == default_name()
    assert job_configuration(env.get_configuration(), "mine").get(JOB_NAME) == "mine"
    assert env.get_configuration().get(JOB_NAME) is None
