"""Bound expressions to the expression tree that operators evaluate over Arrow columns."""

from __future__ import annotations

import pyarrow as pa

from levada.common.errors import InternalError
from levada.operators.columnar import expressions as columnar
from levada.operators.columnar.program import Program
from levada.sql.functions import FUNCTIONS
from levada.sql.logical.expressions import Call, Case, Cast, Expression, FieldOf, Literal, Ref
from levada.sql.types import STRING_LENGTH, CharType, DataType, LocalZonedTimestampType, VarCharType
from levada.sql.types.arrow import to_arrow


def lower(expression: Expression) -> columnar.Expression:
    """The expression over Arrow columns."""
    match expression:
        case Ref():
            return columnar.Column(expression.index, to_arrow(expression.data_type), expression.name)
        case Literal():
            return columnar.Literal.of(expression.value, to_arrow(expression.data_type))
        case Cast():
            return _cast(expression)
        case Case():
            branches = tuple((lower(condition), lower(value)) for condition, value in expression.branches)
            otherwise = None if expression.otherwise is None else lower(expression.otherwise)
            return columnar.Case(branches, otherwise, to_arrow(expression.data_type))
        case FieldOf():
            kind = to_arrow(expression.data_type)
            return columnar.Call("struct_field", (lower(expression.base),), kind, (("indices", [expression.index]),))
        case Call():
            rule = FUNCTIONS[expression.function].lower
            if rule is not None:
                return rule(expression, tuple(lower(argument) for argument in expression.arguments))
    raise InternalError(f"{expression} has no columnar form")


def _cast(cast: Cast) -> columnar.Expression:
    operand = lower(cast.operand)
    target = to_arrow(cast.data_type)
    if cast.zone is not None and isinstance(cast.data_type, LocalZonedTimestampType):
        local = pa.timestamp(target.unit)
        return columnar.AtZone(_as(operand, local, cast.safe), cast.zone)
    if cast.zone is not None:
        operand = columnar.AtZone(operand, cast.zone)
    operand = _as(operand, target, cast.safe)
    return _fitted(operand, cast.operand.data_type, cast.data_type)


def _as(operand: columnar.Expression, target: pa.DataType, safe: bool) -> columnar.Expression:
    return operand if operand.data_type == target else columnar.Cast(operand, target, safe)


def _fitted(operand: columnar.Expression, source: DataType, target: DataType) -> columnar.Expression:
    """Strings cut, and CHAR padded, to the target's length where the source does not fit already."""
    if not isinstance(target, CharType | VarCharType):
        return operand
    longest = source.length if isinstance(source, CharType | VarCharType) else None
    if longest is None or longest > target.length:
        options = (("start", 0), ("stop", target.length))
        if target.length < STRING_LENGTH:
            operand = columnar.Call("utf8_slice_codeunits", (operand,), pa.string(), options)
    if isinstance(target, CharType) and not (isinstance(source, CharType) and source.length >= target.length):
        operand = columnar.Call("utf8_rpad", (operand,), pa.string(), (("width", target.length), ("padding", " ")))
    return operand


def evaluate(expression: Expression) -> Literal:
    """The constant that an expression without columns gives; raises what evaluating it raises."""
    if isinstance(expression, Literal):
        return expression
    (value,) = Program([lower(expression)]).arrays([], 1)
    return Literal(expression.data_type, value[0].as_py())
