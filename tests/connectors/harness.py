"""A source run by hand: enumerator and readers under a clock that the test owns, with snapshots and restores."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from levada.common.batch import Batch, ColumnBatch
from levada.common.configuration import Configuration
from levada.connectors.base import (
    END_OF_INPUT,
    NOTHING_YET,
    ReaderContext,
    Sink,
    SinkWriter,
    Source,
    SourceReader,
    SourceSplit,
    SplitBatch,
    SplitEnumerator,
    SplitFinished,
    WriterContext,
)


class VirtualClock:
    """Time moves only when told to."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self.ns = now_ms * 1_000_000

    def now_ms(self) -> int:
        return self.ns // 1_000_000

    def monotonic_ns(self) -> int:
        return self.ns

    def sleep(self, seconds: float) -> None:
        self.ns += int(seconds * 1e9)


def rows_of(batch: Batch) -> list[Any]:
    return batch.data.to_pylist() if isinstance(batch, ColumnBatch) else list(batch.values)


@dataclass
class Snapshot:
    """What a checkpoint holds of a source, as bytes."""

    enumerator: bytes
    splits: bytes


class SourceRun:
    """One attempt at reading a source, fresh or from a snapshot."""

    def __init__(
        self,
        source: Source,
        parallelism: int = 1,
        restored: Snapshot | None = None,
        clock: VirtualClock | None = None,
    ) -> None:
        self.source: Source = pickle.loads(pickle.dumps(source))
        self.parallelism = parallelism
        self.clock = clock or VirtualClock()
        self.counters: Counter[str] = Counter()
        self.side: dict[str, list[Any]] = {}
        self.timers: list[tuple[int, int, Callable[[], None]]] = []
        self.readers: list[SourceReader] = []
        state = None if restored is None else pickle.loads(restored.enumerator)
        self.enumerator: SplitEnumerator = self.source.create_enumerator(self, state)
        for index in range(parallelism):
            context = ReaderContext(
                index,
                parallelism,
                self.clock,
                Configuration(),
                lambda index=index: self.enumerator.handle_split_request(index),
                lambda name, amount: self.counters.update({name: amount}),
                lambda tag, values: self.side.setdefault(tag, []).extend(values),
            )
            self.readers.append(self.source.create_reader(context))
        if restored is not None:
            for number, split in enumerate(pickle.loads(restored.splits)):
                self.readers[number % parallelism].add_splits([split])
        self.enumerator.start()
        for reader in self.readers:
            reader.start()

    def assign_split(self, split: SourceSplit, subtask_index: int) -> None:
        self.readers[subtask_index].add_splits([pickle.loads(pickle.dumps(split))])

    def signal_no_more_splits(self, subtask_index: int) -> None:
        self.readers[subtask_index].no_more_splits()

    def call_every(self, interval_ms: int, callback: Callable[[], None]) -> None:
        self.timers.append((self.clock.now_ms() + interval_ms, interval_ms, callback))

    def advance(self, milliseconds: float) -> None:
        """Let time pass and call what is due."""
        self.clock.sleep(milliseconds / 1000)
        for number, (due, interval, callback) in enumerate(self.timers):
            if self.clock.now_ms() >= due:
                self.timers[number] = (due + interval, interval, callback)
                callback()

    def snapshot(self) -> Snapshot:
        splits = [split for reader in self.readers for split in reader.snapshot_state()]
        return Snapshot(pickle.dumps(self.enumerator.snapshot_state()), pickle.dumps(splits))

    def batches(self, max_rows: int = 100, stop_when_idle: bool = False) -> Iterator[Batch]:
        """Batches of all readers in turn, to the end (or until none has anything for now)."""
        ended: set[int] = set()
        finished: set[str] = set()
        while len(ended) < self.parallelism:
            idle = True
            for index, reader in enumerate(self.readers):
                if index in ended:
                    continue
                polled = reader.poll(max_rows)
                if polled is END_OF_INPUT:
                    ended.add(index)
                    idle = False
                elif isinstance(polled, SplitFinished):
                    assert polled.split_id not in finished, "a split ends once"
                    finished.add(polled.split_id)
                    idle = False
                elif isinstance(polled, SplitBatch):
                    assert polled.split_id not in finished, "nothing follows a split's end"
                    assert 0 < len(polled.batch) <= max_rows
                    idle = False
                    yield polled.batch
                else:
                    assert polled is NOTHING_YET
            if idle:
                if stop_when_idle:
                    return
                times = [t for reader in self.readers if (t := reader.next_poll_ms()) is not None]
                assert times or self.timers, "nothing to wait for, and not at the end"
                self.advance(max(1, min(times, default=self.clock.now_ms() + 1) - self.clock.now_ms()))

    def rows(self, max_rows: int = 100, stop_when_idle: bool = False) -> list[Any]:
        return [row for batch in self.batches(max_rows, stop_when_idle) for row in rows_of(batch)]

    def close(self) -> None:
        for reader in self.readers:
            reader.close()
        self.enumerator.close()


def read(source: Source, parallelism: int = 1, max_rows: int = 100) -> list[Any]:
    """All rows of a bounded source."""
    run = SourceRun(source, parallelism)
    try:
        return run.rows(max_rows)
    finally:
        run.close()


def open_writer(
    sink: Sink,
    *,
    subtask: int = 0,
    parallelism: int = 1,
    attempt: int = 0,
    restored: list[Any] | None = None,
    run: str = "",
) -> SinkWriter:
    """A writer of a sink that has been through pickle."""
    again: Sink = pickle.loads(pickle.dumps(sink))
    context = WriterContext(
        subtask,
        parallelism,
        attempt,
        VirtualClock(),
        Configuration(),
        restored or [],
        lambda name, amount: None,
        run=run,
        restoring=restored is not None,
    )
    return again.create_writer(context)
