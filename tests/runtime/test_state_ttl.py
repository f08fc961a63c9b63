"""State that expires, through the public API on a virtual clock, across a restore."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.runtime.jobs import Endless, Remembering, virtual

from levada.checkpoint.storage import MemoryStorage
from levada.checkpoint.store import CheckpointStore
from levada.cluster.embedded import EmbeddedJob, submit
from levada.common import Types, WatermarkStrategy
from levada.common.configuration import Configuration
from levada.connectors.collection import collection_source
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.execution import logical_graph
from levada.datastream.functions import KeyedProcessFunction, RuntimeContext
from levada.datastream.state import ListStateDescriptor, MapStateDescriptor, StateTtlConfig, ValueStateDescriptor
from levada.runtime.clock import VirtualClock
from levada.runtime.services import Services

TTL = 2000
ROWS = 20


class Recent(KeyedProcessFunction):
    """What is remembered of a key when a record comes; a timer brings the next look."""

    def open(self, runtime_context: RuntimeContext) -> None:
        config = StateTtlConfig.new_builder(timedelta(milliseconds=TTL)).cleanup_full_snapshot().build()
        descriptors: list[Any] = [
            ValueStateDescriptor("value", Types.LONG()),
            ListStateDescriptor("list", Types.LONG()),
            MapStateDescriptor("map", Types.LONG(), Types.STRING()),
        ]
        for descriptor in descriptors:
            descriptor.enable_time_to_live(config)
        self.value = runtime_context.get_state(descriptors[0])
        self.list = runtime_context.get_list_state(descriptors[1])
        self.map = runtime_context.get_map_state(descriptors[2])

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        self.value.update(value)
        self.list.add(value)
        self.map.put(value, "seen")
        now = ctx.timer_service().current_processing_time()
        for wait in (TTL // 2, TTL):
            ctx.timer_service().register_processing_time_timer(now + wait)
        yield ("in", value)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield ("timer", ctx.get_current_key(), self.value.value(), self.list.get(), self.map.keys())


def job(sink: Remembering, store: CheckpointStore, services: Services, *, latest: bool = False) -> EmbeddedJob:
    config = Configuration()
    config.set_string("execution.checkpointing.interval", "1 h")
    config.set_string("levada.state.detect-mutations", "true")
    if latest:
        config.set_string("execution.state-recovery.path", "latest")
    env = StreamExecutionEnvironment.get_execution_environment(config)
    source = Endless(collection_source(list(range(ROWS))))
    stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers").uid("numbers")
    stream.key_by(lambda value: value % 2).process(Recent()).uid("recent").sink_to(sink).uid("out")
    return submit(logical_graph(env._pending, env._known, "ttl"), env.get_configuration(), services, store)


def turn(running: EmbeddedJob, clock: VirtualClock, until: int) -> None:
    """Let the clock go on to ``until``."""
    while clock.now_ms() < until:
        running.step(0)
        clock.advance(1)
    running.step(0)


@pytest.mark.parametrize("down", [0, 5000])
def test_a_job_forgets_what_is_too_old_also_while_it_was_down(down: int) -> None:
    sink, store, services = Remembering(), CheckpointStore(MemoryStorage()), virtual()
    clock = services.clock
    assert isinstance(clock, VirtualClock)
    began = clock.now_ms()
    first = job(sink, store, services)
    turn(first, clock, began + 10)
    first.stop()
    while first.step(0):
        clock.advance(1)
    assert first.failure is None
    seen = sink.visible()
    assert sorted(row[1] for row in seen) == list(range(ROWS))

    clock.advance(down)
    second = job(sink, store, services, latest=True)
    turn(second, clock, clock.now_ms() + TTL + 10)
    second.stop()
    while second.step(0):
        clock.advance(1)
    assert second.failure is None
    fired = [row for row in sink.visible() if row[0] == "timer"]
    young = [row for row in fired if row[2] is not None]
    if down:
        assert not young
    else:
        for row in young:
            assert row[3] == row[4] == list(range(row[1], ROWS, 2))
        assert {row[1] for row in young} == {0, 1}
    assert [row[2:] for row in fired[-2:]] == [(None, [], [])] * 2
