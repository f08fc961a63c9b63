"""How rows are spread over the subtasks of the next stage: plain data, applied by the runtime's exchanges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Forward:
    """Subtask i sends to subtask i; chained where nothing speaks against it. Needs equal parallelism."""


@dataclass(frozen=True, slots=True)
class Rebalance:
    """Batches go round robin over all subtasks (the rule between stages of different parallelism)."""


@dataclass(frozen=True, slots=True)
class Rescale:
    """Batches go round robin over some subtasks, each sender having its own share of them."""


@dataclass(frozen=True, slots=True)
class Shuffle:
    """Each row goes to a subtask drawn at random, all being equally likely."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Every subtask gets every row."""


@dataclass(frozen=True, slots=True)
class Global:
    """Everything goes to subtask 0."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyByRows:
    """Rows go to the subtask that owns their key's group; ``selector`` takes a row's value and gives its key."""

    selector: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class KeyByColumns:
    """Rows of a column batch go to the subtask that owns the group of the named key columns."""

    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CustomRows:
    """Rows go to the subtask that ``partition(selector(value), number of subtasks)`` names."""

    selector: Callable[[Any], Any]
    partition: Callable[[Any, int], int]


Partitioner = Forward | Rebalance | Rescale | Shuffle | Broadcast | Global | KeyByRows | KeyByColumns | CustomRows
