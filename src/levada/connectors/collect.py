"""A sink into a buffer of this process, for reading a job's results while it runs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import count
from weakref import WeakValueDictionary

from levada.common.batch import Batch
from levada.common.errors import InternalError
from levada.connectors.base import SinkWriter, WriterContext

_buffers: WeakValueDictionary[int, CollectBuffer] = WeakValueDictionary()
_ids = count(1)


class CollectBuffer:
    """Batches on their way from a ``CollectSink`` to the caller of ``execute_and_collect``.

    Whoever drives the job stops stepping it while ``full`` is True. The buffer lives as long as somebody holds it.

    Parameters
    ----------
    max_rows : int
        From how many rows on the buffer counts as full.
    """

    def __init__(self, max_rows: int = 100_000) -> None:
        self.max_rows = max_rows
        self.rows = 0
        self._batches: deque[Batch] = deque()
        self.id = next(_ids)
        _buffers[self.id] = self

    @property
    def full(self) -> bool:
        """Whether the job should wait for the reader."""
        return self.rows >= self.max_rows

    def append(self, batch: Batch) -> None:
        """Add a batch; it is taken even by a full buffer."""
        if len(batch):
            self._batches.append(batch)
            self.rows += len(batch)

    def pop(self) -> Batch | None:
        """The oldest batch, or None if there is none now."""
        if not self._batches:
            return None
        batch = self._batches.popleft()
        self.rows -= len(batch)
        return batch

    def clear(self) -> None:
        """Drop what has not been read."""
        self._batches.clear()
        self.rows = 0


@dataclass(frozen=True)
class CollectSink:
    """Puts batches into the ``CollectBuffer`` with this id, which must live in the writer's process."""

    buffer_id: int

    @property
    def transactional(self) -> bool:
        """What was collected is collected."""
        return False

    def create_writer(self, context: WriterContext) -> CollectWriter:
        """A new writer for one subtask."""
        buffer = _buffers.get(self.buffer_id)
        if buffer is None:
            raise InternalError(f"the buffer {self.buffer_id} of a collecting sink does not live in this process")
        return CollectWriter(buffer)

    def create_committer(self) -> None:
        """None: nothing is committed."""
        return


class CollectWriter(SinkWriter):
    """Appends batches to a buffer."""

    def __init__(self, buffer: CollectBuffer) -> None:
        self._buffer = buffer

    def write(self, batch: Batch) -> None:
        self._buffer.append(batch)

    def flush(self, end_of_input: bool) -> None:
        """Nothing: batches are there when they are written."""
