"""What waits in an asynchronous operator: requests in flight, and the watermarks that must not overtake them.

Reference: Flink documentation, "Asynchronous I/O for External Data Access", sections "Order of Results" and
"Event Time".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from levada.common.elements import Watermark, WatermarkStatus
from levada.common.services import Cancellable

Control = Watermark | WatermarkStatus


class Request:
    """One record that is being asked about."""

    __slots__ = ("done", "error", "results", "segment", "task", "timed_out", "timestamp", "value")

    def __init__(self, value: Any, timestamp: int | None) -> None:
        self.value = value
        self.timestamp = timestamp
        self.done = False
        self.timed_out = False
        self.error: Exception | None = None
        self.results: Any = None
        self.task: Cancellable | None = None
        self.segment: Segment | None = None


class OrderedQueue:
    """Results leave in the order in which their records came."""

    def __init__(self) -> None:
        self._entries: deque[Request | Control] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, request: Request) -> None:
        """A record has come."""
        self._entries.append(request)

    def add_control(self, control: Control) -> None:
        """A watermark or a status has come behind the records so far."""
        self._entries.append(control)

    def finish(self, request: Request) -> None:
        """The request has its answer."""

    def drain(self) -> Iterator[Request | Control]:
        """Take what may leave now, in order."""
        entries = self._entries
        while entries:
            head = entries[0]
            if isinstance(head, Request) and not head.done:
                return
            yield entries.popleft()

    def entries(self) -> Iterator[Request | Control]:
        """Everything that has not left."""
        return iter(self._entries)


class Segment:
    """Records between two watermarks: their results leave as they come. ``end`` follows when all have left."""

    __slots__ = ("done", "end", "requests")

    def __init__(self) -> None:
        self.requests: dict[Request, None] = {}
        self.done: list[Request] = []
        self.end: Control | None = None


class UnorderedQueue:
    """Results leave as they come, but none passes a watermark and no watermark passes a result."""

    def __init__(self) -> None:
        self._segments: deque[Segment] = deque([Segment()])

    def __len__(self) -> int:
        return sum(len(segment.requests) + (segment.end is not None) for segment in self._segments)

    def add(self, request: Request) -> None:
        """A record has come."""
        segment = self._segments[-1]
        request.segment = segment
        segment.requests[request] = None

    def add_control(self, control: Control) -> None:
        """A watermark or a status has come behind the records so far."""
        self._segments[-1].end = control
        self._segments.append(Segment())

    def finish(self, request: Request) -> None:
        """The request has its answer."""
        assert request.segment is not None
        request.segment.done.append(request)

    def drain(self) -> Iterator[Request | Control]:
        """Take what may leave now."""
        while True:
            segment = self._segments[0]
            done, segment.done = segment.done, []
            for request in done:
                del segment.requests[request]
                yield request
            if segment.requests or segment.end is None:
                return
            self._segments.popleft()
            yield segment.end

    def entries(self) -> Iterator[Request | Control]:
        """Everything that has not left."""
        for segment in self._segments:
            yield from segment.requests
            if segment.end is not None:
                yield segment.end
