"""``+ - * / %``, signs."""

from __future__ import annotations

from levada.operators.columnar import expressions as columnar
from levada.operators.columnar.numeric_types import arithmetic_type
from levada.sql.functions.coercion import cast
from levada.sql.functions.definition import (
    Arguments,
    Bind,
    Function,
    Lower,
    MismatchError,
    any_nullable,
    described,
    is_null_type,
    need_numeric,
)
from levada.sql.logical.expressions import Call, Expression
from levada.sql.types import DayTimeIntervalType, NumericType, YearMonthIntervalType
from levada.sql.types.arrow import from_arrow, to_arrow

_INTERVALS = (DayTimeIntervalType, YearMonthIntervalType)


def _bind(operator: columnar.Operator) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        left, right = arguments
        if any(isinstance(argument.data_type, _INTERVALS) for argument in arguments):
            raise MismatchError(f"not supported yet: {operator.value} with intervals")
        kinds = [argument.data_type for argument in arguments]
        if is_null_type(kinds[0]) and isinstance(kinds[1], NumericType):
            left = cast(left, kinds[1])
        elif is_null_type(kinds[1]) and isinstance(kinds[0], NumericType):
            right = cast(right, kinds[0])
        if not all(isinstance(side.data_type, NumericType) for side in (left, right)):
            raise MismatchError(f"`{operator.value}` takes numbers, not {described(arguments)}")
        result = arithmetic_type(operator, to_arrow(left.data_type), to_arrow(right.data_type))
        return Call(from_arrow(result, any_nullable((left, right))), operator.value, (left, right))

    return bind


def _lower(operator: columnar.Operator) -> Lower:
    def lower(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
        return columnar.Arithmetic(operator, operands[0], operands[1], to_arrow(call.data_type))

    return lower


def _bind_negate(arguments: Arguments) -> Expression:
    need_numeric("`-`", *arguments)
    return Call(arguments[0].data_type, "NEGATE", arguments)


def _lower_negate(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
    return columnar.Negate(operands[0])


FUNCTIONS = (
    *(Function(operator.value, _bind(operator), _lower(operator)) for operator in columnar.Operator),
    Function("NEGATE", _bind_negate, _lower_negate),
)
