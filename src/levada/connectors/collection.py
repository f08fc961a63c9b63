"""Records from a Python list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from levada.common.batch import RowBatch
from levada.common.errors import JobBuildError
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, contiguous_splits


@dataclass(frozen=True)
class CollectionSource(IndexedSource):
    """The values of a list, in its order (with parallelism 1). A record's number is its index.

    Parameters
    ----------
    values : list
        Handed out by slices; it must not be changed while a job reads it.
    """

    values: list[Any]

    columnar = False

    def producer(self) -> Producer:
        values = self.values
        return lambda numbers: RowBatch(values[numbers.start : numbers.stop])

    def splits(self, parallelism: int) -> list[RangeSplit]:
        return contiguous_splits(range(len(self.values)), parallelism)


def collection_source(values: Iterable[Any], call: str = "from_collection(collection)") -> CollectionSource:
    """A source of any iterable, which is read to its end here and now.

    Raises
    ------
    JobBuildError
        ``values`` cannot be iterated over.
    """
    if isinstance(values, list):
        return CollectionSource(values)
    try:
        return CollectionSource(list(values))
    except TypeError:
        raise JobBuildError(
            f"{call}: {values!r} is not iterable; pass a list of records (for one record: [record])"
        ) from None
