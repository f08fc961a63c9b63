"""What can go wrong around a simulated job, and the world that outlives its crashes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any

from levada.common.batch import Batch, ColumnBatch
from levada.common.elements import Element
from levada.connectors.base import Committer, SinkWriter, WriterContext
from levada.runtime.channel import Channel
from levada.runtime.executor import InlineExecutor


class Fault(Enum):
    """Kinds of faults."""

    CRASH = "crash"
    """The process dies at random moments, commits included, and starts again from its newest checkpoint."""
    DELAY = "delay"
    """Disk and network take their time, and tasks take turns in random order."""
    DISORDER = "disorder"
    """Records come a few places early or late."""


class Crash(BaseException):
    """The process is gone: nothing of it runs any more. Not an ``Exception``, so that nobody handles it."""


@dataclass
class World:
    """What survives a crash: output that was committed, by transaction.

    Attributes
    ----------
    random : Random
    committed : dict of str to list
        Each transaction's records; committing one again changes nothing.
    crash_in_commit : float
        How likely the process dies while it commits.
    """

    random: Random
    committed: dict[str, list[Any]] = field(default_factory=dict)
    crash_in_commit: float = 0.0
    transactions: int = 0

    def values(self) -> list[Any]:
        """Every committed record, in the order of the commits."""
        return [value for values in self.committed.values() for value in values]

    def rows(self) -> Counter[Any]:
        """Every committed record with how often it is there."""
        return Counter(self.values())


@dataclass(frozen=True)
class WorldSink:
    """A transactional sink into the world."""

    world: World
    transactional: bool = True

    def create_writer(self, context: WriterContext) -> SinkWriter:
        """A new writer for one subtask."""
        return _Writer(self.world)

    def create_committer(self) -> Committer:
        """A new committer."""
        return _Committer(self.world)


class _Writer(SinkWriter):
    def __init__(self, world: World) -> None:
        self._world = world
        self._values: list[Any] = []

    def write(self, batch: Batch) -> None:
        if isinstance(batch, ColumnBatch):
            from levada.formats.rows import to_row_values

            self._values += to_row_values(batch.data)
        else:
            self._values += batch.values

    def prepare_commit(self, checkpoint_id: int) -> list[Any]:
        if not self._values:
            return []
        self._world.transactions += 1
        prepared = (f"txn-{self._world.transactions}", self._values)
        self._values = []
        return [prepared]


class _Committer(Committer):
    def __init__(self, world: World) -> None:
        self._world = world

    def commit(self, committables: Sequence[Any]) -> None:
        for transaction, values in committables:
            if self._world.random.random() < self._world.crash_in_commit:
                raise Crash
            self._world.committed.setdefault(transaction, values)


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

    def lane(self, exchange: int, sender: int, receiver: int, capacity: int) -> LaggingLane:
        """The lane from one sender to one receiver of an exchange."""
        return LaggingLane(capacity, self._random)


class LaggingLane(Channel):
    """A channel that sometimes says that there is nothing."""

    def __init__(self, capacity: int, random: Random) -> None:
        super().__init__(capacity)
        self._random = random

    def receive(self) -> Element | None:
        """The next element, or None: there is none, or it has not come yet."""
        return None if self._random.random() < 0.3 else super().receive()
