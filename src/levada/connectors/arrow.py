"""Records from Arrow batches in memory."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from levada.common.batch import ColumnBatch
from levada.common.errors import JobBuildError
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, contiguous_splits

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ArrowSource(IndexedSource):
    """Record batches held in memory, in their order; one poll gives rows of one batch, without copying.

    Parameters
    ----------
    batches : list of pyarrow.RecordBatch
        All of one schema. ``arrow_source`` takes anything with ``__arrow_c_stream__``.
    loops : int, default 1
        How often to go through them (for measuring).
    """

    batches: tuple[pa.RecordBatch, ...]
    schema: pa.Schema
    loops: int = 1

    columnar = True

    def producer(self) -> Producer:
        batches = self.batches
        ends = list(accumulate(batch.num_rows for batch in batches))
        total = ends[-1] if ends else 0

        def produce(numbers: range) -> ColumnBatch:
            row = numbers.start % total
            index = bisect_right(ends, row)
            batch = batches[index]
            offset = row - (ends[index] - batch.num_rows)
            length = min(len(numbers), batch.num_rows - offset)
            return ColumnBatch(batch if length == batch.num_rows else batch.slice(offset, length))

        return produce

    def splits(self, parallelism: int) -> list[RangeSplit]:
        rows = sum(batch.num_rows for batch in self.batches)
        return contiguous_splits(range(rows * self.loops), parallelism)


def arrow_source(data: Any, loops: int = 1) -> ArrowSource:
    """A source of record batches, a table, or anything with ``__arrow_c_stream__`` (of Polars, DuckDB, pandas).

    Raises
    ------
    JobBuildError
        ``data`` is none of these, its batches differ in schema, or ``loops`` is less than 1.
    """
    import pyarrow as pa

    if loops < 1:
        raise JobBuildError(f"arrow_source(loops={loops}): it must be 1 or more")
    if isinstance(data, pa.RecordBatch):
        data = [data]
    try:
        if isinstance(data, list | tuple):
            table = pa.Table.from_batches(data)
        else:
            table = data if isinstance(data, pa.Table) else pa.table(data)
    except (TypeError, pa.ArrowException) as error:
        raise JobBuildError(
            f"arrow_source({type(data).__name__}): {error}; pass record batches of one schema, a table, or an object "
            "with __arrow_c_stream__ such as a Polars or pandas data frame"
        ) from None
    batches = tuple(batch for batch in table.to_batches() if batch.num_rows)
    return ArrowSource(batches, table.schema, loops)
