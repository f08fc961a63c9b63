"""A source subtask's head: polls the reader, makes watermarks per split, and puts batches into the chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from levada.common import options
from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.elements import MAX_TIMESTAMP, MIN_TIMESTAMP
from levada.common.watermark_strategy import WatermarkStrategy
from levada.connectors.base import (
    NothingYet,
    ReaderContext,
    Source,
    SourceReader,
    SourceSplit,
    SplitBatch,
    SplitFinished,
)
from levada.operators.base import Operator, OperatorContext
from levada.operators.quiet import QuietGroup
from levada.operators.watermarks import WatermarkTracker, make_tracker, wake_ms
from levada.state.snapshot import PartKind, StatePart


class SourceOperator(Operator):
    """Runs one reader. The task calls ``poll`` instead of handing batches in.

    Parameters
    ----------
    source : Source
    strategy : WatermarkStrategy or None
        Followed per split; None where the job makes watermarks later, or none.
    request_split : callable
        Asks the enumerator, in the coordinator, for another split.
    group : QuietGroup, optional
        Shared by the subtasks of a source whose watermark goes on with the clock when all is quiet.
    """

    def __init__(
        self,
        source: Source,
        strategy: WatermarkStrategy | None,
        request_split: Callable[[], None],
        group: QuietGroup | None = None,
    ) -> None:
        self._source = source
        self._strategy = strategy
        self._request_split = request_split
        self._trackers: dict[str, WatermarkTracker] = {}
        self._was_idle = False
        self._group = group if strategy is not None and strategy.advances_when_idle else None
        self._wake_at: int | None = None
        self._idle_ms = (strategy.idleness_ms if strategy is not None else None) or 0
        self._ended_at = 0
        self._ended_watermark = MIN_TIMESTAMP
        self.rows_out = 0
        self.finished = False

    def open(self, context: OperatorContext) -> None:
        super().open(context)
        self._reader: SourceReader = self._source.create_reader(
            ReaderContext(
                subtask_index=context.subtask_index,
                parallelism=context.parallelism,
                clock=context.clock,
                config=context.config,
                request_split=self._request_split,
                count=context.metrics.count,
                side_output=self._emit_aside,
                asyncs=context.asyncs,
            )
        )
        self._interval = int(context.config.get(options.AUTO_WATERMARK_INTERVAL).total_seconds() * 1000)
        self._wake_every = wake_ms(context)
        self._ended_at = context.clock.now_ms()
        restored: list[tuple[SourceSplit, dict[str, Any] | None]] = []
        if context.restored is not None:
            restored = context.restored.values("splits")
            # The lowest of all subtasks': splits may have moved here from any of them.
            self.current_watermark = min(context.restored.values("watermark"), default=MIN_TIMESTAMP)
        if restored:
            self._reader.add_splits([split for split, _ in restored])
            for split, state in restored:
                self._track(split.split_id, state)
        self._reader.start()

    def add_splits(self, splits: Sequence[SourceSplit]) -> None:
        """The enumerator has assigned splits."""
        self._reader.add_splits(splits)
        for split in splits:
            self._track(split.split_id, None)

    def no_more_splits(self) -> None:
        """The enumerator has nothing more for this subtask."""
        self._reader.no_more_splits()

    def poll(self, max_rows: int, now: int) -> int | None:
        """Put at most ``max_rows`` rows into the chain.

        Returns
        -------
        int or None
            Rows handed on; 0 after housekeeping; None when there was nothing to do.
        """
        polled = self._reader.poll(max_rows)
        if isinstance(polled, NothingYet):
            if polled is NothingYet.NOTHING_YET:
                self._on_nothing(now)
                return None
            if self.finished:
                return None
            self.finished = True
            self._rest()
            self._emit_watermark(MAX_TIMESTAMP)
            self.end_input()
            return 0
        if isinstance(polled, SplitFinished):
            ended = self._trackers.pop(polled.split_id, None)
            self._combine()
            if ended is not None and self._group is not None:
                self._note_end(ended, now)
            return 0
        return self._emit(polled, now)

    def next_poll_ms(self) -> int | None:
        """When polling is worth it again; None: when something arrives."""
        due = [self._reader.next_poll_ms()]
        due += [tracker.idle_check_ms() for tracker in self._trackers.values()]
        due.append(self._wake_at)
        return min((time for time in due if time is not None), default=None)

    def progress(self) -> list[tuple[str, int, int]]:
        """Per split: its id, the newest timestamp seen and its watermark, for warnings when event time stands still."""
        return [(split, tracker.newest, tracker.watermark) for split, tracker in self._trackers.items()]

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        from levada.state.encoding import list_part

        splits = []
        for split in self._reader.snapshot_state():
            tracker = self._trackers.get(split.split_id)
            splits.append((split, None if tracker is None else tracker.snapshot()))
        return {
            "splits": list_part(splits, PartKind.LIST),
            "watermark": list_part([self.current_watermark], PartKind.UNION),
        }

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        self._reader.notify_checkpoint_complete(checkpoint_id)

    def close(self) -> None:
        if hasattr(self, "_reader"):
            self._reader.close()

    def _track(self, split_id: str, state: dict[str, Any] | None) -> None:
        if self._strategy is None:
            return
        tracker = make_tracker(self._strategy, self.context, f"source {self.context.name!r}, split {split_id!r}")
        if state is not None:
            tracker.restore(state)
        tracker.check_idle(self.context.clock.now_ms())
        self._trackers[split_id] = tracker

    def _emit(self, polled: SplitBatch, now: int) -> int:
        batch = polled.batch
        count = len(batch)
        self.rows_out += count
        if self._group is not None:
            self._group.wake(self.context.subtask_index)
            self._wake_at = None
        tracker = self._trackers.get(polled.split_id)
        if tracker is None or isinstance(batch, ColumnBatch):
            self.output.collect(batch)
        else:
            self._emit_tracked(batch, tracker, now)
        return count

    def _emit_tracked(self, batch: RowBatch, tracker: WatermarkTracker, now: int) -> None:
        if tracker.idle:
            tracker.idle = False
        if self._was_idle:
            self._was_idle = False
            self.output.emit_status(False)
        if not batch.values:
            return
        for piece in tracker.advance(batch, now):
            if isinstance(piece, int):
                self._combine()
            else:
                self.output.collect(piece)

    def _on_nothing(self, now: int) -> None:
        for tracker in self._trackers.values():
            tracker.on_nothing(now)
            tracker.check_idle(now)
        self._combine()
        self._advance_when_quiet(now)

    def _advance_when_quiet(self, now: int) -> None:
        """Every split of this subtask may be idle, and every split of the others too: then time goes on."""
        if self._group is None:
            return
        quiet_at = self._ended_at + self._idle_ms
        if now < quiet_at or not all(tracker.idle for tracker in self._trackers.values()):
            self._group.wake(self.context.subtask_index)
            self._wake_at = quiet_at if now < quiet_at else None
            return
        self._rest()
        self._wake_at = now + self._wake_every
        advanced = self._group.watermark(now)
        if advanced is not None:
            self._emit_watermark(advanced)

    def _note_end(self, ended: WatermarkTracker, now: int) -> None:
        """A split has ended; if it was the last, time has come as far as its last record."""
        self._ended_at = now
        self._ended_watermark = max(self._ended_watermark, ended.last_watermark())
        if not self._trackers:
            self._emit_watermark(self._ended_watermark)

    def _rest(self) -> None:
        if self._group is not None:
            since = max([self._ended_at, *(tracker.quiet_since for tracker in self._trackers.values())])
            watermark = max(self.current_watermark, self._ended_watermark)
            self._group.rest(self.context.subtask_index, watermark, since)

    def _combine(self) -> None:
        trackers = self._trackers.values()
        if not trackers:
            return
        active = [tracker.watermark for tracker in trackers if not tracker.idle]
        if active:
            self._emit_watermark(min(active))
        elif not self._was_idle:
            # Idle splits have had their say: the watermark goes as far as the farthest of them before going quiet.
            self._emit_watermark(max(tracker.watermark for tracker in trackers))
            self._was_idle = True
            self.output.emit_status(True)

    def _emit_watermark(self, timestamp: int) -> None:
        if timestamp > self.current_watermark:
            self.process_watermark(timestamp)

    def _emit_aside(self, tag_id: str, values: list[Any]) -> None:
        output = self.context.side_outputs.get(tag_id)
        if output is not None:
            output.collect(RowBatch(values))

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        raise TypeError("a source has no input")
