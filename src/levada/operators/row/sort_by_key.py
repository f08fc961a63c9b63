"""BATCH mode: a keyed operator that is given its whole input, one key after the other.

Reference: Flink documentation, "Execution Mode (Batch/Streaming)". Input is grouped by key and sorted by time within a
key. When a key's rows are through, its event-time timers fire in the order of their times, then its processing-time
timers, and its state is dropped: there is never more than one key's state. Broadcast rows are handed on as they come,
so before all others. Watermarks have no part in this; the last one, at the end of time, follows the last key.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.common.elements import MAX_TIMESTAMP
from levada.common.errors import InternalError
from levada.common.options import BATCH_SORT_MEMORY
from levada.operators.base import OperatorContext, OperatorSpec, Output
from levada.operators.row.keyed_operator import KeyedRowOperator
from levada.operators.row.keys import KeySelection
from levada.operators.row.resumable import CHUNK_ROWS, ResumableOperator, Work
from levada.operators.row.sort_input import NO_TIME, SortedInput, SortedRow


@dataclass(frozen=True, slots=True, eq=False)
class SortByKey:
    """A keyed operator over sorted input.

    Attributes
    ----------
    keyed : OperatorSpec
        Makes a ``KeyedRowOperator``.
    key_selectors : tuple
        One per keyed side; a second side without one is broadcast.
    first_inputs : int or None
        How many of the operator's inputs belong to the first side; None for all.
    """

    keyed: OperatorSpec
    key_selectors: tuple[Any, ...]
    first_inputs: int | None = None

    @property
    def reads_timestamps(self) -> bool:
        """It sorts by them."""
        return True

    @property
    def function(self) -> Any:
        """The keyed operator's function."""
        return getattr(self.keyed, "function", None)

    def create(self) -> SortByKeyOperator:
        """An operator for one subtask."""
        return SortByKeyOperator(self)


def sorted_by_key(spec: OperatorSpec) -> OperatorSpec:
    """``spec`` over sorted input where it is keyed; otherwise ``spec`` itself."""
    from levada.operators.row.keyed_process import KeyedProcess
    from levada.operators.row.keyed_reduce import KeyedReduce
    from levada.operators.row.two_inputs.broadcast import BroadcastProcess
    from levada.operators.row.two_inputs.co_process import CoProcess
    from levada.operators.row.two_inputs.interval_join import IntervalJoin
    from levada.operators.row.window.spec import WindowRows

    if isinstance(spec, (KeyedProcess, KeyedReduce, WindowRows)):
        return SortByKey(spec, (spec.key_selector,))
    if isinstance(spec, (CoProcess, IntervalJoin)) and spec.key_selectors is not None:
        return SortByKey(spec, spec.key_selectors, spec.first_inputs)
    if isinstance(spec, BroadcastProcess) and spec.key_selector is not None:
        return SortByKey(spec, (spec.key_selector,), spec.first_inputs)
    return spec


class SortByKeyOperator(ResumableOperator):
    """Sorts, and feeds the keyed operator when the input has ended."""

    def __init__(self, spec: SortByKey) -> None:
        self.spec = spec
        self._keyed: KeyedRowOperator | None = None
        self._input: SortedInput | None = None

    def open(self, context: OperatorContext) -> None:
        """Open the keyed operator behind the sorting."""
        super().open(context)
        keyed = self.spec.keyed.create()
        if not isinstance(keyed, KeyedRowOperator):
            raise InternalError(f"{type(keyed).__name__} cannot be given one key at a time")
        self._keys = [KeySelection(selector, context, context.name) for selector in self.spec.key_selectors]
        self._input = SortedInput(context.config.get(BATCH_SORT_MEMORY), context.name)
        self._gathered = _Gathered(context.output)
        inner = copy.copy(context)
        inner.output = self._gathered
        inner.schedule = _never  # processing time stands still until a key's rows are through
        keyed.one_key = True
        self._keyed = keyed
        keyed.open(inner)

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Keep the batch; hand it on where it is broadcast."""
        assert isinstance(batch, RowBatch)
        assert self._input is not None
        first = self.spec.first_inputs
        side = 0 if first is None or input_index < first else 1
        if side < len(self._keys):
            self._input.add(self._keys[side].keys(batch.values), batch, side)
        else:
            self.run(self._broadcast(batch, input_index))

    def process_watermark(self, timestamp: int) -> None:
        """Kept back until the last key is through."""

    def end_input(self) -> None:
        """All is there: go over the keys."""
        self.run(self._go_over_keys())

    def close(self) -> None:
        """Close the keyed operator, and drop what has been sorted."""
        super().close()
        if self._input is not None:
            self._input.close()
        if self._keyed is not None:
            self._keyed.close()

    def _broadcast(self, batch: RowBatch, input_index: int) -> Work:
        assert self._keyed is not None
        self._keyed.process_batch(batch, input_index)
        yield from self._settled(self._keyed)
        self._gathered.flush()
        yield

    def _go_over_keys(self) -> Work:
        keyed = self._keyed
        assert keyed is not None
        assert self._input is not None
        for rows in self._input.take():
            for batch, side in _batches(rows):
                keyed.process_batch(batch, side and (self.spec.first_inputs or 0))
                yield from self._settled(keyed)
            keyed.finish_key()
            yield from self._settled(keyed)
        self._gathered.flush()
        yield
        self.current_watermark = keyed.current_watermark = MAX_TIMESTAMP
        self.output.emit_watermark(MAX_TIMESTAMP)
        keyed.end_input()
        self._input.close()

    @staticmethod
    def _settled(keyed: KeyedRowOperator) -> Work:
        yield
        while keyed.pending:
            keyed.resume()
            yield


class _Gathered:
    """Makes batches of what the keyed operator gives key by key."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._values: list[Any] = []
        self._times: list[int] | None = None

    def collect(self, batch: Batch) -> None:
        """Keep a batch until there are enough rows."""
        assert isinstance(batch, RowBatch)
        if not self._values:
            self._values, self._times = batch.values, batch.timestamps
        elif (self._times is None) is not (batch.timestamps is None):
            self.flush()
            self._values, self._times = batch.values, batch.timestamps
        else:
            self._values += batch.values
            if self._times is not None and batch.timestamps is not None:
                self._times += batch.timestamps
        if len(self._values) >= CHUNK_ROWS:
            self.flush()

    def flush(self) -> None:
        """Hand on what there is."""
        if self._values:
            values, times = self._values, self._times
            self._values, self._times = [], None
            self._output.collect(RowBatch(values, times))

    def emit_watermark(self, timestamp: int) -> None:
        """The sorting operator says when time has passed."""

    def emit_status(self, idle: bool) -> None:
        """Bounded input is never idle."""


def _batches(rows: Iterator[SortedRow]) -> Iterator[tuple[RowBatch, int]]:
    """One key's rows as batches of one side, timed or not."""
    values: list[Any] = []
    times: list[int] = []
    kind = (0, False)
    for time, side, value in rows:
        if values and (kind != (side, time == NO_TIME) or len(values) >= CHUNK_ROWS):
            yield RowBatch(values, None if kind[1] else times), kind[0]
            values, times = [], []
        kind = (side, time == NO_TIME)
        values.append(value)
        times.append(time)
    if values:
        yield RowBatch(values, None if kind[1] else times), kind[0]


def _never(timestamp: int) -> None:
    """Ask for no call."""
