"""Windows as namespaces of state and timers: plain values that hash fast and are written as columns."""

from __future__ import annotations

from typing import Any

from levada.operators.row.window.windows import CountWindow, GlobalWindow, TimeWindow

_GLOBAL = "global"


def namespace_of(window: Any) -> Any:
    """``(start, end)``, a count window's id, or the window itself where it is of the user's own class."""
    kind = type(window)
    if kind is TimeWindow:
        return (window.start, window.end)
    if kind is CountWindow:
        return window.id
    if kind is GlobalWindow:
        return _GLOBAL
    return window


def window_of(namespace: Any) -> Any:
    """The window that ``namespace_of`` was given."""
    kind = type(namespace)
    if kind is tuple:
        return TimeWindow(*namespace)
    if kind is int:
        return CountWindow(namespace)
    if namespace == _GLOBAL:
        return GlobalWindow()
    return namespace
