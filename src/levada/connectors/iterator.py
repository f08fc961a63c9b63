"""Anything that can be iterated over as a source: lists, generators, async generators, functions that are polled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from levada.common.batch import RowBatch
from levada.common.configuration import Configuration
from levada.common.errors import InternalError, JobBuildError, LevadaError
from levada.common.logs import get_logger
from levada.common.options import CHECKPOINT_INTERVAL
from levada.common.services import AsyncHost, Cancellable
from levada.connectors.base import (
    END_OF_INPUT,
    NOTHING_YET,
    Boundedness,
    EnumeratorContext,
    Polled,
    ReaderContext,
    SourceReader,
    SourceSplit,
    SplitBatch,
    SplitFinished,
)
from levada.connectors.splits import SplitListEnumerator
from levada.connectors.user_calls import told

if TYPE_CHECKING:
    from asyncio import Future

log = get_logger(__name__)

POLL_NS = 5_000_000
"""A slow iterator is left after so long with what it has given."""
PAUSE_MS = 10
"""A polled function that had nothing is asked again after so long."""
AHEAD = 1024
"""An async iterator runs ahead of the job by so many records at most."""


@dataclass(frozen=True, slots=True)
class IteratorSplit:
    """The one split: how many records have been handed out."""

    position: int = 0
    split_id: str = "iterator"


@dataclass(frozen=True)
class IteratorSource:
    """The records of an iterable, read by one subtask in their order.

    After a restart the iterable is made anew, and the records handed out before the checkpoint are skipped: it must
    give the same records in the same order (*replayable*). What cannot do so is declared ``replayable=False``; then
    records may be lost when the job restarts. An ordinary iterator that waits makes the whole job wait; an async one
    does not.

    Parameters
    ----------
    iterable : callable or iterable
        A function that gives an iterator, a generator function, an async generator function, or a container. An
        iterator itself, which can be read only once, is not replayable.
    bounded : bool
        Whether it ends.
    replayable : bool, optional
        By default everything but an iterator is taken to be.

    Examples
    --------
    >>> def squares():
    ...     for n in range(1_000_000):
    ...         yield n * n
    >>> source = IteratorSource(squares)
    """

    iterable: Any
    bounded: bool = True
    replayable: bool | None = None
    polled: bool = False

    columnar = False

    def __post_init__(self) -> None:
        given = self.iterable
        iterable = hasattr(given, "__iter__") or hasattr(given, "__aiter__")
        if isinstance(given, type) or not (callable(given) or iterable):
            raise JobBuildError(
                f"IteratorSource({given!r}): pass a function that gives an iterator (a generator function, async or "
                "not), or something that can be iterated over"
            )
        if self.replayable and self.read_once:
            raise JobBuildError(
                f"IteratorSource({type(given).__name__}, replayable=True): an iterator can be read only once; pass a "
                "function that makes it"
            )

    @staticmethod
    def polling(function: Callable[[], Any], bounded: bool = False) -> IteratorSource:
        """A source of what a function returns, one record per call; not replayable.

        The function returns soon: None says that there is nothing now, ``StopIteration`` that there never will be.
        """
        if not callable(function):
            raise JobBuildError(f"IteratorSource.polling({function!r}): pass a function without parameters")
        return IteratorSource(function, bounded, replayable=False, polled=True)

    @property
    def boundedness(self) -> Boundedness:
        """As declared."""
        return Boundedness.BOUNDED if self.bounded else Boundedness.CONTINUOUS_UNBOUNDED

    @property
    def read_once(self) -> bool:
        """Whether it is an iterator, and not something that gives one."""
        given = self.iterable
        return not callable(given) and (hasattr(given, "__next__") or hasattr(given, "__anext__"))

    def check_settings(self, config: Configuration, name: str) -> None:
        """Refuse what cannot be replayed in a job with checkpoints, unless it is declared so."""
        if config.get(CHECKPOINT_INTERVAL) is None:
            return
        if self.read_once and self.replayable is None:
            raise JobBuildError(
                f"source {name!r}: an iterator ({type(self.iterable).__name__}) cannot be read again after a restart, "
                "and the job takes checkpoints; pass a function that makes the iterator, or declare replayable=False "
                "(records may then be lost when the job restarts)"
            )
        if self.replayable is False:
            log.warning("source %r is not replayable: records may be lost when the job restarts", name)

    def create_enumerator(
        self, context: EnumeratorContext, restored: list[IteratorSplit] | None
    ) -> SplitListEnumerator:
        """Deals out the one split."""
        return SplitListEnumerator(context, [IteratorSplit()] if restored is None else restored)

    def create_reader(self, context: ReaderContext) -> SourceReader:
        """A new reader for one subtask."""
        return IteratorReader(self, context)


class IteratorReader(SourceReader):
    """Reads the split, if it is given to it."""

    def __init__(self, source: IteratorSource, context: ReaderContext) -> None:
        self._source = source
        self._context = context
        self._split: IteratorSplit | None = None
        self._pull: _Blocking | _Polled | _Async | None = None
        self._no_more = False
        self._wake_at: int | None = None

    def start(self) -> None:
        if self._split is None:
            self._context.request_split()

    def add_splits(self, splits: Any) -> None:
        for split in splits:
            self._split = split

    def no_more_splits(self) -> None:
        self._no_more = True

    def poll(self, max_rows: int) -> Polled:
        split = self._split
        if split is None:
            return END_OF_INPUT if self._no_more else NOTHING_YET
        self._wake_at = None
        try:
            if self._pull is None:
                self._pull = self._open(split)
            values, ended = self._pull.take(max_rows)
        except LevadaError:
            raise
        except Exception as error:
            raise told(error, self._source.iterable, "source function", f"number {split.position}") from error
        if values:
            self._split = replace(split, position=split.position + len(values))
            return SplitBatch(split.split_id, RowBatch(values))
        if ended:
            self._split, self._no_more = None, True
            return SplitFinished(split.split_id)
        self._wake_at = self._pull.next_ms(self._context.clock.now_ms())
        return NOTHING_YET

    def next_poll_ms(self) -> int | None:
        return self._wake_at

    def snapshot_state(self) -> list[SourceSplit]:
        return [] if self._split is None else [self._split]

    def close(self) -> None:
        if self._pull is not None:
            self._pull.close()

    def _open(self, split: IteratorSplit) -> _Blocking | _Polled | _Async:
        source, context = self._source, self._context
        if source.polled:
            return _Polled(source.iterable, context)
        made = source.iterable() if callable(source.iterable) else source.iterable
        skip = split.position if source.replayable is not False and not source.read_once else 0
        if hasattr(made, "__aiter__"):
            if context.asyncs is None:
                raise InternalError("an asynchronous source needs an event loop")
            return _Async(made.__aiter__(), skip, context.asyncs)
        if not hasattr(made, "__iter__"):
            raise JobBuildError(
                f"the source function gave {made!r}, which is no iterator; for a function that gives one record per "
                "call there is IteratorSource.polling(function)"
            )
        return _Blocking(iter(made), skip, context, own=not source.read_once)


class _Blocking:
    """An ordinary iterator, which is waited for."""

    def __init__(self, iterator: Iterator[Any], skip: int, context: ReaderContext, own: bool) -> None:
        self._own = own
        self._iterator = iterator
        self._clock = context.clock
        next(islice(iterator, skip, skip), None)

    def take(self, max_rows: int) -> tuple[list[Any], bool]:
        values = []
        until = self._clock.monotonic_ns() + POLL_NS
        for value in islice(self._iterator, max_rows):
            values.append(value)
            if self._clock.monotonic_ns() >= until:
                break
        return values, not values

    def next_ms(self, now: int) -> int | None:
        return now

    def close(self) -> None:
        close = getattr(self._iterator, "close", None)
        if self._own and callable(close):
            close()


class _Polled:
    """A function that gives a record, or None for now."""

    def __init__(self, function: Callable[[], Any], context: ReaderContext) -> None:
        self._function = function
        self._clock = context.clock
        self._ended = False

    def take(self, max_rows: int) -> tuple[list[Any], bool]:
        values: list[Any] = []
        until = self._clock.monotonic_ns() + POLL_NS
        while not self._ended and len(values) < max_rows:
            try:
                value = self._function()
            except StopIteration:
                self._ended = True
                break
            if value is None:
                break
            values.append(value)
            if self._clock.monotonic_ns() >= until:
                break
        return values, self._ended and not values

    def next_ms(self, now: int) -> int | None:
        return now + PAUSE_MS

    def close(self) -> None:
        """Nothing to release."""


class _Async:
    """An async iterator, which runs on the job's event loop a little ahead of the job."""

    def __init__(self, iterator: AsyncIterator[Any], skip: int, host: AsyncHost) -> None:
        self._iterator = iterator
        self._skip = skip
        self._host = host
        self._values: list[Any] = []
        self._ended = False
        self._error: Exception | None = None
        self._room: Future[None] | None = None
        self._task: Cancellable = host.start(self._run())

    def take(self, max_rows: int) -> tuple[list[Any], bool]:
        values, self._values = self._values[:max_rows], self._values[max_rows:]
        if self._room is not None and not self._room.done() and len(self._values) < AHEAD:
            self._room.set_result(None)
        if not values and self._error is not None:
            raise self._error
        return values, self._ended and not values

    async def _run(self) -> None:
        from asyncio import get_running_loop

        try:
            async for value in self._iterator:
                if self._skip:
                    self._skip -= 1
                    continue
                self._values.append(value)
                self._host.wake()
                if len(self._values) >= AHEAD:
                    self._room = get_running_loop().create_future()
                    await self._room
            self._ended = True
        except Exception as error:
            self._error = error
        finally:
            self._host.wake()
            close = getattr(self._iterator, "aclose", None)
            if callable(close):
                await close()

    def next_ms(self, now: int) -> int | None:
        return None

    def close(self) -> None:
        self._task.cancel()
