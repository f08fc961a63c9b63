"""The window operator for any assigner and any trigger.

Reference: Flink documentation, "Windows", sections "Triggers", "Allowed Lateness" and "Window Assigners".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.common.elements import MAX_TIMESTAMP, MIN_TIMESTAMP
from levada.common.errors import UserError
from levada.common.output_tag import OutputTag
from levada.operators.base import OperatorContext
from levada.operators.row.resumable import CHUNK_ROWS, Chunk, Work
from levada.operators.row.window.merging import MergingWindows
from levada.operators.row.window.namespaces import namespace_of, window_of
from levada.operators.row.window.trigger import TriggerResult
from levada.operators.row.window.trigger_context import AssignerContext, OperatorTriggerContext
from levada.operators.row.window.window_base import WindowOperatorBase, cleanup_time
from levada.operators.row.window.windows import MergingWindowAssigner
from levada.state.timers import Timer

_CONTENTS = "levada.contents"
_MERGING = "levada.merging"

Rows = Iterable[Any]


class WindowOperator(WindowOperatorBase):
    """Keeps contents per key and window, and asks the trigger at each record and timer."""

    def open(self, context: OperatorContext) -> None:
        """Open functions and contexts."""
        super().open(context)
        spec = self.spec
        self._event_time = spec.assigner.is_event_time()
        self._trigger = spec.firing
        self._trigger_context = OperatorTriggerContext(self, self.scope, self.runtime)
        self._assigner_context = AssignerContext(self, self.runtime)
        self._table = self.backend.table(_CONTENTS)
        self._merging: MergingWindows | None = None
        if isinstance(spec.assigner, MergingWindowAssigner):
            table = self.backend.table(_MERGING)
            self._merging = MergingWindows(spec.assigner, table, self.key_context, self.contents.merge)
        call = (spec.window_call or spec.contents).removesuffix("_all")
        function = spec.window_function or spec.function
        self._element_site = self.site("window", function, "value")
        self._timer_site = self.site(call, function, "fired", "key and window")

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Put the batch's records into their windows."""
        assert isinstance(batch, RowBatch)
        keys = self.keys.keys(batch.values)
        times: list[int] = batch.timestamps or [MIN_TIMESTAMP] * len(keys)
        chunks = self._elements(keys, batch.values, times)
        self.run(self.hand_out(chunks, WindowOperator._elements.__code__, self._element_site))

    def event_timers(self, watermark: int) -> Work:
        """Ask the trigger about each event-time timer that is due; clean windows up."""
        chunks = self._fire(self.timers.due_event(watermark), self._trigger.on_event_time, self._event_time)
        return self.hand_out(chunks, WindowOperator._fire.__code__, self._timer_site)

    def clock_timers(self, now: int) -> Work:
        """Ask the trigger about each processing-time timer that is due; clean windows up."""
        chunks = self._fire(self.timers.due_processing(now), self._trigger.on_processing_time, not self._event_time)
        return self.hand_out(chunks, WindowOperator._fire.__code__, self._timer_site)

    def _elements(self, keys: list[Any], values: list[Any], times: list[int]) -> Iterator[Chunk]:
        assign, assigner_context = self.spec.assigner.assign_windows, self._assigner_context
        key_context, scope, trigger_context = self.key_context, self.scope, self._trigger_context
        on_element, collector = self._trigger.on_element, _Collector(self)
        for key, value, time in zip(keys, values, times, strict=True):
            key_context.key = key
            taken = False
            for assigned in assign(value, time, assigner_context):
                window = assigned if self._merging is None else self._merging.add(assigned, self._merge)
                if self._is_late(window):
                    if self._merging is not None:
                        self._merging.retire(window)
                    continue
                taken = True
                namespace = scope.namespace = namespace_of(window)
                self._add(namespace, key, value, time)
                result = on_element(value, time, window, trigger_context)
                if result.is_fire():
                    yield from collector.take(self._rows(key, window, namespace), window)
                if result.is_purge():
                    self._purge(namespace, key)
                scope.namespace = namespace
                self._register_cleanup(window)
            if not taken:
                self.late(value, time if self._event_time else None)
        yield collector.rest()

    def _fire(self, due: Iterator[Timer], on_time: Callable[..., TriggerResult], cleans: bool) -> Iterator[Chunk]:
        scope, collector = self.scope, _Collector(self)
        for count, (time, key, namespace) in enumerate(due, start=1):
            self.key_context.key = key
            if self._merging is not None and namespace not in (self._merging.windows() or ()):
                continue  # the timer of a window that has been merged into another
            window = window_of(namespace)
            fired = (key, window)
            scope.namespace = namespace
            result = on_time(time, fired[1], self._trigger_context)
            if result.is_fire():
                yield from collector.take(self._rows(key, window, namespace), window)
            if result.is_purge():
                self._purge(namespace, key)
            if cleans and time == self._cleanup(window):
                self._clear(key, window, namespace)
            if not count % CHUNK_ROWS:
                yield collector.rest()
        yield collector.rest()

    def _add(self, namespace: Any, key: Any, value: Any, time: int) -> None:
        contents = self.contents
        if self._merging is not None:
            windows = self._merging.windows()
            assert windows is not None
            old = windows.get(namespace)
            windows[namespace] = contents.first(value) if old is None else contents.add(old, value)
            return
        old = self._table.get(namespace, key)
        self._table.put(namespace, key, contents.first(value) if old is None else contents.add(old, value))

    def _rows(self, key: Any, window: Any, namespace: Any) -> Rows:
        """What a firing window gives; nothing where it is empty."""
        held = self._held(namespace, key)
        if held is None:
            return ()
        result = self.contents.result(held)
        if self.call is None:
            return (result,)
        return self.call.rows(key, window, namespace, result if self.contents.kind == "list" else [result])

    def _held(self, namespace: Any, key: Any) -> Any:
        """A window's contents; None where it is empty."""
        if self._merging is not None:
            return (self._merging.windows() or {}).get(namespace)
        return self._table.get(namespace, key)

    def _purge(self, namespace: Any, key: Any) -> None:
        if self._merging is not None:
            windows = self._merging.windows()
            if windows is not None and namespace in windows:
                windows[namespace] = None
        else:
            self._table.delete(namespace, key)

    def _clear(self, key: Any, window: Any, namespace: Any) -> None:
        """A window's time is over: forget everything about it."""
        self._purge(namespace, key)
        self.scope.namespace = namespace
        self._trigger.clear(window, self._trigger_context)
        if self.call is not None:
            self.call.clear(window, namespace)
        if self._merging is not None:
            self._merging.retire(window)

    def _merge(self, result: Any, merged: list[Any]) -> None:
        """Several windows become one: the trigger and the timers follow."""
        scope, context = self.scope, self._trigger_context
        self._refuse_late_merge(result)
        scope.namespace = namespace_of(result)
        context.merged = [namespace_of(window) for window in merged]
        self._trigger.on_merge(result, context)
        for window in merged:
            scope.namespace = namespace_of(window)
            self._trigger.clear(window, context)
            self._delete_cleanup(window)

    def _refuse_late_merge(self, result: Any) -> None:
        now = self.current_watermark if self._event_time else self.context.clock.now_ms()
        if self._cleanup(result) <= now:
            raise UserError(
                f"{self.spec.assigner!r} merged windows into {result!r}, which ends before the current time {now}; "
                "merging must not move a window's end back"
            )

    def _is_late(self, window: Any) -> bool:
        return self._event_time and self._cleanup(window) <= self.current_watermark

    def _cleanup(self, window: Any) -> int:
        end: int = window.max_timestamp()
        return cleanup_time(end, self.spec.allowed_lateness_ms) if self._event_time else end

    def _register_cleanup(self, window: Any) -> None:
        time = self._cleanup(window)
        if time == MAX_TIMESTAMP:
            return
        if self._event_time:
            self._trigger_context.register_event_time_timer(time)
        else:
            self._trigger_context.register_processing_time_timer(time)

    def _delete_cleanup(self, window: Any) -> None:
        time = self._cleanup(window)
        if self._event_time:
            self._trigger_context.delete_event_time_timer(time)
        else:
            self._trigger_context.delete_processing_time_timer(time)


class _Collector:
    """Gathers what windows give into chunks. Results bear the last timestamp of their window."""

    __slots__ = ("_out", "_side", "_timed", "_times")

    def __init__(self, operator: WindowOperator) -> None:
        self._side = operator.side
        self._timed = operator.context.reads_timestamps
        self._out: list[Any] = []
        self._times: list[int] = []

    def take(self, rows: Rows, window: Any) -> Iterator[Chunk]:
        """Take rows in, yielding a chunk whenever one is full."""
        time = window.max_timestamp()
        side = self._side
        for row in rows:
            if type(row) is tuple and len(row) == 2 and type(row[0]) is OutputTag:
                side.add(row[0].tag_id, row[1], time if self._timed else None)
            else:
                self._out.append(row)
                self._times.append(time)
            if len(self._out) >= CHUNK_ROWS or side.rows >= CHUNK_ROWS:
                yield self.rest()

    def rest(self) -> Chunk:
        """What has been gathered since the last chunk."""
        chunk = (self._out, self._times if self._timed else None)
        self._out, self._times = [], []
        return chunk
