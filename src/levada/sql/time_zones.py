"""Where the session's time zone matters: conversions between instants and local times."""

from __future__ import annotations

from dataclasses import replace

from levada.common.errors import SqlError
from levada.sql.logical.expressions import Cast, Expression, transform, walk
from levada.sql.logical.nodes import Filter, Node, Project
from levada.sql.logical.rewrite import bottom_up
from levada.sql.types import (
    ArrayType,
    DataType,
    LocalZonedTimestampType,
    MapType,
    MultisetType,
    NullType,
    RowType,
    type_name,
)

_SAME_EVERYWHERE = ("UTC", "Etc/UTC", "GMT")


def depends_on_zone(expression: Expression) -> bool:
    """Whether a part of the expression has another value in another time zone."""
    return any(isinstance(part, Cast) and _crosses(part) for part in walk(expression))


def in_time_zone(node: Node, zone: str) -> Node:
    """The plan with the session's zone in every cast that depends on it."""
    if zone in _SAME_EVERYWHERE:
        return node

    def placed(expression: Expression) -> Expression:
        if not isinstance(expression, Cast) or not _crosses(expression):
            return expression
        if not any(isinstance(kind, LocalZonedTimestampType) for kind in _kinds(expression)):
            source, target = (type_name(kind.nullable()) for kind in _kinds(expression))
            raise SqlError(
                f"not supported yet: {expression}, from {source} to {target}, while table.local-time-zone is {zone}; "
                "set it to UTC"
            )
        return replace(expression, zone=zone)

    def change(each: Node) -> Node:
        match each:
            case Project():
                return replace(each, expressions=tuple(transform(e, placed) for e in each.expressions))
            case Filter():
                return replace(each, condition=transform(each.condition, placed))
            case _:
                return each

    return bottom_up(node, change)


def _kinds(cast: Cast) -> tuple[DataType, DataType]:
    return cast.operand.data_type, cast.data_type


def _crosses(cast: Cast) -> bool:
    """Whether the cast leads from instants to something else, or the other way round, also inside other types."""
    source, target = _kinds(cast)
    return not isinstance(source, NullType) and _crossing(source, target)


def _crossing(source: DataType, target: DataType) -> bool:
    if isinstance(source, LocalZonedTimestampType) or isinstance(target, LocalZonedTimestampType):
        return type(source) is not type(target)
    one, other = _parts(source), _parts(target)
    if len(one) == len(other):
        return any(_crossing(a, b) for a, b in zip(one, other, strict=True))
    return any(map(_holds_instants, (*one, *other)))


def _holds_instants(kind: DataType) -> bool:
    return isinstance(kind, LocalZonedTimestampType) or any(map(_holds_instants, _parts(kind)))


def _parts(kind: DataType) -> list[DataType]:
    match kind:
        case ArrayType() | MultisetType():
            return [kind.element_type]
        case MapType():
            return [kind.key_type, kind.value_type]
        case RowType():
            return kind.field_types()
        case _:
            return []
