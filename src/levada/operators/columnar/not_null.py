"""In front of a table with NOT NULL columns: a row that has no value there is an error."""

from __future__ import annotations

from dataclasses import dataclass

from levada.common.batch import Batch, ColumnBatch
from levada.common.errors import InternalError, UserError
from levada.operators.base import Operator


@dataclass(frozen=True)
class NotNull:
    """Passes batches on; a NULL in one of the columns fails the job.

    Attributes
    ----------
    table : str
        Name of the table, for the error.
    columns : tuple of int
    """

    table: str
    columns: tuple[int, ...]

    @property
    def reads_timestamps(self) -> bool:
        """Time is a column here."""
        return False

    def create(self) -> Operator:
        """A fresh operator."""
        return NotNullOperator(self)


class NotNullOperator(Operator):
    """Runs a ``NotNull``."""

    def __init__(self, spec: NotNull) -> None:
        self._spec = spec

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Look and pass on."""
        if not isinstance(batch, ColumnBatch):
            raise InternalError(f"NotNull takes column batches, not {batch!r}")
        for index in self._spec.columns:
            column = batch.data.column(index)
            if column.null_count:
                raise self._refused(batch, index, column.is_null().index(True).as_py())
        self.output.collect(batch)

    def _refused(self, batch: ColumnBatch, index: int, row: int) -> UserError:
        name = batch.data.schema.field(index).name
        shown = batch.data.slice(row, 1).to_pylist()[0]
        return UserError(
            f"column `{name}` of `{self._spec.table}` is NOT NULL, but a row for it has no value there: {shown}; leave "
            "such rows out (WHERE .. IS NOT NULL), give them a value (COALESCE), or declare the column without NOT NULL"
        )
