"""What operators on keyed streams share: the state backend, timers, and the watermark, which a snapshot holds too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from levada.common.elements import MAX_TIMESTAMP, MIN_TIMESTAMP
from levada.common.options import DETECT_MUTATIONS
from levada.operators.base import OperatorContext
from levada.operators.row.resumable import ChunkedOperator, Work
from levada.operators.row.timers import KeyedTimers, TimersOfOneKey
from levada.state.backend import KeyedBackend
from levada.state.memory import MemoryBackend

if TYPE_CHECKING:
    from levada.state.snapshot import StatePart

_WATERMARK = "watermark"


class KeyedRowOperator(ChunkedOperator):
    """An operator with keyed state. Subclasses yield work in ``batch_work``, ``event_timers`` and ``clock_timers``."""

    one_key = False
    """Whether it is given one key at a time (BATCH mode), each ended by ``finish_key``; set before ``open``."""

    def open(self, context: OperatorContext) -> None:
        """Make the backend, and take over restored state and the watermark."""
        super().open(context)
        self._detect_mutations = context.config.get(DETECT_MUTATIONS)
        self.backend: KeyedBackend = MemoryBackend(
            context.name,
            context.max_parallelism,
            detect_mutations=self._detect_mutations,
            now=context.clock.now_ms,
        )
        self.key_context = self.backend.key_context
        if context.restored is not None:
            self.backend.restore(context.restored)
            watermarks = context.restored.values(_WATERMARK)
            # At another parallelism a subtask takes over keys of several: what is late for all of them is late.
            self.current_watermark = min(watermarks, default=MIN_TIMESTAMP)
        self.timers = (TimersOfOneKey if self.one_key else KeyedTimers)(self.backend.timers(), context.schedule)
        self.timers.schedule_next()

    def resume(self) -> None:
        """As ``ResumableOperator.resume``; when the work is done, state gets its share of deferred work."""
        super().resume()
        if not self.pending:
            self.maintain()

    def maintain(self) -> None:
        """Called when a piece of work is done."""
        self.backend.maintain()
        if self._detect_mutations:
            self.backend.check_mutations()

    def process_watermark(self, timestamp: int) -> None:
        """Fire what is due, then forward the watermark."""
        self.run(self._pass_watermark(timestamp))

    def on_processing_time(self, now: int) -> None:
        """Fire what is due by the clock."""
        self.run(self.clock_timers(now))

    def finish_key(self) -> None:
        """The key's records are through: fire its timers, then drop its state."""
        self.run(self._finish_key())

    def forget_key(self) -> None:
        """Be as before the key's first record."""
        self.backend.clear()
        self.current_watermark = MIN_TIMESTAMP

    def event_timers(self, watermark: int) -> Work:
        """Fire event-time timers at or before ``watermark``."""
        raise NotImplementedError

    def clock_timers(self, now: int) -> Work:
        """Fire processing-time timers at or before ``now``."""
        raise NotImplementedError

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        """Keyed state, timers and the watermark."""
        from levada.state.encoding import list_part
        from levada.state.snapshot import PartKind

        parts = self.backend.snapshot()
        parts[_WATERMARK] = list_part([self.current_watermark], PartKind.UNION)
        return parts

    def _finish_key(self) -> Work:
        timers = self.timers
        assert isinstance(timers, TimersOfOneKey)
        timers.ending = True
        self.current_watermark = MAX_TIMESTAMP
        yield from self.event_timers(MAX_TIMESTAMP)
        yield from self.clock_timers(MAX_TIMESTAMP)
        yield from self.event_timers(MAX_TIMESTAMP)  # those that processing-time timers have set
        timers.ending = False
        self.forget_key()

    def _pass_watermark(self, timestamp: int) -> Work:
        self.current_watermark = timestamp
        yield from self.event_timers(timestamp)
        self.output.emit_watermark(timestamp)
