"""Clocks: the machine's, and one that tests own."""

from __future__ import annotations

import time


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class VirtualClock:
    """Time that moves only when somebody sleeps or a test says so: waiting costs nothing and is repeatable.

    Parameters
    ----------
    start_ms : int
        Milliseconds since the epoch at which time begins.
    """

    def __init__(self, start_ms: int = 1_700_000_000_000) -> None:
        self._now_ns = start_ms * 1_000_000

    def now_ms(self) -> int:
        return self._now_ns // 1_000_000

    def monotonic_ns(self) -> int:
        return self._now_ns

    def sleep(self, seconds: float) -> None:
        self._now_ns += max(int(seconds * 1e9), 1)

    def advance(self, milliseconds: int) -> None:
        """Move time forward."""
        self._now_ns += milliseconds * 1_000_000
