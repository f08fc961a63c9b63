"""Triggers that look at records and at the end of the stream, and one that puts a time limit on another.

Reference: Flink documentation, "Windows", section "Triggers", and the API documentation of the triggers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Generic, TypeVar

from levada.common.elements import MAX_TIMESTAMP
from levada.common.errors import JobBuildError
from levada.common.time import Duration, Time, to_millis
from levada.common.typeinfo import Types
from levada.operators.row.user_function import bound_callable
from levada.operators.row.window.trigger import Trigger, TriggerResult
from levada.operators.row.window.windows import GlobalWindow
from levada.state.descriptors import ValueStateDescriptor

T = TypeVar("T")
W = TypeVar("W")


class DeltaFunction(ABC, Generic[T]):
    """How far apart two records are. A plain callable may stand in its place."""

    @abstractmethod
    def get_delta(self, old_data_point: T, new_data_point: T) -> float:
        """The distance from the old record to the new one."""


class DeltaTrigger(Trigger[T, W]):
    """Fires when a record is further than ``threshold`` from the one that fired last (at first: from the first)."""

    def __init__(self, threshold: float, delta_function: DeltaFunction[T] | Callable[[T, T], float]) -> None:
        self.threshold = threshold
        self.delta_function = delta_function
        self._delta = bound_callable(delta_function, "delta", "DeltaTrigger.of(.., delta_function)")
        self._last = ValueStateDescriptor("last-element", Types.PICKLED_BYTE_ARRAY())

    @staticmethod
    def of(threshold: float, delta_function: Any, state_serializer: Any = None) -> DeltaTrigger[Any, Any]:
        """Fire by ``delta_function(last, record)`` (or a DeltaFunction); ``state_serializer`` is not needed here."""
        return DeltaTrigger(threshold, delta_function)

    def on_element(self, element: T, timestamp: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Compare; fire and remember the record if it is far away."""
        last = ctx.get_partitioned_state(self._last)
        if last.value() is None:
            last.update(element)
            return TriggerResult.CONTINUE
        if self._delta(last.value(), element) > self.threshold:
            last.update(element)
            return TriggerResult.FIRE
        return TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Nothing."""
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Nothing."""
        return TriggerResult.CONTINUE

    def on_merge(self, window: W, ctx: Trigger.OnMergeContext) -> None:
        """Never called: the trigger cannot be used with windows that merge."""

    def clear(self, window: W, ctx: Trigger.TriggerContext) -> None:
        """Forget the record."""
        ctx.get_partitioned_state(self._last).clear()


class EndOfStreamTrigger(Trigger[T, GlobalWindow]):
    """Fires once, at the end of a bounded stream."""

    def on_element(
        self, element: T, timestamp: int, window: GlobalWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        """Wait for the end."""
        ctx.register_event_time_timer(MAX_TIMESTAMP)
        return TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: GlobalWindow, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Nothing."""
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: GlobalWindow, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Fire at the end."""
        return TriggerResult.FIRE if time == MAX_TIMESTAMP else TriggerResult.CONTINUE

    def on_merge(self, window: GlobalWindow, ctx: Trigger.OnMergeContext) -> None:
        """Never called: the global window does not merge."""

    def clear(self, window: GlobalWindow, ctx: Trigger.TriggerContext) -> None:
        """Stop waiting."""
        ctx.delete_event_time_timer(MAX_TIMESTAMP)


class ProcessingTimeoutTrigger(Trigger[T, W]):
    """Another trigger that also fires when it has not for ``interval`` of the clock since a record came.

    Parameters
    ----------
    nested_trigger : Trigger
    interval : int
        In milliseconds.
    reset_timer_on_new_record : bool
        Each record begins the interval again; otherwise it runs from the first since the last firing.
    should_clear_on_timeout : bool
        After a timeout the nested trigger forgets what it has counted.
    """

    def __init__(
        self, nested_trigger: Trigger[T, W], interval: int, reset_timer_on_new_record: bool, should_clear: bool
    ) -> None:
        if not isinstance(nested_trigger, Trigger):
            raise JobBuildError(
                f"ProcessingTimeoutTrigger.of({nested_trigger!r}, ..): pass a Trigger, such as CountTrigger.of(10)"
            )
        if interval <= 0:
            raise JobBuildError(f"ProcessingTimeoutTrigger.of(.., timeout={interval} ms): it must be positive")
        self.nested_trigger = nested_trigger
        self.interval = interval
        self._resets = reset_timer_on_new_record
        self._clears = should_clear
        self._timeout = ValueStateDescriptor("timeout", int)

    @staticmethod
    def of(
        nested_trigger: Trigger[T, W],
        timeout: Duration | Time | timedelta,
        reset_timer_on_new_record: bool = False,
        should_clear_on_timeout: bool = True,
    ) -> ProcessingTimeoutTrigger[T, W]:
        """``nested_trigger``, with a timeout."""
        interval = to_millis(timeout, "ProcessingTimeoutTrigger.of(.., timeout)")
        return ProcessingTimeoutTrigger(nested_trigger, interval, reset_timer_on_new_record, should_clear_on_timeout)

    def on_element(self, element: T, timestamp: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """What the nested trigger says; the timeout begins, or ends where it fires."""
        result = self.nested_trigger.on_element(element, timestamp, window, ctx)
        if result.is_fire():
            self.clear(window, ctx)
            return result
        due = ctx.get_partitioned_state(self._timeout)
        if due.value() is not None and self._resets:
            ctx.delete_processing_time_timer(due.value())
            due.clear()
        if due.value() is None:
            due.update(ctx.get_current_processing_time() + self.interval)
            ctx.register_processing_time_timer(due.value())
        return result

    def on_processing_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Fire, purging where the nested trigger would."""
        return self._fire(self.nested_trigger.on_processing_time(time, window, ctx), window, ctx)

    def on_event_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Fire, purging where the nested trigger would."""
        return self._fire(self.nested_trigger.on_event_time(time, window, ctx), window, ctx)

    def on_merge(self, window: W, ctx: Trigger.OnMergeContext) -> None:
        """Never called: the trigger cannot be used with windows that merge."""

    def clear(self, window: W, ctx: Trigger.TriggerContext) -> None:
        """Stop the timeout, and clear the nested trigger."""
        due = ctx.get_partitioned_state(self._timeout)
        if due.value() is not None:
            ctx.delete_processing_time_timer(due.value())
            due.clear()
        self.nested_trigger.clear(window, ctx)

    def _fire(self, nested: TriggerResult, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        if self._clears:
            self.clear(window, ctx)
        return TriggerResult.FIRE_AND_PURGE if nested.is_purge() else TriggerResult.FIRE
