"""GROUP BY over input that ends: each group's result once, at the end, whatever watermarks and checkpoints pass before.

Empty input has an answer too: ``SELECT COUNT(*) FROM t`` over no rows is one row with 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from levada.common.batch import Batch
from levada.operators.base import Operator, OperatorContext
from levada.operators.columnar.group_aggregate import GroupAggregate, GroupAggregateOperator
from levada.state.columnar import AggregateTable, slot_range
from levada.state.encoding import list_part
from levada.state.snapshot import PartKind, StatePart

ANSWERED = "answered"
"""Name of the state part that says that the answer for empty input is not wanted any more."""


@dataclass(frozen=True)
class FinalAggregate:
    """``SELECT keys, aggregates GROUP BY keys`` whose result rows are inserts, each final.

    Attributes
    ----------
    groups : GroupAggregate
        Keys, aggregates and output; its mini-batch settings have no meaning here.
    default : pyarrow.RecordBatch or None
        The answer for empty input. Needs a single subtask.
    """

    groups: GroupAggregate
    default: pa.RecordBatch | None = None

    @property
    def reads_timestamps(self) -> bool:
        """Time is a column here."""
        return False

    def create(self) -> Operator:
        """A fresh operator."""
        return FinalAggregateOperator(self)


class FinalAggregateOperator(GroupAggregateOperator):
    """Runs a ``FinalAggregate``. What has been answered is forgotten, so that no restart answers it again."""

    def __init__(self, spec: FinalAggregate) -> None:
        super().__init__(spec.groups)
        self._default = spec.default
        self._answered_up_to: int | None = None

    def open(self, context: OperatorContext) -> None:
        """Read groups back."""
        super().open(context)
        if context.restored is not None and any(context.restored.values(ANSWERED)):
            self._default = None

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Take the rows in."""
        _, slots, arguments = self._apart(self._take(batch))
        self._table.accumulators.update(slots, arguments)

    def end_input(self) -> None:
        """Answer."""
        self._answered_up_to = 0
        self.resume()

    def resume(self) -> None:
        """Go on with the answer as far as the budget allows."""
        self.pending = False
        start, groups = self._answered_up_to or 0, len(self._table)
        while start < groups:
            stop = min(start + self._max_rows, groups)
            slots = slot_range(start, stop)
            self._emit(None, self._table.keys(slots), self._table.accumulators.results(slots))
            self._default = None
            start = self._answered_up_to = stop
            if start < groups and self.context.budget.exhausted:
                self.pending = True
                return
        if self._default is not None:
            default, self._default = self._default, None
            self._emit(None, default.columns, [])
        self._table = AggregateTable(self.spec.key_types, self.spec.aggregates, self.context.max_parallelism)

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        """Freeze all groups, and whether there is an answer for none."""
        return {**super().snapshot(checkpoint_id), ANSWERED: list_part([self._default is None], PartKind.UNION)}
