"""A filter over a union filters each input."""

from __future__ import annotations

from levada.sql.logical.nodes import Filter, Node, Union
from levada.sql.logical.rewrite import top_down


def push_filters_into_unions(node: Node) -> Node:
    """The same condition on every input: columns of a union stand at the same places."""
    return top_down(node, _push)


def _push(node: Node) -> Node:
    if isinstance(node, Filter) and isinstance(node.input, Union):
        union = node.input
        return Union(union.row_type, tuple(Filter(each.row_type, each, node.condition) for each in union.inputs))
    return node
