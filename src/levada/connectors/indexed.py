"""Sources whose records are found by number: a split is a range of numbers, its position what is left of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from levada.common.batch import Batch
from levada.connectors.base import Boundedness, EnumeratorContext, ReaderContext, SourceReader
from levada.connectors.splits import SplitListEnumerator, SplitQueueReader

Producer = Callable[[range], Batch]
"""Makes the records with these numbers."""


@dataclass(frozen=True, slots=True)
class RangeSplit:
    """Record numbers that remain to be read."""

    split_id: str
    remaining: range


def contiguous_splits(numbers: range, parts: int) -> list[RangeSplit]:
    """Cut a range into at most ``parts`` runs of neighbours, as equal as can be."""
    total = len(numbers)
    parts = max(1, min(parts, total))
    bounds = [total * part // parts for part in range(parts + 1)]
    return [RangeSplit(f"split-{part}", numbers[bounds[part] : bounds[part + 1]]) for part in range(parts)]


def interleaved_splits(numbers: range, parts: int) -> list[RangeSplit]:
    """Deal a range out to ``parts`` splits like cards, so that all of them move through it at one pace."""
    return [RangeSplit(f"split-{part}", numbers[part::parts]) for part in range(parts)]


class _OpenRange:
    def __init__(self, split: RangeSplit, produce: Producer) -> None:
        self._split = split
        self._produce = produce

    def poll(self, max_rows: int) -> Batch | None:
        split = self._split
        head = split.remaining[:max_rows]
        if not head:
            return None
        batch = self._produce(head)
        self._split = RangeSplit(split.split_id, split.remaining[len(batch) :])
        return batch

    def position(self) -> RangeSplit:
        return self._split

    def close(self) -> None:
        pass


class IndexedSource(ABC):
    """Base of sources that find any record by its number."""

    @property
    def boundedness(self) -> Boundedness:
        """Whether it ends by itself."""
        return Boundedness.BOUNDED

    @abstractmethod
    def producer(self) -> Producer:
        """What makes the records of a range; it may make fewer than asked for, from the start of the range."""

    @abstractmethod
    def splits(self, parallelism: int) -> Sequence[RangeSplit]:
        """All record numbers, dealt out to ``parallelism`` readers."""

    def create_enumerator(
        self, context: EnumeratorContext, restored: Sequence[RangeSplit] | None
    ) -> SplitListEnumerator:
        """A new enumerator; ``restored`` holds the splits not yet assigned."""
        return SplitListEnumerator(context, self.splits(context.parallelism) if restored is None else restored)

    def create_reader(self, context: ReaderContext) -> SourceReader:
        """A new reader for one subtask."""
        produce = self.producer()
        return SplitQueueReader(context, lambda split: _OpenRange(split, produce))
