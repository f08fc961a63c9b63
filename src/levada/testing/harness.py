"""A part of a job run by hand: values and watermarks are fed, the clock is the test's own, state can be saved."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import repeat
from typing import Any, Generic, TypeVar

from levada.checkpoint.storage import MemoryStorage
from levada.checkpoint.store import CheckpointStore
from levada.cluster.embedded import EmbeddedJob
from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.configuration import Configuration
from levada.common.errors import InternalError, JobBuildError
from levada.common.output_tag import OutputTag
from levada.connectors.base import (
    END_OF_INPUT,
    NOTHING_YET,
    Boundedness,
    EnumeratorContext,
    Polled,
    ReaderContext,
    SinkWriter,
    SourceReader,
    SourceSplit,
    WriterContext,
)
from levada.connectors.splits import SplitListEnumerator
from levada.datastream.execution import logical_graph
from levada.datastream.stream_execution_environment import StreamExecutionEnvironment
from levada.datastream.streams.building import add
from levada.datastream.streams.data_stream import DataStream
from levada.graph.plan import plan
from levada.graph.transformation import Input, SourceSpec
from levada.operators.source import SourceOperator
from levada.runtime.async_host import VirtualAsyncHost
from levada.runtime.executor import InlineExecutor
from levada.runtime.services import Services
from levada.runtime.task import Task

IN = TypeVar("IN")
OUT = TypeVar("OUT")
T = TypeVar("T")

MOST_TURNS = 100_000

_SETTINGS = {
    "levada.state.detect-mutations": "true",
    "restart-strategy.type": "none",
}


class Snapshot:
    """A harness's state; any number of harnesses can go on from it."""

    def __init__(self, storage: MemoryStorage) -> None:
        self.storage = storage


class StreamHarness(Generic[IN, OUT]):
    """Runs what a function builds behind a stream, one call at a time and with parallelism 1.

    Parameters
    ----------
    pipeline : callable
        From the stream that is fed to the one that is read: ``lambda events: events.key_by(key).process(Function())``.
    side_outputs : sequence of OutputTag
        Tags of the last operator, to be read with ``take_side_output``.
    restored : Snapshot, optional
        What to go on from; built by the same pipeline.
    now_ms : int
        The clock's time at first.
    config : mapping, optional

    Examples
    --------
    >>> from levada.datastream.window import TumblingEventTimeWindows
    >>> harness = StreamHarness(
    ...     lambda numbers: numbers.window_all(TumblingEventTimeWindows.of(timedelta(seconds=1))).reduce(max)
    ... )
    >>> harness.process(7, timestamp=100)
    >>> harness.process(9, timestamp=900)
    >>> harness.take()
    []
    >>> harness.advance_watermark(999)
    >>> harness.take()
    [9]
    """

    def __init__(
        self,
        pipeline: Callable[[DataStream[IN]], DataStream[OUT]],
        side_outputs: Sequence[OutputTag[Any]] = (),
        restored: Snapshot | None = None,
        now_ms: int = 0,
        config: Mapping[str, str] | None = None,
    ) -> None:
        settings = Configuration()
        for key, value in {**_SETTINGS, **(config or {})}.items():
            settings.set_string(key, value)
        settings.set_string("parallelism.default", "1")
        storage = MemoryStorage()
        if restored is not None:
            settings.set_string("execution.state-recovery.path", "latest")
            storage = copy.deepcopy(restored.storage)
        env = StreamExecutionEnvironment(settings)
        self._feed = _Feed()
        self._results: dict[str | None, _Results] = {None: _Results()}
        built = pipeline(DataStream(env, (Input(add(env, "source", "fed", SourceSpec(self._feed))),), None))
        if not isinstance(built, DataStream):
            raise JobBuildError(f"StreamHarness(pipeline): the pipeline gave {built!r}, but a DataStream is wanted")
        built.sink_to(self._results[None])
        for tag in side_outputs:
            results = self._results[tag.tag_id] = _Results()
            built.get_side_output(tag).sink_to(results)
        effective = env.get_configuration()
        self._storage = storage
        self._clock = _Clock(now_ms)
        self._asyncs = VirtualAsyncHost(self._clock)
        services = Services(self._clock, InlineExecutor(), asyncs=self._asyncs)
        graph = plan(logical_graph(env._pending, env._known, "harness"), effective)
        self._job = EmbeddedJob(graph, effective, services, CheckpointStore(storage))
        self._turn()
        self._settle()

    # --- in ----------------------------------------------------------------------------------------------------------

    def process(self, value: IN, timestamp: int | None = None) -> None:
        """Feed one value, with its event time in ms."""
        self.process_all([value], None if timestamp is None else [timestamp])

    def process_all(self, values: Iterable[IN], timestamps: Iterable[int] | None = None) -> None:
        """Feed values in one batch; either all have event times or none has."""
        batch = RowBatch(list(values), None if timestamps is None else list(timestamps))
        if batch.timestamps is not None and len(batch.timestamps) != len(batch.values):
            raise JobBuildError(f"process_all: {len(batch.values)} values, but {len(batch.timestamps)} timestamps")
        source = self._source
        self._source_task.order(lambda: source.output.collect(batch))
        self._settle()

    def advance_watermark(self, timestamp: int) -> None:
        """No value at or below ``timestamp`` (ms) will come any more: event-time timers and windows up to it fire."""
        source = self._source
        if timestamp > source.current_watermark:
            self._source_task.order(lambda: source.process_watermark(timestamp))
        self._settle()

    def advance_clock(self, by: timedelta | int) -> None:
        """Let processing time pass (a number is milliseconds): timers that come due fire at their times."""
        millis = by if isinstance(by, int) else by // timedelta(milliseconds=1)
        end = self._clock.now + millis
        while self._clock.now < end:
            due = [time for task in self._tasks if (time := task.next_wake_ms()) is not None and time > self._clock.now]
            hop = self._clock.now + 1 if self._asyncs.active else end
            self._clock.now = min([*due, hop, end])
            self._settle()

    def finish(self) -> None:
        """The input ends: what is still held is put out. Nothing can be fed any more."""
        self._feed.ended = True
        for _ in range(MOST_TURNS):
            if not self._turn():
                return
            self._clock.now += 1
        raise AssertionError("the pipeline does not come to an end")

    # --- out ---------------------------------------------------------------------------------------------------------

    def take(self) -> list[OUT]:
        """The results since the last call."""
        return [value for value, _ in self.take_timed()]

    def take_timed(self) -> list[tuple[OUT, int | None]]:
        """The results since the last call, with their event times."""
        return self._results[None].take()

    def take_side_output(self, tag: OutputTag[T]) -> list[T]:
        """What has come out at a side output since the last call."""
        results = self._results.get(tag.tag_id)
        if results is None:
            raise JobBuildError(
                f"take_side_output({tag!r}): pass the tag to StreamHarness(.., side_outputs=[..]) first"
            )
        return [value for value, _ in results.take()]

    @property
    def now_ms(self) -> int:
        """The clock's time."""
        return self._clock.now

    @property
    def watermark(self) -> int:
        """How far the watermark has come behind the last operator."""
        return min(link.operator.current_watermark for task in self._tasks for link in task.links)

    # --- state -------------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Take a checkpoint, encoded as one on disk would be."""
        execution = self._job._execution
        if execution is None or execution.coordinator is None:
            raise JobBuildError("snapshot(): the harness has ended")
        done: list[bool] = []
        execution.coordinator.trigger(on_done=done.append)
        for _ in range(MOST_TURNS):
            if done:
                return Snapshot(copy.deepcopy(self._storage))
            self._turn()
        raise AssertionError("the checkpoint does not complete")

    def close(self) -> None:
        """Close the functions; what is held is given up."""
        self._job.cancel()
        self._job.step(0)

    def __enter__(self) -> StreamHarness[IN, OUT]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- inside ------------------------------------------------------------------------------------------------------

    @property
    def _tasks(self) -> list[Task]:
        execution = self._job._execution
        if execution is None:
            raise JobBuildError("the harness has ended: make another, from a snapshot if need be")
        return execution.tasks

    @property
    def _source_task(self) -> Task:
        return next(task for task in self._tasks if task.source is not None)

    @property
    def _source(self) -> SourceOperator:
        source = self._source_task.source
        if source is None:
            raise InternalError("a harness without a source")
        return source

    def _turn(self) -> bool:
        going_on = self._job.step(0)
        if self._job.failure is not None:
            raise self._job.failure
        return going_on

    def _settle(self) -> None:
        """Turn the loop until there is nothing to do."""
        for _ in range(MOST_TURNS):
            self._clock.slept = False
            self._turn()
            if self._clock.slept:
                return
        raise AssertionError("the pipeline does not come to rest")


