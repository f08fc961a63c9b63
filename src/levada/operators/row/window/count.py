"""Windows counted in records, and the trigger that counts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from levada.common.errors import JobBuildError
from levada.operators.row.window.serializers import CountWindowSerializer
from levada.operators.row.window.trigger import PurgingTrigger, Trigger, TriggerResult
from levada.operators.row.window.windows import CountWindow, WindowAssigner
from levada.state.descriptors import ReducingStateDescriptor, ValueStateDescriptor

T = TypeVar("T")
W = TypeVar("W")


def _add(left: int, right: int) -> int:
    return left + right


class CountTrigger(Trigger[T, W]):
    """Fires whenever ``window_size`` records have come since the last firing."""

    def __init__(self, window_size: int) -> None:
        self.window_size = _positive(window_size, "CountTrigger.of(window_size)")
        self._count = ReducingStateDescriptor("count", _add, int)

    @staticmethod
    def of(window_size: int) -> CountTrigger[Any, Any]:
        """Fire every ``window_size`` records."""
        return CountTrigger(window_size)

    def on_element(self, element: T, timestamp: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Count; fire when there are enough."""
        count = ctx.get_partitioned_state(self._count)
        count.add(1)
        if count.get() < self.window_size:
            return TriggerResult.CONTINUE
        count.clear()
        return TriggerResult.FIRE

    def on_processing_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Nothing."""
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Nothing."""
        return TriggerResult.CONTINUE

    def can_merge(self) -> bool:
        """Yes: the counts add up."""
        return True

    def on_merge(self, window: W, ctx: Trigger.OnMergeContext) -> None:
        """Add the counts up."""
        ctx.merge_partitioned_state(self._count)

    def clear(self, window: W, ctx: Trigger.TriggerContext) -> None:
        """Forget the count."""
        ctx.get_partitioned_state(self._count).clear()


class _CountWindows(WindowAssigner[T, CountWindow]):
    """Numbers each key's records; the number is state of the key."""

    def __init__(self, state_name: str) -> None:
        self._number = ValueStateDescriptor(state_name, int)

    def _next(self, context: WindowAssigner.WindowAssignerContext) -> int:
        number = context.get_runtime_context().get_state(self._number)
        current: int = number.value() or 0
        number.update(current + 1)
        return current

    def get_window_serializer(self) -> CountWindowSerializer:
        """A serializer for count windows."""
        return CountWindowSerializer()

    def is_event_time(self) -> bool:
        """False."""
        return False


class CountTumblingWindowAssigner(_CountWindows[T]):
    """Every ``window_size`` records of a key are a window; one that is not full never fires."""

    def __init__(self, window_size: int) -> None:
        super().__init__("tumble-count-assigner")
        self.window_size = _positive(window_size, "count_window(size)")

    @staticmethod
    def of(window_size: int) -> CountTumblingWindowAssigner[Any]:
        """Windows of ``window_size`` records."""
        return CountTumblingWindowAssigner(window_size)

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[CountWindow]:
        """The window of the key's next number."""
        return [CountWindow(self._next(context) // self.window_size)]

    def get_default_trigger(self, env: Any = None) -> Trigger[T, CountWindow]:
        """Fires when the window is full; no record comes to it after that, so its contents go."""
        return PurgingTrigger(CountTrigger(self.window_size))

    def __repr__(self) -> str:
        return f"CountTumblingWindowAssigner({self.window_size})"


class CountSlidingWindowAssigner(_CountWindows[T]):
    """Windows of ``window_size`` records of a key, a new one every ``window_slide`` records."""

    def __init__(self, window_size: int, window_slide: int) -> None:
        super().__init__("slide-count-assigner")
        self.window_size = _positive(window_size, "count_window(size)")
        self.window_slide = _positive(window_slide, "count_window(slide)")

    @staticmethod
    def of(window_size: int, window_slide: int) -> CountSlidingWindowAssigner[Any]:
        """Windows of ``window_size`` records, one every ``window_slide``."""
        return CountSlidingWindowAssigner(window_size, window_slide)

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[CountWindow]:
        """Every window that holds the key's next number, the latest first."""
        number = self._next(context)
        last = number // self.window_slide
        first = max(0, -(-(number - self.window_size + 1) // self.window_slide))
        return [CountWindow(id) for id in range(last, first - 1, -1)]

    def get_default_trigger(self, env: Any = None) -> Trigger[T, CountWindow]:
        """Fires when a window is full; no record comes to it after that, so its contents go."""
        return PurgingTrigger(CountTrigger(self.window_size))

    def __repr__(self) -> str:
        return f"CountSlidingWindowAssigner({self.window_size}, {self.window_slide})"


def _positive(size: int, call: str) -> int:
    if not isinstance(size, int) or size <= 0:
        raise JobBuildError(f"{call}: {size!r} is not a positive number of records")
    return size
