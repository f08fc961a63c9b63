"""Tumbling and sliding event-time windows that fire at their end: panes shared by all keys, no timer per key.

A window is a namespace (its start) of one table; firing it is one pass over the namespace. Which windows have fired is
known from the watermark alone: those that end at or before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from math import gcd
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.common.elements import MIN_TIMESTAMP
from levada.common.output_tag import OutputTag
from levada.operators.base import OperatorContext
from levada.operators.row.chain_source import Loop
from levada.operators.row.resumable import CHUNK_ROWS, Chunk, Work
from levada.operators.row.window.aligned_source import aligned_loop
from levada.operators.row.window.assigners import SlidingEventTimeWindows, without_timestamp
from levada.operators.row.window.window_base import WindowOperatorBase, cleanup_time
from levada.operators.row.window.windows import TimeWindow
from levada.state.copying import own

_TABLE = "levada.panes"
_NEVER = 1 << 70


class AlignedWindowOperator(WindowOperatorBase):
    """Keeps the open windows of all keys side by side."""

    def open(self, context: OperatorContext) -> None:
        """Open; the windows of restored state are open again."""
        super().open(context)
        spec, assigner = self.spec, self.spec.assigner
        self._size: int = assigner.size  # type: ignore[attr-defined]
        self._slide: int = assigner.slide if isinstance(assigner, SlidingEventTimeWindows) else self._size
        self._offset: int = assigner.offset  # type: ignore[attr-defined]
        self._slot = gcd(self._size, self._slide)
        self._table = self.backend.table(_TABLE)
        self._open: set[int] = set(self._table.namespaces())
        self._passed = self.current_watermark
        self._next_event = self._soonest()
        self._fold_site = self.site(spec.contents, spec.function, "value")
        call = (spec.window_call or "").removesuffix("_all")
        function = spec.window_function if call else spec.function
        self._fire_site = self.site(
            call or spec.contents, function, "fired", "key and window" if call else "key and contents"
        )
        self._loop: Loop | None = None

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Put the batch's records into their windows."""
        assert isinstance(batch, RowBatch)
        if batch.timestamps is None:
            raise without_timestamp(self.spec.assigner)
        keys = self.keys.keys(batch.values)
        loop = self._loop or self._compile()
        chunks = loop.function(keys, batch.values, batch.timestamps)
        self.run(self.hand_out(chunks, loop.code, loop.sites))

    def event_timers(self, watermark: int) -> Work:
        """Fire the windows whose end the watermark has passed, and drop those nobody can add to any more."""
        passed, self._passed = self._passed, watermark
        if watermark < self._next_event:
            return
        fires = [(start + self._size - 1, 0, start) for start in self._open if start + self._size - 1 > passed]
        cleanups = [(self._cleanup(start), 1, start) for start in self._open]
        for time, cleanup, start in sorted(event for event in fires + cleanups if event[0] <= watermark):
            if cleanup:
                yield from self._drop(start)
            else:
                chunks = self._fire_window(start, time)
                yield from self.hand_out(chunks, AlignedWindowOperator._fire_window.__code__, self._fire_site)
        self._next_event = self._soonest()

    def clock_timers(self, now: int) -> Work:
        """There are none."""
        yield from ()

    def forget_key(self) -> None:
        """As above; the next key's windows have not fired either."""
        super().forget_key()
        self._passed = MIN_TIMESTAMP

    def _compile(self) -> Loop:
        function = self.spec.function
        self._loop = aligned_loop(
            self.contents,
            size=self._size,
            slide=self._slide,
            offset=self._offset,
            emits_time=self.context.reads_timestamps,
            chunk_rows=CHUNK_ROWS,
            fold_site=self._fold_site,
            fire_site=self._fire_site,
            calls={
                "panes": self._panes,
                "late": self.late,
                "below": self._table.get,
                "delete": self._table.delete,
                "fire": self._fire,
                "put_tagged": self.side.add,
                "OutputTag": OutputTag,
                "own": own,
                "reduce": self.contents.add,
                "add": getattr(function, "add", None),
                "create": getattr(function, "create_accumulator", None),
            },
        )
        return self._loop

    def _panes(self, slot: int) -> list[tuple[int, dict[Any, Any], bool]]:
        """The windows that times in ``slot`` belong to, without those that are late; each may fire again at once."""
        if slot <= MIN_TIMESTAMP:
            raise without_timestamp(self.spec.assigner)
        last = slot - (slot - self._offset) % self._slide
        panes = []
        for start in range(last, slot - self._size, -self._slide):
            if self._cleanup(start) > self.current_watermark:
                if start not in self._open:
                    self._open.add(start)
                    self._next_event = min(self._next_event, self._event_after(start))
                panes.append((start, self._table.top(start), start + self._size - 1 <= self.current_watermark))
        return panes

    def _fire(self, key: Any, start: int, contents: Any) -> Iterable[Any]:
        result = self.contents.result(contents)
        if self.call is None:
            return (result,)
        self.key_context.key = key
        elements = result if self.contents.kind == "list" else [result]
        return self.call.rows(key, TimeWindow(start, start + self._size), start, elements)

    def _fire_window(self, start: int, time: int) -> Iterator[Chunk]:
        timed = self.context.reads_timestamps
        items = self._table.items(start)
        if self.call is None:
            result = self.contents.result
            while some := list(islice(items, CHUNK_ROWS)):
                out = []
                for fired in some:
                    out.append(result(fired[1]))  # not a comprehension: an error must find ``fired``
                yield out, [time] * len(out) if timed else None
            return
        out = []
        side = self.side
        for seen, (key, contents) in enumerate(items, start=1):
            fired = (key, TimeWindow(start, start + self._size))
            for row in self._fire(fired[0], start, contents):
                if type(row) is tuple and len(row) == 2 and type(row[0]) is OutputTag:
                    side.add(row[0].tag_id, row[1], time if timed else None)
                else:
                    out.append(row)
                if len(out) >= CHUNK_ROWS or side.rows >= CHUNK_ROWS:
                    yield out, [time] * len(out) if timed else None
                    out = []
            if not seen % CHUNK_ROWS:
                yield out, [time] * len(out) if timed else None
                out = []
        yield out, [time] * len(out) if timed else None

    def _drop(self, start: int) -> Work:
        """Forget a window, after the window function has been told for each key."""
        if self.call is not None and self.call.clears:
            chunks = self._clear_window(start)
            yield from self.hand_out(chunks, AlignedWindowOperator._clear_window.__code__, self._fire_site)
        self._table.clear_namespace(start)
        self._open.discard(start)

    def _clear_window(self, start: int) -> Iterator[Chunk]:
        assert self.call is not None
        window = TimeWindow(start, start + self._size)
        keys = self._table.keys(start)
        while some := list(islice(keys, CHUNK_ROWS)):
            for key in some:
                fired = (key, window)
                self.key_context.key = fired[0]
                self.call.clear(window, start)
            yield [], None

    def _cleanup(self, start: int) -> int:
        return cleanup_time(start + self._size - 1, self.spec.allowed_lateness_ms)

    def _event_after(self, start: int) -> int:
        """When something happens to a window next: it fires, or, if it has, goes."""
        end = start + self._size - 1
        return end if end > self.current_watermark else self._cleanup(start)

    def _soonest(self) -> int:
        return min(map(self._event_after, self._open), default=_NEVER)
