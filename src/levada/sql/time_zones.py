"""Where the session's time zone matters: conversions between instants and local times."""

from __future__ import annotations

from collections.abc import Iterator

from levada.common.errors import SqlError
from levada.sql.logical import nodes
from levada.sql.logical.expressions import Cast, Expression, walk
from levada.sql.types import LocalZonedTimestampType, type_name

_SAME_EVERYWHERE = ("UTC", "Etc/UTC", "GMT")


def check_time_zone(node: nodes.Node, time_zone: str) -> None:
    """Refuse casts whose result depends on a time zone other than UTC, which they do not know yet."""
    if time_zone in _SAME_EVERYWHERE:
        return
    for expression in _expressions(node):
        for part in walk(expression):
            if isinstance(part, Cast):
                kinds = (part.operand.data_type, part.data_type)
                if any(isinstance(k, LocalZonedTimestampType) for k in kinds) and type(kinds[0]) is not type(kinds[1]):
                    source, target = (type_name(kind.nullable()) for kind in kinds)
                    raise SqlError(
                        f"not supported yet: {part}, from {source} to {target}, while table.local-time-zone is "
                        f"{time_zone}; set it to UTC"
                    )


def _expressions(node: nodes.Node) -> Iterator[Expression]:
    match node:
        case nodes.Project():
            yield from node.expressions
        case nodes.Filter():
            yield node.condition
        case _:
            pass
    for child in nodes.inputs(node):
        yield from _expressions(child)
