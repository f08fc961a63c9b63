"""Finding files and dealing out their splits, once or for as long as the job runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from levada.connectors.base import EnumeratorContext, SplitEnumerator
from levada.connectors.files.paths import find_files
from levada.connectors.files.splits import FileSplit, splits_of
from levada.formats.base import Format


@dataclass(frozen=True, slots=True)
class FilesFound:
    """What an enumerator remembers: splits not yet assigned, and (when it goes on looking) all files it has seen."""

    pending: list[FileSplit]
    seen: frozenset[str]


class FileEnumerator(SplitEnumerator):
    """Looks for files at the start and, with an interval, again and again; a file is taken once, by its path."""

    def __init__(
        self,
        context: EnumeratorContext,
        restored: FilesFound | None,
        paths: Iterable[str],
        form: Format,
        split_bytes: int,
        interval_ms: int | None,
    ) -> None:
        self._context = context
        self._paths = tuple(paths)
        self._format = form
        self._split_bytes = split_bytes
        self._interval_ms = interval_ms
        self._discovered = restored is not None
        self._pending = deque(restored.pending if restored is not None else ())
        self._seen = set(restored.seen if restored is not None else ())
        self._waiting: dict[int, None] = {}

    def start(self) -> None:
        if self._interval_ms is not None:
            self._context.call_every(self._interval_ms, self._discover)
        if self._interval_ms is not None or not self._discovered:
            self._discover()

    def _discover(self) -> None:
        for path in find_files(self._paths):
            if path not in self._seen:
                self._seen.add(path)
                self._pending.extend(splits_of(path, self._format, self._context.parallelism, self._split_bytes))
        self._serve_waiting()

    def _serve_waiting(self) -> None:
        while self._waiting and self._pending:
            subtask = next(iter(self._waiting))
            del self._waiting[subtask]
            self._context.assign_split(self._pending.popleft(), subtask)

    def handle_split_request(self, subtask_index: int) -> None:
        if self._pending:
            self._context.assign_split(self._pending.popleft(), subtask_index)
        elif self._interval_ms is None:
            self._context.signal_no_more_splits(subtask_index)
        else:
            self._waiting[subtask_index] = None

    def add_splits_back(self, splits: Sequence[FileSplit], subtask_index: int) -> None:  # type: ignore[override]
        self._waiting.pop(subtask_index, None)
        self._pending.extendleft(reversed(splits))
        self._serve_waiting()

    def snapshot_state(self) -> FilesFound:
        return FilesFound(list(self._pending), frozenset(self._seen if self._interval_ms is not None else ()))
