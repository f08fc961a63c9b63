"""Ctrl-C and SIGTERM while a job runs in the main thread."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Protocol


class Stoppable(Protocol):
    """What a signal does to a job."""

    def stop(self) -> None:
        """End at a last checkpoint."""
        ...


class StopSignals:
    """While entered: the first SIGINT or SIGTERM asks the job to stop, the second raises at once.

    In other threads than the main one signals cannot be caught, so nothing is installed.
    """

    def __init__(self, job: Stoppable) -> None:
        self._job = job
        self._received: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopSignals:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def raise_if_stopped(self) -> None:
        """Pass the signal on to the program, now that the job has ended."""
        if self._received is not None:
            self._raise(self._received)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self._received is not None:
            self._raise(number)
        self._received = number
        self._job.stop()

    def _raise(self, number: int) -> None:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)
