"""Expressions without columns are computed once, when the plan is made."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from levada.common.errors import UserError
from levada.sql.logical.expressions import AggregateCall, Call, Case, Cast, Expression, Literal, children, transform
from levada.sql.logical.nodes import Filter, Node, Project
from levada.sql.logical.rewrite import bottom_up
from levada.sql.lowering import evaluate


def fold_constants(node: Node) -> Node:
    """Fold inside projections and filters; a filter that is always true disappears."""
    return bottom_up(node, _node)


def _node(node: Node) -> Node:
    match node:
        case Project():
            return replace(node, expressions=tuple(transform(e, _fold) for e in node.expressions))
        case Filter():
            condition = transform(node.condition, _fold)
            if isinstance(condition, Literal) and condition.value is True:
                return node.input
            return replace(node, condition=condition)
        case _:
            return node


def _fold(expression: Expression) -> Expression:
    if not isinstance(expression, Call | Case | Cast) or isinstance(expression, AggregateCall):
        return expression
    parts = children(expression)
    if isinstance(expression, Call) and expression.function in ("AND", "OR"):
        return _logic(expression)
    if not all(isinstance(part, Literal) for part in parts):
        return expression
    try:
        return evaluate(expression)
    except (UserError, pa.ArrowException):
        return expression  # an error of a constant is an error of the rows that reach it


def _logic(call: Call) -> Expression:
    """TRUE disappears from AND, FALSE decides it; the other way round for OR."""
    decisive = call.function == "OR"
    if any(isinstance(part, Literal) and part.value is decisive for part in call.arguments):
        return Literal(call.data_type, decisive)
    left = tuple(p for p in call.arguments if not (isinstance(p, Literal) and p.value is (not decisive)))
    if not left:
        return Literal(call.data_type, not decisive)
    return left[0] if len(left) == 1 else replace(call, arguments=left)
