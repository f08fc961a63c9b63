"""All kinds of keyed state through stop, restore and another parallelism, with more of it than one slice holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tests.runtime.jobs import Remembering, drive, virtual

from levada.checkpoint.storage import MemoryStorage
from levada.checkpoint.store import CheckpointStore
from levada.cluster.embedded import EmbeddedJob, submit
from levada.common import Types
from levada.common.configuration import Configuration
from levada.common.job_status import JobStatus
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.execution import logical_graph
from levada.datastream.functions import KeyedProcessFunction, RuntimeContext
from levada.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor

KEYS, ROUNDS = 30_000, 3


class EveryState(KeyedProcessFunction):
    """Uses value, list and map state; emits what they hold together."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.value = runtime_context.get_state(ValueStateDescriptor("value", Types.LONG()))
        self.list = runtime_context.get_list_state(ListStateDescriptor("list", Types.LONG()))
        self.map = runtime_context.get_map_state(MapStateDescriptor("map", Types.STRING(), Types.LONG()))

    def process_element(self, value: tuple[int, int], ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        key, turn = value
        self.value.update((self.value.value() or 0) + 1)
        self.list.add(turn)
        self.map.put(f"turn-{turn}", key)
        yield (key, self.value.value(), tuple(self.list.get()), tuple(sorted(self.map.keys())))


def job(sink: Remembering, store: CheckpointStore, parallelism: int, latest: bool) -> EmbeddedJob:
    config = Configuration()
    config.set_string("execution.checkpointing.interval", "1 h")
    if latest:
        config.set_string("execution.state-recovery.path", "latest")
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(parallelism)
    rows = [(key, turn) for turn in range(ROUNDS) for key in range(KEYS)]
    stream = env.from_collection(rows).key_by(lambda row: row[0]).process(EveryState()).uid("every state")
    stream.sink_to(sink).uid("out")
    graph = logical_graph(env._pending, env._known, "states")
    return submit(graph, env.get_configuration(), virtual(), store)


@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (3, 2)])
def test_all_kinds_of_state_survive_at_any_parallelism(before: int, after: int) -> None:
    sink, store = Remembering(), CheckpointStore(MemoryStorage())
    first = job(sink, store, before, latest=False)
    while len(sink.written) < KEYS * ROUNDS // 2:
        first.step(0)
    first.stop()
    drive(first)
    so_far = len(sink.visible())
    assert KEYS < so_far < KEYS * ROUNDS
    second = drive(job(sink, store, after, latest=True))
    assert second.status is JobStatus.FINISHED, second.failure
    assert second.restored_from is not None
    expected = Counter(
        (key, turn + 1, tuple(range(turn + 1)), tuple(f"turn-{n}" for n in range(turn + 1)))
        for turn in range(ROUNDS)
        for key in range(KEYS)
    )
    assert Counter(sink.visible()) == expected
