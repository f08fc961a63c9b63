"""``HybridSource``: several sources one after the other, history first and then what goes on.

Reference: Flink documentation, "Hybrid Source".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from levada.common.errors import JobBuildError
from levada.connectors.base import (
    END_OF_INPUT,
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
    SplitFinished,
)


@dataclass(frozen=True, slots=True)
class HybridSplit:
    """A split of one of the sources; or, where ``split`` is None, the word that this source is the one to read now."""

    number: int
    split: SourceSplit | None = None
    no_more: bool = False
    subtask: int = 0

    @property
    def split_id(self) -> str:
        """The split's own id behind the source's number."""
        if self.split is not None:
            return f"{self.number}:{self.split.split_id}"
        return f"{self.number}:{'end' if self.no_more else 'begin'}@{self.subtask}"


class HybridSource:
    """Reads sources one after the other: each but the last must end. Made by ``HybridSource.builder(first)``."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        for place, source in enumerate(self._sources):
            last = place == len(self._sources) - 1
            if not last and source.boundedness is not Boundedness.BOUNDED:
                raise JobBuildError(
                    f"HybridSource: source {place + 1} of {len(self._sources)} ({type(source).__name__}) never ends, "
                    "so the next would never be read; only the last may be unbounded"
                )
        if len({bool(getattr(source, "columnar", False)) for source in self._sources}) > 1:
            raise JobBuildError("HybridSource: some of its sources give columns and some give rows; use one kind")

    @staticmethod
    def builder(first_source: Source) -> HybridSourceBuilder:
        """Begin with this source."""
        return HybridSourceBuilder(first_source)

    @property
    def sources(self) -> tuple[Source, ...]:
        """In the order in which they are read."""
        return self._sources

    @property
    def boundedness(self) -> Boundedness:
        """That of the last source."""
        return self._sources[-1].boundedness

    @property
    def columnar(self) -> bool:
        """As the sources."""
        return bool(getattr(self._sources[0], "columnar", False))

    @property
    def schema(self) -> Any:
        """That of the first source."""
        return getattr(self._sources[0], "schema", None)

    def create_enumerator(self, context: EnumeratorContext, restored: tuple[int, Any] | None) -> SplitEnumerator:
        """A new enumerator; ``restored`` is the number of a source with the state of its enumerator."""
        return HybridEnumerator(self._sources, context, restored)

    def create_reader(self, context: ReaderContext) -> SourceReader:
        """A new reader for one subtask."""
        return HybridReader(self._sources, context)


class HybridSourceBuilder:
    """Puts the sources of a ``HybridSource`` in order."""

    def __init__(self, first_source: Source) -> None:
        self._sources: list[Source] = []
        self.add_source(first_source)

    def add_source(self, source: Source) -> HybridSourceBuilder:
        """Read this one when the one before has ended."""
        if not callable(getattr(source, "create_reader", None)):
            raise JobBuildError(f"HybridSource: {source!r} is not a source")
        self._sources.append(source)
        return self

    def build(self) -> HybridSource:
        """The source."""
        return HybridSource(self._sources)


class HybridEnumerator(SplitEnumerator):
    """Runs the enumerator of the source that is read now, and goes over to the next when every reader has finished.

    A reader's first request is answered with the source's number; further ones are its inner reader's. When the inner
    enumerator has nothing more for a reader it is told so, and its next request says that it has read to the end.
    """

    def __init__(self, sources: Sequence[Source], context: EnumeratorContext, restored: tuple[int, Any] | None) -> None:
        self._sources = sources
        self._context = context
        self._number, state = (0, None) if restored is None else restored
        self._begun: set[int] = set()
        self._told: set[int] = set()
        self._finished: set[int] = set()
        self._inner = self._create(state)

    def start(self) -> None:
        self._inner.start()

    def handle_split_request(self, subtask_index: int) -> None:
        if subtask_index not in self._begun:
            self._begun.add(subtask_index)
            self._context.assign_split(HybridSplit(self._number, subtask=subtask_index), subtask_index)
        elif subtask_index not in self._told:
            self._inner.handle_split_request(subtask_index)
        else:
            self._finished.add(subtask_index)
            if len(self._finished) == self._context.parallelism:
                self._next_source()

    def no_more_for(self, number: int, subtask_index: int) -> None:
        """The inner enumerator has nothing more for a reader."""
        if number != self._number:
            return
        self._told.add(subtask_index)
        self._context.assign_split(HybridSplit(number, no_more=True, subtask=subtask_index), subtask_index)

    def add_splits_back(self, splits: Sequence[SourceSplit], subtask_index: int) -> None:
        inner = [split.split for split in splits if isinstance(split, HybridSplit) and split.split is not None]
        self._inner.add_splits_back(inner, subtask_index)

    def snapshot_state(self) -> tuple[int, Any]:
        return self._number, self._inner.snapshot_state()

    def close(self) -> None:
        self._inner.close()

    def _create(self, state: Any) -> SplitEnumerator:
        return self._sources[self._number].create_enumerator(_InnerContext(self, self._context, self._number), state)

    def _next_source(self) -> None:
        if self._number + 1 == len(self._sources):
            for subtask in self._finished:
                self._context.signal_no_more_splits(subtask)
            return
        self._inner.close()
        self._number += 1
        self._begun = set(self._finished)
        self._told, self._finished = set(), set()
        self._inner = self._create(None)
        self._inner.start()
        for subtask in sorted(self._begun):
            self._context.assign_split(HybridSplit(self._number, subtask=subtask), subtask)


