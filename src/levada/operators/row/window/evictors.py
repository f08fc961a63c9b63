"""Evictors: records taken out of a window after its trigger fires, before or after the window function is called.

Reference: Flink documentation, "Windows", section "Evictors".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.elements import MIN_TIMESTAMP
from levada.common.errors import JobBuildError
from levada.common.time import Duration, Time, to_millis
from levada.operators.row.user_function import bound_callable

if TYPE_CHECKING:
    from levada.operators.row.metric_group import MetricGroup

T = TypeVar("T")
W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class TimestampedValue(Generic[T]):
    """A record in a window, with its timestamp if it has one."""

    value: T
    timestamp: int | None = None

    def get_value(self) -> T:
        """The record."""
        return self.value

    def get_timestamp(self) -> int:
        """Its event time in ms; the lowest of all where it has none."""
        return MIN_TIMESTAMP if self.timestamp is None else self.timestamp

    def has_timestamp(self) -> bool:
        """Whether it has one."""
        return self.timestamp is not None


class Evictor(ABC, Generic[T, W]):
    """Takes records out of windows that fire.

    Both methods are given a window's records in the order in which they came, as a list: evicting is deleting from it
    in place (``del elements[:5]``, ``elements[:] = ...``). What is left after ``evict_after`` stays in the window.
    """

    class EvictorContext(ABC):
        """What an evictor may ask for."""

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
    def evict_before(
        self, elements: list[TimestampedValue[T]], size: int, window: W, evictor_context: Evictor.EvictorContext
    ) -> None:
        """Delete from the window's ``size`` records before the window function sees them."""

    @abstractmethod
    def evict_after(
        self, elements: list[TimestampedValue[T]], size: int, window: W, evictor_context: Evictor.EvictorContext
    ) -> None:
        """Delete from the window's ``size`` records after the window function has seen them."""


class _EvictsOnce(Evictor[T, W]):
    """Evicts by one rule, before the window function or after it."""

    def __init__(self, do_evict_after: bool) -> None:
        self._after = do_evict_after

    def evict_before(
        self, elements: list[TimestampedValue[T]], size: int, window: W, evictor_context: Evictor.EvictorContext
    ) -> None:
        """Evict now, unless it is to be done after the window function."""
        if not self._after and elements:
            self._evict(elements)

    def evict_after(
        self, elements: list[TimestampedValue[T]], size: int, window: W, evictor_context: Evictor.EvictorContext
    ) -> None:
        """Evict now, if it is to be done after the window function."""
        if self._after and elements:
            self._evict(elements)

    @abstractmethod
    def _evict(self, elements: list[TimestampedValue[T]]) -> None:
        """Delete from ``elements``, of which there is at least one."""


class CountEvictor(_EvictsOnce[T, W]):
    """Keeps the last ``max_count`` records of a window."""

    def __init__(self, max_count: int, do_evict_after: bool = False) -> None:
        if not isinstance(max_count, int) or max_count < 0:
            raise JobBuildError(f"CountEvictor.of(max_count={max_count!r}): pass a number of records, 0 or more")
        super().__init__(do_evict_after)
        self.max_count = max_count

    @staticmethod
    def of(max_count: int, do_evict_after: bool = False) -> CountEvictor[Any, Any]:
        """Keep ``max_count`` records; evict before the window function is called, or after it."""
        return CountEvictor(max_count, do_evict_after)

    def _evict(self, elements: list[TimestampedValue[T]]) -> None:
        del elements[: max(0, len(elements) - self.max_count)]


class TimeEvictor(_EvictsOnce[T, W]):
    """Keeps the records of a window that are less than ``window_size`` ms older than its newest one.

    Nothing is evicted where records have no timestamps.
    """

    def __init__(self, window_size: int, do_evict_after: bool = False) -> None:
        if window_size < 0:
            raise JobBuildError(f"TimeEvictor.of(window_size={window_size} ms): it must not be negative")
        super().__init__(do_evict_after)
        self.window_size = window_size

    @staticmethod
    def of(window_size: Duration | Time | timedelta, do_evict_after: bool = False) -> TimeEvictor[Any, Any]:
        """Keep the last ``window_size``; evict before the window function is called, or after it."""
        return TimeEvictor(to_millis(window_size, "TimeEvictor.of(window_size)"), do_evict_after)

    def _evict(self, elements: list[TimestampedValue[T]]) -> None:
        if elements[0].has_timestamp():
            cutoff = max(element.get_timestamp() for element in elements) - self.window_size
            elements[:] = [element for element in elements if element.get_timestamp() > cutoff]


class DeltaEvictor(_EvictsOnce[T, W]):
    """Evicts the records of a window whose distance to the last one is ``threshold`` or more."""

    def __init__(self, threshold: float, delta_function: Callable[[T, T], float], do_evict_after: bool = False) -> None:
        super().__init__(do_evict_after)
        self.threshold = threshold
        self.delta_function = delta_function
        self._delta = bound_callable(delta_function, "delta", "DeltaEvictor.of(.., delta_function)")

    @staticmethod
    def of(threshold: float, delta_function: Any, do_evict_after: bool = False) -> DeltaEvictor[Any, Any]:
        """Evict by ``delta_function(record, last)`` (or a DeltaFunction), before the window function or after it."""
        return DeltaEvictor(threshold, delta_function, do_evict_after)

    def _evict(self, elements: list[TimestampedValue[T]]) -> None:
        delta, last = self._delta, elements[-1].value
        elements[:] = [element for element in elements if delta(element.value, last) < self.threshold]
