"""Event streams for hypothesis, which must be installed: ``pip install hypothesis``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

__all__ = ["Timed", "disordered", "timed_events"]


@dataclass(frozen=True, slots=True)
class Timed:
    """A value with its key and its event time (ms)."""

    key: Any
    timestamp: int
    value: Any


def timed_events(
    values: st.SearchStrategy[Any] | None = None,
    keys: Sequence[Any] = ("a", "b", "c"),
    max_size: int = 50,
    max_step_ms: int = 100,
    disorder_ms: int = 0,
    late_ms: int = 0,
) -> st.SearchStrategy[list[Timed]]:
    """Lists of events in the order in which they come.

    Parameters
    ----------
    values : strategy, optional
        Of the values; integers by default.
    keys : sequence
    max_size : int
        Events at most.
    max_step_ms : int
        How far time moves from one event to the next at most.
    disorder_ms : int
        By how much an event is older than the newest before it at most: what a watermark strategy of bounded
        out-of-orderness must bear.
    late_ms : int
        Where above zero, some events are so much older still.
    """
    step = st.integers(0, max_step_ms)
    back = st.integers(0, disorder_ms)
    if late_ms:
        back = st.one_of(back, back, back, st.just(disorder_ms + late_ms))
    drawn = st.tuples(st.sampled_from(list(keys)), step, back, st.integers() if values is None else values)

    def placed(events: list[tuple[Any, int, int, Any]]) -> list[Timed]:
        newest, result = 0, []
        for key, forward, behind, value in events:
            newest += forward
            result.append(Timed(key, newest - behind, value))
        return result

    return st.lists(drawn, max_size=max_size).map(placed)


def disordered(values: Sequence[Any], places: int) -> st.SearchStrategy[list[Any]]:
    """The values with each moved by up to ``places`` places."""
    moves = st.lists(st.floats(0, places), min_size=len(values), max_size=len(values))

    def moved(by: list[float]) -> list[Any]:
        order = sorted(range(len(values)), key=lambda place: place + by[place])
        return [values[place] for place in order]

    return moves.map(moved)
