"""The world around a simulated job: events, an external system that takes committed output, and crashes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.common.elements import Element
from levada.connectors.base import Committer, SinkWriter, WriterContext
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, contiguous_splits
from levada.runtime.channel import Channel
from levada.runtime.executor import InlineExecutor


class Crash(BaseException):
    """The process is gone: nothing of it runs any more. Not an ``Exception``, so that nobody handles it."""


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


@dataclass
class World:
    """What survives a crash: output that was committed, by transaction."""

    random: Random
    committed: dict[str, list[Any]] = field(default_factory=dict)
    crash_in_commit: float = 0.0
    transactions: int = 0

    def rows(self) -> Counter[Any]:
        """Every committed row with how often it is there."""
        return Counter(row for rows in self.committed.values() for row in rows)


@dataclass(frozen=True)
class WorldSink:
    """A transactional sink into the world."""

    world: World
    transactional: bool = True

    def create_writer(self, context: WriterContext) -> SinkWriter:
        return _Writer(self.world)

    def create_committer(self) -> Committer:
        return _Committer(self.world)


class _Writer(SinkWriter):
    def __init__(self, world: World) -> None:
        self._world = world
        self._rows: list[Any] = []

    def write(self, batch: Batch) -> None:
        assert isinstance(batch, RowBatch)
        self._rows += batch.values

    def prepare_commit(self, checkpoint_id: int) -> list[Any]:
        if not self._rows:
            return []
        self._world.transactions += 1
        prepared = (f"txn-{self._world.transactions}", self._rows)
        self._rows = []
        return [prepared]


class _Committer(Committer):
    def __init__(self, world: World) -> None:
        self._world = world

    def commit(self, committables: Sequence[Any]) -> None:
        for transaction, rows in committables:
            if self._world.random.random() < self._world.crash_in_commit:
                raise Crash
            self._world.committed.setdefault(transaction, rows)


class LaggingExecutor(InlineExecutor):
    """Delivers finished work late, and sometimes not for a while."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random

    def poll(self) -> int:
        if self._random.random() < 0.5:
            return 0
        return super().poll()


class LaggingTransport:
    """Lanes on which elements take their time: a receiver may find nothing although something was sent."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def lane(self, exchange: int, sender: int, receiver: int, capacity: int) -> _LaggingLane:
        return _LaggingLane(capacity, self._random)


class _LaggingLane(Channel):
    def __init__(self, capacity: int, random: Random) -> None:
        super().__init__(capacity)
        self._random = random

    def receive(self) -> Element | None:
        return None if self._random.random() < 0.3 else super().receive()
