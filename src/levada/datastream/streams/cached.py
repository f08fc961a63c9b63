"""``CachedDataStream``: records that the first job which needs them keeps for those after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from levada.common.batch import RowBatch
from levada.common.errors import JobBuildError
from levada.common.job_status import JobStatus
from levada.common.options import CHECKPOINT_INTERVAL
from levada.connectors.base import Boundedness
from levada.connectors.collect import CollectBuffer, CollectSink
from levada.connectors.collection import CollectionSource
from levada.datastream.streams.building import add, sources_above
from levada.datastream.streams.data_stream import DataStream
from levada.graph.transformation import Input, SinkSpec, SourceSpec, Transformation
from levada.operators.row.fused import RowStep

if TYPE_CHECKING:
    from levada.cluster.embedded import EmbeddedJob

T = TypeVar("T")

__all__ = ["CachedDataStream", "cached_stream"]


def cached_stream(stream: DataStream[T]) -> CachedDataStream[T]:
    """``stream.cache()``."""
    for given in stream._inputs:
        for source in sources_above(given.transformation):
            if source.spec.source.boundedness is Boundedness.CONTINUOUS_UNBOUNDED:
                raise JobBuildError(
                    f"cache() on {stream!r}: its source {source.name!r} never ends, so there is never a whole result "
                    "to keep; write it to a sink"
                )
    own = add(
        stream._env, "cache", "Cache", RowStep("map", _same, "Cache"), stream._inputs, output_type=stream._type_info
    )
    return CachedDataStream(stream._env, (Input(own),), stream._type_info, own)


def _same(value: Any) -> Any:
    return value


class CachedDataStream(DataStream[T]):
    """A stream whose records are kept in memory once a job that reads it has finished. Made by ``DataStream.cache``.

    Later jobs of the environment take the records from there, in place of computing them again; event times are not
    kept, so a strategy for them belongs behind the cache. A job that fails or is cancelled keeps nothing.
    """

    what = "a cached stream"

    def __init__(self, env: Any, inputs: Any, type_info: Any, transformation: Transformation) -> None:
        super().__init__(env, inputs, type_info, transformation)
        self._computed = (transformation.spec, transformation.inputs, transformation.parallelism)
        self._attempts: list[tuple[EmbeddedJob, CollectBuffer]] = []
        env._cached.append(self)

    def invalidate(self) -> None:
        """Forget the records: the next job computes them, and keeps them, again."""
        own = self._own("invalidate()")
        self._attempts.clear()
        if isinstance(own.spec, SourceSpec):
            own.spec, own.inputs, own.parallelism = self._computed

    @property
    def is_kept(self) -> bool:
        """Whether a job has finished that left its records here."""
        self._settle()
        return isinstance(self._own("is_kept").spec, SourceSpec)

    def _settle(self) -> None:
        """Take over the records of a job that has finished since."""
        for job, buffer in list(self._attempts):
            if job.status is JobStatus.FINISHED and not isinstance(self._own("cache()").spec, SourceSpec):
                self._keep(buffer)
            if job.status.is_terminal_state():
                self._attempts.remove((job, buffer))

    def _keep(self, buffer: CollectBuffer) -> None:
        own = self._own("cache()")
        self._computed = (own.spec, own.inputs, own.parallelism)
        values: list[Any] = []
        while (batch := buffer.pop()) is not None:
            assert isinstance(batch, RowBatch)
            values.extend(batch.values)
        own.spec, own.inputs, own.parallelism = SourceSpec(CollectionSource(values)), (), 1

    def _tap(self) -> CollectBuffer | None:
        """Something that takes the records from the job that is about to be built; None where they are here."""
        if self.is_kept:
            return None
        buffer = CollectBuffer()
        exactly_once = self._env.get_configuration().get(CHECKPOINT_INTERVAL) is not None
        add(self._env, "sink", "Keep", SinkSpec(CollectSink(buffer.id, exactly_once)), self._inputs)
        return buffer


def needed_by(pending: list[Transformation], cached: list[CachedDataStream[Any]]) -> list[CachedDataStream[Any]]:
    """The cached streams that a job reads."""
    for stream in cached:
        stream._settle()
    seen: set[int] = set()
    todo = list(pending)
    while todo:
        transformation = todo.pop()
        if id(transformation) not in seen:
            seen.add(id(transformation))
            todo.extend(given.transformation for given in transformation.inputs)
    return [stream for stream in cached if id(stream._own("cache()")) in seen]
