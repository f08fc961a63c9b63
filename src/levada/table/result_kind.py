"""What a statement's result is."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ResultKind"]


class ResultKind(IntEnum):
    """``SUCCESS``: done, nothing to show; ``SUCCESS_WITH_CONTENT``: there are rows."""

    SUCCESS = 0
    SUCCESS_WITH_CONTENT = 1
