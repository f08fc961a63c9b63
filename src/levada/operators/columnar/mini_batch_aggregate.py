"""GROUP BY with mini-batch: one change per group and bundle of input.

State is updated at once; what waits is only the result each touched group had before the bundle. A bundle is emitted
when it has its size, when its latency is over, and before a watermark, a checkpoint and the end of input.
"""

from __future__ import annotations

from levada.common.batch import Batch
from levada.operators.columnar.group_aggregate import GroupAggregate, GroupAggregateOperator
from levada.state.snapshot import StatePart


class MiniBatchAggregateOperator(GroupAggregateOperator):
    """A change per group and bundle."""

    def __init__(self, spec: GroupAggregate) -> None:
        super().__init__(spec)
        self._buffered = 0
        self._due: int | None = None
        self._woken_at: int | None = None
        self._held_watermark: int | None = None

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Apply the rows; emit the bundle if it is full."""
        data = self._take(batch)
        if self._buffered == 0 and data.num_rows and self.spec.mini_batch_latency_ms > 0:
            self._due = self.context.clock.now_ms() + self.spec.mini_batch_latency_ms
            self._ask_for_waking()
        _, slots, arguments = self._apart(data)
        self._table.accumulators.update_bundle(slots, arguments)
        self._buffered += data.num_rows
        if self._buffered >= self.spec.mini_batch_size:
            self.resume()

    def process_watermark(self, timestamp: int) -> None:
        """Emit the bundle, then the watermark."""
        self._held_watermark = timestamp
        self.resume()

    def on_processing_time(self, now: int) -> None:
        """Emit the bundle that has waited long enough; one that was emitted earlier left its wake-up behind."""
        self._woken_at = None
        if self._due is not None and now >= self._due:
            self.resume()
        else:
            self._ask_for_waking()

    def end_input(self) -> None:
        """Emit the last bundle."""
        self.resume()

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        """Emit the bundle, so that it lies before the barrier, and freeze all groups."""
        while self._table.accumulators.bundle_size:
            self._emit_chunk()
        self._start_bundle()
        return super().snapshot(checkpoint_id)

    def resume(self) -> None:
        """Emit the bundle as far as the budget allows."""
        self.pending = False
        accumulators = self._table.accumulators
        while accumulators.bundle_size:
            self._emit_chunk()
            if accumulators.bundle_size and self.context.budget.exhausted:
                self.pending = True
                return
        self._start_bundle()
        if self._held_watermark is not None:
            timestamp, self._held_watermark = self._held_watermark, None
            super().process_watermark(timestamp)

    def _ask_for_waking(self) -> None:
        """One wake-up at a time: it serves whichever bundle waits then."""
        if self._due is not None and self._woken_at is None:
            self._woken_at = self._due
            self.context.schedule(self._due)

    def _start_bundle(self) -> None:
        self._buffered = 0
        self._due = None

    def _emit_chunk(self) -> None:
        kinds, slots, *results = self._table.accumulators.flush_bundle(self._max_rows, self.spec.generate_update_before)
        if len(kinds):
            self._emit(kinds, self._table.keys(slots), results)
