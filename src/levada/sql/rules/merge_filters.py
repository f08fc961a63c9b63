"""Two filters in a row are one."""

from __future__ import annotations

from levada.sql.logical.expressions import conjunction, conjuncts
from levada.sql.logical.nodes import Filter, Node
from levada.sql.logical.rewrite import bottom_up


def merge_filters(node: Node) -> Node:
    """``a`` over ``b`` becomes ``b AND a``: the lower one still decides first."""
    return bottom_up(node, _merge)


def _merge(node: Node) -> Node:
    if isinstance(node, Filter) and isinstance(node.input, Filter):
        below = node.input
        return Filter(
            node.row_type, below.input, conjunction([*conjuncts(below.condition), *conjuncts(node.condition)])
        )
    return node
