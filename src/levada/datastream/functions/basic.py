"""Functions of one record or of two: what ``map``, ``flat_map``, ``filter``, ``key_by``, ``reduce`` and sinks call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from levada.operators.row.runtime_context import RuntimeContext

IN = TypeVar("IN", contravariant=True)
OUT = TypeVar("OUT", covariant=True)
KEY = TypeVar("KEY", contravariant=True)
GIVEN_KEY = TypeVar("GIVEN_KEY", covariant=True)
ACC = TypeVar("ACC")
T = TypeVar("T")


class Function(ABC):
    """Base of all function objects: opened once per subtask, closed once."""

    def open(self, runtime_context: RuntimeContext) -> None:  # noqa: B027 - most functions need none
        """Called before the first record: connect, load models, get state handles."""

    def close(self) -> None:  # noqa: B027
        """Called after the last record, also when the job failed."""


class MapFunction(Function, Generic[IN, OUT]):
    """One record in, one out."""

    @abstractmethod
    def map(self, value: IN) -> OUT:
        """The record that takes the place of ``value``."""


class FlatMapFunction(Function, Generic[IN, OUT]):
    """One record in, any number out."""

    @abstractmethod
    def flat_map(self, value: IN) -> Iterable[OUT] | None:
        """The records that take the place of ``value``: a generator, a list or None."""


class FilterFunction(Function, Generic[IN]):
    """Keeps records or drops them."""

    @abstractmethod
    def filter(self, value: IN) -> bool:
        """Whether to keep ``value``."""


class KeySelector(Function, Generic[IN, GIVEN_KEY]):
    """Gives a record's key."""

    @abstractmethod
    def get_key(self, value: IN) -> GIVEN_KEY:
        """The key; equal records must have equal keys at any time."""


class NullByteKeySelector(KeySelector[IN, int]):
    """Gives every record the same key."""

    def get_key(self, value: IN) -> int:
        return 0


class ReduceFunction(Function, Generic[T]):
    """Folds two values of a type into one of the same type."""

    @abstractmethod
    def reduce(self, value1: T, value2: T) -> T:
        """The two values as one; ``value1`` is what has been folded so far."""


class AggregateFunction(Function, Generic[IN, ACC, OUT]):
    """Folds values into an accumulator and makes a result of it."""

    @abstractmethod
    def create_accumulator(self) -> ACC:
        """A fresh accumulator."""

    @abstractmethod
    def add(self, value: IN, accumulator: ACC) -> ACC:
        """The accumulator with ``value`` in it; changing and returning the one given is fine."""

    @abstractmethod
    def get_result(self, accumulator: ACC) -> OUT:
        """The result so far."""

    def merge(self, acc_a: ACC, acc_b: ACC) -> ACC:
        """Two accumulators as one. Needed where windows merge: for session windows."""
        raise NotImplementedError(f"{type(self).__name__}.merge(acc_a, acc_b) is needed for windows that merge")


class SinkFunction(Function, Generic[IN]):
    """Takes records out of the job, at least once."""

    @abstractmethod
    def invoke(self, value: IN) -> None:
        """Take one record."""


class SourceFunction(Function, Generic[OUT]):
    """Gives records, as a generator; ``bounded`` says whether it ends. For ``env.add_source``."""

    bounded = True

    @abstractmethod
    def run(self) -> Iterable[OUT]:
        """The records, the same ones in the same order whenever it is called."""
