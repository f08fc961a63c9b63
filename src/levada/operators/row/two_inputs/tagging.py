"""Puts before every record which of two streams it comes from, so that one window can hold both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.operators.base import Operator

Tagged = tuple[int, Any]
"""0 or 1, and the record."""


@dataclass(frozen=True, slots=True, eq=False)
class Tagging:
    """Records become ``(side, record)``."""

    side: int

    @property
    def reads_timestamps(self) -> bool:
        """It hands them on as they are."""
        return False

    def create(self) -> TaggingOperator:
        """An operator for one subtask."""
        return TaggingOperator(self.side)


class TaggingOperator(Operator):
    """Tags a batch at a time."""

    def __init__(self, side: int) -> None:
        self._side = side

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Tag each record."""
        assert isinstance(batch, RowBatch)
        side = self._side
        self.output.collect(RowBatch([(side, value) for value in batch.values], batch.timestamps))


class TaggedKey:
    """The key of a tagged record, by the selector of its side; a class, so that it can be pickled."""

    def __init__(self, first: Callable[[Any], Any], second: Callable[[Any], Any]) -> None:
        self._selectors = (first, second)

    def __call__(self, tagged: Tagged) -> Any:
        return self._selectors[tagged[0]](tagged[1])
