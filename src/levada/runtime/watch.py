"""Warns when event time stands still: records arrive, but the watermark does not move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from levada.common.elements import MAX_TIMESTAMP, MIN_TIMESTAMP
from levada.common.logs import get_logger
from levada.runtime.task import Task

log = get_logger(__name__)


class StalledWatermarks:
    """Looks at all tasks now and then; says once per task what holds event time back.

    Parameters
    ----------
    tasks : sequence of Task
    patience_ms : int
        How long the watermark may stand still while records arrive.
    """

    def __init__(self, tasks: Sequence[Task], patience_ms: int, now: int) -> None:
        self._tasks = tasks
        self._patience = patience_ms
        self._watched = [
            (task, position)
            for task in tasks
            for position, node in enumerate(task.nodes)
            if node.reads_timestamps and node.kind != "timestamps"
        ]
        # Per watched operator: its watermark, since when, and the rows its task had taken by then.
        self._since = {
            (task.stage, task.subtask_index, position): (MIN_TIMESTAMP, now, 0) for task, position in self._watched
        }
        self._next_look = now + min(patience_ms, 1000)
        self._warned: set[tuple[int, int, int]] = set()

    def look(self, now: int) -> None:
        """Call often; looks about once a second."""
        if now < self._next_look or not self._watched:
            return
        self._next_look = now + min(self._patience, 1000)
        for task, position in self._watched:
            key = (task.stage, task.subtask_index, position)
            watermark = task.links[position].operator.current_watermark
            known, since, rows = self._since[key]
            if watermark != known:
                self._since[key] = (watermark, now, task.rows_in)
            elif now - since >= self._patience and task.rows_in > rows and key not in self._warned and not task.ended:
                self._warned.add(key)
                self._warn(task.nodes[position].name, watermark, now - since)

    def _warn(self, operator: str, watermark: int, stood_ms: int) -> None:
        log.warning(
            "%s: the watermark has stood at %s for %d s while records arrive, so nothing that waits for event time is "
            "put out. %s. Remedy: give every source a watermark strategy with a timestamp assigner "
            "(assign_timestamps_and_watermarks), and .with_idleness(...) where a split may fall silent",
            operator,
            _show(watermark),
            stood_ms // 1000,
            self._culprits(),
        )

    def _culprits(self) -> str:
        said = []
        for task in self._tasks:
            if task.source is None:
                continue
            name = task.nodes[0].name
            progress = task.source.progress()
            for link in task.links[1:]:
                tracker = getattr(link.operator, "tracker", None)
                if tracker is not None:
                    progress.append(("the whole stream", tracker.newest, tracker.watermark))
            if not progress:
                said.append(f"source {name!r} makes no watermarks")
            else:
                split, newest, _ = min(progress, key=lambda entry: entry[2])
                said.append(f"source {name!r}, split {split!r}: last timestamp {_show(newest)}")
        return "; ".join(said) or "no source feeds it here"


def _show(timestamp: int) -> str:
    if timestamp in (MIN_TIMESTAMP, MAX_TIMESTAMP):
        return "nothing" if timestamp == MIN_TIMESTAMP else "the end"
    try:
        return f"{timestamp} ({datetime.fromtimestamp(timestamp / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC)"
    except (ValueError, OverflowError, OSError):
        return str(timestamp)
