"""Physical nodes: one per operator, exchange, source or sink of the job."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from levada.sql.catalog import CatalogTable
from levada.sql.logical.expressions import AggregateCall, Expression, Literal
from levada.sql.types import RowType


@dataclass(frozen=True, slots=True)
class ChangelogMode:
    """Which kinds of changes a node emits. ``update_before``: an update is preceded by the row it replaces."""

    updates: bool = False
    deletes: bool = False
    update_before: bool = False

    def __str__(self) -> str:
        kinds = ["I"]
        if self.updates:
            kinds += ["UB", "UA"] if self.update_before else ["UA"]
        if self.deletes:
            kinds.append("D")
        return ",".join(kinds)

    @property
    def insert_only(self) -> bool:
        """Whether there are only inserts."""
        return not self.updates and not self.deletes


INSERT_ONLY = ChangelogMode()


class Accepts(Enum):
    """Which changes a sink takes."""

    APPEND = "inserts"
    RETRACT = "inserts, updates with the row before, deletes"
    UPSERT = "inserts, updates by key, deletes"
    ANY = "whatever is cheapest"
    """For a query that is explained, not run: it has no sink."""


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all nodes; ``mode`` is set by ``infer_changelog``."""

    row_type: RowType
    mode: ChangelogMode


@dataclass(frozen=True, slots=True)
class TableScan(Node):
    """Reads the columns of ``row_type`` from a table."""

    table: CatalogTable


@dataclass(frozen=True, slots=True)
class Values(Node):
    """Rows given in the query."""

    rows: tuple[tuple[Literal, ...], ...]


@dataclass(frozen=True, slots=True)
class Calc(Node):
    """Filter, then project, in one pass."""

    input: Node
    expressions: tuple[Expression, ...]
    condition: Expression | None


@dataclass(frozen=True, slots=True)
class Exchange(Node):
    """Rows go where their key's state is; without keys, all to one place."""

    input: Node
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GroupAggregate(Node):
    """One row per key, kept up to date; in batch mode once, at the end."""

    input: Node
    keys: tuple[int, ...]
    calls: tuple[AggregateCall, ...]
    final_only: bool = False


@dataclass(frozen=True, slots=True)
class Union(Node):
    """The rows of all inputs."""

    inputs: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Sink(Node):
    """The rows go into a table, or (``table`` None) to the program that asked, by the call ``reader``."""

    input: Node
    table: CatalogTable | None
    accepts: Accepts
    reader: str = "the query's reader"


def inputs(node: Node) -> tuple[Node, ...]:
    """The nodes whose rows a node takes."""
    match node:
        case Calc() | Exchange() | GroupAggregate() | Sink():
            return (node.input,)
        case Union():
            return node.inputs
        case _:
            return ()
