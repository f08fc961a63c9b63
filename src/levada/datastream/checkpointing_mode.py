"""How often a record's effect may show in state after a failure."""

from __future__ import annotations

from enum import Enum

__all__ = ["CheckpointingMode"]


class CheckpointingMode(Enum):
    """``EXACTLY_ONCE`` is what every job gets; ``AT_LEAST_ONCE`` is accepted and gets it too."""

    EXACTLY_ONCE = 0
    AT_LEAST_ONCE = 1
