"""How far a running job is: a few figures, and a line on the terminal now and then."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from levada.common import options
from levada.common.configuration import Configuration
from levada.common.elements import MAX_TIMESTAMP, MIN_TIMESTAMP


@dataclass(frozen=True, slots=True)
class JobProgress:
    """A running job in a few figures.

    Attributes
    ----------
    rows : int
        Rows out of sources since this process began, replayed ones included.
    watermark : int
        The lowest watermark at the ends of the chains, in ms since the epoch.
    checkpoints : int
        Completed by this process.
    last_checkpoint_id, last_checkpoint_ms, last_checkpoint_bytes
        The newest one: its id, how long it took, how large it is.
    restored_from : int or None
        The checkpoint this attempt began from.
    restarts : int
    """

    rows: int
    watermark: int
    checkpoints: int
    last_checkpoint_id: int | None
    last_checkpoint_ms: int
    last_checkpoint_bytes: int
    restored_from: int | None
    restarts: int


class ProgressPrinter:
    """Prints a line to standard error every ``interval_ms``."""

    def __init__(self, interval_ms: int) -> None:
        self._interval = interval_ms
        self._last: tuple[int, int] | None = None

    @staticmethod
    def from_configuration(config: Configuration) -> ProgressPrinter | None:
        """A printer where ``levada.progress.interval`` is set."""
        interval = config.get(options.PROGRESS_INTERVAL)
        return None if interval is None else ProgressPrinter(max(1, int(interval.total_seconds() * 1000)))

    def look(self, now: int, progress: Callable[[], JobProgress]) -> None:
        """Call often; prints when a line is due."""
        if self._last is None:
            self._last = (now, progress().rows)
            return
        since, rows = self._last
        if now - since >= self._interval:
            current = progress()
            print(describe(current, (current.rows - rows) * 1000 // (now - since)), file=sys.stderr, flush=True)
            self._last = (now, current.rows)


def describe(progress: JobProgress, rows_per_second: int) -> str:
    """One line for people."""
    parts = [
        f"{progress.rows:>11,} rows",
        f"{rows_per_second:>9,} rows/s",
        f"watermark {show_time(progress.watermark)}",
    ]
    if progress.last_checkpoint_id is not None:
        kilobytes = progress.last_checkpoint_bytes / 1000
        parts.append(
            f"checkpoint {progress.last_checkpoint_id} ({progress.last_checkpoint_ms} ms, {kilobytes:,.0f} kB)"
        )
    if progress.restored_from is not None:
        parts.append(f"restored from {progress.restored_from}")
    return "  ".join(parts)


def show_time(timestamp: int) -> str:
    """A watermark for people."""
    if timestamp == MIN_TIMESTAMP:
        return "none yet"
    if timestamp == MAX_TIMESTAMP:
        return "at the end"
    try:
        return f"{datetime.fromtimestamp(timestamp / 1000, UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return str(timestamp)
