"""Functions of pairs: window joins, coGroups and interval joins; and the partitioner of ``partition_custom``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from levada.common.output_tag import OutputTag
from levada.datastream.functions.basic import KEY, OUT, Function

IN1 = TypeVar("IN1", contravariant=True)
IN2 = TypeVar("IN2", contravariant=True)


class JoinFunction(Function, Generic[IN1, IN2, OUT]):
    """One result for each pair of a window join."""

    @abstractmethod
    def join(self, first: IN1, second: IN2) -> OUT:
        """The pair's result."""


class FlatJoinFunction(Function, Generic[IN1, IN2, OUT]):
    """Any number of results for each pair of a window join."""

    @abstractmethod
    def join(self, first: IN1, second: IN2) -> Iterable[OUT] | None:
        """The pair's results: a generator, a list or None."""


class CoGroupFunction(Function, Generic[IN1, IN2, OUT]):
    """Sees both streams' records of a key and window at once."""

    @abstractmethod
    def co_group(self, first: list[IN1], second: list[IN2]) -> Iterable[OUT] | None:
        """The results; either list may be empty, not both."""


class ProcessJoinFunction(Function, Generic[IN1, IN2, OUT]):
    """Sees each pair of an interval join."""

    class Context(ABC):
        """The times of the pair."""

        @abstractmethod
        def get_left_timestamp(self) -> int:
            """The left record's event time in ms."""

        @abstractmethod
        def get_right_timestamp(self) -> int:
            """The right record's event time in ms."""

        @abstractmethod
        def get_timestamp(self) -> int:
            """The pair's event time in ms: the greater of the two."""

    @abstractmethod
    def process_element(
        self, left: IN1, right: IN2, ctx: ProcessJoinFunction.Context
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """The pair's results; usually a generator."""


class Partitioner(Function, Generic[KEY]):
    """Says which subtask a record goes to."""

    @abstractmethod
    def partition(self, key: KEY, num_partitions: int) -> int:
        """A number from 0 to ``num_partitions`` - 1; the same for the same key."""
