"""Event time that goes on where nothing comes: what subtasks know of each other's quiet.

``with_idleness(d, advance=True)``: once every split of every subtask has had no records for ``d``, the watermark moves
with the clock, from where it stood at the last record. A subtask alone cannot know that, and one that has been quiet
for long must not run ahead of another that is catching up; so they tell a group that they share.
"""

from __future__ import annotations

from levada.common.elements import MIN_TIMESTAMP


class QuietGroup:
    """The subtasks of one operator that makes watermarks, in one attempt."""

    def __init__(self, parallelism: int) -> None:
        self._parallelism = parallelism
        self._quiet: dict[int, tuple[int, int]] = {}

    def rest(self, subtask_index: int, watermark: int, since: int) -> None:
        """A subtask has had no records since ``since`` (ms), and that is long enough; ignored if it rests already."""
        self._quiet.setdefault(subtask_index, (watermark, since))

    def wake(self, subtask_index: int) -> None:
        """A subtask has a record, or a split that may have some."""
        self._quiet.pop(subtask_index, None)

    def watermark(self, now: int) -> int | None:
        """Where the watermark stands at ``now``; None while a subtask is awake, and before the first record of all."""
        if len(self._quiet) < self._parallelism:
            return None
        newest = max(watermark for watermark, _ in self._quiet.values())
        if newest == MIN_TIMESTAMP:
            return None
        return newest + now - max(since for _, since in self._quiet.values())
