"""Windows that merge: which windows a key has, and what becomes of them when one is added."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from levada.operators.row.window.namespaces import namespace_of, window_of
from levada.operators.row.window.windows import MergingWindowAssigner
from levada.state.backend import KeyContext, ObjectTable

Windows = dict[Any, Any]
"""A key's windows: contents by namespace, None where a window has been purged."""

OnMerge = Callable[[Any, list[Any]], None]
"""``(result, merged)``: called before contents are merged."""


class _Merges(MergingWindowAssigner.MergeCallback[Any]):
    """Keeps what an assigner wants merged."""

    def __init__(self) -> None:
        self.found: list[tuple[Any, list[Any]]] = []

    def merge(self, to_be_merged: Iterable[Any], merge_result: Any) -> None:
        self.found.append((merge_result, list(to_be_merged)))


class MergingWindows:
    """The windows of each key, with their contents, in one table."""

    def __init__(
        self,
        assigner: MergingWindowAssigner[Any, Any],
        table: ObjectTable,
        keys: KeyContext,
        merge_contents: Callable[[Any, Any], Any],
    ) -> None:
        self._assigner = assigner
        self._table = table
        self._keys = keys
        self._merge_contents = merge_contents

    def windows(self) -> Windows | None:
        """The current key's windows; may be changed in place."""
        windows: Windows | None = self._table.get(None, self._keys.key)
        return windows

    def add(self, window: Any, on_merge: OnMerge) -> Any:
        """Add a window to the current key's; the window it has become part of."""
        windows = self.windows()
        if windows is None:
            self._table.put(None, self._keys.key, {namespace_of(window): None})
            return window
        if namespace_of(window) in windows:
            return window
        merges = _Merges()
        self._assigner.merge_windows([*map(window_of, windows), window], merges)
        result, taken_in = window, False
        for merged_window, parts in merges.found:
            others = [part for part in parts if part != window]
            if len(others) < len(parts):
                result, taken_in = merged_window, True
            if others == [merged_window]:
                continue  # an existing window that holds the new one
            on_merge(merged_window, others)
            contents = None
            for part in others:
                more = windows.pop(namespace_of(part))
                if more is not None:
                    contents = more if contents is None else self._merge_contents(contents, more)
            windows[namespace_of(merged_window)] = contents
        if not taken_in:
            windows[namespace_of(window)] = None
        return result

    def retire(self, window: Any) -> None:
        """Forget one of the current key's windows."""
        windows = self.windows()
        if windows is not None:
            windows.pop(namespace_of(window), None)
            if not windows:
                self._table.delete(None, self._keys.key)
