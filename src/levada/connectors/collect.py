"""A sink into a buffer of this process, for reading a job's results while it runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from levada.common.batch import Batch
from levada.common.errors import InternalError
from levada.connectors.base import Committer, SinkWriter, WriterContext

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
        self._transactions = count()
        self._committed: set[int] = set()
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

    def next_transaction(self) -> int:
        """A number that no other transaction of this buffer has."""
        return next(self._transactions)

    def commit(self, transaction: int, batches: Sequence[Batch]) -> None:
        """Add a transaction's batches, unless they are here already."""
        if transaction not in self._committed:
            self._committed.add(transaction)
            for batch in batches:
                self.append(batch)

    def clear(self) -> None:
        """Drop what has not been read."""
        self._batches.clear()
        self.rows = 0


@dataclass(frozen=True)
class CollectSink:
    """Puts batches into the ``CollectBuffer`` with this id, which must live in the writer's process.

    With ``exactly_once`` rows come with the checkpoint that covers them (as in Flink), so that a job that is restarted
    hands out none twice; without, at once.
    """

    buffer_id: int
    exactly_once: bool = False

    @property
    def transactional(self) -> bool:
        """Whether rows wait for a checkpoint. A collected job is never refused for want of checkpoints."""
        return False

    def create_writer(self, context: WriterContext) -> SinkWriter:
        """A new writer for one subtask."""
        buffer = self._buffer()
        return TransactionalCollectWriter(buffer) if self.exactly_once else CollectWriter(buffer)

    def create_committer(self) -> CollectCommitter | None:
        """A committer where rows wait for checkpoints."""
        return CollectCommitter(self._buffer()) if self.exactly_once else None

    def _buffer(self) -> CollectBuffer:
        buffer = _buffers.get(self.buffer_id)
        if buffer is None:
            raise InternalError(f"the buffer {self.buffer_id} of a collecting sink does not live in this process")
        return buffer


class CollectWriter(SinkWriter):
    """Appends batches to a buffer."""

    def __init__(self, buffer: CollectBuffer) -> None:
        self._buffer = buffer

    def write(self, batch: Batch) -> None:
        self._buffer.append(batch)

    def flush(self, end_of_input: bool) -> None:
        """Nothing: batches are there when they are written."""


class TransactionalCollectWriter(SinkWriter):
    """Keeps batches until the next checkpoint."""

    def __init__(self, buffer: CollectBuffer) -> None:
        self._buffer = buffer
        self._batches: list[Batch] = []

    def write(self, batch: Batch) -> None:
        self._batches.append(batch)

    def flush(self, end_of_input: bool) -> None:
        """Nothing: batches appear when they are committed."""

    def prepare_commit(self, checkpoint_id: int) -> list[Any]:
        batches, self._batches = self._batches, []
        return [(self._buffer.next_transaction(), batches)] if batches else []


class CollectCommitter(Committer):
    """Appends the batches of a checkpoint to the buffer, once."""

    def __init__(self, buffer: CollectBuffer) -> None:
        self._buffer = buffer

    def commit(self, committables: Sequence[Any]) -> None:
        for transaction, batches in committables:
            self._buffer.commit(transaction, batches)
