"""Functions with operator state through stop, restore and another parallelism.

Source: Flink documentation, "Working with State", sections "Operator State" and "CheckpointedFunction".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.runtime.jobs import Remembering, drive, virtual

from levada.checkpoint.storage import MemoryStorage
from levada.checkpoint.store import CheckpointStore
from levada.cluster.embedded import EmbeddedJob, submit
from levada.common import Types
from levada.common.configuration import Configuration
from levada.common.errors import StateError, UserFunctionError
from levada.common.job_status import JobStatus
from levada.datastream import DataStream, StreamExecutionEnvironment
from levada.datastream.execution import logical_graph
from levada.datastream.functions import (
    CheckpointedFunction,
    FilterFunction,
    FlatMapFunction,
    FunctionInitializationContext,
    FunctionSnapshotContext,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
    RuntimeContext,
    SinkFunction,
)
from levada.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor
from levada.graph.plan import plan

ROWS = 2000


class Seen(CheckpointedFunction):
    """Keeps all values it has seen in memory, and writes them down at each checkpoint."""

    state = "seen"

    def initialize_state(self, context: FunctionInitializationContext) -> None:
        assert not hasattr(self, "opened"), "state comes before open"
        self.seen_state = context.get_operator_state_store().get_list_state(
            ListStateDescriptor(self.state, Types.LONG())
        )
        self.seen: list[int] = list(self.seen_state.get())
        assert context.is_restored() or not self.seen

    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        assert context.get_checkpoint_id() >= 1
        assert context.get_checkpoint_timestamp() >= 0
        self.seen_state.update(self.seen)

    def open(self, runtime_context: RuntimeContext) -> None:
        self.opened = True


class SeenMap(Seen, MapFunction):
    def map(self, value: int) -> int:
        self.seen.append(value)
        return value


class SeenFlatMap(Seen, FlatMapFunction):
    def flat_map(self, value: int) -> Iterator[int]:
        self.seen.append(value)
        yield value


class SeenFilter(Seen, FilterFunction):
    def filter(self, value: int) -> bool:
        self.seen.append(value)
        return True


class SeenProcess(Seen, ProcessFunction):
    def process_element(self, value: int, ctx: ProcessFunction.Context) -> Iterator[int]:
        self.seen.append(value)
        yield value


class SeenKeyed(Seen, KeyedProcessFunction):
    """Has keyed state, got before ``open``, and operator state."""

    def initialize_state(self, context: FunctionInitializationContext) -> None:
        super().initialize_state(context)
        self.count = context.get_keyed_state_store().get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[int]:
        self.seen.append(value)
        self.count.update((self.count.value() or 0) + 1)
        yield value


Pipeline = Callable[[DataStream[int]], DataStream[Any]]
PIPELINES: dict[str, Pipeline] = {
    "map": lambda stream: stream.map(SeenMap()),
    "flat_map": lambda stream: stream.flat_map(SeenFlatMap()),
    "filter": lambda stream: stream.filter(SeenFilter()),
    "process": lambda stream: stream.process(SeenProcess()),
    "keyed": lambda stream: stream.key_by(lambda value: value % 7).process(SeenKeyed()),
}


def start(
    build: Callable[[DataStream[int]], Any],
    store: CheckpointStore,
    sink: Any,
    parallelism: int,
    *,
    latest: bool = False,
    chaining: bool = True,
) -> EmbeddedJob:
    """A job that reads numbers and writes to ``sink``."""
    config = Configuration()
    config.set_string("execution.checkpointing.interval", "1 h")
    config.set_string("levada.batch.max-rows", "64")
    config.set_string("pipeline.operator-chaining.enabled", str(chaining).lower())
    if latest:
        config.set_string("execution.state-recovery.path", "latest")
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(parallelism)
    numbers = env.from_collection(range(ROWS))
    build(numbers.map(lambda value: value)).map(lambda value: value).sink_to(sink).uid("out")
    graph = logical_graph(env._pending, env._known, "seen")
    return submit(graph, env.get_configuration(), virtual(), store)


def stop_in_the_middle(job: EmbeddedJob, sink: Remembering) -> None:
    while len(sink.written) < ROWS // 3:
        job.step(0)
    job.stop()
    drive(job)
    assert job.failure is None
    assert 0 < len(sink.visible()) < ROWS


@pytest.mark.parametrize("kind", PIPELINES)
@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (3, 2)])
def test_each_element_of_a_list_comes_back_once(kind: str, before: int, after: int) -> None:
    """Section "Operator State": even-split redistribution."""
    sink, store = Remembering(), CheckpointStore(MemoryStorage())

    def build(stream: DataStream[int]) -> DataStream[Any]:
        return PIPELINES[kind](stream).uid("seen")

    stop_in_the_middle(start(build, store, sink, before), sink)
    job = drive(start(build, store, sink, after, latest=True))
    assert job.status is JobStatus.FINISHED, job.failure
    assert job.restored_from is not None
    assert sorted(sink.visible()) == list(range(ROWS))
    held = checkpointed(store, "seen", "operator.seen")
    assert sorted(held) == list(range(ROWS))


def checkpointed(store: CheckpointStore, uid: str, part: str) -> list[Any]:
    """What the newest checkpoint holds of a list."""
    newest = store.load_latest()
    assert newest is not None
    return newest.values(uid, part)


def test_the_state_is_found_whether_or_not_the_function_is_chained() -> None:
    """The state is addressed by the function's own uid, generated here, whatever runs in one task with it."""
    sink, store = Remembering(), CheckpointStore(MemoryStorage())
    stop_in_the_middle(start(lambda stream: stream.map(SeenMap()), store, sink, 1), sink)
    job = drive(start(lambda stream: stream.map(SeenMap()), store, sink, 2, latest=True, chaining=False))
    assert job.status is JobStatus.FINISHED, job.failure
    assert sorted(sink.visible()) == list(range(ROWS))