class _InnerContext:
    """What the enumerator of one of the sources sees."""

    def __init__(self, owner: HybridEnumerator, context: EnumeratorContext, number: int) -> None:
        self._owner = owner
        self._context = context
        self._number = number
        self.parallelism = context.parallelism
        self.clock = context.clock

    def assign_split(self, split: SourceSplit, subtask_index: int) -> None:
        self._context.assign_split(HybridSplit(self._number, split), subtask_index)

    def signal_no_more_splits(self, subtask_index: int) -> None:
        self._owner.no_more_for(self._number, subtask_index)

    def call_every(self, interval_ms: int, callback: Callable[[], None]) -> None:
        self._context.call_every(interval_ms, callback)


class HybridReader(SourceReader):
    """Runs the reader of the source that is read now."""

    def __init__(self, sources: Sequence[Source], context: ReaderContext) -> None:
        self._sources = sources
        self._context = context
        self._number = -1
        self._inner: SourceReader | None = None
        self._words: deque[HybridSplit] = deque()
        self._asked_at_end = False
        self._no_more = False

    def start(self) -> None:
        if self._inner is None:
            self._context.request_split()
        else:
            self._inner.start()

    def add_splits(self, splits: Sequence[SourceSplit]) -> None:
        for split in splits:
            assert isinstance(split, HybridSplit)
            if split.split is None:
                self._words.append(split)  # ``poll`` says that it has been read: it is tracked like any split
                continue
            if split.number != self._number:
                self._open(split.number)
            assert self._inner is not None
            self._inner.add_splits([split.split])

    def no_more_splits(self) -> None:
        self._no_more = True

    def poll(self, max_rows: int) -> Polled:
        if self._words:
            word = self._words.popleft()
            self._hear(word)
            return SplitFinished(word.split_id)
        if self._inner is None:
            return END_OF_INPUT if self._no_more else NOTHING_YET
        polled = self._inner.poll(max_rows)
        if isinstance(polled, SplitBatch):
            return replace(polled, split_id=f"{self._number}:{polled.split_id}")
        if isinstance(polled, SplitFinished):
            return SplitFinished(f"{self._number}:{polled.split_id}")
        if polled is END_OF_INPUT:
            if self._no_more:
                return END_OF_INPUT
            if not self._asked_at_end:
                self._asked_at_end = True
                self._context.request_split()
            return NOTHING_YET
        return polled

    def next_poll_ms(self) -> int | None:
        if self._words or self._no_more:
            return self._context.clock.now_ms()
        return None if self._inner is None or self._asked_at_end else self._inner.next_poll_ms()

    def snapshot_state(self) -> list[SourceSplit]:
        inner = [] if self._inner is None else self._inner.snapshot_state()
        return [HybridSplit(self._number, split) for split in inner]

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        if self._inner is not None:
            self._inner.notify_checkpoint_complete(checkpoint_id)

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()

    def _hear(self, word: HybridSplit) -> None:
        if word.no_more:
            assert self._inner is not None
            self._inner.no_more_splits()
            # A reader may have ended before it was told: then what it asked for at its end was another split.
            self._asked_at_end = False
        elif word.number == self._number:
            # Restored in the middle of this source: what was asked for was a split.
            self._context.request_split()
        else:
            self._open(word.number)
            assert self._inner is not None
            self._inner.start()

    def _open(self, number: int) -> None:
        if self._inner is not None:
            self._inner.close()
        self._number = number
        self._asked_at_end = False
        self._inner = self._sources[number].create_reader(self._context)
