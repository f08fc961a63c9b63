"""Iterating over a stream's records in the program that built it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.batch import RowBatch
from levada.common.errors import JobBuildError
from levada.common.options import CHECKPOINT_INTERVAL
from levada.connectors.collect import CollectBuffer, CollectSink
from levada.datastream.streams.building import add
from levada.graph.transformation import SinkSpec

if TYPE_CHECKING:
    from typing import Self

    from levada.cluster.embedded import EmbeddedJob
    from levada.datastream.streams.data_stream import DataStream

T = TypeVar("T")

STEP_SECONDS = 0.05
"""How long the job runs on before the iterator looks again for records."""

_END: Any = object()

__all__ = ["CloseableIterator", "collect"]


class CloseableIterator(Iterator[T], Generic[T]):
    """The records of a running job, in the order they come; closing it cancels the job, if it still runs.

    The job runs in the thread that asks for records, and only while it does.
    """

    def __init__(self, job: EmbeddedJob, buffer: CollectBuffer) -> None:
        self._job = job
        self._buffer = buffer
        self._batch: Iterator[Any] = iter(())
        self._running = True

    def __next__(self) -> T:
        while (value := next(self._batch, _END)) is _END:
            self._batch = self._next_batch()
        return value  # type: ignore[no-any-return]

    def _next_batch(self) -> Iterator[Any]:
        while (batch := self._buffer.pop()) is None:
            if not self._running:
                raise StopIteration
            self._running = self._job.step(STEP_SECONDS)
            if not self._running and self._job.failure is not None:
                raise self._job.failure
        if isinstance(batch, RowBatch):
            return iter(batch.values)
        from levada.formats.rows import to_row_values

        return iter(to_row_values(batch.data))

    def next(self) -> T:
        """The next record; raises ``StopIteration`` when the job has ended."""
        return self.__next__()

    def close(self) -> None:
        """Cancel the job, if it still runs, and drop what was not asked for."""
        self._batch = iter(())
        self._buffer.clear()
        if self._running:
            self._running = False
            self._job.cancel()
            while self._job.step(STEP_SECONDS):
                pass

    def __del__(self) -> None:
        # Dropped without being closed: the job must not hold on to its files and its checkpoint directory.
        if getattr(self, "_running", False) and not sys.is_finalizing():
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()


def collect(stream: DataStream[T], job_name: str | None, limit: int | None) -> CloseableIterator[T] | list[T]:
    """``stream.execute_and_collect(job_name, limit)``."""
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
        raise JobBuildError(f"execute_and_collect(limit={limit!r}): a whole number of at least 1 is wanted, or None")
    buffer = CollectBuffer()
    env = stream.get_execution_environment()
    exactly_once = env.get_configuration().get(CHECKPOINT_INTERVAL) is not None
    sink = add(env, "sink", "Collect", SinkSpec(CollectSink(buffer.id, exactly_once)), stream._inputs)
    try:
        job = env._submit(job_name, "execute_and_collect()")
    except BaseException:
        # Nobody will read from this sink, so a later job shall not find it.
        env._pending.remove(sink)
        raise
    iterator: CloseableIterator[T] = CloseableIterator(job, buffer)
    if limit is None:
        return iterator
    with iterator:
        return list(islice(iterator, limit))
