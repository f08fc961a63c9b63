"""The contexts of broadcast process functions: one side may change the broadcast state, the other may read it.

Reference: Flink documentation, "The Broadcast State Pattern".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from levada.common.errors import StateError
from levada.operators.base import Operator
from levada.operators.row.process_context import KeyedTimerService
from levada.state.backend import KeyContext, KeyedBackend
from levada.state.broadcast import BroadcastState, BroadcastStates, ReadOnlyBroadcastState
from levada.state.descriptors import MapStateDescriptor, StateDescriptor
from levada.state.timers import TimeDomain


class NoKey:
    """Stands for the key where there is none: keyed state refuses it."""

    __slots__ = ("_call",)

    def __init__(self, call: str) -> None:
        self._call = call

    def __hash__(self) -> NoReturn:
        raise StateError(
            f"keyed state in {self._call}: a broadcast record has no key; to see or change the state of all keys, call "
            "ctx.apply_to_keyed_state(descriptor, function)"
        )


class BaseBroadcastContext:
    """The record's time, and the clocks."""

    __slots__ = ("_operator", "_states", "element_timestamp")

    def __init__(self, operator: Operator, states: BroadcastStates) -> None:
        self._operator = operator
        self._states = states
        self.element_timestamp: int | None = None

    def timestamp(self) -> int | None:
        """The record's event time in milliseconds; None where it has none."""
        return self.element_timestamp

    def current_processing_time(self) -> int:
        """The clock's time in milliseconds."""
        return self._operator.context.clock.now_ms()

    def current_watermark(self) -> int:
        """The operator's watermark; -2**63 before the first."""
        return self._operator.current_watermark


class ReadOnlyBroadcastContext(BaseBroadcastContext):
    """The context of ``process_element``."""

    __slots__ = ()

    def get_broadcast_state(self, state_descriptor: MapStateDescriptor[Any, Any]) -> ReadOnlyBroadcastState[Any, Any]:
        """A broadcast state, to read."""
        return self._states.readable(state_descriptor)


class BroadcastContext(BaseBroadcastContext):
    """The context of ``process_broadcast_element``."""

    __slots__ = ()

    def get_broadcast_state(self, state_descriptor: MapStateDescriptor[Any, Any]) -> BroadcastState[Any, Any]:
        """A broadcast state, to read and change."""
        return self._states.writable(state_descriptor)


class KeyedBroadcastContext(BroadcastContext):
    """The context of ``process_broadcast_element`` where the other side is keyed."""

    __slots__ = ("_backend",)

    def __init__(self, operator: Operator, states: BroadcastStates, backend: KeyedBackend) -> None:
        super().__init__(operator, states)
        self._backend = backend

    def apply_to_keyed_state(self, state_descriptor: StateDescriptor, function: Callable[[Any, Any], Any]) -> None:
        """Call ``function(key, state)`` for every key of this subtask that has something in a keyed state.

        Each subtask calls it for its own keys, so all keys are seen once.
        """
        key_context, state = self._backend.key_context, self._backend.get_state(state_descriptor)
        no_key = key_context.key
        try:
            for key in self._backend.keys_of(state_descriptor):
                key_context.key = key
                function(key, state)
        finally:
            key_context.key = no_key


class KeyedReadOnlyBroadcastContext(ReadOnlyBroadcastContext):
    """The context of ``process_element`` on a keyed stream."""

    __slots__ = ("_keys", "_timer_service")

    def __init__(
        self, operator: Operator, states: BroadcastStates, keys: KeyContext, timer_service: KeyedTimerService
    ) -> None:
        super().__init__(operator, states)
        self._keys = keys
        self._timer_service = timer_service

    def timer_service(self) -> KeyedTimerService:
        """Clocks and timers."""
        return self._timer_service

    def get_current_key(self) -> Any:
        """The key of the record, or of the timer."""
        return self._keys.key


class BroadcastOnTimerContext(KeyedReadOnlyBroadcastContext):
    """The context of ``on_timer``."""

    __slots__ = ("domain",)

    def __init__(
        self, operator: Operator, states: BroadcastStates, keys: KeyContext, timer_service: KeyedTimerService
    ) -> None:
        super().__init__(operator, states, keys, timer_service)
        self.domain = TimeDomain.EVENT_TIME

    def time_domain(self) -> TimeDomain:
        """Which clock the timer waited for."""
        return self.domain
