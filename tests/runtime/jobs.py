"""Small jobs for tests of the runtime: a sink that remembers commits, and pipelines of row functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from levada.checkpoint.store import CheckpointStore
from levada.cluster.embedded import EmbeddedJob, submit
from levada.common.batch import Batch, RowBatch
from levada.common.configuration import Configuration
from levada.connectors.base import Boundedness, Committer, SinkWriter, Source, WriterContext
from levada.connectors.collection import collection_source
from levada.graph.transformation import Input, LogicalGraph, SinkSpec, SourceSpec, Transformation
from levada.operators.row.fused import RowStep
from levada.runtime.clock import VirtualClock
from levada.runtime.executor import InlineExecutor
from levada.runtime.services import Services


@dataclass
class Remembering:
    """A sink: ``written`` holds what reached it, ``committed`` what became visible, by transaction."""

    transactional: bool = True
    written: list[Any] = field(default_factory=list)
    committed: dict[str, list[Any]] = field(default_factory=dict)
    prepared: int = 0

    def create_writer(self, context: WriterContext) -> SinkWriter:
        return _Writer(self)

    def create_committer(self) -> Committer | None:
        return _Committer(self) if self.transactional else None

    def visible(self) -> list[Any]:
        """All committed rows, in the order of their transactions."""
        return [row for rows in self.committed.values() for row in rows]


class _Writer(SinkWriter):
    def __init__(self, sink: Remembering) -> None:
        self._sink = sink
        self._rows: list[Any] = []

    def write(self, batch: Batch) -> None:
        assert isinstance(batch, RowBatch)
        self._sink.written += batch.values
        self._rows += batch.values

    def prepare_commit(self, checkpoint_id: int) -> list[Any]:
        rows, self._rows = self._rows, []
        self._sink.prepared += 1
        return [(f"txn-{self._sink.prepared}", rows)] if rows else []


class _Committer(Committer):
    def __init__(self, sink: Remembering) -> None:
        self._sink = sink

    def commit(self, committables: Sequence[Any]) -> None:
        for transaction, rows in committables:
            self._sink.committed.setdefault(transaction, rows)


@dataclass(frozen=True)
class Endless:
    """A collection that claims never to end (and, once read, waits)."""

    source: Source

    @property
    def boundedness(self) -> Boundedness:
        return Boundedness.CONTINUOUS_UNBOUNDED

    def create_enumerator(self, context: Any, restored: Any) -> Any:
        return self.source.create_enumerator(context, restored)

    def create_reader(self, context: Any) -> Any:
        reader = self.source.create_reader(context)
        reader.no_more_splits = lambda: None
        return reader


def pipeline(
    values: Sequence[Any],
    function: Callable[[Any], Any],
    sink: Any,
    *,
    endless: bool = False,
    name: str = "job",
    uid: str | None = None,
) -> LogicalGraph:
    """source -> map(function) -> sink."""
    source: Any = collection_source(list(values))
    if endless:
        source = Endless(source)
    read = Transformation("source", "numbers", SourceSpec(source), uid=uid)
    mapped = Transformation("map", "work", RowStep("map", function, "work"), (Input(read),))
    written = Transformation("sink", "out", SinkSpec(sink), (Input(mapped),))
    return LogicalGraph(name, [read, mapped, written])


def config(**settings: str) -> Configuration:
    """Settings with ``_`` for ``.`` is too ambiguous, so keys are given as they are: ``config(**{"a.b": "c"})``."""
    made = Configuration()
    for key, value in settings.items():
        made.set_string(key, value)
    return made


def virtual() -> Services:
    """Virtual time, work done in place."""
    return Services(VirtualClock(), InlineExecutor(), None)


def drive(job: EmbeddedJob, turns: int = 10_000) -> EmbeddedJob:
    """Step a job to its end on virtual time, which moves 1 ms a turn."""
    clock = job._services.clock
    assert isinstance(clock, VirtualClock)
    while turns and job.step(0):
        clock.advance(1)
        turns -= 1
    assert turns, "the job does not come to an end"
    return job


def run(graph: LogicalGraph, settings: Configuration, store: CheckpointStore | None = None) -> EmbeddedJob:
    """Submit and drive on virtual time."""
    return drive(submit(graph, settings, virtual(), store))
