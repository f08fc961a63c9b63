"""The answer for empty input: ``SELECT COUNT(*) FROM t`` over no rows is one row with 0."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from levada.common.batch import Batch, ColumnBatch
from levada.operators.base import Operator


@dataclass(frozen=True)
class DefaultRow:
    """Passes batches on; where none came until the end of input, emits ``row``. For bounded input, in one subtask.

    Attributes
    ----------
    row : pyarrow.RecordBatch
    """

    row: pa.RecordBatch

    @property
    def reads_timestamps(self) -> bool:
        """Time is a column here."""
        return False

    def create(self) -> Operator:
        """A fresh operator."""
        return DefaultRowOperator(self.row)


class DefaultRowOperator(Operator):
    """Runs a ``DefaultRow``."""

    def __init__(self, row: pa.RecordBatch) -> None:
        self._row = row
        self._empty = True

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Pass the batch on."""
        self._empty = self._empty and len(batch) == 0
        self.output.collect(batch)

    def end_input(self) -> None:
        """Emit the row if nothing came."""
        if self._empty:
            self.output.collect(ColumnBatch(self._row))
