"""Result types of arithmetic and aggregates, as Flink derives them, in Arrow terms."""

from __future__ import annotations

import pyarrow as pa

from levada.operators.columnar.expressions import Operator

MAX_DECIMAL_PRECISION = 38
_MIN_ADJUSTED_SCALE = 6
_INTEGER_DIGITS = {8: 3, 16: 5, 32: 10, 64: 19}


def arithmetic_type(operator: Operator, left: pa.DataType, right: pa.DataType) -> pa.DataType:
    """The type of ``left operator right``; ``TypeError`` if either is not a number.

    Two integers give the wider one (modulo: the right one), a FLOAT and a DOUBLE the left one, a decimal and a float
    DOUBLE; decimals follow Flink's precision rules, with an integer taken as DECIMAL(3 | 5 | 10 | 19, 0).

    Examples
    --------
    >>> arithmetic_type(Operator.DIVIDE, pa.decimal128(2, 1), pa.int32())
    Decimal128Type(decimal128(13, 12))
    """
    for side in (left, right):
        if not is_numeric(side):
            raise TypeError(f"{left} {operator.value} {right}: {side} is not a number")
    left_decimal, right_decimal = pa.types.is_decimal(left), pa.types.is_decimal(right)
    left_float, right_float = pa.types.is_floating(left), pa.types.is_floating(right)
    if (left_decimal and right_float) or (left_float and right_decimal):
        return pa.float64()
    if left_decimal or right_decimal:
        return _decimal_result(operator, _as_decimal(left), _as_decimal(right))
    if left_float:
        return left
    if right_float or operator is Operator.MODULO:
        return right
    return left if left.bit_width >= right.bit_width else right


def is_numeric(data_type: pa.DataType) -> bool:
    """Whether arithmetic is defined on the type."""
    return bool(pa.types.is_integer(data_type) or pa.types.is_floating(data_type) or pa.types.is_decimal(data_type))


def sum_type(data_type: pa.DataType) -> pa.DataType:
    """SUM keeps the input's type; a decimal's precision grows to the limit."""
    if pa.types.is_decimal(data_type):
        return pa.decimal128(MAX_DECIMAL_PRECISION, data_type.scale)
    return data_type


def average_type(data_type: pa.DataType) -> pa.DataType:
    """AVG keeps the input's type (so AVG of INT truncates); a decimal has at least six digits behind the point."""
    if pa.types.is_decimal(data_type):
        return pa.decimal128(MAX_DECIMAL_PRECISION, max(_MIN_ADJUSTED_SCALE, data_type.scale))
    return data_type


def _as_decimal(data_type: pa.DataType) -> tuple[int, int]:
    if pa.types.is_decimal(data_type):
        return data_type.precision, data_type.scale
    return _INTEGER_DIGITS[data_type.bit_width], 0


def _decimal_result(operator: Operator, left: tuple[int, int], right: tuple[int, int]) -> pa.DataType:
    (precision1, scale1), (precision2, scale2) = left, right
    whole1, whole2 = precision1 - scale1, precision2 - scale2
    if operator is Operator.MULTIPLY:
        scale = scale1 + scale2
        precision = precision1 + precision2 + 1
    elif operator is Operator.DIVIDE:
        scale = max(_MIN_ADJUSTED_SCALE, scale1 + precision2 + 1)
        precision = whole1 + scale2 + scale
    elif operator is Operator.MODULO:
        scale = max(scale1, scale2)
        precision = min(whole1, whole2) + scale
    else:
        scale = max(scale1, scale2)
        precision = max(whole1, whole2) + scale + 1
    if precision > MAX_DECIMAL_PRECISION:
        scale = max(MAX_DECIMAL_PRECISION - (precision - scale), min(scale, _MIN_ADJUSTED_SCALE))
        precision = MAX_DECIMAL_PRECISION
    return pa.decimal128(precision, scale)
