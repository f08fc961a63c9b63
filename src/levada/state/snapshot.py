"""A piece of state frozen at a barrier, and the shape in which it is written.

Every part of a snapshot is a sequence of Arrow record batches, so that any Arrow reader can open a checkpoint's files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


class PartKind(Enum):
    """How a part is shared out among subtasks when it is restored."""

    KEYED = "keyed"
    """Rows carry a ``key_group`` column (uint16, first); each subtask takes its own range of groups."""
    LIST = "list"
    """Rows are dealt out round robin."""
    UNION = "union"
    """Every subtask takes all rows."""


@dataclass(slots=True)
class StatePart:
    """One named piece of an operator's state.

    Attributes
    ----------
    kind : PartKind
    batches : callable
        Makes an iterator over the part's record batches. The loop pulls it between steps, so one ``next`` should take
        about a millisecond at most; a batch without rows is a pause and is not written. What it reads is frozen: the
        operator works on meanwhile.
    released : callable or None
        Called once when the batches have been written (or given up): frozen layers may be merged again.
    """

    kind: PartKind
    batches: Callable[[], Iterator[pa.RecordBatch]]
    released: Callable[[], None] | None = None
