"""Pacing: a source that hands out what is due by now, so many rows a second, spread evenly over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from levada.common.errors import JobBuildError
from levada.common.services import Clock
from levada.connectors.base import (
    NOTHING_YET,
    Boundedness,
    EnumeratorContext,
    Polled,
    ReaderContext,
    Source,
    SourceReader,
    SourceSplit,
    SplitBatch,
    SplitEnumerator,
)

_NANOS = 1_000_000_000


class Pacer:
    """Counts the rows that are due. A pause leaves at most one second's worth of rows to catch up with."""

    def __init__(self, clock: Clock, rows_per_second: float) -> None:
        self._clock = clock
        self._rate = rows_per_second
        self._start_ns = clock.monotonic_ns()
        self._taken = 0

    def due(self) -> int:
        """Rows that may be handed out now."""
        elapsed = self._clock.monotonic_ns() - self._start_ns
        waiting = elapsed * self._rate / _NANOS - self._taken
        surplus = waiting - max(1.0, self._rate)
        if surplus > 0:
            self._start_ns += int(surplus * _NANOS / self._rate)
            waiting -= surplus
        # Nanoseconds are cut to whole ones on the way: without the tolerance a row would come a poll late.
        return int(waiting + 1e-6)

    def take(self, rows: int) -> None:
        """Rows were handed out."""
        self._taken += rows

    def next_ms(self) -> int:
        """The clock's time at which the next row is due."""
        due_ns = self._start_ns + (self._taken + 1) * _NANOS / self._rate
        wait_ms = -((self._clock.monotonic_ns() - due_ns) // 1_000_000)
        return self._clock.now_ms() + max(1, int(wait_ms))


class RateLimitedReader(SourceReader):
    """Polls another reader for no more rows than are due."""

    def __init__(self, reader: SourceReader, pacer: Pacer) -> None:
        self._reader = reader
        self._pacer = pacer
        self._held_back = False

    def start(self) -> None:
        self._reader.start()

    def add_splits(self, splits: Sequence[SourceSplit]) -> None:
        self._reader.add_splits(splits)

    def no_more_splits(self) -> None:
        self._reader.no_more_splits()

    def poll(self, max_rows: int) -> Polled:
        due = self._pacer.due()
        self._held_back = due <= 0
        if self._held_back:
            return NOTHING_YET
        polled = self._reader.poll(min(due, max_rows))
        if isinstance(polled, SplitBatch):
            self._pacer.take(len(polled.batch))
        return polled

    def next_poll_ms(self) -> int | None:
        return self._pacer.next_ms() if self._held_back else self._reader.next_poll_ms()

    def snapshot_state(self) -> list[SourceSplit]:
        return self._reader.snapshot_state()

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        self._reader.notify_checkpoint_complete(checkpoint_id)

    def close(self) -> None:
        self._reader.close()


@dataclass(frozen=True)
class RateLimitedSource:
    """Any source, slowed down to ``rows_per_second`` over all its readers; splits and positions stay the source's own.

    Rows come evenly, a few every millisecond. To replay ``n`` rows in about ten seconds, pass ``n / 10``.

    Parameters
    ----------
    source : Source
    rows_per_second : float
        Shared out equally among the readers.
    """

    source: Source
    rows_per_second: float

    def __post_init__(self) -> None:
        if not self.rows_per_second > 0:
            raise JobBuildError(f"RateLimitedSource(rows_per_second={self.rows_per_second!r}): it must be above zero")

    @property
    def boundedness(self) -> Boundedness:
        """As the source's."""
        return self.source.boundedness

    @property
    def columnar(self) -> bool:
        """As the source's."""
        return bool(getattr(self.source, "columnar", False))

    @property
    def schema(self) -> Any:
        """As the source's."""
        return getattr(self.source, "schema", None)

    def create_enumerator(self, context: EnumeratorContext, restored: Any | None) -> SplitEnumerator:
        """As the source's."""
        return self.source.create_enumerator(context, restored)

    def create_reader(self, context: ReaderContext) -> SourceReader:
        """The source's reader, paced."""
        pacer = Pacer(context.clock, self.rows_per_second / context.parallelism)
        return RateLimitedReader(self.source.create_reader(context), pacer)
