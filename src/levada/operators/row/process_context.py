"""The contexts of process functions: the record's time, the timers, and the current key.

Reference: PyFlink, ``ProcessFunction.Context`` and ``KeyedProcessFunction.Context`` / ``OnTimerContext``.
"""

from __future__ import annotations

from typing import Any

from levada.common.elements import MIN_TIMESTAMP
from levada.common.errors import UserError
from levada.operators.base import Operator
from levada.operators.row.timers import KeyedTimers
from levada.state.backend import KeyContext
from levada.state.timers import TimeDomain


class UnkeyedTimerService:
    """The clocks of a process function on a stream without keys; timers need a keyed stream."""

    __slots__ = ("_operator",)

    def __init__(self, operator: Operator) -> None:
        self._operator = operator

    def current_processing_time(self) -> int:
        """The clock's time in milliseconds."""
        return self._operator.context.clock.now_ms()

    def current_watermark(self) -> int:
        """The operator's watermark; -2**63 before the first."""
        return self._operator.current_watermark

    def register_event_time_timer(self, timestamp: int) -> None:
        """Refused: see the class."""
        raise self._refused("register_event_time_timer")

    def register_processing_time_timer(self, timestamp: int) -> None:
        """Refused: see the class."""
        raise self._refused("register_processing_time_timer")

    def delete_event_time_timer(self, timestamp: int) -> None:
        """Refused: see the class."""
        raise self._refused("delete_event_time_timer")

    def delete_processing_time_timer(self, timestamp: int) -> None:
        """Refused: see the class."""
        raise self._refused("delete_processing_time_timer")

    def _refused(self, call: str) -> UserError:
        return UserError(
            f"{call}(): timers belong to keys; call key_by(...) before process(...) and use a KeyedProcessFunction"
        )


class ProcessContext:
    """The context of ``ProcessFunction.process_element``."""

    __slots__ = ("_timers", "element_timestamp")

    def __init__(self, operator: Operator) -> None:
        self._timers = UnkeyedTimerService(operator)
        self.element_timestamp: int | None = None

    def timestamp(self) -> int | None:
        """The record's event time in milliseconds; None where it has none."""
        return self.element_timestamp

    def timer_service(self) -> UnkeyedTimerService:
        """The clocks."""
        return self._timers


class KeyedTimerService:
    """Clocks and timers of a keyed process function; timers belong to the current key."""

    __slots__ = ("_keys", "_operator", "_timers")

    def __init__(self, operator: Operator, keys: KeyContext, timers: KeyedTimers) -> None:
        self._operator = operator
        self._keys = keys
        self._timers = timers

    def current_processing_time(self) -> int:
        """The clock's time in milliseconds."""
        return self._operator.context.clock.now_ms()

    def current_watermark(self) -> int:
        """The operator's watermark; -2**63 before the first."""
        return self._operator.current_watermark

    def register_event_time_timer(self, timestamp: int) -> None:
        """Call ``on_timer`` for the current key once the watermark has reached ``timestamp``; duplicates count once."""
        if type(timestamp) is not int:
            timestamp = _whole(timestamp, "register_event_time_timer")
        self._timers.register_event(timestamp, self._keys.key, None)

    def register_processing_time_timer(self, timestamp: int) -> None:
        """Call ``on_timer`` for the current key once the clock has reached ``timestamp``; duplicates count once."""
        if type(timestamp) is not int:
            timestamp = _whole(timestamp, "register_processing_time_timer")
        self._timers.register_processing(timestamp, self._keys.key, None)

    def delete_event_time_timer(self, timestamp: int) -> None:
        """Take the current key's timer back."""
        self._timers.delete_event(timestamp, self._keys.key, None)

    def delete_processing_time_timer(self, timestamp: int) -> None:
        """Take the current key's timer back."""
        self._timers.delete_processing(timestamp, self._keys.key, None)


class KeyedProcessContext:
    """The context of ``KeyedProcessFunction.process_element``."""

    __slots__ = ("_keys", "_timer_service", "element_timestamp")

    def __init__(self, keys: KeyContext, timer_service: KeyedTimerService) -> None:
        self._keys = keys
        self._timer_service = timer_service
        self.element_timestamp: int | None = None

    def timestamp(self) -> int | None:
        """The record's event time in milliseconds (in ``on_timer``: the timer's time); None where it has none."""
        return self.element_timestamp

    def timer_service(self) -> KeyedTimerService:
        """Clocks and timers."""
        return self._timer_service

    def get_current_key(self) -> Any:
        """The key of the record, or of the timer."""
        return self._keys.key


class OnTimerContext(KeyedProcessContext):
    """The context of ``on_timer``."""

    __slots__ = ("domain",)

    def __init__(self, keys: KeyContext, timer_service: KeyedTimerService) -> None:
        super().__init__(keys, timer_service)
        self.domain = TimeDomain.EVENT_TIME

    def time_domain(self) -> TimeDomain:
        """Which clock the timer waited for."""
        return self.domain


def _whole(timestamp: Any, call: str) -> int:
    if isinstance(timestamp, int):
        return int(timestamp)
    try:
        whole = int(timestamp)
    except (TypeError, ValueError):
        whole = None
    if whole is None or whole != timestamp or whole < MIN_TIMESTAMP:
        raise UserError(f"{call}({timestamp!r}): a timer's time is a whole number of milliseconds since the epoch")
    return whole