def process_harness(function: Any, **how: Any) -> StreamHarness[Any, Any]:
    """A harness around a ``ProcessFunction`` (or generator function)."""
    return StreamHarness(lambda values: values.process(function), **how)


def keyed_process_harness(function: Any, key_selector: Callable[[Any], Any], **how: Any) -> StreamHarness[Any, Any]:
    """A harness around a ``KeyedProcessFunction``; ``**how`` as for ``StreamHarness``."""
    return StreamHarness(lambda values: values.key_by(key_selector).process(function), **how)


class _Clock:
    """Stands still; notes that the loop wanted to sleep."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.slept = False

    def now_ms(self) -> int:
        return self.now

    def monotonic_ns(self) -> int:
        return self.now * 1_000_000

    def sleep(self, seconds: float) -> None:
        self.slept = True


@dataclass
class _Feed:
    """A source that gives nothing by itself."""

    ended: bool = False
    boundedness = Boundedness.BOUNDED

    def create_enumerator(self, context: EnumeratorContext, restored: Any | None) -> SplitListEnumerator:
        return SplitListEnumerator(context, [])

    def create_reader(self, context: ReaderContext) -> SourceReader:
        return _FeedReader(self)


class _FeedReader(SourceReader):
    def __init__(self, feed: _Feed) -> None:
        self._feed = feed

    def add_splits(self, splits: Sequence[SourceSplit]) -> None:
        """There are none."""

    def poll(self, max_rows: int) -> Polled:
        return END_OF_INPUT if self._feed.ended else NOTHING_YET

    def snapshot_state(self) -> list[SourceSplit]:
        return []


@dataclass
class _Results:
    """A sink that keeps what comes, with event times."""

    rows: list[tuple[Any, int | None]] = field(default_factory=list)
    transactional = False
    reads_timestamps = True

    def take(self) -> list[tuple[Any, int | None]]:
        rows, self.rows = self.rows, []
        return rows

    def create_writer(self, context: WriterContext) -> SinkWriter:
        return _ResultWriter(self)

    def create_committer(self) -> None:
        return


class _ResultWriter(SinkWriter):
    def __init__(self, results: _Results) -> None:
        self._results = results

    def write(self, batch: Batch) -> None:
        if isinstance(batch, ColumnBatch):
            from levada.formats.rows import to_row_values

            self._results.rows += [(value, None) for value in to_row_values(batch.data)]
        else:
            times: Iterable[int | None] = batch.timestamps or repeat(None, len(batch.values))
            self._results.rows += zip(batch.values, times, strict=True)
