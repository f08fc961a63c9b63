"""From the types in which Arrow reads text to those of a schema, where Arrow's own casts are missing or too lenient."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """To a column's declared type. Timestamps and times lose digits that they do not keep, towards the past.

    Raises
    ------
    ValueError
        A value does not fit.
    """
    import pyarrow as pa
    from pyarrow import compute as pc

    if pa.types.is_decimal(kind):
        return _within_precision(column.cast(kind), kind)
    if column.type == kind:
        return column
    if pa.types.is_time(kind) and pa.types.is_string(column.type):
        # Arrow reads no times from strings, but timestamps.
        on_first_day = pc.binary_join_element_wise("1970-01-01", column, " ")
        return on_first_day.cast(pa.timestamp("us")).cast(pa.time64("us")).cast(kind, safe=False)
    if pa.types.is_timestamp(kind) and pa.types.is_timestamp(column.type) and kind.unit != "ns":
        # A cast cuts towards 1970, which is the future for times before it.
        column = pc.floor_temporal(column, unit={"s": "second", "ms": "millisecond", "us": "microsecond"}[kind.unit])
    return column.cast(kind, safe=not pa.types.is_temporal(kind) and not pa.types.is_nested(kind))


def _within_precision(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """Arrow's readers take more digits than a decimal type has."""
    from pyarrow import compute as pc

    highest = pc.max(pc.abs(column)).as_py()
    if highest is not None and highest >= Decimal(10) ** (kind.precision - kind.scale):
        raise ValueError(f"{highest} has too many digits for {kind}")
    return column
