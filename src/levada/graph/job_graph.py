"""The planned job: stages of chained operators and the exchanges between them, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from levada.graph.partitioner import Partitioner
from levada.graph.transformation import SinkSpec, SourceSpec
from levada.operators.base import OperatorSpec


@dataclass(slots=True)
class ChainLink:
    """From an operator to a later one of the same stage, or (``target`` None) to an exchange."""

    target: int | None
    exchange: int | None = None
    side_output: str | None = None


@dataclass(slots=True)
class ChainNode:
    """One operator of a stage.

    ``uid`` addresses its state; ``members`` names the transformations it stands for (several where row functions are
    fused); ``forwards_timestamps`` says whether anything downstream reads event times; ``max_parallelism`` is the
    number of its own key groups, whoever it shares a task with.
    """

    uid: str
    name: str
    kind: str
    identity: str
    spec: OperatorSpec | SourceSpec | SinkSpec
    generated_uid: bool
    stateful: bool
    forwards_timestamps: bool
    reads_timestamps: bool = False
    max_parallelism: int = 128
    members: tuple[str, ...] = ()
    links: list[ChainLink] = field(default_factory=list)


@dataclass(slots=True)
class Exchange:
    """Channels from every subtask of one stage to the subtasks of another."""

    number: int
    source_stage: int
    target_stage: int
    partitioner: Partitioner
    input_index: int


@dataclass(slots=True)
class Stage:
    """Operators that run in one task, head first; ``parallelism`` such tasks run side by side."""

    number: int
    nodes: list[ChainNode]
    parallelism: int
    max_parallelism: int

    @property
    def name(self) -> str:
        """The operators' names, joined."""
        return " -> ".join(node.name for node in self.nodes)


@dataclass(slots=True)
class JobGraph:
    """All that is needed to run a job."""

    name: str
    stages: list[Stage]
    exchanges: list[Exchange]
    max_parallelism: int
    batch: bool = False
    """Whether it runs in BATCH mode."""

    def explain(self) -> str:
        """The plan for people: stages, their operators, and how rows get from one to the next."""
        lines = [f"Job {self.name!r}{' (BATCH)' if self.batch else ''}"]
        for stage in self.stages:
            lines.append(f"  Stage {stage.number}, parallelism {stage.parallelism}")
            lines += [f"    {_line(node)}" for node in stage.nodes]
            for exchange in self.exchanges:
                if exchange.source_stage == stage.number:
                    how = type(exchange.partitioner).__name__
                    lines.append(f"    => {how} to stage {exchange.target_stage}")
        return "\n".join(lines)


def _line(node: ChainNode) -> str:
    state = f"  [state: {node.uid}]" if node.stateful else ""
    fused = f"  (one loop: {' + '.join(node.members)})" if len(node.members) > 1 else ""
    return f"{node.kind:<16} {node.name}{fused}{state}"
