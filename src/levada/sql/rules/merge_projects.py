"""Two projections in a row are one."""

from __future__ import annotations

from collections import Counter

from levada.sql.logical.expressions import Expression, Literal, Ref, substituted, walk
from levada.sql.logical.nodes import Node, Project
from levada.sql.logical.rewrite import bottom_up


def merge_projects(node: Node) -> Node:
    """The upper expressions over the lower ones, unless that would compute something twice."""
    return bottom_up(node, _merge)


def _merge(node: Node) -> Node:
    if not isinstance(node, Project) or not isinstance(node.input, Project):
        return node
    below = node.input
    uses = Counter(part.index for e in node.expressions for part in walk(e) if isinstance(part, Ref))
    if any(count > 1 and not _free(below.expressions[index]) for index, count in uses.items()):
        return node
    merged = tuple(substituted(expression, below.expressions) for expression in node.expressions)
    return Project(node.row_type, below.input, merged)


def _free(expression: Expression) -> bool:
    return isinstance(expression, Ref | Literal)
