"""A sequence of whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

from levada.common.batch import RowBatch
from levada.common.errors import JobBuildError
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, contiguous_splits


@dataclass(frozen=True)
class NumberSequenceSource(IndexedSource):
    """The numbers from ``start`` to ``end``, both included, shared out among the readers in runs.

    Within a split the order is kept; with parallelism 1 so is the whole order.
    """

    start: int
    end: int

    columnar = False

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise JobBuildError(
                f"NumberSequenceSource({self.start}, {self.end}): 'start' must not be larger than 'end'"
            )

    def producer(self) -> Producer:
        return lambda numbers: RowBatch(list(numbers))

    def splits(self, parallelism: int) -> list[RangeSplit]:
        return contiguous_splits(range(self.start, self.end + 1), parallelism)