def test_such_a_function_is_not_fused_with_its_neighbours() -> None:
    env = StreamExecutionEnvironment.get_execution_environment(Configuration())
    stream = env.from_collection([1]).map(lambda v: v).name("a").map(lambda v: v).name("b")
    stream.map(SeenMap()).name("seen").map(lambda v: v).name("c").sink_to(Remembering())
    graph = plan(logical_graph(env._pending, env._known, "job"), env.get_configuration())
    (stage,) = graph.stages
    assert [node.members for node in stage.nodes][1:4] == [("a", "b"), ("seen",), ("c",)]
    assert [node.stateful for node in stage.nodes][1:4] == [False, True, False]


class Everything(CheckpointedFunction, MapFunction):
    """Union and broadcast state: reports them with each value."""

    def initialize_state(self, context: FunctionInitializationContext) -> None:
        store = context.get_operator_state_store()
        self.union = store.get_union_list_state(ListStateDescriptor("union", Types.STRING()))
        self.rules = store.get_broadcast_state(MapStateDescriptor("rules", Types.STRING(), Types.LONG()))
        self.known = sorted(self.union.get())
        self.rules.put("limit", (self.rules.get("limit") or 0) + 1)

    def open(self, runtime_context: RuntimeContext) -> None:
        self.me = f"subtask {runtime_context.get_index_of_this_subtask()}"

    def map(self, value: int) -> Any:
        return (value, tuple(self.known), self.rules.get("limit"))

    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        self.union.update([self.me])


def test_every_subtask_gets_union_and_broadcast_state_whole() -> None:
    """Section "Operator State": union redistribution."""
    sink, store = Remembering(), CheckpointStore(MemoryStorage())

    def build(stream: DataStream[int]) -> DataStream[Any]:
        return stream.map(Everything()).uid("everything")

    stop_in_the_middle(start(build, store, sink, 3), sink)
    before = Counter(row[1:] for row in sink.visible())
    assert set(before) == {((), 1)}
    job = drive(start(build, store, sink, 2, latest=True))
    assert job.status is JobStatus.FINISHED, job.failure
    after = Counter(row[1:] for row in sink.visible()) - before
    assert set(after) == {(("subtask 0", "subtask 1", "subtask 2"), 2)}


class Buffering(Seen, SinkFunction):
    """Flink's example: a sink that writes in bulk, and loses nothing of what it holds back."""

    out: list[list[int]] = []

    def invoke(self, value: int) -> None:
        self.seen.append(value)
        if len(self.seen) >= 50:
            self.out.append(self.seen)
            self.seen = []


@pytest.mark.parametrize("parallelism", [1, 2])
def test_a_buffering_sink_loses_nothing(parallelism: int) -> None:
    Buffering.out.clear()
    store = CheckpointStore(MemoryStorage())

    def build(stream: DataStream[int]) -> DataStream[Any]:
        stream.add_sink(Buffering()).uid("buffering")
        return stream

    sink = Remembering()
    stop_in_the_middle(start(build, store, sink, parallelism), sink)
    job = drive(start(build, store, sink, 3 - parallelism, latest=True))
    assert job.status is JobStatus.FINISHED, job.failure
    written = [value for bulk in Buffering.out for value in bulk]
    held = checkpointed(store, "buffering", "operator.seen")
    assert len(Buffering.out) >= 10
    assert sorted(written + held) == list(range(ROWS))


class Broken(SeenMap):
    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        raise ValueError("no")


def test_an_error_in_snapshot_state_names_function_and_operator() -> None:
    job = start(lambda stream: stream.map(Broken()).name("work"), CheckpointStore(MemoryStorage()), Remembering(), 1)
    job.stop()
    drive(job)
    assert isinstance(job.failure, UserFunctionError)
    assert "Broken.snapshot_state of operator 'work': ValueError: no" in str(job.failure)


class Other(SeenMap):
    """The same state got in another way."""

    def initialize_state(self, context: FunctionInitializationContext) -> None:
        self.seen_state = context.get_operator_state_store().get_union_list_state(ListStateDescriptor("seen", int))


class Text(SeenMap):
    """The same state with another type."""

    def initialize_state(self, context: FunctionInitializationContext) -> None:
        self.seen_state = context.get_operator_state_store().get_list_state(ListStateDescriptor("seen", str))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (Other(), "the state is got by get_list_state, earlier or in the checkpoint"),
        (Text(), r"holds values of type ListTypeInfo\(Long\), the descriptor declares\s+ListTypeInfo\(String\)"),
    ],
)
def test_a_changed_declaration_is_refused(function: Any, message: str) -> None:
    sink, store = Remembering(), CheckpointStore(MemoryStorage())
    stop_in_the_middle(start(lambda stream: stream.map(SeenMap()).uid("seen"), store, sink, 1), sink)
    job = drive(start(lambda stream: stream.map(function).uid("seen"), store, sink, 1, latest=True))
    assert isinstance(job.failure, StateError)
    assert re.search(message, str(job.failure)), job.failure
