"""How a job treats its input: as a stream, or as something that is all there."""

from __future__ import annotations

from enum import Enum

__all__ = ["RuntimeExecutionMode"]


class RuntimeExecutionMode(Enum):
    """``STREAMING`` (the default) puts results out as records arrive; ``BATCH`` gives final results of bounded input,
    one key after the other; ``AUTOMATIC`` is ``BATCH`` where every source is bounded."""

    STREAMING = 0
    BATCH = 1
    AUTOMATIC = 2
