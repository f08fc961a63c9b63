"""Rules that make a logical plan cheaper without changing its rows: one function per file, applied in this order.

Imports ``levada.sql.logical`` and ``levada.sql.lowering``.
"""

from __future__ import annotations

from collections.abc import Callable

from levada.sql.logical.nodes import Node
from levada.sql.rules.drop_identity_projects import drop_identity_projects
from levada.sql.rules.fold_constants import fold_constants
from levada.sql.rules.merge_filters import merge_filters
from levada.sql.rules.merge_projects import merge_projects
from levada.sql.rules.prune_columns import prune_columns
from levada.sql.rules.push_filters_below_projects import push_filters_below_projects
from levada.sql.rules.push_filters_into_unions import push_filters_into_unions

Rule = Callable[[Node], Node]

RULES: tuple[Rule, ...] = (
    fold_constants,
    merge_filters,
    push_filters_below_projects,
    push_filters_into_unions,
    push_filters_below_projects,
    merge_projects,
    fold_constants,
    prune_columns,
    merge_projects,
    drop_identity_projects,
)


def optimise(node: Node) -> Node:
    """The plan with every rule applied."""
    for rule in RULES:
        node = rule(node)
    return node
