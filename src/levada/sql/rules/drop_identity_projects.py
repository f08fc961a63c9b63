"""A projection that passes its input through is no work at all."""

from __future__ import annotations

from dataclasses import replace

from levada.sql.logical.nodes import Aggregate, Node, Project, Values, identity
from levada.sql.logical.rewrite import bottom_up


def drop_identity_projects(node: Node) -> Node:
    """Drop projections of all columns in place; where they only rename, the node below takes the names."""
    return bottom_up(node, _drop)


def _drop(node: Node) -> Node:
    if not isinstance(node, Project) or node.expressions != identity(node.input.row_type):
        return node
    if node.row_type.field_names() == node.input.row_type.field_names():
        return node.input
    if isinstance(node.input, Aggregate | Project | Values):
        return replace(node.input, row_type=node.row_type)
    return node
