"""Arithmetic with SQL's and Java's results on Arrow kernels."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from levada.common.errors import UserError
from levada.operators.columnar.expressions import Expression, Literal, Operator
from levada.operators.columnar.numeric_types import MAX_DECIMAL_PRECISION
from levada.state.columnar.arrays import scalar_of

Datum = Any

_FUNCTIONS = {
    Operator.ADD: "add",
    Operator.SUBTRACT: "subtract",
    Operator.MULTIPLY: "multiply",
    Operator.DIVIDE: "divide",
}
_WIDE = Context(prec=2 * MAX_DECIMAL_PRECISION + 10, rounding=ROUND_HALF_UP)


def kernel(operator: Operator, left: Expression, right: Expression, data_type: pa.DataType) -> Callable[..., Datum]:
    """The function of two columns (or constants) that computes ``left operator right``."""
    types = left.data_type, right.data_type
    if pa.types.is_decimal(data_type) or any(map(pa.types.is_decimal, types)):
        if pa.types.is_floating(data_type):
            return _converted(_plain(operator), pa.float64(), pa.float64(), data_type)
        return _decimal(operator, data_type)
    if pa.types.is_floating(data_type) or any(map(pa.types.is_floating, types)):
        # Java computes in double as soon as one side is one, and narrows the result.
        wide = pa.float64() if pa.float64() in types else pa.float32()
        if operator is Operator.MODULO:
            return _converted(_float_modulo, wide, wide, data_type)
        function = _plain(operator)
        if operator is Operator.DIVIDE and isinstance(right, Literal) and right.scalar.as_py() == 0:
            function = _refused
        return _converted(function, wide, wide, data_type)
    if not pa.types.is_integer(data_type):
        return _converted(_plain(operator), None, None, data_type)
    wide = max((data_type, *types), key=lambda each: int(each.bit_width))
    if operator in (Operator.DIVIDE, Operator.MODULO):
        constant = right.scalar.as_py() if isinstance(right, Literal) else None
        # Only -1 can overflow, so that only a divisor that may be -1 needs care.
        divide = _wrapping_divide(wide) if constant in (None, -1) else _plain(Operator.DIVIDE)
        return _converted(_remainder(divide) if operator is Operator.MODULO else divide, wide, wide, data_type)
    return _converted(_plain(operator), wide, wide, data_type)


def _plain(operator: Operator) -> Callable[..., Datum]:
    call = pc.get_function(_FUNCTIONS[operator]).call
    return lambda left, right: call([left, right])


def _converted(
    function: Callable[..., Datum], left: pa.DataType | None, right: pa.DataType | None, result: pa.DataType
) -> Callable[..., Datum]:
    def call(a: Datum, b: Datum) -> Datum:
        if left is not None and a.type != left:
            a = a.cast(left, safe=False)
        if right is not None and b.type != right:
            b = b.cast(right, safe=False)
        value = function(a, b)
        return value if value.type == result else value.cast(result, safe=False)

    return call


def _wrapping_divide(data_type: pa.DataType) -> Callable[..., Datum]:
    """Arrow gives 0 for the smallest integer / -1; Java wraps around to the smallest integer."""
    if pa.types.is_unsigned_integer(data_type):
        return _plain(Operator.DIVIDE)
    minus_one = scalar_of(-1, data_type)

    def divide(left: Datum, right: Datum) -> Datum:
        quotient = pc.divide(left, right)
        flips = pc.equal(right, minus_one)
        return pc.if_else(flips, pc.negate(left), quotient) if pc.any(flips).as_py() else quotient

    return divide


def _remainder(divide: Callable[..., Datum]) -> Callable[..., Datum]:
    """The remainder has the dividend's sign."""
    return lambda left, right: pc.subtract(left, pc.multiply(divide(left, right), right))


def _refused(left: Datum, right: Datum) -> Datum:
    if isinstance(left, pa.Scalar) or left.null_count < len(left):
        raise UserError("division by zero")
    return left


def _float_modulo(left: Datum, right: Datum) -> Datum:
    import numpy as np

    def values(side: Datum) -> Any:
        if isinstance(side, pa.Scalar):
            return np.asarray(np.nan if side.as_py() is None else side.as_py(), side.type.to_pandas_dtype())
        return side.to_numpy(zero_copy_only=False)

    with np.errstate(all="ignore"):
        remainder = np.fmod(values(left), values(right))
    valid = pc.and_(pc.is_valid(left), pc.is_valid(right))
    made = pa.array(remainder, left.type) if remainder.ndim else pa.scalar(remainder.item(), left.type)
    return pc.if_else(valid, made, pa.scalar(None, left.type))


def _decimal(operator: Operator, data_type: pa.DataType) -> Callable[..., Datum]:
    """Arrow's kernels where their exact result has the wanted type; else by Python decimals, NULL on overflow."""
    function = None if operator in (Operator.DIVIDE, Operator.MODULO) else _plain(operator)

    def call(left: Datum, right: Datum) -> Datum:
        if function is not None and data_type.precision < MAX_DECIMAL_PRECISION:
            result = function(_exact(left), _exact(right))
            if result.type == data_type:
                return result
        return _by_rows(operator, left, right, data_type)

    return call


def _exact(side: Datum) -> Datum:
    if pa.types.is_decimal(side.type):
        return side
    digits = {8: 3, 16: 5, 32: 10, 64: 19}[side.type.bit_width]
    return side.cast(pa.decimal128(digits, 0))


def _by_rows(operator: Operator, left: Datum, right: Datum, data_type: pa.DataType) -> Datum:
    one = isinstance(left, pa.Scalar) and isinstance(right, pa.Scalar)
    length = 1 if one else len(right if isinstance(left, pa.Scalar) else left)
    values = [
        None if a is None or b is None else fit_decimal(_compute(operator, Decimal(a), Decimal(b)), data_type)
        for a, b in zip(_values(left, length), _values(right, length), strict=True)
    ]
    return pa.scalar(values[0], data_type) if one else pa.array(values, data_type)


def _values(side: Datum, length: int) -> list[Any]:
    return [side.as_py()] * length if isinstance(side, pa.Scalar) else side.to_pylist()


def _compute(operator: Operator, left: Decimal, right: Decimal) -> Decimal:
    match operator:
        case Operator.ADD:
            return _WIDE.add(left, right)
        case Operator.SUBTRACT:
            return _WIDE.subtract(left, right)
        case Operator.MULTIPLY:
            return _WIDE.multiply(left, right)
    if right == 0:
        raise UserError("division by zero")
    return _WIDE.divide(left, right) if operator is Operator.DIVIDE else _WIDE.remainder(left, right)


def fit_decimal(value: Decimal, data_type: pa.DataType, rounding: str = ROUND_HALF_UP) -> Decimal | None:
    """``value`` rounded to the type's scale; None if it has too many digits."""
    rounded = value.quantize(Decimal(1).scaleb(-data_type.scale), rounding, _WIDE)
    digits = len(rounded.as_tuple().digits)
    return None if digits > data_type.precision and rounded != 0 else rounded


def truncate_decimal(value: Decimal) -> int:
    """Towards zero."""
    return int(value.quantize(Decimal(1), ROUND_DOWN, _WIDE))
