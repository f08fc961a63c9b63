"""Triggers: when a window is evaluated. The interface, the result, and the triggers that need no time.

Reference: Flink documentation, "Windows", section "Triggers".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.errors import JobBuildError

if TYPE_CHECKING:
    from levada.operators.row.metric_group import MetricGroup

T = TypeVar("T")
W = TypeVar("W")


class TriggerResult(Enum):
    """What becomes of a window."""

    CONTINUE = (False, False)
    """Nothing."""
    FIRE_AND_PURGE = (True, True)
    """The window is evaluated, then its contents are dropped."""
    FIRE = (True, False)
    """The window is evaluated and keeps its contents."""
    PURGE = (False, True)
    """The contents are dropped without being evaluated."""

    def is_fire(self) -> bool:
        """Whether the window is evaluated."""
        return self.value[0]

    def is_purge(self) -> bool:
        """Whether the contents are dropped."""
        return self.value[1]


class Trigger(ABC, Generic[T, W]):
    """Decides when windows fire. One object serves all keys and windows: what it must remember goes into
    ``ctx.get_partitioned_state``."""

    class TriggerContext(ABC):
        """What a trigger may use; state and timers belong to the current key and window."""

        @abstractmethod
        def get_current_processing_time(self) -> int:
            """The clock's time in milliseconds."""

        @abstractmethod
        def get_metric_group(self) -> MetricGroup:
            """The operator's metrics."""

        @abstractmethod
        def get_current_watermark(self) -> int:
            """The operator's watermark."""

        @abstractmethod
        def register_processing_time_timer(self, time: int) -> None:
            """Ask for ``on_processing_time`` once the clock has reached ``time``."""

        @abstractmethod
        def register_event_time_timer(self, time: int) -> None:
            """Ask for ``on_event_time`` once the watermark has reached ``time``."""

        @abstractmethod
        def delete_processing_time_timer(self, time: int) -> None:
            """Take a timer back."""

        @abstractmethod
        def delete_event_time_timer(self, time: int) -> None:
            """Take a timer back."""

        @abstractmethod
        def get_partitioned_state(self, state_descriptor: Any) -> Any:
            """State of the current key and window."""

    class OnMergeContext(TriggerContext):
        """What a trigger may use in ``on_merge``."""

        @abstractmethod
        def merge_partitioned_state(self, state_descriptor: Any) -> None:
            """Merge the state of the merged windows into that of the new one."""

    @abstractmethod
    def on_element(self, element: T, timestamp: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """A record was added to ``window``."""

    @abstractmethod
    def on_processing_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """A processing-time timer has come."""

    @abstractmethod
    def on_event_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """An event-time timer has come."""

    def can_merge(self) -> bool:
        """Whether ``on_merge`` is implemented, so that the trigger can be used with merging windows."""
        return False

    @abstractmethod
    def on_merge(self, window: W, ctx: Trigger.OnMergeContext) -> None:
        """Several windows have become ``window``."""

    @abstractmethod
    def clear(self, window: W, ctx: Trigger.TriggerContext) -> None:
        """The window goes: delete timers and state."""


class NeverTrigger(Trigger[T, W]):
    """Never fires: the default of ``GlobalWindows``."""

    def on_element(self, element: T, timestamp: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Nothing."""
        return TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Nothing."""
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Nothing."""
        return TriggerResult.CONTINUE

    def on_merge(self, window: W, ctx: Trigger.OnMergeContext) -> None:
        """Nothing."""

    def clear(self, window: W, ctx: Trigger.TriggerContext) -> None:
        """Nothing."""


class PurgingTrigger(Trigger[T, W]):
    """Another trigger, whose firing also drops the window's contents."""

    def __init__(self, nested_trigger: Trigger[T, W]) -> None:
        if not isinstance(nested_trigger, Trigger):
            raise JobBuildError(f"PurgingTrigger.of({nested_trigger!r}): pass a Trigger, such as CountTrigger.of(10)")
        self.nested_trigger = nested_trigger

    @staticmethod
    def of(nested_trigger: Trigger[T, W]) -> PurgingTrigger[T, W]:
        """Wrap ``nested_trigger``."""
        return PurgingTrigger(nested_trigger)

    def on_element(self, element: T, timestamp: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """What the nested trigger says, purging."""
        return _purging(self.nested_trigger.on_element(element, timestamp, window, ctx))

    def on_event_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """What the nested trigger says, purging."""
        return _purging(self.nested_trigger.on_event_time(time, window, ctx))

    def on_processing_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """What the nested trigger says, purging."""
        return _purging(self.nested_trigger.on_processing_time(time, window, ctx))

    def can_merge(self) -> bool:
        """As the nested trigger."""
        return self.nested_trigger.can_merge()

    def on_merge(self, window: W, ctx: Trigger.OnMergeContext) -> None:
        """As the nested trigger."""
        self.nested_trigger.on_merge(window, ctx)

    def clear(self, window: W, ctx: Trigger.TriggerContext) -> None:
        """As the nested trigger."""
        self.nested_trigger.clear(window, ctx)


def _purging(result: TriggerResult) -> TriggerResult:
    return TriggerResult.FIRE_AND_PURGE if result.is_fire() else result
