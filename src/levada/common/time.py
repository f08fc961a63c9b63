"""Lengths of time and moments: ``Duration``, ``Time`` and ``Instant``, and what the API makes of them.

Wherever a ``Duration`` or a ``Time`` is asked for, a ``datetime.timedelta`` will do.
"""

from __future__ import annotations

from datetime import timedelta
from functools import total_ordering

from levada.common.errors import JobBuildError

__all__ = ["Duration", "Instant", "Time", "to_millis"]


@total_ordering
class Duration:
    """A length of time with nanosecond resolution. Made by the ``of_*`` methods.

    Examples
    --------
    >>> Duration.of_seconds(90).to_millis()
    90000
    """

    __slots__ = ("_nanos",)

    def __init__(self, nanos: int = 0) -> None:
        self._nanos = nanos

    @staticmethod
    def of_days(days: int) -> Duration:
        """So many days of 24 hours."""
        return Duration(int(days) * 86_400_000_000_000)

    @staticmethod
    def of_hours(hours: int) -> Duration:
        """So many hours."""
        return Duration(int(hours) * 3_600_000_000_000)

    @staticmethod
    def of_minutes(minutes: int) -> Duration:
        """So many minutes."""
        return Duration(int(minutes) * 60_000_000_000)

    @staticmethod
    def of_seconds(seconds: int) -> Duration:
        """So many seconds."""
        return Duration(int(seconds) * 1_000_000_000)

    @staticmethod
    def of_millis(millis: int) -> Duration:
        """So many milliseconds."""
        return Duration(int(millis) * 1_000_000)

    @staticmethod
    def of_nanos(nanos: int) -> Duration:
        """So many nanoseconds."""
        return Duration(int(nanos))

    def to_millis(self) -> int:
        """Whole milliseconds, rounded down."""
        return self._nanos // 1_000_000

    def to_timedelta(self) -> timedelta:
        """As a ``timedelta`` (whole microseconds, rounded down)."""
        return timedelta(microseconds=self._nanos // 1000)

    def __eq__(self, other: object) -> bool:
        return self._nanos == other._nanos if isinstance(other, Duration) else NotImplemented

    def __lt__(self, other: Duration) -> bool:
        return self._nanos < other._nanos if isinstance(other, Duration) else NotImplemented

    def __hash__(self) -> int:
        return hash(("Duration", self._nanos))

    def __repr__(self) -> str:
        return f"Duration({self.to_timedelta()})"


@total_ordering
class Time:
    """The length of a window, in milliseconds. Made by the static methods.

    Examples
    --------
    >>> Time.minutes(1).to_milliseconds()
    60000
    """

    __slots__ = ("_milliseconds",)

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = int(milliseconds)

    @staticmethod
    def milliseconds(milliseconds: int) -> Time:
        """So many milliseconds."""
        return Time(milliseconds)

    @staticmethod
    def seconds(seconds: int) -> Time:
        """So many seconds."""
        return Time(seconds * 1000)

    @staticmethod
    def minutes(minutes: int) -> Time:
        """So many minutes."""
        return Time(minutes * 60_000)

    @staticmethod
    def hours(hours: int) -> Time:
        """So many hours."""
        return Time(hours * 3_600_000)

    @staticmethod
    def days(days: int) -> Time:
        """So many days of 24 hours."""
        return Time(days * 86_400_000)

    def to_milliseconds(self) -> int:
        """The length in milliseconds."""
        return self._milliseconds

    def __eq__(self, other: object) -> bool:
        return self._milliseconds == other._milliseconds if isinstance(other, Time) else NotImplemented

    def __lt__(self, other: Time) -> bool:
        return self._milliseconds < other._milliseconds if isinstance(other, Time) else NotImplemented

    def __hash__(self) -> int:
        return hash(("Time", self._milliseconds))

    def __repr__(self) -> str:
        return f"Time({self._milliseconds} ms)"


@total_ordering
class Instant:
    """A moment on the time line, with nanosecond resolution.

    Examples
    --------
    >>> Instant.of_epoch_milli(1500)
    Instant<1, 500000000>
    """

    __slots__ = ("nanos", "seconds")

    def __init__(self, seconds: int, nanos: int) -> None:
        self.seconds = seconds
        self.nanos = nanos

    @staticmethod
    def of_epoch_milli(epoch_milli: int) -> Instant:
        """The moment so many milliseconds after 1970-01-01T00:00Z."""
        seconds, millis = divmod(epoch_milli, 1000)
        return Instant(seconds, millis * 1_000_000)

    def to_epoch_milli(self) -> int:
        """Milliseconds since 1970-01-01T00:00Z, rounded down."""
        return self.seconds * 1000 + self.nanos // 1_000_000

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Instant):
            return NotImplemented
        return (self.seconds, self.nanos) == (other.seconds, other.nanos)

    def __lt__(self, other: Instant) -> bool:
        if not isinstance(other, Instant):
            return NotImplemented
        return (self.seconds, self.nanos) < (other.seconds, other.nanos)

    def __hash__(self) -> int:
        return hash((self.seconds, self.nanos))

    def __repr__(self) -> str:
        return f"Instant<{self.seconds}, {self.nanos}>"


def to_millis(value: Duration | Time | timedelta, call: str) -> int:
    """Whole milliseconds of a length of time.

    Parameters
    ----------
    value : Duration, Time or timedelta
    call : str
        The call the value was given to, for the error: ``"TumblingEventTimeWindows.of(size)"``.

    Raises
    ------
    JobBuildError
        The value is something else, such as a bare number.
    """
    if isinstance(value, timedelta):
        return value // timedelta(milliseconds=1)
    if isinstance(value, Duration):
        return value.to_millis()
    if isinstance(value, Time):
        return value.to_milliseconds()
    hint = "timedelta(milliseconds=...), Duration.of_millis(...) or Time.milliseconds(...)"
    raise JobBuildError(f"{call}: {value!r} is not a length of time; pass {hint} (or their larger units)")
