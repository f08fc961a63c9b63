"""Windows: the finite pieces a stream is cut into, and the assigners' base classes.

Reference: Flink documentation, "Windows".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from functools import total_ordering
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.elements import MAX_TIMESTAMP

if TYPE_CHECKING:
    from levada.operators.row.runtime_context import RuntimeContext
    from levada.operators.row.window.trigger import Trigger

T = TypeVar("T")
W = TypeVar("W")
W2 = TypeVar("W2")


class Window(ABC):
    """A finite bucket of records. Windows are values: equal ones are the same window."""

    @abstractmethod
    def max_timestamp(self) -> int:
        """The largest timestamp that still belongs to the window."""


@total_ordering
class TimeWindow(Window):
    """The interval from ``start`` (inclusive) to ``end`` (exclusive), in milliseconds.

    Examples
    --------
    >>> TimeWindow(0, 10).max_timestamp()
    9
    """

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end

    def max_timestamp(self) -> int:
        """The last millisecond of the window."""
        return self.end - 1

    def intersects(self, other: TimeWindow) -> bool:
        """Whether the two overlap or touch."""
        return self.start <= other.end and self.end >= other.start

    def cover(self, other: TimeWindow) -> TimeWindow:
        """The smallest window that holds both."""
        return TimeWindow(min(self.start, other.start), max(self.end, other.end))

    @staticmethod
    def get_window_start_with_offset(timestamp: int, offset: int, window_size: int) -> int:
        """Start of the window of ``window_size`` (shifted by ``offset``) that holds ``timestamp``."""
        return timestamp - (timestamp - offset) % window_size

    @staticmethod
    def merge_windows(windows: Iterable[TimeWindow], callback: MergingWindowAssigner.MergeCallback[TimeWindow]) -> None:
        """Tell ``callback`` which windows overlap or touch, and what they become."""
        group: list[TimeWindow] = []
        covered: TimeWindow | None = None
        for window in sorted(windows):
            if covered is not None and covered.intersects(window):
                covered = covered.cover(window)
                group.append(window)
                continue
            if covered is not None and len(group) > 1:
                callback.merge(group, covered)
            covered, group = window, [window]
        if covered is not None and len(group) > 1:
            callback.merge(group, covered)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TimeWindow) and self.end == other.end and self.start == other.start

    def __lt__(self, other: TimeWindow) -> bool:
        return (self.start, self.end) < (other.start, other.end)

    def __hash__(self) -> int:
        return hash((self.start, self.end))

    def __repr__(self) -> str:
        return f"TimeWindow(start={self.start}, end={self.end})"


class CountWindow(Window):
    """The ``id``-th window of a key whose windows are counted in records."""

    __slots__ = ("id",)

    def __init__(self, id: int) -> None:
        self.id = id

    def max_timestamp(self) -> int:
        """The end of time: a count window does not end by time."""
        return MAX_TIMESTAMP

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CountWindow) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"CountWindow(id={self.id})"


class GlobalWindow(Window):
    """The one window of ``GlobalWindows``."""

    __slots__ = ()

    @staticmethod
    def get() -> GlobalWindow:
        """The window."""
        return GlobalWindow()

    def max_timestamp(self) -> int:
        """The end of time."""
        return MAX_TIMESTAMP

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GlobalWindow)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "GlobalWindow"


class WindowAssigner(ABC, Generic[T, W]):
    """Decides which windows a record belongs to."""

    class WindowAssignerContext(ABC):
        """What an assigner may ask for."""

        @abstractmethod
        def get_current_processing_time(self) -> int:
            """The clock's time in milliseconds."""

        @abstractmethod
        def get_runtime_context(self) -> RuntimeContext:
            """The operator's runtime context: state here is scoped to the current key."""

    @abstractmethod
    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[W]:
        """The windows of one record."""

    @abstractmethod
    def get_default_trigger(self, env: Any = None) -> Trigger[T, W]:
        """The trigger that applies when the user names none."""

    def get_window_serializer(self) -> Any:
        """Not needed here: windows are kept as values. PyFlink's assigners return a serializer."""
        return None

    @abstractmethod
    def is_event_time(self) -> bool:
        """Whether windows are assigned by event time (else by processing time, or by something else)."""


class MergingWindowAssigner(WindowAssigner[T, W]):
    """An assigner whose windows may merge, as sessions do."""

    class MergeCallback(ABC, Generic[W2]):
        """Is told of merges."""

        @abstractmethod
        def merge(self, to_be_merged: Iterable[W2], merge_result: W2) -> None:
            """These windows become that one."""

    @abstractmethod
    def merge_windows(self, windows: Iterable[W], callback: MergingWindowAssigner.MergeCallback[W]) -> None:
        """Tell ``callback`` which of ``windows`` merge."""
