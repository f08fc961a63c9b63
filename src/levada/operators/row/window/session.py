"""Event-time sessions that fire at their end.

A session that grows keeps the timer it has: when the timer comes too early it is set again for the session's present
end. So a record that extends a session costs no timer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.common.elements import MAX_TIMESTAMP, MIN_TIMESTAMP
from levada.common.output_tag import OutputTag
from levada.operators.base import OperatorContext
from levada.operators.row.chain_source import Loop
from levada.operators.row.resumable import CHUNK_ROWS, Chunk, Work
from levada.operators.row.window.assigners import without_timestamp
from levada.operators.row.window.session_assigners import EventTimeSessionWindows
from levada.operators.row.window.session_source import session_loop
from levada.operators.row.window.window_base import WindowOperatorBase, cleanup_time
from levada.operators.row.window.windows import TimeWindow
from levada.state.copying import own
from levada.state.timers import Timer

_TABLE = "levada.sessions"
_START, _END, _CONTENTS, _TIMER, _ITEMS = 0, 1, 2, 3, 4

Held = list[Any]
"""A key's sessions, four items each: start, end, contents, time of its timer."""


class SessionWindowOperator(WindowOperatorBase):
    """Keeps each key's open sessions in one list."""

    def open(self, context: OperatorContext) -> None:
        """Open functions."""
        super().open(context)
        spec = self.spec
        self._table = self.backend.table(_TABLE)
        call = (spec.window_call or "").removesuffix("_all")
        function = spec.window_function if call else spec.function
        self._fire_site = self.site(call or spec.contents, function, "fired", "key and window")
        self._loop: Loop | None = None

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Put the batch's records into their sessions."""
        assert isinstance(batch, RowBatch)
        times = batch.timestamps
        if times is None or (times and min(times) <= MIN_TIMESTAMP):
            raise without_timestamp(self.spec.assigner)
        keys = self.keys.keys(batch.values)
        loop = self._loop or self._compile()
        chunks = loop.function(keys, batch.values, times, self._table.top(None), self.current_watermark)
        self.run(self.hand_out(chunks, loop.code, loop.sites))

    def event_timers(self, watermark: int) -> Work:
        """Fire sessions whose end the watermark has passed; forget those nobody can add to any more."""
        chunks = self._fire_due(self.timers.due_event(watermark))
        return self.hand_out(chunks, SessionWindowOperator._fire_due.__code__, self._fire_site)

    def clock_timers(self, now: int) -> Work:
        """There are none."""
        yield from ()

    def _compile(self) -> Loop:
        spec, function = self.spec, self.spec.function
        assigner = spec.assigner
        self._loop = session_loop(
            self.contents,
            gap=assigner.session_gap if isinstance(assigner, EventTimeSessionWindows) else None,
            lateness=spec.allowed_lateness_ms,
            emits_time=self.context.reads_timestamps,
            chunk_rows=CHUNK_ROWS,
            fold_site=self.site(spec.contents, function, "value"),
            gap_site=self.site("session gap", assigner, "value"),
            fire_site=self._fire_site,
            calls={
                "gap_of": assigner.gap_of,  # type: ignore[attr-defined]
                "below": self._table.get,
                "place": self._place,
                "set_timer": self.timers.register_event,
                "late": self.late,
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

    def _place(self, key: Any, held: Held, start: int, end: int) -> int:
        """Merge the window of a record into a key's sessions; where in ``held`` it is now, -1 if it is late."""
        touched = [at for at in range(0, len(held), _ITEMS) if held[at] <= end and held[at + _END] >= start]
        if not touched:
            if self._cleanup(end) <= self.current_watermark:
                return -1
            held += [start, end, None, MAX_TIMESTAMP]
            at = len(held) - _ITEMS
        else:
            touched.sort(key=held.__getitem__)
            at = self._merged(held, touched)
            held[at] = min(held[at], start)
            held[at + _END] = max(held[at + _END], end)
        due = held[at + _END] - 1
        if due <= self.current_watermark:
            due = self._cleanup(held[at + _END])
        if due < held[at + _TIMER]:
            held[at + _TIMER] = due
            self.timers.register_event(due, key, None)
        return at

    def _merged(self, held: Held, touched: list[int]) -> int:
        """Make one session of those at ``touched`` (sorted by start), the last in ``held``; where it is."""
        parts = [held[at : at + _ITEMS] for at in touched]
        for at in sorted(touched, reverse=True):
            del held[at : at + _ITEMS]
        start, end, contents, timer = parts[0]
        for _, other_end, more, other_timer in parts[1:]:
            end, timer = max(end, other_end), min(timer, other_timer)
            if more is not None:
                contents = more if contents is None else self.contents.merge(contents, more)
        held += [start, end, contents, timer]
        return len(held) - _ITEMS

    def _fire_due(self, due: Iterator[Timer]) -> Iterator[Chunk]:
        timed, side = self.context.reads_timestamps, self.side
        out: list[Any] = []
        times: list[int] = []
        for count, (time, key, _) in enumerate(due, start=1):
            held = self._table.get(None, key)
            at = 0
            while held is not None and at < len(held):
                if held[at + _TIMER] != time:  # another session's, or one that has been merged away
                    at += _ITEMS
                    continue
                start, end, contents = held[at], held[at + _END], held[at + _CONTENTS]
                fired = (key, TimeWindow(start, end))
                if time == end - 1:
                    for row in self._fire(fired[0], start, end, contents):
                        if type(row) is tuple and len(row) == 2 and type(row[0]) is OutputTag:
                            side.add(row[0].tag_id, row[1], time if timed else None)
                        else:
                            out.append(row)
                            times.append(time)
                        if len(out) >= CHUNK_ROWS or side.rows >= CHUNK_ROWS:
                            yield out, times if timed else None
                            out, times = [], []
                if self._cleanup(end) <= time:
                    del held[at : at + _ITEMS]
                    self._clear(key, start, end)
                    continue
                held[at + _TIMER] = end - 1 if end - 1 > time else self._cleanup(end)
                self.timers.register_event(held[at + _TIMER], key, None)
                at += _ITEMS
            if held is not None and not held:
                self._table.delete(None, key)
            if not count % CHUNK_ROWS:
                yield out, times if timed else None
                out, times = [], []
        yield out, times if timed else None

    def _fire(self, key: Any, start: int, end: int, contents: Any) -> Iterable[Any]:
        if contents is None:
            return ()
        result = self.contents.result(contents)
        if self.call is None:
            return (result,)
        self.key_context.key = key
        window = TimeWindow(start, end)
        return self.call.rows(key, window, None, result if self.contents.kind == "list" else [result])

    def _clear(self, key: Any, start: int, end: int) -> None:
        if self.call is not None and self.call.clears:
            self.key_context.key = key
            self.call.clear(TimeWindow(start, end), None)

    def _cleanup(self, end: int) -> int:
        return cleanup_time(end - 1, self.spec.allowed_lateness_ms)
