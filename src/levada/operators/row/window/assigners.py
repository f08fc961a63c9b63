"""Assigners of fixed windows: tumbling and sliding, in event time and processing time, and the global window."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, TypeVar

from levada.common.elements import MIN_TIMESTAMP
from levada.common.errors import JobBuildError, UserError
from levada.common.time import Duration, Time, to_millis
from levada.operators.row.window.more_triggers import EndOfStreamTrigger
from levada.operators.row.window.serializers import GlobalWindowSerializer, TimeWindowSerializer
from levada.operators.row.window.time_triggers import EventTimeTrigger, ProcessingTimeTrigger
from levada.operators.row.window.trigger import NeverTrigger, Trigger
from levada.operators.row.window.windows import GlobalWindow, TimeWindow, WindowAssigner

T = TypeVar("T")
Length = Duration | Time | timedelta


def without_timestamp(assigner: object) -> UserError:
    """The error for a record that reaches an event-time window without a timestamp."""
    return UserError(
        f"{assigner!r}: a record has no timestamp. Call assign_timestamps_and_watermarks(...) with a timestamp "
        "assigner before the window, or use windows of processing time"
    )


class _Tumbling(WindowAssigner[T, TimeWindow]):
    """Windows of one size, side by side."""

    def __init__(self, size: int, offset: int = 0) -> None:
        name = type(self).__name__
        if size <= 0:
            raise JobBuildError(f"{name}.of(size={size} ms): the size must be positive")
        if abs(offset) >= size:
            raise JobBuildError(
                f"{name}.of(size={size} ms, offset={offset} ms): the offset must be smaller than the size"
            )
        self.size = size
        self.offset = offset

    def get_window_serializer(self) -> TimeWindowSerializer:
        """A serializer for time windows."""
        return TimeWindowSerializer()

    def _windows(self, timestamp: int) -> Collection[TimeWindow]:
        start = timestamp - (timestamp - self.offset) % self.size
        return [TimeWindow(start, start + self.size)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.size}, {self.offset})"


class TumblingEventTimeWindows(_Tumbling[T]):
    """Windows of one size by event time.

    Examples
    --------
    >>> TumblingEventTimeWindows.of(Time.minutes(1), Time.seconds(15))
    TumblingEventTimeWindows(60000, 15000)
    """

    @staticmethod
    def of(size: Length, offset: Length | None = None) -> TumblingEventTimeWindows[Any]:
        """Windows of ``size``; ``offset`` shifts their starts (hours of a time zone, say)."""
        call = "TumblingEventTimeWindows.of"
        return TumblingEventTimeWindows(to_millis(size, f"{call}(size)"), _optional(offset, f"{call}(offset)"))

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        """The one window that holds ``timestamp``."""
        if timestamp is None or timestamp <= MIN_TIMESTAMP:
            raise without_timestamp(self)
        return self._windows(timestamp)

    def get_default_trigger(self, env: Any = None) -> Trigger[T, TimeWindow]:
        """Fires when the watermark passes the window's end."""
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        """True."""
        return True


class TumblingProcessingTimeWindows(_Tumbling[T]):
    """Windows of one size by the clock."""

    @staticmethod
    def of(size: Length, offset: Length | None = None) -> TumblingProcessingTimeWindows[Any]:
        """Windows of ``size``; ``offset`` shifts their starts."""
        call = "TumblingProcessingTimeWindows.of"
        return TumblingProcessingTimeWindows(to_millis(size, f"{call}(size)"), _optional(offset, f"{call}(offset)"))

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        """The one window that holds the clock's time."""
        return self._windows(context.get_current_processing_time())

    def get_default_trigger(self, env: Any = None) -> Trigger[T, TimeWindow]:
        """Fires when the clock passes the window's end."""
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        """False."""
        return False


