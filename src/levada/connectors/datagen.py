"""Records made by a function of their number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from levada.common.batch import RowBatch
from levada.common.errors import JobBuildError
from levada.connectors.base import Boundedness, ReaderContext, SourceReader
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, contiguous_splits
from levada.connectors.rate import Pacer, RateLimitedReader
from levada.connectors.user_calls import call_each, told

_MASK = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15
FOR_EVER = 2**63 - 1
_ROLE = "generator function"
"""The count of a generator that never ends."""


def splitmix64(value: int) -> int:
    """A well-mixed 64-bit number for each 64-bit number."""
    value = (value + _GOLDEN) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


class IndexedRandom(Random):
    """``random.Random`` whose stream depends only on a seed and a record's number, and costs nothing to reposition."""

    def __init__(self, seed: int) -> None:
        self._base = splitmix64(seed & _MASK)
        self._state = 0
        super().__init__(0)

    def move_to(self, index: int) -> None:
        """Start the stream of record ``index``."""
        self._state = splitmix64(self._base ^ (index & _MASK))
        self.gauss_next = None

    def seed(self, a: Any = None, version: int = 2) -> None:
        """Does nothing: the stream is chosen by ``move_to``."""

    def getrandbits(self, k: int) -> int:
        """``k`` random bits."""
        bits = 0
        for shift in range(0, k, 64):
            bits |= self._next() << shift
        return bits & ((1 << k) - 1)

    def random(self) -> float:
        """A float in [0, 1)."""
        return (self._next() >> 11) * 2.0**-53

    def _next(self) -> int:
        self._state = (self._state + _GOLDEN) & _MASK
        return splitmix64(self._state)


@dataclass(frozen=True)
class RateLimiterStrategy:
    """How fast a generator runs; made by the static methods."""

    rows_per_second: float | None = None
    rows_per_checkpoint: int | None = None

    @staticmethod
    def per_second(records_per_second: float) -> RateLimiterStrategy:
        """So many records a second over all readers, evenly."""
        if not records_per_second > 0:
            raise JobBuildError(f"RateLimiterStrategy.per_second({records_per_second!r}): it must be above zero")
        return RateLimiterStrategy(rows_per_second=records_per_second)

    @staticmethod
    def per_checkpoint(records_per_checkpoint: int) -> RateLimiterStrategy:
        """So many records between two completed checkpoints, over all readers."""
        if records_per_checkpoint < 1:
            raise JobBuildError(f"RateLimiterStrategy.per_checkpoint({records_per_checkpoint!r}): it must be 1 or more")
        return RateLimiterStrategy(rows_per_checkpoint=records_per_checkpoint)

    @staticmethod
    def no_op() -> RateLimiterStrategy:
        """As fast as it goes."""
        return RateLimiterStrategy()

    def limit(self, reader: SourceReader, context: ReaderContext) -> SourceReader:
        """A reader that keeps this rate's share of one subtask."""
        if self.rows_per_second is not None:
            return RateLimitedReader(reader, Pacer(context.clock, self.rows_per_second / context.parallelism))
        if self.rows_per_checkpoint is not None:
            return _PerCheckpointReader(reader, max(1, self.rows_per_checkpoint // context.parallelism))
        return reader


class _CheckpointPacer(Pacer):
    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._left = rows

    def due(self) -> int:
        return self._left

    def take(self, rows: int) -> None:
        self._left -= rows

    def refill(self) -> None:
        self._left = self.rows


class _PerCheckpointReader(RateLimitedReader):
    def __init__(self, reader: SourceReader, rows: int) -> None:
        self._allowance = _CheckpointPacer(rows)
        super().__init__(reader, self._allowance)

    def next_poll_ms(self) -> int | None:
        return self._reader.next_poll_ms()

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        self._allowance.refill()
        super().notify_checkpoint_complete(checkpoint_id)


@dataclass(frozen=True)
class DataGeneratorSource(IndexedSource):
    """Records ``generator_function(index)`` for the indices from 0 to ``count - 1``.

    A restart goes on at the index it had reached, so equal jobs see equal records as long as the function depends on
    its arguments alone.

    Parameters
    ----------
    generator_function : callable, or object with a method ``map``
        From an index to a record. With ``seed`` it is called with ``(index, random)``, where ``random`` is a
        ``random.Random`` whose numbers depend only on the seed and the index.
    count : int, optional
        How many records; None for a stream without end.
    rate_limiter_strategy : RateLimiterStrategy, optional
    type_info : TypeInformation, optional
        The type of the records.
    seed : int, optional
    """

    generator_function: Any
    count: int | None = None
    rate_limiter_strategy: RateLimiterStrategy | None = None
    type_info: Any = None
    seed: int | None = None

    columnar = False

    def __post_init__(self) -> None:
        if not callable(getattr(self.generator_function, "map", self.generator_function)):
            raise JobBuildError(
                f"DataGeneratorSource({self.generator_function!r}): pass a callable that makes a record from its index"
            )
        if self.count is not None and self.count < 0:
            raise JobBuildError(f"DataGeneratorSource(count={self.count}): it must not be negative")

    @property
    def boundedness(self) -> Boundedness:
        """Bounded where a count was given."""
        return Boundedness.CONTINUOUS_UNBOUNDED if self.count is None else Boundedness.BOUNDED

    def producer(self) -> Producer:
        function: Callable[..., Any] = getattr(self.generator_function, "map", self.generator_function)
        if self.seed is None:
            return lambda numbers: RowBatch(call_each(function, numbers, _ROLE))
        rng = IndexedRandom(self.seed)
        move_to = rng.move_to

        def produce(numbers: range) -> RowBatch:
            values = []
            try:
                for number in numbers:
                    move_to(number)
                    values.append(function(number, rng))
            except Exception as error:
                raise told(error, function, _ROLE, numbers[len(values)]) from error
            return RowBatch(values)

        return produce

    def splits(self, parallelism: int) -> list[RangeSplit]:
        return contiguous_splits(range(FOR_EVER if self.count is None else self.count), parallelism)

    def create_reader(self, context: ReaderContext) -> SourceReader:
        """A reader that keeps the rate."""
        reader = super().create_reader(context)
        strategy = self.rate_limiter_strategy
        return reader if strategy is None else strategy.limit(reader, context)
