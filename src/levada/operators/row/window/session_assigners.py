"""Assigners of sessions: windows that end after a gap without records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from levada.common.elements import MIN_TIMESTAMP
from levada.common.errors import JobBuildError, UserError
from levada.common.time import Duration, Time, to_millis
from levada.operators.row.window.assigners import without_timestamp
from levada.operators.row.window.serializers import TimeWindowSerializer
from levada.operators.row.window.time_triggers import EventTimeTrigger, ProcessingTimeTrigger
from levada.operators.row.window.trigger import Trigger
from levada.operators.row.window.windows import MergingWindowAssigner, TimeWindow, WindowAssigner

T = TypeVar("T")


class SessionWindowTimeGapExtractor(ABC):
    """Reads a record's session gap from the record. A callable ``(element) -> ms`` may stand in its place."""

    @abstractmethod
    def extract(self, element: Any) -> int:
        """The gap after this record, in milliseconds; positive."""


Extractor = SessionWindowTimeGapExtractor | Callable[[Any], int]


class _Sessions(MergingWindowAssigner[T, TimeWindow]):
    """What all session assigners share: windows that overlap or touch merge."""

    def merge_windows(
        self, windows: Iterable[TimeWindow], callback: MergingWindowAssigner.MergeCallback[TimeWindow]
    ) -> None:
        """Overlapping and touching windows merge."""
        TimeWindow.merge_windows(windows, callback)

    def get_window_serializer(self) -> TimeWindowSerializer:
        """A serializer for time windows."""
        return TimeWindowSerializer()


class _EventTimeSessions(_Sessions[T]):
    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        """A window from the record's timestamp to the end of the gap."""
        if timestamp is None or timestamp <= MIN_TIMESTAMP:
            raise without_timestamp(self)
        return [TimeWindow(timestamp, timestamp + self.gap_of(element))]

    def gap_of(self, element: T) -> int:
        """The gap after ``element``."""
        raise NotImplementedError

    def get_default_trigger(self, env: Any = None) -> Trigger[T, TimeWindow]:
        """Fires when the watermark passes the session's end."""
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        """True."""
        return True


class _ProcessingTimeSessions(_Sessions[T]):
    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        """A window from now to the end of the gap."""
        now = context.get_current_processing_time()
        return [TimeWindow(now, now + self.gap_of(element))]

    def gap_of(self, element: T) -> int:
        """The gap after ``element``."""
        raise NotImplementedError

    def get_default_trigger(self, env: Any = None) -> Trigger[T, TimeWindow]:
        """Fires when the clock passes the session's end."""
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        """False."""
        return False


class EventTimeSessionWindows(_EventTimeSessions[T]):
    """Sessions by event time, with one gap for all."""

    def __init__(self, session_gap: int) -> None:
        self.session_gap = _positive_gap(session_gap, "EventTimeSessionWindows")

    @staticmethod
    def with_gap(size: Duration | Time | timedelta) -> EventTimeSessionWindows[Any]:
        """Sessions end ``size`` after their last record."""
        return EventTimeSessionWindows(to_millis(size, "EventTimeSessionWindows.with_gap(size)"))

    @staticmethod
    def with_dynamic_gap(extractor: Extractor) -> DynamicEventTimeSessionWindows[Any]:
        """Each record says how long its session waits for the next."""
        return DynamicEventTimeSessionWindows(extractor)

    def gap_of(self, element: T) -> int:
        """The gap."""
        return self.session_gap

    def __repr__(self) -> str:
        return f"EventTimeSessionWindows({self.session_gap})"


class ProcessingTimeSessionWindows(_ProcessingTimeSessions[T]):
    """Sessions by the clock, with one gap for all."""

    def __init__(self, session_gap: int) -> None:
        self.session_gap = _positive_gap(session_gap, "ProcessingTimeSessionWindows")

    @staticmethod
    def with_gap(size: Duration | Time | timedelta) -> ProcessingTimeSessionWindows[Any]:
        """Sessions end ``size`` after their last record."""
        return ProcessingTimeSessionWindows(to_millis(size, "ProcessingTimeSessionWindows.with_gap(size)"))

    @staticmethod
    def with_dynamic_gap(extractor: Extractor) -> DynamicProcessingTimeSessionWindows[Any]:
        """Each record says how long its session waits for the next."""
        return DynamicProcessingTimeSessionWindows(extractor)

    def gap_of(self, element: T) -> int:
        """The gap."""
        return self.session_gap

    def __repr__(self) -> str:
        return f"ProcessingTimeSessionWindows({self.session_gap})"


class DynamicEventTimeSessionWindows(_EventTimeSessions[T]):
    """Sessions by event time whose gap is read from each record."""

    def __init__(self, session_window_time_gap_extractor: Extractor) -> None:
        self._extract = _extract(session_window_time_gap_extractor, "EventTimeSessionWindows")

    @staticmethod
    def with_dynamic_gap(extractor: Extractor) -> DynamicEventTimeSessionWindows[Any]:
        """Each record says how long its session waits for the next."""
        return DynamicEventTimeSessionWindows(extractor)

    def gap_of(self, element: T) -> int:
        """The record's own gap."""
        return _checked_gap(self._extract(element))

    def __repr__(self) -> str:
        return "DynamicEventTimeSessionWindows()"


class DynamicProcessingTimeSessionWindows(_ProcessingTimeSessions[T]):
    """Sessions by the clock whose gap is read from each record."""

    def __init__(self, session_window_time_gap_extractor: Extractor) -> None:
        self._extract = _extract(session_window_time_gap_extractor, "ProcessingTimeSessionWindows")

    @staticmethod
    def with_dynamic_gap(extractor: Extractor) -> DynamicProcessingTimeSessionWindows[Any]:
        """Each record says how long its session waits for the next."""
        return DynamicProcessingTimeSessionWindows(extractor)

    def gap_of(self, element: T) -> int:
        """The record's own gap."""
        return _checked_gap(self._extract(element))

    def __repr__(self) -> str:
        return "DynamicProcessingTimeSessionWindows()"


def _positive_gap(gap: int, name: str) -> int:
    if gap <= 0:
        raise JobBuildError(f"{name}.with_gap({gap} ms): the gap must be positive")
    return gap


def _checked_gap(gap: int) -> int:
    if gap <= 0:
        raise UserError(f"the session gap read from a record is {gap!r}; it must be a positive number of milliseconds")
    return gap


def _extract(extractor: Extractor, name: str) -> Callable[[Any], int]:
    if isinstance(extractor, SessionWindowTimeGapExtractor):
        return extractor.extract
    if callable(extractor):
        return extractor
    raise JobBuildError(
        f"{name}.with_dynamic_gap({extractor!r}): pass a SessionWindowTimeGapExtractor or a callable (element) -> ms"
    )