class _Sliding(WindowAssigner[T, TimeWindow]):
    """Windows of one size, a new one every ``slide``."""

    def __init__(self, size: int, slide: int, offset: int = 0) -> None:
        name = type(self).__name__
        if size <= 0 or slide <= 0:
            raise JobBuildError(f"{name}.of(size={size} ms, slide={slide} ms): both must be positive")
        if abs(offset) >= slide:
            raise JobBuildError(
                f"{name}.of(slide={slide} ms, offset={offset} ms): the offset must be smaller than the slide"
            )
        self.size = size
        self.slide = slide
        self.offset = offset

    def get_window_serializer(self) -> TimeWindowSerializer:
        """A serializer for time windows."""
        return TimeWindowSerializer()

    def _windows(self, timestamp: int) -> Collection[TimeWindow]:
        last = timestamp - (timestamp - self.offset) % self.slide
        return [TimeWindow(start, start + self.size) for start in range(last, timestamp - self.size, -self.slide)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.size}, {self.slide}, {self.offset})"


class SlidingEventTimeWindows(_Sliding[T]):
    """Overlapping windows by event time.

    Examples
    --------
    >>> SlidingEventTimeWindows.of(Time.minutes(1), Time.seconds(10))
    SlidingEventTimeWindows(60000, 10000, 0)
    """

    @staticmethod
    def of(size: Length, slide: Length, offset: Length | None = None) -> SlidingEventTimeWindows[Any]:
        """Windows of ``size``, one every ``slide``."""
        call = "SlidingEventTimeWindows.of"
        return SlidingEventTimeWindows(
            to_millis(size, f"{call}(size)"), to_millis(slide, f"{call}(slide)"), _optional(offset, f"{call}(offset)")
        )

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        """Every window that holds ``timestamp``, the latest first."""
        if timestamp is None or timestamp <= MIN_TIMESTAMP:
            raise without_timestamp(self)
        return self._windows(timestamp)

    def get_default_trigger(self, env: Any = None) -> Trigger[T, TimeWindow]:
        """Fires when the watermark passes the window's end."""
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        """True."""
        return True


class SlidingProcessingTimeWindows(_Sliding[T]):
    """Overlapping windows by the clock."""

    @staticmethod
    def of(size: Length, slide: Length, offset: Length | None = None) -> SlidingProcessingTimeWindows[Any]:
        """Windows of ``size``, one every ``slide``."""
        call = "SlidingProcessingTimeWindows.of"
        return SlidingProcessingTimeWindows(
            to_millis(size, f"{call}(size)"), to_millis(slide, f"{call}(slide)"), _optional(offset, f"{call}(offset)")
        )

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        """Every window that holds the clock's time, the latest first."""
        return self._windows(context.get_current_processing_time())

    def get_default_trigger(self, env: Any = None) -> Trigger[T, TimeWindow]:
        """Fires when the clock passes the window's end."""
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        """False."""
        return False


class GlobalWindows(WindowAssigner[T, GlobalWindow]):
    """One window for everything: useful with a trigger of one's own, for by default it never fires."""

    def __init__(self, default_trigger: Trigger[Any, Any] | None = None) -> None:
        self._default_trigger = default_trigger

    @staticmethod
    def create() -> GlobalWindows[Any]:
        """The assigner."""
        return GlobalWindows()

    @staticmethod
    def create_with_end_of_stream_trigger() -> GlobalWindows[Any]:
        """The assigner, with a default trigger that fires at the end of a bounded stream."""
        return GlobalWindows(EndOfStreamTrigger())

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[GlobalWindow]:
        """The global window."""
        return [GlobalWindow()]

    def get_default_trigger(self, env: Any = None) -> Trigger[T, GlobalWindow]:
        """Never fires, or fires at the end of the stream."""
        return self._default_trigger or NeverTrigger()

    def get_window_serializer(self) -> GlobalWindowSerializer:
        """A serializer for the global window."""
        return GlobalWindowSerializer()

    def is_event_time(self) -> bool:
        """False."""
        return False

    def __repr__(self) -> str:
        return "GlobalWindows()"


def _optional(offset: Length | None, call: str) -> int:
    return 0 if offset is None else to_millis(offset, call)
