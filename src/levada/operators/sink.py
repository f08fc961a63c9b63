"""A sink subtask: hands batches to its writer, puts committables into checkpoints, commits when they count.

Source of the protocol: Flink documentation, "Unified Sink API" (FLIP-143): pre-commit at the barrier, commit after the
checkpoint, commit again after a restore.
"""

from __future__ import annotations

from typing import Any

from levada.common.batch import Batch
from levada.connectors.base import Sink, WriterContext
from levada.operators.base import Operator, OperatorContext
from levada.state.snapshot import PartKind, StatePart

WITHOUT_CHECKPOINT = 2**62
"""The id under which output is committed at the end of a job that takes no checkpoints."""


class SinkOperator(Operator):
    """Runs one writer and its committer."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._pending: list[tuple[int, list[Any]]] = []
        self.rows_in = 0

    def open(self, context: OperatorContext) -> None:
        super().open(context)
        restored = context.restored
        self._committer = self._sink.create_committer()
        if restored is not None and self._committer is not None:
            # The checkpoint counts, so its committables must become visible, whether or not they already did.
            uncommitted = restored.values("committables")
            if uncommitted:
                self._committer.commit(uncommitted)
        self._writer = self._sink.create_writer(
            WriterContext(
                subtask_index=context.subtask_index,
                parallelism=context.parallelism,
                attempt=context.attempt,
                clock=context.clock,
                config=context.config,
                restored=[] if restored is None else restored.values("writer"),
                count=context.metrics.count,
                run=context.run,
                restoring=restored is not None,
            )
        )

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        self.rows_in += len(batch)
        self._writer.write(batch)

    def end_input(self) -> None:
        self._writer.flush(True)

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        from levada.state.encoding import list_part

        self._prepare(checkpoint_id)
        waiting = [committable for _, committables in self._pending for committable in committables]
        return {
            # Every successor commits all of them before its writer cleans up, so no order among subtasks matters.
            "committables": list_part(waiting, PartKind.UNION),
            "writer": list_part(self._writer.snapshot_state(checkpoint_id), PartKind.LIST),
        }

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        if self._committer is None:
            return
        ready = [entry for entry in self._pending if entry[0] <= checkpoint_id]
        self._pending = [entry for entry in self._pending if entry[0] > checkpoint_id]
        committables = [committable for _, entry in ready for committable in entry]
        if committables:
            self._committer.commit(committables)

    def commit_everything(self) -> None:
        """The end of a job that takes no checkpoints: what was written becomes visible."""
        self._prepare(WITHOUT_CHECKPOINT)
        self.notify_checkpoint_complete(WITHOUT_CHECKPOINT)

    def _prepare(self, checkpoint_id: int) -> None:
        self._writer.flush(False)
        prepared = self._writer.prepare_commit(checkpoint_id)
        if prepared and self._committer is not None:
            self._pending.append((checkpoint_id, prepared))

    def close(self) -> None:
        for part in (getattr(self, "_writer", None), getattr(self, "_committer", None)):
            if part is not None:
                part.close()

    def process_watermark(self, timestamp: int) -> None:
        self.current_watermark = timestamp

    def process_status(self, idle: bool) -> None:
        """A sink has nobody to tell."""
