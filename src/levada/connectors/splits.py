"""The enumerator and the reader that sources with a known list of splits share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from levada.common.batch import Batch
from levada.connectors.base import (
    END_OF_INPUT,
    NOTHING_YET,
    EnumeratorContext,
    Polled,
    ReaderContext,
    SourceReader,
    SourceSplit,
    SplitBatch,
    SplitEnumerator,
    SplitFinished,
)


class OpenSplit(Protocol):
    """A split that is being read."""

    def poll(self, max_rows: int) -> Batch | None:
        """The next rows, at least one and at most ``max_rows``; None at the split's end."""
        ...

    def position(self) -> SourceSplit:
        """The split as it must be restored to go on behind the last row given."""
        ...

    def close(self) -> None:
        """Release files."""
        ...


class SplitQueueReader(SourceReader):
    """Reads its splits one after the other and asks for another when it has none left."""

    def __init__(self, context: ReaderContext, open_split: Callable[[Any], OpenSplit]) -> None:
        self._context = context
        self._open_split = open_split
        self._queue: deque[SourceSplit] = deque()
        self._current: OpenSplit | None = None
        self._asked = False
        self._no_more = False

    def start(self) -> None:
        if not self._queue:
            self._ask()

    def add_splits(self, splits: Sequence[SourceSplit]) -> None:
        self._asked = False
        self._queue.extend(splits)

    def no_more_splits(self) -> None:
        self._no_more = True

    def poll(self, max_rows: int) -> Polled:
        if self._current is None:
            if not self._queue:
                self._ask()  # may be answered at once
            if not self._queue:
                return END_OF_INPUT if self._no_more else NOTHING_YET
            self._current = self._open_split(self._queue.popleft())
        current = self._current
        batch = current.poll(max_rows)
        split_id = current.position().split_id
        if batch is not None:
            return SplitBatch(split_id, batch)
        current.close()
        self._current = None
        return SplitFinished(split_id)

    def snapshot_state(self) -> list[SourceSplit]:
        reading = [] if self._current is None else [self._current.position()]
        return reading + list(self._queue)

    def close(self) -> None:
        if self._current is not None:
            self._current.close()

    def _ask(self) -> None:
        if not self._asked and not self._no_more:
            self._asked = True
            self._context.request_split()


class SplitListEnumerator(SplitEnumerator):
    """Deals out a list of splits, one per request, in their order."""

    def __init__(self, context: EnumeratorContext, splits: Iterable[SourceSplit]) -> None:
        self._context = context
        self._pending = deque(splits)

    def handle_split_request(self, subtask_index: int) -> None:
        if self._pending:
            self._context.assign_split(self._pending.popleft(), subtask_index)
        else:
            self._context.signal_no_more_splits(subtask_index)

    def add_splits_back(self, splits: Sequence[SourceSplit], subtask_index: int) -> None:
        self._pending.extendleft(reversed(splits))

    def snapshot_state(self) -> list[SourceSplit]:
        return list(self._pending)
