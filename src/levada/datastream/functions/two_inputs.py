"""Functions of two streams: connected ones, and a stream beside a broadcast one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.output_tag import OutputTag
from levada.datastream.functions.basic import KEY, OUT, Function
from levada.datastream.time_domain import TimeDomain
from levada.datastream.timerservice import TimerService

if TYPE_CHECKING:
    from levada.state.broadcast import BroadcastState, ReadOnlyBroadcastState
    from levada.state.descriptors import MapStateDescriptor, StateDescriptor

IN1 = TypeVar("IN1", contravariant=True)
IN2 = TypeVar("IN2", contravariant=True)
K2 = TypeVar("K2", covariant=True)
SK = TypeVar("SK")
SV = TypeVar("SV")


class CoMapFunction(Function, Generic[IN1, IN2, OUT]):
    """One record in, from either stream, one out; None is nothing."""

    @abstractmethod
    def map1(self, value: IN1) -> OUT | None:
        """A record of the first stream."""

    @abstractmethod
    def map2(self, value: IN2) -> OUT | None:
        """A record of the second stream."""


class CoFlatMapFunction(Function, Generic[IN1, IN2, OUT]):
    """One record in, from either stream, any number out."""

    @abstractmethod
    def flat_map1(self, value: IN1) -> Iterable[OUT] | None:
        """A record of the first stream."""

    @abstractmethod
    def flat_map2(self, value: IN2) -> Iterable[OUT] | None:
        """A record of the second stream."""


class CoProcessFunction(Function, Generic[IN1, IN2, OUT]):
    """Sees each record of both streams with its time."""

    class Context(ABC):
        """What is known about the record at hand."""

        @abstractmethod
        def timestamp(self) -> int:
            """The record's event time in ms; None where it has none."""

        @abstractmethod
        def timer_service(self) -> TimerService:
            """The clocks. Timers can only be set where both streams are keyed."""

    @abstractmethod
    def process_element1(
        self, value: IN1, ctx: CoProcessFunction.Context
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """A record of the first stream; usually a generator."""

    @abstractmethod
    def process_element2(
        self, value: IN2, ctx: CoProcessFunction.Context
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """A record of the second stream; usually a generator."""


class KeyedCoProcessFunction(Function, Generic[KEY, IN1, IN2, OUT]):
    """Sees each record of two keyed streams; records of one key share its state and timers, whichever stream."""

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
    def process_element1(
        self, value: IN1, ctx: KeyedCoProcessFunction.Context[KEY]
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """A record of the first stream; usually a generator."""

    @abstractmethod
    def process_element2(
        self, value: IN2, ctx: KeyedCoProcessFunction.Context[KEY]
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """A record of the second stream; usually a generator."""

    def on_timer(
        self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext[KEY]
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """A timer of the key at hand has come due; usually a generator."""
        return None


class BaseBroadcastProcessFunction(Function):
    """What both kinds of broadcast process functions share."""

    class BaseContext(ABC):
        """The record's time, and the clocks."""

        @abstractmethod
        def timestamp(self) -> int:
            """The record's event time in ms; None where it has none."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """Wall-clock time in ms."""

        @abstractmethod
        def current_watermark(self) -> int:
            """The watermark in ms."""

    class Context(BaseContext):
        """What ``process_broadcast_element`` gets: broadcast state may be changed, in every subtask alike."""

        @abstractmethod
        def get_broadcast_state(self, state_descriptor: MapStateDescriptor[SK, SV]) -> BroadcastState[SK, SV]:
            """A broadcast state, to read and change."""

    class ReadOnlyContext(BaseContext):
        """What ``process_element`` gets: broadcast state may be read."""

        @abstractmethod
        def get_broadcast_state(self, state_descriptor: MapStateDescriptor[SK, SV]) -> ReadOnlyBroadcastState[SK, SV]:
            """A broadcast state, to read."""


class BroadcastProcessFunction(BaseBroadcastProcessFunction, Generic[IN1, IN2, OUT]):
    """A stream without keys beside a broadcast stream."""

    class Context(BaseBroadcastProcessFunction.Context):
        """What ``process_broadcast_element`` gets."""

    class ReadOnlyContext(BaseBroadcastProcessFunction.ReadOnlyContext):
        """What ``process_element`` gets."""

    @abstractmethod
    def process_element(
        self, value: IN1, ctx: BroadcastProcessFunction.ReadOnlyContext
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """A record of the stream that is not broadcast; usually a generator."""

    @abstractmethod
    def process_broadcast_element(
        self, value: IN2, ctx: BroadcastProcessFunction.Context
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """A broadcast record: every subtask gets it, and must change the broadcast state in the same way."""


class KeyedBroadcastProcessFunction(BaseBroadcastProcessFunction, Generic[KEY, IN1, IN2, OUT]):
    """A keyed stream, with its state and timers, beside a broadcast stream."""

    class Context(BaseBroadcastProcessFunction.Context):
        """What ``process_broadcast_element`` gets."""

        @abstractmethod
        def apply_to_keyed_state(self, state_descriptor: StateDescriptor, function: Callable[[Any, Any], Any]) -> None:
            """Call ``function(key, state)`` for every key that has something in a keyed state."""

    class ReadOnlyContext(BaseBroadcastProcessFunction.ReadOnlyContext, Generic[K2]):
        """What ``process_element`` gets."""

        @abstractmethod
        def timer_service(self) -> TimerService:
            """Clocks and timers of the key at hand."""

        @abstractmethod
        def get_current_key(self) -> K2:
            """The key at hand."""

    class OnTimerContext(ReadOnlyContext[K2]):
        """What ``on_timer`` gets."""

        @abstractmethod
        def time_domain(self) -> TimeDomain:
            """Whether the timer was one of event time or of processing time."""

    @abstractmethod
    def process_element(
        self, value: IN1, ctx: KeyedBroadcastProcessFunction.ReadOnlyContext[KEY]
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """A record of the keyed stream; usually a generator."""

    @abstractmethod
    def process_broadcast_element(
        self, value: IN2, ctx: KeyedBroadcastProcessFunction.Context
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """A broadcast record: every subtask gets it, and must change the broadcast state in the same way."""

    def on_timer(
        self, timestamp: int, ctx: KeyedBroadcastProcessFunction.OnTimerContext[KEY]
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """A timer of the key at hand has come due; usually a generator."""
        return None
