"""Windows as the documentation tells them, kept in plain lists: what the operators are compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Event = tuple[Any, ...]
"""``("record", key, value, time)`` or ``("watermark", time)``."""

MIN = -(2**63)


@dataclass
class Pane:
    start: int
    end: int
    values: list[Any] = field(default_factory=list)


class WindowModel:
    """Keyed windows that fire at their end and for every late record that is allowed.

    ``assign(time)`` gives a record's windows; with ``merging`` those that overlap or touch become one.
    """

    def __init__(self, assign: Callable[[int], list[tuple[int, int]]], lateness: int, merging: bool = False) -> None:
        self._assign = assign
        self._lateness = lateness
        self._merging = merging
        self._panes: dict[Any, list[Pane]] = {}
        self._watermark = MIN
        self.fired: list[tuple[Any, tuple[int, int], list[Any]]] = []
        self.late: list[Any] = []

    def run(self, events: list[Event]) -> WindowModel:
        for event in events:
            if event[0] == "record":
                self._record(*event[1:])
            else:
                self._advance(event[1])
        return self

    def _record(self, key: Any, value: Any, time: int) -> None:
        taken = False
        panes = self._panes.setdefault(key, [])
        for start, end in self._assign(time):
            pane = self._pane(panes, start, end)
            if pane.end - 1 + self._lateness <= self._watermark:
                panes.remove(pane)
                continue
            taken = True
            pane.values.append(value)
            if pane.end - 1 <= self._watermark:
                self._fire(key, pane)
        if not taken and time + self._lateness <= self._watermark:
            self.late.append(value)

    def _pane(self, panes: list[Pane], start: int, end: int) -> Pane:
        if self._merging:
            touching = [pane for pane in panes if pane.start <= end and pane.end >= start]
        else:
            touching = [pane for pane in panes if (pane.start, pane.end) == (start, end)]
        touching.sort(key=lambda pane: pane.start)
        merged = Pane(
            min([start, *(pane.start for pane in touching)]),
            max([end, *(pane.end for pane in touching)]),
            [value for pane in touching for value in pane.values],
        )
        for pane in touching:
            panes.remove(pane)
        panes.append(merged)
        return merged

    def _advance(self, watermark: int) -> None:
        before, self._watermark = self._watermark, watermark
        due = [
            (pane.end, index, key, pane)
            for index, (key, panes) in enumerate(self._panes.items())
            for pane in panes
            if before < pane.end - 1 <= watermark
        ]
        for _, _, key, pane in sorted(due, key=lambda each: each[:2]):
            self._fire(key, pane)
        for panes in self._panes.values():
            panes[:] = [pane for pane in panes if pane.end - 1 + self._lateness > watermark]

    def _fire(self, key: Any, pane: Pane) -> None:
        self.fired.append((key, (pane.start, pane.end), sorted(pane.values)))


def tumbling(size: int, offset: int = 0) -> Callable[[int], list[tuple[int, int]]]:
    return sliding(size, size, offset)


def sliding(size: int, slide: int, offset: int = 0) -> Callable[[int], list[tuple[int, int]]]:
    """Every window that holds a time, found by trying all starts around it."""

    def assign(time: int) -> list[tuple[int, int]]:
        starts = [start for start in range(time - size + 1, time + 1) if (start - offset) % slide == 0]
        return [(start, start + size) for start in reversed(starts)]

    return assign


def session(gap: int) -> Callable[[int], list[tuple[int, int]]]:
    return lambda time: [(time, time + gap)]
