"""Rows that functions put beside the main output by ``yield tag, value``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from levada.common.batch import RowBatch
from levada.operators.base import Output


class SideOutputs:
    """Collects tagged rows until the operator hands them on; rows for tags nobody consumes are dropped.

    Attributes
    ----------
    rows : int
        Rows waiting to be handed on.
    """

    __slots__ = ("_collected", "_outputs", "rows")

    def __init__(self, outputs: Mapping[str, Output]) -> None:
        self._outputs = dict(outputs)
        self._collected: dict[str, tuple[list[Any], list[int | None]]] = {}
        self.rows = 0

    def consumed(self, tag_id: str) -> bool:
        """Whether somebody reads this side output."""
        return tag_id in self._outputs

    def add(self, tag_id: str, value: Any, timestamp: int | None) -> None:
        """Keep one row for the side output ``tag_id``."""
        if tag_id not in self._outputs:
            return
        collected = self._collected.get(tag_id)
        if collected is None:
            collected = self._collected[tag_id] = ([], [])
        collected[0].append(value)
        collected[1].append(timestamp)
        self.rows += 1

    def flush(self) -> Iterator[None]:
        """Hand on what was collected, one batch per side output; stops after each."""
        if not self.rows:
            return
        collected, self._collected = self._collected, {}
        self.rows = 0
        for tag_id, (values, times) in collected.items():
            timed = [time for time in times if time is not None]
            self._outputs[tag_id].collect(RowBatch(values, timed if len(timed) == len(values) else None))
            yield
