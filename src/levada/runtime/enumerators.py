"""Split enumerators at work: the coordinator's side of sources.

Assignments reach a source task as orders in its own queue, behind any barrier injected before, so an assignment made
after the enumerator's snapshot is never part of the reader's.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from typing import Any

from levada.common.services import Clock
from levada.connectors.base import Source, SourceSplit
from levada.runtime.task import Task
from levada.state.snapshot import PartKind, StatePart


class EnumeratorHost:
    """Runs one enumerator and is its context.

    Parameters
    ----------
    uid : str
        Of the source operator.
    source : Source
    clock : Clock
    restored : list
        At most one earlier snapshot.
    """

    def __init__(self, uid: str, source: Source, clock: Clock, parallelism: int, restored: list[Any]) -> None:
        self.uid = uid
        self.clock = clock
        self.parallelism = parallelism
        self._tasks: list[Task] = []
        self._requests: deque[int] = deque()
        self._periodic: list[tuple[int, int, int, Callable[[], None]]] = []
        self._enumerator = source.create_enumerator(self, restored[0] if restored else None)

    def start(self, tasks: list[Task]) -> None:
        """Begin to deal out splits to these source tasks."""
        self._tasks = tasks
        self._enumerator.start()

    @property
    def asked(self) -> bool:
        """Whether a reader waits for an answer."""
        return bool(self._requests)

    def request_split(self, subtask_index: int) -> None:
        """A reader wants a split; answered in the next ``step``."""
        self._requests.append(subtask_index)

    def assign_split(self, split: SourceSplit, subtask_index: int) -> None:
        task = self._tasks[subtask_index]
        source = task.source
        assert source is not None
        task.order(lambda: source.add_splits([split]))

    def signal_no_more_splits(self, subtask_index: int) -> None:
        task = self._tasks[subtask_index]
        source = task.source
        assert source is not None
        task.order(source.no_more_splits)

    def call_every(self, interval_ms: int, callback: Callable[[], None]) -> None:
        entry = (self.clock.now_ms() + interval_ms, len(self._periodic), interval_ms, callback)
        heapq.heappush(self._periodic, entry)

    def next_wake_ms(self) -> int | None:
        """When a periodic callback is due."""
        return self._periodic[0][0] if self._periodic else None

    def step(self, now: int) -> bool:
        """Answer requests, run what is due."""
        worked = bool(self._requests)
        while self._requests:
            self._enumerator.handle_split_request(self._requests.popleft())
        while self._periodic and self._periodic[0][0] <= now:
            _, number, interval, callback = self._periodic[0]
            heapq.heapreplace(self._periodic, (now + interval, number, interval, callback))
            callback()
            worked = True
        return worked

    def snapshot(self) -> StatePart:
        """What has not been assigned yet."""
        from levada.state.encoding import list_part

        return list_part([self._enumerator.snapshot_state()], PartKind.UNION)

    def close(self) -> None:
        """Release the enumerator's resources."""
        self._enumerator.close()
