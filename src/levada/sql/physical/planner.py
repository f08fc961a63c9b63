"""Logical plan to physical plan: filters and projections become one node, aggregation gets its exchange."""

from __future__ import annotations

from dataclasses import dataclass

from levada.common.errors import InternalError
from levada.sql.logical import nodes as logical
from levada.sql.physical.nodes import (
    INSERT_ONLY,
    Accepts,
    Calc,
    Exchange,
    GroupAggregate,
    Node,
    Sink,
    TableScan,
    Union,
    Values,
)


@dataclass(frozen=True, slots=True)
class PlannerSettings:
    """``batch``: results come once, when the input has ended. ``time_zone``: the session's. ``reader``: who asks."""

    batch: bool = False
    time_zone: str = "UTC"
    reader: str = "the query's reader"


def plan(node: logical.Node, accepts: Accepts, settings: PlannerSettings) -> Sink:
    """The physical plan with a sink on top; changelog modes are not inferred yet."""
    if isinstance(node, logical.Insert):
        return Sink(node.row_type, INSERT_ONLY, _plan(node.input, settings), node.table, accepts)
    return Sink(node.row_type, INSERT_ONLY, _plan(node, settings), None, accepts, settings.reader)


def _plan(node: logical.Node, settings: PlannerSettings) -> Node:
    match node:
        case logical.Scan():
            return TableScan(node.row_type, INSERT_ONLY, node.table)
        case logical.Values():
            return Values(node.row_type, INSERT_ONLY, node.rows)
        case logical.Filter():
            below = _plan(node.input, settings)
            return Calc(node.row_type, INSERT_ONLY, below, logical.identity(node.row_type), node.condition)
        case logical.Project():
            source, condition = node.input, None
            if isinstance(source, logical.Filter):
                condition, source = source.condition, source.input
            return Calc(node.row_type, INSERT_ONLY, _plan(source, settings), node.expressions, condition)
        case logical.Aggregate():
            below = _plan(node.input, settings)
            exchange = Exchange(below.row_type, INSERT_ONLY, below, node.keys)
            return GroupAggregate(node.row_type, INSERT_ONLY, exchange, node.keys, node.calls, settings.batch)
        case logical.Union():
            return Union(node.row_type, INSERT_ONLY, tuple(_plan(each, settings) for each in node.inputs))
        case _:
            raise InternalError(f"no physical form for {type(node).__name__}")
