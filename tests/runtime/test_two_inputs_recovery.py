"""State of operators with two inputs through stop, restore and another parallelism."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.runtime.jobs import Remembering, drive, virtual

from levada.checkpoint.storage import MemoryStorage
from levada.checkpoint.store import CheckpointStore
from levada.cluster.embedded import EmbeddedJob, submit
from levada.common import Time, Types, WatermarkStrategy
from levada.common.configuration import Configuration
from levada.common.job_status import JobStatus
from levada.datastream import (
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from levada.datastream.execution import logical_graph
from levada.datastream.state import MapStateDescriptor, ValueStateDescriptor
from levada.datastream.window import TumblingEventTimeWindows

ROWS = [(f"k{number % 97}", number) for number in range(6000)]
RULES = MapStateDescriptor("rules", Types.STRING(), Types.LONG())
NEVER = 10_000_000


class Sums(KeyedCoProcessFunction[str, Any, Any, Any]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.LONG()))

    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context[str]) -> None:
        self.sum.update((self.sum.value() or 0) + value[1])
        ctx.timer_service().register_event_time_timer(NEVER)

    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context[str]) -> None:
        self.sum.update((self.sum.value() or 0) - 1)

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext[str]) -> Iterator[Any]:
        yield "sum", ctx.get_current_key(), self.sum.value()


class Rules(KeyedBroadcastProcessFunction[str, Any, Any, Any]):
    def process_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.ReadOnlyContext[str]) -> None:
        ctx.timer_service().register_event_time_timer(NEVER)

    def process_broadcast_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.Context) -> None:
        rules = ctx.get_broadcast_state(RULES)
        rules[value[0]] = (rules[value[0]] or 0) + value[1]

    def on_timer(self, timestamp: int, ctx: KeyedBroadcastProcessFunction.OnTimerContext[str]) -> Iterator[Any]:
        yield "rules", ctx.get_current_key(), hash(tuple(sorted(ctx.get_broadcast_state(RULES).items())))


def key(row: Any) -> str:
    return str(row[0])


def near(left: Any, right: Any, ctx: Any) -> Iterator[Any]:
    yield "near", left[1], right[1]


def job(sink: Remembering, store: CheckpointStore, parallelism: int, latest: bool) -> EmbeddedJob:
    config = Configuration()
    config.set_string("execution.checkpointing.interval", "1 h")
    config.set_string("levada.batch.max-rows", "64")
    if latest:
        config.set_string("execution.state-recovery.path", "latest")
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(parallelism)
    late_by = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(hours=1))
    rows = env.from_collection(ROWS).assign_timestamps_and_watermarks(
        late_by.with_timestamp_assigner(lambda row, _: row[1])
    )
    even, odd = rows.filter(lambda row: row[1] % 2 == 0), rows.filter(lambda row: row[1] % 2 == 1)
    results = even.key_by(key).connect(odd.key_by(key)).process(Sums()).uid("sums")
    ruled = even.key_by(key).connect(odd.broadcast(RULES)).process(Rules()).uid("rules")
    span = timedelta(milliseconds=97)
    joined = even.key_by(key).interval_join(odd.key_by(key)).between(-span, span).process(near).uid("near")
    windows = even.join(odd).where(key).equal_to(key).window(TumblingEventTimeWindows.of(Time.milliseconds(500)))
    paired = windows.apply(lambda one, two: ("pair", one[1], two[1])).uid("pairs")
    results.union(ruled, joined, paired).sink_to(sink).uid("out")
    return submit(logical_graph(env._pending, env._known, "two"), env.get_configuration(), virtual(), store)


@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (3, 1), (3, 2)])
def test_state_of_two_inputs_survives_at_any_parallelism(before: int, after: int) -> None:
    whole = Remembering()
    assert drive(job(whole, CheckpointStore(MemoryStorage()), 1, latest=False)).status is JobStatus.FINISHED
    sink, store = Remembering(), CheckpointStore(MemoryStorage())
    first = job(sink, store, before, latest=False)
    while len(sink.written) < 2000:
        assert first.step(0), "the job has ended too early"
    first.stop()
    drive(first)
    assert {row[0] for row in sink.visible()} == {"near"}, "sums, rules and windows are still to come"
    second = drive(job(sink, store, after, latest=True))
    assert second.status is JobStatus.FINISHED, second.failure
    assert second.restored_from is not None
    assert Counter(sink.visible()) == Counter(whole.visible())
    assert {row[0] for row in whole.visible()} == {"sum", "rules", "near", "pair"}
