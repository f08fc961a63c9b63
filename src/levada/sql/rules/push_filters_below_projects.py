"""A filter over a projection becomes a filter over the projection's input: rows are dropped before work is done."""

from __future__ import annotations

from levada.sql.logical.expressions import substituted
from levada.sql.logical.nodes import Filter, Node, Project
from levada.sql.logical.rewrite import top_down
from levada.sql.rules.merge_filters import merge_filters


def push_filters_below_projects(node: Node) -> Node:
    """Conditions are rewritten over the projection's own expressions."""
    return merge_filters(top_down(node, _push))


def _push(node: Node) -> Node:
    if not isinstance(node, Filter) or not isinstance(node.input, Project):
        return node
    project = node.input
    condition = substituted(node.condition, project.expressions)
    return Project(project.row_type, Filter(project.input.row_type, project.input, condition), project.expressions)
