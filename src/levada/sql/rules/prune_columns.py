"""Columns that nobody reads are not read from the source, nor carried along."""

from __future__ import annotations

from dataclasses import replace

from levada.sql.logical.expressions import references, remapped
from levada.sql.logical.nodes import Aggregate, Filter, Insert, Node, Project, Scan, Union, Values, identity
from levada.sql.types import RowType


def prune_columns(node: Node) -> Node:
    """Go down from the root, which needs all its columns, telling each input which of its columns are needed."""
    pruned, _ = _prune(node, frozenset(range(len(node.row_type.fields))))
    return pruned


def _prune(node: Node, needed: frozenset[int]) -> tuple[Node, dict[int, int]]:
    """The node with (at least) the needed columns, and where each of them is now."""
    match node:
        case Scan() | Values():
            return _leaf(node, needed)
        case Project():
            kept = sorted(needed) or [0]
            wanted = tuple(node.expressions[index] for index in kept)
            below, moved = _prune(node.input, frozenset(references(*wanted)))
            expressions = tuple(remapped(expression, moved) for expression in wanted)
            return Project(_part(node.row_type, kept), below, expressions), _positions(kept)
        case Filter():
            below, moved = _prune(node.input, needed | references(node.condition))
            return Filter(below.row_type, below, remapped(node.condition, moved)), moved
        case Aggregate():
            return _aggregate(node, needed)
        case Union():
            kept = sorted(needed) or [0]
            inputs = tuple(_exactly(each, kept) for each in node.inputs)
            return Union(_part(node.row_type, kept), inputs), _positions(kept)
        case Insert():
            below, _ = _prune(node.input, frozenset(range(len(node.input.row_type.fields))))
            return replace(node, input=below), _positions(list(range(len(node.row_type.fields))))
    return node, _positions(list(range(len(node.row_type.fields))))


def _leaf(node: Scan | Values, needed: frozenset[int]) -> tuple[Node, dict[int, int]]:
    kept = sorted(needed) or [0]
    if len(kept) == len(node.row_type.fields):
        return node, _positions(kept)
    row_type = _part(node.row_type, kept)
    if isinstance(node, Scan):
        return replace(node, row_type=row_type), _positions(kept)
    rows = tuple(tuple(row[index] for index in kept) for row in node.rows)
    return Values(row_type, rows), _positions(kept)


def _aggregate(node: Aggregate, needed: frozenset[int]) -> tuple[Node, dict[int, int]]:
    """Keys stay, they say what the rows are; calls that nobody reads go."""
    keys = len(node.keys)
    kept_calls = [index for index in range(len(node.calls)) if keys + index in needed]
    if not keys and not kept_calls:
        kept_calls = [0]  # a row without columns has no form
    calls = tuple(node.calls[index] for index in kept_calls)
    below, moved = _prune(node.input, frozenset(node.keys) | references(*calls))
    kept = [*range(keys), *(keys + index for index in kept_calls)]
    new_calls = tuple(
        call if call.argument is None else replace(call, argument=remapped(call.argument, moved)) for call in calls
    )
    new_keys = tuple(moved[key] for key in node.keys)
    return Aggregate(_part(node.row_type, kept), below, new_keys, new_calls), _positions(kept)


def _exactly(node: Node, kept: list[int]) -> Node:
    """The node pruned to just these columns, in this order."""
    pruned, moved = _prune(node, frozenset(kept))
    if [moved[index] for index in kept] == list(range(len(pruned.row_type.fields))):
        return pruned
    columns = identity(pruned.row_type)
    return Project(_part(node.row_type, kept), pruned, tuple(columns[moved[index]] for index in kept))


def _part(row_type: RowType, kept: list[int]) -> RowType:
    return RowType(row_type.fields[index] for index in kept)


def _positions(kept: list[int]) -> dict[int, int]:
    return {index: position for position, index in enumerate(kept)}
