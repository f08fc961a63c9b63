"""``with_idleness(d, advance=True)``: event time goes on with the clock when every split is quiet, and only then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from tests.runtime.jobs import Endless, Remembering

from levada.checkpoint.storage import MemoryStorage
from levada.checkpoint.store import CheckpointStore
from levada.cluster.embedded import EmbeddedJob, submit
from levada.common import Configuration, WatermarkStrategy
from levada.common.elements import MIN_TIMESTAMP
from levada.common.errors import JobBuildError
from levada.connectors.collection import collection_source
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.execution import logical_graph
from levada.datastream.window import TumblingEventTimeWindows
from levada.operators.quiet import QuietGroup
from levada.runtime.clock import VirtualClock
from levada.runtime.executor import InlineExecutor
from levada.runtime.services import Services

Event = tuple[str, int]


def strategy(*, advance: bool, idle_ms: int = 500) -> WatermarkStrategy:
    bound = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(milliseconds=10))
    timed = bound.with_timestamp_assigner(lambda event, _: event[1])
    return timed.with_idleness(timedelta(milliseconds=idle_ms), advance=advance)


def counting(
    events: Sequence[Event],
    sink: Remembering,
    made_by: WatermarkStrategy,
    *,
    store: CheckpointStore | None = None,
    clock: VirtualClock | None = None,
    parallelism: int = 1,
    in_the_middle: bool = False,
) -> EmbeddedJob:
    """Counts per key and second of an endless stream, which falls quiet behind ``events``."""
    config = Configuration()
    if store is not None:
        config.set_string("execution.checkpointing.interval", "50 ms")
        config.set_string("execution.state-recovery.path", "latest")
    env = StreamExecutionEnvironment.get_execution_environment(config).set_parallelism(parallelism)
    source = Endless(collection_source(list(events)))
    none = WatermarkStrategy.no_watermarks()
    stream = env.from_source(source, none if in_the_middle else made_by, "events")  # type: ignore[arg-type]
    if in_the_middle:
        stream = stream.rebalance().map(lambda event: event).assign_timestamps_and_watermarks(made_by)
    ones = stream.map(lambda event: (event[0], 1)).uid("ones")
    windows = ones.key_by(lambda event: event[0]).window(TumblingEventTimeWindows.of(timedelta(seconds=1)))
    windows.reduce(lambda a, b: (a[0], a[1] + b[1])).uid("counts").sink_to(sink).uid("out")
    services = Services(clock or VirtualClock(0), InlineExecutor(), None)
    return submit(logical_graph(env._pending, env._known, "counts"), env.get_configuration(), services, store)


def until(job: EmbeddedJob, time: int) -> None:
    """Let the job run until this time of the clock, or a little longer."""
    clock = job._services.clock
    assert isinstance(clock, VirtualClock)
    while clock.now_ms() < time:
        assert job.step(0)
        clock.advance(1)


def watermark_of(job: EmbeddedJob) -> int:
    """The source's."""
    assert job._execution is not None
    return job._execution.tasks[0].links[0].operator.current_watermark


EVENTS = [("a", 100), ("b", 200), ("a", 300)]


@pytest.mark.parametrize("in_the_middle", [False, True])
@pytest.mark.parametrize("parallelism", [1, 3])
def test_the_last_window_closes_without_another_record(parallelism: int, in_the_middle: bool) -> None:
    sink = Remembering(transactional=False)
    job = counting(EVENTS, sink, strategy(advance=True), parallelism=parallelism, in_the_middle=in_the_middle)
    # 289 is the watermark of the last record; the window's last millisecond is 999, 710 later.
    until(job, 480)
    assert sink.written == []
    until(job, 1000)
    assert sorted(sink.written) == [("a", 2), ("b", 1)]


@pytest.mark.parametrize("in_the_middle", [False, True])
def test_off_by_default_it_stays_open(in_the_middle: bool) -> None:
    sink = Remembering(transactional=False)
    job = counting(EVENTS, sink, strategy(advance=False), in_the_middle=in_the_middle)
    until(job, 5000)
    assert sink.written == []
    assert not WatermarkStrategy.for_monotonous_timestamps().with_idleness(timedelta(seconds=1)).advances_when_idle


@pytest.mark.parametrize("in_the_middle", [False, True])
@pytest.mark.parametrize("dies_at", [20, 300, 620, 2000])
def test_it_closes_once_through_a_crash(dies_at: int, in_the_middle: bool) -> None:
    sink, store, clock = Remembering(), CheckpointStore(MemoryStorage()), VirtualClock(0)
    first = counting(EVENTS, sink, strategy(advance=True), store=store, clock=clock, in_the_middle=in_the_middle)
    until(first, dies_at)  # and is never heard of again
    assert bool(sink.visible()) == (dies_at == 2000)
    second = counting(EVENTS, sink, strategy(advance=True), store=store, clock=clock, in_the_middle=in_the_middle)
    until(second, dies_at + 2500)
    assert (second.restored_from is None) == (dies_at == 20)
    assert sorted(sink.visible()) == [("a", 2), ("b", 1)]


def test_a_restored_watermark_goes_on_from_where_it_was() -> None:
    sink, store, clock = Remembering(), CheckpointStore(MemoryStorage()), VirtualClock(0)
    first = counting(EVENTS, sink, strategy(advance=True), store=store, clock=clock)
    until(first, 600)
    reached = watermark_of(first)
    assert 289 + 500 <= reached < 999
    second = counting(EVENTS, sink, strategy(advance=True), store=store, clock=clock)
    died = clock.now_ms()
    until(second, died + 450)
    assert 289 + 400 <= watermark_of(second) <= reached  # quiet begins anew
    until(second, died + 800)
    assert watermark_of(second) > reached + 500
    assert len(sink.visible()) == 2


def test_one_split_with_records_keeps_time_where_the_records_are() -> None:
    group = QuietGroup(2)
    assert group.watermark(1000) is None
    group.rest(0, 100, 0)
    assert group.watermark(1000) is None  # the other subtask is awake
    group.rest(1, 700, 900)
    assert group.watermark(1000) == 800  # of the newest, from its last record on: not what the first has waited
    group.rest(0, 5000, 5000)
    assert group.watermark(1010) == 810  # it rested already
    group.wake(0)
    assert group.watermark(2000) is None
    group.rest(0, 900, 1500)
    assert group.watermark(2000) == 1400


def test_before_the_first_record_there_is_no_event_time() -> None:
    group = QuietGroup(1)
    group.rest(0, MIN_TIMESTAMP, 0)
    assert group.watermark(10**6) is None
    sink = Remembering(transactional=False)
    job = counting([], sink, strategy(advance=True))
    until(job, 2000)
    assert watermark_of(job) == MIN_TIMESTAMP


def test_alignment_is_refused_with_a_remedy() -> None:
    with pytest.raises(JobBuildError, match=r"with_watermark_alignment\('g', \.\.\).*leave the call out"):
        WatermarkStrategy.for_monotonous_timestamps().with_watermark_alignment("g", timedelta(seconds=1))
