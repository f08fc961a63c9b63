"""A projection that passes its input through is no work at all."""

from __future__ import annotations

from levada.sql.logical.nodes import Node, Project, identity
from levada.sql.logical.rewrite import bottom_up


def drop_identity_projects(node: Node) -> Node:
    """Drop projections of all columns in place, under the same names."""
    return bottom_up(node, _drop)


def _drop(node: Node) -> Node:
    if not isinstance(node, Project) or node.expressions != identity(node.input.row_type):
        return node
    return node.input if node.row_type.field_names() == node.input.row_type.field_names() else node
