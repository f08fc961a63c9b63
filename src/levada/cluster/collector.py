"""Python's garbage collector while a job runs: kept from scanning for nothing, and from long pauses.

CPython looks at young objects when allocations exceed deallocations by a threshold. A batch makes and drops thousands
of objects at once, so the default threshold has it look all the time. State does the opposite: where each record
replaces a tuple by a new one, the difference stays at nought, the young generation grows to millions of objects, and
the collection that comes at last is a pause of half a second. So the threshold is high, and the loop has young objects
looked at, every so many rows: tuples of plain values are found not to need the collector and never come up again.
"""

from __future__ import annotations

import gc
import threading

_THRESHOLDS = (50_000, 20, 50)
_ROWS = 8_000
"""About a batch: its objects are still in the processor's cache, where looking at them takes a millisecond."""
_MIDDLE_EVERY = 20


class _Settings:
    """The collector's settings, changed by the first of the process's jobs and given back by the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs = 0
        self._before = gc.get_threshold()

    def take(self) -> None:
        with self._lock:
            if not self._jobs:
                self._before = gc.get_threshold()
                gc.set_threshold(*_THRESHOLDS)
            self._jobs += 1

    def give_back(self) -> None:
        with self._lock:
            self._jobs -= 1
            if not self._jobs:
                gc.set_threshold(*self._before)


_settings = _Settings()


class CalmCollector:
    """The collector's settings for as long as a job runs."""

    def __init__(self) -> None:
        self._holds = False
        self._rows = 0
        self._collections = 0

    def begin(self) -> None:
        """The job starts."""
        self._holds = True
        _settings.take()

    def look(self, rows: int) -> None:
        """The current attempt has read so many rows: perhaps it is time."""
        if rows < self._rows:
            self._rows = rows
        if rows - self._rows < _ROWS:
            return
        self._rows = rows
        if gc.isenabled():
            self._collections += 1
            gc.collect(0 if self._collections % _MIDDLE_EVERY else 1)

    def end(self) -> None:
        """The job has ended."""
        if self._holds:
            self._holds = False
            _settings.give_back()
