"""Which changes flow where: what each node can emit (upwards), and whether the row before is wanted (downwards)."""

from __future__ import annotations

from dataclasses import replace

from levada.common.errors import SqlError
from levada.sql.physical.nodes import (
    INSERT_ONLY,
    Accepts,
    Calc,
    ChangelogMode,
    Exchange,
    GroupAggregate,
    Node,
    Sink,
    Union,
    inputs,
)


def infer_changelog(sink: Sink) -> Sink:
    """The plan with every node's mode set; refused where the sink takes less than what comes."""
    changes = _changes(sink.input)
    if sink.accepts is Accepts.APPEND and not changes.insert_only:
        raise _refused(sink)
    resolved = _resolve(sink.input, sink.accepts is Accepts.RETRACT)
    return replace(sink, input=resolved, mode=resolved.mode)


def _changes(node: Node) -> ChangelogMode:
    """What a node can emit, leaving open whether updates carry the row before."""
    match node:
        case Calc() | Exchange():
            return _changes(node.input)
        case Union():
            each = [_changes(child) for child in node.inputs]
            return ChangelogMode(any(mode.updates for mode in each), any(mode.deletes for mode in each))
        case GroupAggregate():
            if node.final_only:
                return INSERT_ONLY
            return ChangelogMode(bool(node.calls), not _changes(node.input).insert_only)
        case _:
            return INSERT_ONLY


def _resolve(node: Node, before: bool) -> Node:
    changes = _changes(node)
    mode = replace(changes, update_before=before and changes.updates)
    match node:
        case Calc():
            # A row may pass the condition before an update and not after: only the row before can take it back.
            wanted = before or (node.condition is not None and changes.updates)
            below = _resolve(node.input, wanted)
            return replace(node, input=below, mode=below.mode)
        case Exchange():
            below = _resolve(node.input, before)
            return replace(node, input=below, mode=below.mode)
        case Union():
            below_all = tuple(_resolve(child, before) for child in node.inputs)
            return replace(node, inputs=below_all, mode=mode)
        case GroupAggregate():
            return replace(node, input=_resolve(node.input, True), mode=mode)
        case _:
            return replace(node, mode=INSERT_ONLY)


def _refused(sink: Sink) -> SqlError:
    culprit = _updating(sink.input)
    keys = ", ".join(culprit.row_type.fields[index].name for index in range(len(culprit.keys)))
    if sink.table is None:
        target, remedy = sink.reader, "ask for to_changelog_stream(table), whose rows say what they change"
    else:
        target = f"the table `{sink.table.name}` (connector '{sink.table.options.get('connector', '')}')"
        remedy = "write into a table that takes updates (print, blackhole)"
    return SqlError(
        f"{target} takes only inserts, but GroupAggregate(groupBy=[{keys}]) changes rows that it has sent before; "
        f"{remedy}, or run in batch mode (EnvironmentSettings.in_batch_mode()), where each result comes once"
    )


def _updating(node: Node) -> GroupAggregate:
    """The topmost operator that makes changes of its own."""
    if isinstance(node, GroupAggregate):
        return node
    child = next(child for child in inputs(node) if not _changes(child).insert_only)
    return _updating(child)
