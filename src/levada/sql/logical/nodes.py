"""What a query computes, before it is decided how: relational nodes over typed rows."""

from __future__ import annotations

from dataclasses import dataclass

from levada.sql.catalog import CatalogTable
from levada.sql.logical.expressions import AggregateCall, Expression, Literal, Ref
from levada.sql.types import RowType


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all nodes; ``row_type`` names and types the columns it gives."""

    row_type: RowType


@dataclass(frozen=True, slots=True)
class Scan(Node):
    """Rows of a table; only the columns of ``row_type`` are read."""

    table: CatalogTable


@dataclass(frozen=True, slots=True)
class Values(Node):
    """Rows given in the query."""

    rows: tuple[tuple[Literal, ...], ...]


@dataclass(frozen=True, slots=True)
class Project(Node):
    """One expression per column."""

    input: Node
    expressions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """The rows for which the condition is true."""

    input: Node
    condition: Expression


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """One row per key: the keys, then the calls. Without keys there is one row in all."""

    input: Node
    keys: tuple[int, ...]
    calls: tuple[AggregateCall, ...]


@dataclass(frozen=True, slots=True)
class Union(Node):
    """The rows of all inputs (``UNION ALL``)."""

    inputs: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Insert(Node):
    """The query's rows go into a table."""

    input: Node
    table: CatalogTable


def inputs(node: Node) -> tuple[Node, ...]:
    """The nodes whose rows a node takes."""
    match node:
        case Project() | Filter() | Aggregate() | Insert():
            return (node.input,)
        case Union():
            return node.inputs
        case _:
            return ()


def identity(row_type: RowType) -> tuple[Ref, ...]:
    """References to every column, in order."""
    return tuple(Ref(field.data_type, index, field.name) for index, field in enumerate(row_type.fields))
