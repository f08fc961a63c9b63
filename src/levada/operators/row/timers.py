"""Setting timers and firing them in order, under the step's budget.

Due timers are taken from the queue in groups of one timestamp. A function may, while one fires, take another of the
group back, or set a timer that is due before the rest of the group: then the rest goes back to the queue first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from levada.operators.row.resumable import CHUNK_ROWS
from levada.state.timers import TimeDomain, Timer, TimerQueue, TimerService

_NOT_FIRING = -(2**63) - 1


class _Firing:
    """One time domain: its queue, and the group of timers that is being fired."""

    __slots__ = ("_cancelled", "_group", "current", "queue")

    def __init__(self, queue: TimerQueue) -> None:
        self.queue = queue
        self.current = _NOT_FIRING
        """The timestamp of the group that is being fired."""
        self._group: list[Timer] = []
        """Taken from the queue, not yet fired; the next one last."""
        self._cancelled: set[tuple[Any, Any]] = set()
        """Key and namespace of those in the group that were taken back."""

    def register(self, timestamp: int, key: Any, namespace: Any) -> None:
        """Set a timer."""
        if timestamp <= self.current:
            self._put_back()
        self.queue.register(timestamp, key, namespace)

    def delete(self, timestamp: int, key: Any, namespace: Any) -> None:
        """Take a timer back."""
        if timestamp == self.current and self._group:
            self._cancelled.add((key, namespace))
        self.queue.delete(timestamp, key, namespace)

    def due(self, up_to: int) -> Iterator[Timer]:
        """Timers at or before ``up_to`` in the order of their times, including those set meanwhile."""
        group, cancelled, queue = self._group, self._cancelled, self.queue
        while (timestamp := queue.next_timestamp()) is not None and timestamp <= up_to:
            self.current = timestamp
            group.extend(queue.pop_due(timestamp, CHUNK_ROWS))
            group.reverse()
            while group:
                timer = group.pop()
                if cancelled and timer[1:] in cancelled:
                    continue
                yield timer
            cancelled.clear()
        self.current = _NOT_FIRING

    def _put_back(self) -> None:
        while self._group:
            timer = self._group.pop()
            if timer[1:] not in self._cancelled:
                self.queue.register(*timer)
        self._cancelled.clear()


class KeyedTimers:
    """The timers of a keyed operator."""

    __slots__ = (
        "_event",
        "_processing",
        "_schedule",
        "_scheduled",
        "delete_event",
        "delete_processing",
        "register_event",
    )

    def __init__(self, timers: TimerService, schedule: Callable[[int], None]) -> None:
        self._event = _Firing(timers.queue(TimeDomain.EVENT_TIME))
        self._processing = _Firing(timers.queue(TimeDomain.PROCESSING_TIME))
        self._schedule = schedule
        self._scheduled: int | None = None
        # Each takes (timestamp, key, namespace); bound once, for they are called per record.
        self.register_event = self._event.register
        self.delete_event = self._event.delete
        self.delete_processing = self._processing.delete

    def register_processing(self, timestamp: int, key: Any, namespace: Any) -> None:
        """Set a processing-time timer, and ask to be woken."""
        self._processing.register(timestamp, key, namespace)
        self._wake_at(timestamp)

    def due_event(self, watermark: int) -> Iterator[Timer]:
        """Event-time timers that the watermark has reached, each taken out as it is handed over."""
        return self._event.due(watermark)

    def due_processing(self, now: int) -> Iterator[Timer]:
        """Processing-time timers that the clock has reached; afterwards the next one is scheduled."""
        self._scheduled = None
        yield from self._processing.due(now)
        self.schedule_next()

    def schedule_next(self) -> None:
        """Ask to be woken for the earliest processing-time timer."""
        timestamp = self._processing.queue.next_timestamp()
        if timestamp is not None:
            self._wake_at(timestamp)

    def _wake_at(self, timestamp: int) -> None:
        if self._scheduled is None or timestamp < self._scheduled:
            self._scheduled = timestamp
            self._schedule(timestamp)


class TimersOfOneKey(KeyedTimers):
    """The timers of an operator that is given one key at a time: all of them fire when the key's records are through.

    Processing time then stands at its end: a processing-time timer set by a timer would fire at once, and so for ever,
    so it is dropped, as Flink does.
    """

    __slots__ = ("ending",)

    def __init__(self, timers: TimerService, schedule: Callable[[int], None]) -> None:
        super().__init__(timers, schedule)
        self.ending = False
        """Whether timers are firing."""

    def register_processing(self, timestamp: int, key: Any, namespace: Any) -> None:
        """Set a processing-time timer."""
        if not self.ending:
            super().register_processing(timestamp, key, namespace)
