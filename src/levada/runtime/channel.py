"""A bounded queue of elements between two tasks of one process. Order is kept; room is counted in bytes."""

from __future__ import annotations

from collections import deque

from levada.common.batch import ColumnBatch, RowBatch
from levada.common.elements import Element


class Channel:
    """From one sending subtask to one receiving subtask."""

    __slots__ = ("_queue", "_sizes", "bytes", "capacity")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.bytes = 0
        self._queue: deque[Element] = deque()
        self._sizes: deque[int] = deque()

    @property
    def full(self) -> bool:
        """No room: the sender must wait. One element always fits into an empty channel, however large."""
        return self.bytes >= self.capacity

    def send(self, element: Element) -> None:
        """Append an element; the sender has looked at ``full`` before it began its step."""
        size = element.estimated_bytes() if isinstance(element, (RowBatch, ColumnBatch)) else 0
        self.bytes += size
        self._queue.append(element)
        self._sizes.append(size)

    def receive(self) -> Element | None:
        """Take the next element; None when there is none."""
        if not self._queue:
            return None
        self.bytes -= self._sizes.popleft()
        return self._queue.popleft()

    def __len__(self) -> int:
        return len(self._queue)
