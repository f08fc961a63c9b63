"""GROUP BY over a stream of inserts: a changelog of the groups' results.

With mini-batch off every input row that changes its group's result is answered at once, exactly as Flink does: ``+I``
for a group's first row, ``-U`` and ``+U`` for later ones, nothing where the result stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from levada.common.batch import Batch, ColumnBatch
from levada.common.errors import InternalError, JobBuildError
from levada.common.options import BATCH_MAX_ROWS
from levada.operators.base import Operator, OperatorContext
from levada.state.columnar import AggregateCall, AggregateTable
from levada.state.snapshot import StatePart

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUPS = "groups"
"""Name of the operator's state part."""


@dataclass(frozen=True)
class GroupAggregate:
    """``SELECT keys, aggregates GROUP BY keys``.

    Attributes
    ----------
    key_columns : tuple of int
        Input columns to group by; none aggregates everything into one row.
    aggregates : tuple of AggregateCall
    output_schema : pyarrow.Schema
        The keys, then the aggregates' results.
    mini_batch : bool
        Emit once per group and bundle of input instead of once per row.
    mini_batch_size : int
        Input rows after which a bundle is emitted.
    mini_batch_latency_ms : int
        How long a bundle may wait; 0 lets it wait for its size, a watermark, a checkpoint or the end of input.
    generate_update_before : bool
        Whether anything downstream needs ``-U`` rows.
    """

    key_columns: tuple[int, ...]
    aggregates: tuple[AggregateCall, ...]
    output_schema: pa.Schema
    mini_batch: bool = False
    mini_batch_size: int = 8192
    mini_batch_latency_ms: int = 0
    generate_update_before: bool = True

    def __post_init__(self) -> None:
        results = [call.result_type for call in self.aggregates]
        given = self.output_schema.types[len(self.key_columns) :]
        if len(self.output_schema) < len(self.key_columns) or given != results:
            raise JobBuildError(
                f"GroupAggregate(output_schema=...): behind {len(self.key_columns)} key columns it must have the types "
                f"{_listed(results)}, not {_listed(given)}"
            )
        if self.mini_batch and self.mini_batch_size < 1:
            raise JobBuildError(
                f"table.exec.mini-batch.size is {self.mini_batch_size}: with table.exec.mini-batch.enabled it must be "
                "positive"
            )

    @property
    def reads_timestamps(self) -> bool:
        """Time is a column here."""
        return False

    @property
    def key_types(self) -> list[pa.DataType]:
        """Types of the key columns."""
        types: list[pa.DataType] = self.output_schema.types[: len(self.key_columns)]
        return types

    def create(self) -> Operator:
        """A fresh operator."""
        if self.mini_batch:
            from levada.operators.columnar.mini_batch_aggregate import MiniBatchAggregateOperator

            return MiniBatchAggregateOperator(self)
        return RowAggregateOperator(self)


class GroupAggregateOperator(Operator):
    """What both modes share: state, its snapshot, and taking batches apart."""

    def __init__(self, spec: GroupAggregate) -> None:
        self.spec = spec
        self._key_columns = spec.key_columns

    def open(self, context: OperatorContext) -> None:
        """Read groups back."""
        super().open(context)
        self._table = AggregateTable(self.spec.key_types, self.spec.aggregates, context.max_parallelism)
        self._max_rows = context.config.get(BATCH_MAX_ROWS)
        if context.restored is not None:
            self._table.restore(context.restored.keyed(GROUPS))

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        """Freeze all groups."""
        return {GROUPS: self._table.snapshot()}

    def _take(self, batch: Batch) -> pa.RecordBatch:
        if not isinstance(batch, ColumnBatch) or batch.kinds is not None:
            raise InternalError(f"a group aggregate takes inserts in column batches, not {batch!r}")
        return batch.data

    def _apart(self, data: pa.RecordBatch) -> tuple[list[pa.Array], pa.Array, list[pa.Array]]:
        """Key columns, slots and arguments."""
        columns = data.columns
        keys = [columns[at] for at in self._key_columns]
        arguments = [columns[at] for at in self._table.argument_columns]
        return keys, self._table.slots(keys, data.num_rows), arguments

    def _emit(self, kinds: pa.Array | None, keys: Sequence[pa.Array], results: Sequence[pa.Array]) -> None:
        data = pa.RecordBatch.from_arrays([*keys, *results], schema=self.spec.output_schema)
        self.output.collect(ColumnBatch(data, kinds))


class RowAggregateOperator(GroupAggregateOperator):
    """A change per input row. Large batches are answered in chunks, as far as the budget allows."""

    _rest: pa.RecordBatch | None = None

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Emit the changes that the batch makes."""
        self._rest = self._take(batch)
        self.resume()

    def resume(self) -> None:
        """Go on with the current batch."""
        self.pending = False
        while (data := self._rest) is not None:
            chunk, self._rest = data, None
            if data.num_rows > self._max_rows:
                chunk, self._rest = data.slice(0, self._max_rows), data.slice(self._max_rows)
            self._answer(chunk)
            if self._rest is not None and self.context.budget.exhausted:
                self.pending = True
                return

    def _answer(self, data: pa.RecordBatch) -> None:
        keys, slots, arguments = self._apart(data)
        kinds, rows, *results = self._table.accumulators.update_per_row(
            slots, arguments, self.spec.generate_update_before
        )
        if len(kinds):
            self._emit(kinds, [key.take(rows) for key in keys], results)


def _listed(types: Sequence[pa.DataType]) -> str:
    return "(" + ", ".join(map(str, types)) + ")"
