"""Walking and rebuilding plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from levada.sql.logical.nodes import Aggregate, Filter, Insert, Node, Project, Union, inputs


def with_inputs(node: Node, new: tuple[Node, ...]) -> Node:
    """The same node over other inputs."""
    match node:
        case Project() | Filter() | Aggregate() | Insert():
            return replace(node, input=new[0])
        case Union():
            return replace(node, inputs=new)
        case _:
            return node


def bottom_up(node: Node, change: Callable[[Node], Node]) -> Node:
    """Rebuild from the leaves up, each node passed through ``change``."""
    before = inputs(node)
    after = tuple(bottom_up(child, change) for child in before)
    changed = any(one is not other for one, other in zip(before, after, strict=True))
    return change(with_inputs(node, after) if changed else node)


def top_down(node: Node, change: Callable[[Node], Node]) -> Node:
    """Rebuild from the root down, each node passed through ``change`` before its inputs."""
    node = change(node)
    before = inputs(node)
    after = tuple(top_down(child, change) for child in before)
    changed = any(one is not other for one, other in zip(before, after, strict=True))
    return with_inputs(node, after) if changed else node
