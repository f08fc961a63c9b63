"""Projection and filter over column batches."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from levada.common.batch import Batch, ColumnBatch
from levada.common.errors import InternalError
from levada.operators.base import Operator
from levada.operators.columnar.deferred import columns_of
from levada.operators.columnar.expressions import Expression
from levada.operators.columnar.program import Program


@dataclass(frozen=True)
class Calc:
    """``SELECT projections WHERE condition``, row kinds kept.

    Attributes
    ----------
    projections : tuple of Expression
        The output columns, over the input's.
    output_schema : pyarrow.Schema
        Names and types of the output columns; the types are the projections'.
    condition : Expression or None
        Rows for which it is not true are dropped.
    """

    projections: tuple[Expression, ...]
    output_schema: pa.Schema
    condition: Expression | None = None

    @property
    def reads_timestamps(self) -> bool:
        """Time is a column here."""
        return False

    def create(self) -> Operator:
        """A fresh operator."""
        return CalcOperator(self)


class CalcOperator(Operator):
    """Runs a ``Calc``. The filter comes first, over the columns that the projections read."""

    def __init__(self, spec: Calc) -> None:
        self._schema = spec.output_schema
        self._condition = None if spec.condition is None else Program([spec.condition])
        self._projections = Program(spec.projections)
        self._read = sorted({column.index for each in spec.projections for column in columns_of(each)})

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Emit the rows that pass, projected."""
        if not isinstance(batch, ColumnBatch):
            raise InternalError(f"Calc takes column batches, not {batch!r}")
        columns, kinds, length = batch.data.columns, batch.kinds, batch.data.num_rows
        if self._condition is not None:
            (mask,) = self._condition.arrays(columns, length)
            passed = mask.true_count
            if passed == 0:
                return
            if passed < length:
                for index in self._read:
                    columns[index] = columns[index].filter(mask)
                kinds = None if kinds is None else kinds.filter(mask)
                length = passed
        made = self._projections.arrays(columns, length)
        self.output.collect(ColumnBatch(pa.RecordBatch.from_arrays(made, schema=self._schema), kinds))
