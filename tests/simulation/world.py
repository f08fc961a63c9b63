"""The input of a simulated job; the world around it is ``levada.testing``'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from levada.common.batch import RowBatch
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, contiguous_splits
from levada.testing.faults import Crash, LaggingExecutor, LaggingTransport, World, WorldSink

__all__ = ["Crash", "Event", "EventSource", "LaggingExecutor", "LaggingTransport", "World", "WorldSink", "make_events"]


@dataclass(frozen=True, slots=True)
class Event:
    """One input record; ``number`` makes it unique."""

    number: int
    key: str
    timestamp: int


def make_events(random: Random, count: int, keys: int, disorder: int, late_every: int) -> list[Event]:
    """Events whose timestamps rise with disorder up to ``disorder`` ms; every ``late_every``-th is far too late."""
    events = []
    for number in range(count):
        timestamp = 1_000_000 + number * 10 - random.randint(0, disorder)
        if late_every and number % late_every == late_every - 1:
            timestamp -= 3_000
        events.append(Event(number, f"k{random.randrange(keys)}", timestamp))
    return events


@dataclass(frozen=True)
class EventSource(IndexedSource):
    """The events as a replayable source of ``parts`` splits."""

    events: Sequence[Event] = field(repr=False)
    parts: int = 1

    def producer(self) -> Producer:
        events = self.events
        return lambda numbers: RowBatch(list(events[numbers.start : numbers.stop]))

    def splits(self, parallelism: int) -> list[RangeSplit]:
        return contiguous_splits(range(len(self.events)), self.parts)
