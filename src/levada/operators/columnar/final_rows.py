"""Behind an aggregation that answers once, when bounded input has ended: all rows are inserts.

Empty input has an answer too: ``SELECT COUNT(*) FROM t`` over no rows is one row with 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from levada.common.batch import Batch, ColumnBatch
from levada.common.errors import InternalError
from levada.operators.base import Operator


@dataclass(frozen=True)
class FinalRows:
    """Passes batches on as inserts; where none came until the end of input, emits ``default``.

    Attributes
    ----------
    default : pyarrow.RecordBatch or None
        The answer for empty input. Needs a single subtask.
    """

    default: pa.RecordBatch | None = None

    @property
    def reads_timestamps(self) -> bool:
        """Time is a column here."""
        return False

    def create(self) -> Operator:
        """A fresh operator."""
        return FinalRowsOperator(self.default)


class FinalRowsOperator(Operator):
    """Runs a ``FinalRows``."""

    def __init__(self, default: pa.RecordBatch | None) -> None:
        self._default = default
        self._empty = True

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Pass the batch on."""
        if not isinstance(batch, ColumnBatch):
            raise InternalError(f"final rows are column batches, not {batch!r}")
        self._empty = self._empty and len(batch) == 0
        self.output.collect(ColumnBatch(batch.data))

    def end_input(self) -> None:
        """Answer for empty input."""
        if self._empty and self._default is not None:
            self.output.collect(ColumnBatch(self._default))
