"""The logical graph: what the user asked for, as plain picklable data.

APIs build ``Transformation`` nodes; ``levada.graph.plan`` turns them into chained stages and subtasks. A union is no
node: a transformation simply has several inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from levada.common.typeinfo import TypeInformation
from levada.common.watermark_strategy import WatermarkStrategy
from levada.connectors.base import Sink, Source
from levada.graph.partitioner import Forward, Partitioner
from levada.operators.base import OperatorSpec


class Chaining(Enum):
    """Whether an operator may run in the same task as its input."""

    ALWAYS = "always"
    HEAD = "head"
    """Starts a new chain; later operators may join it."""
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source, with the watermark strategy that its splits follow (None: no event time)."""

    source: Source
    watermark_strategy: WatermarkStrategy | None = None


@dataclass(frozen=True, slots=True)
class SinkSpec:
    """A sink; writer and committer are made by the runtime."""

    sink: Sink


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """One input of a transformation: a stream, how its rows are spread, and which side output (None: the main one)."""

    transformation: Transformation
    partitioner: Partitioner = field(default_factory=Forward)
    side_output: str | None = None


@dataclass(slots=True, eq=False)
class Transformation:
    """One node of the logical graph.

    Attributes
    ----------
    kind : str
        What it is, in one word ("map", "window", "group-aggregate"): part of generated uids, so it never changes.
    name : str
        For people: shown in plans, logs and errors.
    spec : OperatorSpec, SourceSpec or SinkSpec
    inputs : tuple of Input
        Empty for sources; several for a union.
    uid : str or None
        State's address, given by the user; generated from the logical graph when None.
    parallelism, max_parallelism : int or None
        None takes the environment's.
    stateful : bool
        Whether the operator keeps state in checkpoints.
    slot_sharing_group : str or None
        As the user named it; a description, for one process runs all operators.
    """

    kind: str
    name: str
    spec: OperatorSpec | SourceSpec | SinkSpec
    inputs: tuple[Input, ...] = ()
    uid: str | None = None
    parallelism: int | None = None
    max_parallelism: int | None = None
    chaining: Chaining = Chaining.ALWAYS
    output_type: TypeInformation | None = None
    stateful: bool = False
    description: str | None = None
    slot_sharing_group: str | None = None


@dataclass(slots=True)
class LogicalGraph:
    """A whole job before planning: every transformation, inputs before their readers, and the job's name."""

    name: str
    transformations: list[Transformation]
