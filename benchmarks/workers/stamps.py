"""A source that goes on for as long as is wanted, and a sink that notes how far it is and when."""

from __future__ import annotations

import time
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.connectors.base import SinkWriter, WriterContext
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, contiguous_splits


@dataclass(frozen=True)
class RepeatedRows(IndexedSource):
    """The rows of a list, over and over, until there were ``records`` of them."""

    rows: list[Any]
    records: int

    columnar = False

    def producer(self) -> Producer:
        """Slices of the list."""
        rows = self.rows

        def produce(numbers: range) -> Batch:
            start = numbers.start % len(rows)
            return RowBatch(rows[start : start + len(numbers)])

        return produce

    def splits(self, parallelism: int) -> list[RangeSplit]:
        """Runs of neighbours."""
        return contiguous_splits(range(self.records), parallelism)


@dataclass
class Stamps:
    """How many rows had come when, and a sink that finds it out."""

    rows: list[int] = field(default_factory=lambda: [0])
    times: list[float] = field(default_factory=lambda: [time.perf_counter()])

    transactional = False

    def create_writer(self, context: WriterContext) -> SinkWriter:
        """The writer."""
        return _StampWriter(self)

    def create_committer(self) -> None:
        """Nothing is committed."""

    def since(self, rows: int) -> tuple[int, float]:
        """Rows and seconds from the batch with which there were ``rows`` to the last one."""
        first = bisect_left(self.rows, rows)
        return self.rows[-1] - self.rows[first], self.times[-1] - self.times[first]


class _StampWriter(SinkWriter):
    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps

    def write(self, batch: Batch) -> None:
        self._stamps.rows.append(self._stamps.rows[-1] + len(batch))
        self._stamps.times.append(time.perf_counter())

    def flush(self, end_of_input: bool) -> None:
        """Nothing."""
