"""Aggregate functions: which there are, and the type of each result."""

from __future__ import annotations

from levada.common.errors import JobBuildError
from levada.operators import columnar
from levada.operators.columnar.numeric_types import average_type, sum_type
from levada.sql.functions.definition import Arguments, MismatchError, count
from levada.sql.logical.expressions import AggregateCall
from levada.sql.types import (
    BigIntType,
    DataType,
    NumericType,
    type_name,
)
from levada.sql.types.arrow import from_arrow, to_arrow

NAMES = ("COUNT", "SUM", "MIN", "MAX", "AVG")

KNOWN_ELSEWHERE = frozenset(
    [
        "APPROX_COUNT_DISTINCT",
        "ARRAY_AGG",
        "COLLECT",
        "CUME_DIST",
        "DENSE_RANK",
        "FIRST_VALUE",
        "GROUPING",
        "GROUPING_ID",
        "GROUP_ID",
        "JSON_ARRAYAGG",
        "JSON_OBJECTAGG",
        "LAG",
        "LAST_VALUE",
        "LEAD",
        "LISTAGG",
        "NTILE",
        "PERCENTILE",
        "PERCENT_RANK",
        "RANK",
        "ROW_NUMBER",
        "STDDEV",
        "STDDEV_POP",
        "STDDEV_SAMP",
        "VARIANCE",
        "VAR_POP",
        "VAR_SAMP",
    ]
)
"""Aggregate and window functions of Flink's that are not here yet."""


def aggregate_call(name: str, arguments: Arguments, *, grouped: bool) -> AggregateCall:
    """A typed call; ``arguments`` is empty for ``COUNT(*)``.

    In a group there is at least one row, so SUM, MIN, MAX and AVG of a column without NULLs give no NULL.
    """
    if name == "COUNT":
        if len(arguments) > 1:
            raise MismatchError("not supported yet: COUNT of several columns")
        argument = arguments[0] if arguments and arguments[0].data_type.is_nullable else None
        return AggregateCall(BigIntType(False), "COUNT", argument)
    count(name, arguments, 1, 1)
    argument = arguments[0]
    kind = argument.data_type
    nullable = kind.is_nullable or not grouped
    result = _result(name, kind)
    try:
        columnar.AggregateCall(name.lower(), 0, to_arrow(kind))
    except JobBuildError:
        raise MismatchError(f"not supported yet: {name} of {type_name(kind.nullable())}") from None
    return AggregateCall(result.with_nullability(nullable), name, argument)


def _result(name: str, kind: DataType) -> DataType:
    if name in ("MIN", "MAX"):
        return kind
    if not isinstance(kind, NumericType):
        raise MismatchError(f"{name} takes numbers, not {type_name(kind.nullable())}")
    arrow = to_arrow(kind)
    return from_arrow(sum_type(arrow) if name == "SUM" else average_type(arrow))
