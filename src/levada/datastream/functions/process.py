"""Process functions: records with time, state and timers in the user's hands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from levada.common.output_tag import OutputTag
from levada.datastream.functions.basic import IN, KEY, OUT, Function
from levada.datastream.time_domain import TimeDomain
from levada.datastream.timerservice import TimerService

K2 = TypeVar("K2", covariant=True)


class ProcessFunction(Function, Generic[IN, OUT]):
    """Sees each record with its time. ``yield value`` emits; ``yield tag, value`` emits to a side output."""

    class Context(ABC):
        """What is known about the record at hand."""

        @abstractmethod
        def timestamp(self) -> int:
            """The record's event time in ms; None where it has none."""

        @abstractmethod
        def timer_service(self) -> TimerService:
            """The clocks. Timers can only be set on keyed streams."""

    @abstractmethod
    def process_element(
        self, value: IN, ctx: ProcessFunction.Context
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """Take one record; usually a generator."""


class KeyedProcessFunction(Function, Generic[KEY, IN, OUT]):
    """Sees each record of a keyed stream, with state and timers of its key.

    State handles are made in ``open`` (``runtime_context.get_state(...)``); they show the state of the key at hand.
    """

    class Context(ABC, Generic[K2]):
        """What is known about the record at hand, and the timers of its key."""

        @abstractmethod
        def get_current_key(self) -> K2:
            """The key at hand."""

        @abstractmethod
        def timestamp(self) -> int:
            """The record's event time in ms (in ``on_timer``: the timer's time); None where it has none."""

        @abstractmethod
        def timer_service(self) -> TimerService:
            """Clocks and timers of the key at hand."""

    class OnTimerContext(Context[K2]):
        """What is known in ``on_timer``."""

        @abstractmethod
        def time_domain(self) -> TimeDomain:
            """Whether the timer was one of event time or of processing time."""

    @abstractmethod
    def process_element(
        self, value: IN, ctx: KeyedProcessFunction.Context[KEY]
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """Take one record; usually a generator."""

    def on_timer(
        self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext[KEY]
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """A timer of the key at hand has come due; usually a generator."""
        return None
