"""Calling ``on_timer`` for the timers that are due: what all keyed process functions share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from sys import getrefcount
from typing import Any, Protocol

from levada.common.output_tag import OutputTag
from levada.operators.row.chain_source import PLAIN
from levada.operators.row.keyed_operator import KeyedRowOperator
from levada.operators.row.resumable import CHUNK_ROWS, Chunk, Work
from levada.operators.row.user_errors import CallSite
from levada.state.copying import own
from levada.state.timers import TimeDomain, Timer


class TimerContext(Protocol):
    """What is set before each call of ``on_timer``."""

    element_timestamp: int | None
    domain: TimeDomain


class TimerCallingOperator(KeyedRowOperator):
    """A keyed operator whose function may have ``on_timer``. ``open`` of a subclass sets what stands here."""

    _on_timer: Callable[[int, Any], Iterable[Any] | None] | None
    _timer_context: TimerContext
    _timer_site: CallSite

    def event_timers(self, watermark: int) -> Work:
        """Call ``on_timer`` for each event-time timer that is due."""
        chunks = self._fire(self.timers.due_event(watermark), TimeDomain.EVENT_TIME, self.context.reads_timestamps)
        return self.hand_out(chunks, TimerCallingOperator._fire.__code__, self._timer_site)

    def clock_timers(self, now: int) -> Work:
        """Call ``on_timer`` for each processing-time timer that is due; what it emits has no timestamp."""
        chunks = self._fire(self.timers.due_processing(now), TimeDomain.PROCESSING_TIME, False)
        return self.hand_out(chunks, TimerCallingOperator._fire.__code__, self._timer_site)

    def _fire(self, due: Iterator[Timer], domain: TimeDomain, timed: bool) -> Iterator[Chunk]:
        on_timer, context, key_context, side = self._on_timer, self._timer_context, self.key_context, self.side
        context.domain = domain
        out: list[Any] = []
        times: list[int] = []
        fired = 0
        for timer in due:
            fired += 1
            if on_timer is None:
                continue
            timestamp = context.element_timestamp = timer[0]
            key_context.key = timer[1]
            for row in on_timer(timestamp, context) or ():
                if type(row) is tuple and len(row) == 2 and type(row[0]) is OutputTag:
                    side.add(row[0].tag_id, own(row[1]), timestamp if timed else None)
                else:
                    # What a function hands on may be what its state holds, and change with the next timer.
                    out.append(row if type(row) in PLAIN or getrefcount(row) <= 2 else own(row))
                    if timed:
                        times.append(timestamp)
                if len(out) >= CHUNK_ROWS or side.rows >= CHUNK_ROWS:
                    yield out, times if timed else None
                    out, times = [], []
            if fired >= CHUNK_ROWS:
                yield out, times if timed else None
                out, times, fired = [], [], 0
        yield out, times if timed else None
