"""Timers of one operator: (timestamp, key, namespace), each once, fired in the order of their timestamps.

Timers are kept in buckets, one per timestamp, beside a heap of the timestamps. A snapshot copies the table of buckets,
not the timers; a bucket that a snapshot refers to is copied before it is changed. A bucket with a single timer, as most
are, is that timer itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Any

Timer = tuple[int, Any, Any]
"""Timestamp, key, namespace."""

_Entry = tuple[Any, Any]
"""Key and namespace."""
_Bucket = _Entry | dict[_Entry, None]


class TimeDomain(Enum):
    """Which clock a timer waits for."""

    EVENT_TIME = "event"
    PROCESSING_TIME = "processing"


class TimerQueue:
    """The timers of one time domain."""

    __slots__ = ("_buckets", "_heap", "_views")

    def __init__(self) -> None:
        self._buckets: dict[int, _Bucket] = {}
        # Holds every timestamp that has a bucket, and for a while some that have none any more.
        self._heap: list[int] = []
        self._views: list[dict[int, _Bucket]] = []

    def register(self, timestamp: int, key: Any, namespace: Any = None) -> None:
        """Set a timer; nothing happens if the same one is set already."""
        bucket = self._buckets.get(timestamp)
        if bucket is None:
            self._buckets[timestamp] = (key, namespace)
            heappush(self._heap, timestamp)
        elif isinstance(bucket, tuple):
            if bucket != (key, namespace):
                self._buckets[timestamp] = {bucket: None, (key, namespace): None}
        else:
            if self._views:
                bucket = self._own(timestamp, bucket)
            bucket[key, namespace] = None

    def delete(self, timestamp: int, key: Any, namespace: Any = None) -> None:
        """Take a timer back; nothing happens if it is not set."""
        bucket = self._buckets.get(timestamp)
        entry = (key, namespace)
        if bucket is None or (bucket != entry if isinstance(bucket, tuple) else entry not in bucket):
            return
        if isinstance(bucket, tuple) or len(bucket) == 1:
            del self._buckets[timestamp]
            self._drop_stale()
        else:
            if self._views:
                bucket = self._own(timestamp, bucket)
            del bucket[entry]

    def next_timestamp(self) -> int | None:
        """The earliest timestamp a timer is set for; None where there is no timer."""
        heap, buckets = self._heap, self._buckets
        while heap and heap[0] not in buckets:
            heappop(heap)
        return heap[0] if heap else None

    def pop_due(self, up_to: int, limit: int) -> list[Timer]:
        """Take out up to ``limit`` timers at or before ``up_to``, earliest first, in order of registration on ties."""
        heap, buckets = self._heap, self._buckets
        due: list[Timer] = []
        while heap and heap[0] <= up_to and len(due) < limit:
            timestamp = heap[0]
            bucket = buckets.get(timestamp)
            if bucket is None:
                heappop(heap)
                continue
            if isinstance(bucket, tuple):
                heappop(heap)
                del buckets[timestamp]
                due.append((timestamp, *bucket))
                continue
            room = limit - len(due)
            if len(bucket) <= room:
                heappop(heap)
                del buckets[timestamp]
                due += [(timestamp, key, namespace) for key, namespace in bucket]
                continue
            if self._views:
                bucket = self._own(timestamp, bucket)
            for entry in list(islice(bucket, room)):
                del bucket[entry]
                due.append((timestamp, *entry))
        return due

    def freeze(self) -> FrozenTimers:
        """The timers as of now (20 ms for a million distinct timestamps)."""
        view = dict(self._buckets)
        self._views.append(view)
        return FrozenTimers(view, self._views)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Timer]:
        for timestamp in sorted(self._buckets):
            for key, namespace in _entries(self._buckets[timestamp]):
                yield timestamp, key, namespace

    def _own(self, timestamp: int, bucket: dict[_Entry, None]) -> dict[_Entry, None]:
        """The bucket itself, or a copy of it where a snapshot reads it."""
        if any(view.get(timestamp) is bucket for view in self._views):
            bucket = self._buckets[timestamp] = bucket.copy()
        return bucket

    def _drop_stale(self) -> None:
        """Keep the heap within twice the number of timestamps that are in use."""
        if len(self._heap) > 2 * len(self._buckets) + 64:
            self._heap = list(self._buckets)
            heapify(self._heap)


class FrozenTimers:
    """One snapshot's view of a queue. It holds until it is released.

    Attributes
    ----------
    rows : int
        How many timers the next chunk should have; may be changed while chunks are taken.
    """

    __slots__ = ("_view", "_views", "rows")

    def __init__(self, view: dict[int, _Bucket], views: list[dict[int, _Bucket]]) -> None:
        self._view = view
        self._views = views
        self.rows = 256

    def chunks(self) -> Iterator[tuple[list[Any], list[Any], list[Any], list[int]]]:
        """Namespaces, keys, timestamps, and places among the timers of the same timestamp."""
        entries = (
            (namespace, key, time, place)
            for time, bucket in self._view.items()
            for place, (key, namespace) in enumerate(_entries(bucket))
        )
        while chunk := list(islice(entries, self.rows)):
            yield (
                [entry[0] for entry in chunk],
                [entry[1] for entry in chunk],
                [entry[2] for entry in chunk],
                [entry[3] for entry in chunk],
            )

    def set_rows(self, rows: int) -> None:
        """Make the next chunk this large."""
        self.rows = rows

    def release(self) -> None:
        """The snapshot is not read any more."""
        self._views[:] = [other for other in self._views if other is not self._view]


class TimerService:
    """Event- and processing-time timers of one operator."""

    __slots__ = ("event", "processing")

    def __init__(self) -> None:
        self.event = TimerQueue()
        """For hot loops: the queue of event time."""
        self.processing = TimerQueue()

    def queue(self, domain: TimeDomain) -> TimerQueue:
        """The timers of one domain."""
        return self.event if domain is TimeDomain.EVENT_TIME else self.processing

    def register(self, domain: TimeDomain, timestamp: int, key: Any, namespace: Any = None) -> None:
        """Set a timer; nothing happens if the same one is set already."""
        self.queue(domain).register(timestamp, key, namespace)

    def delete(self, domain: TimeDomain, timestamp: int, key: Any, namespace: Any = None) -> None:
        """Take a timer back; nothing happens if it is not set."""
        self.queue(domain).delete(timestamp, key, namespace)

    def pop_due(self, domain: TimeDomain, up_to: int, limit: int) -> list[Timer]:
        """Take out up to ``limit`` timers at or before ``up_to``, earliest first, in order of registration on ties."""
        return self.queue(domain).pop_due(up_to, limit)

    def next_timestamp(self, domain: TimeDomain) -> int | None:
        """The earliest timestamp a timer is set for; None where there is no timer."""
        return self.queue(domain).next_timestamp()


def _entries(bucket: _Bucket) -> Iterable[_Entry]:
    return (bucket,) if isinstance(bucket, tuple) else bucket
