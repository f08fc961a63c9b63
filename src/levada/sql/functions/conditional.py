"""COALESCE, IF, IFNULL, NULLIF, GREATEST, LEAST."""

from __future__ import annotations

from levada.operators.columnar import expressions as columnar
from levada.sql.functions.coercion import comparable, unified
from levada.sql.functions.definition import Arguments, Bind, Function, Lower, any_nullable, count, need_boolean
from levada.sql.logical.expressions import Call, Case, Expression
from levada.sql.types import BooleanType
from levada.sql.types.arrow import to_arrow


def is_not_null(operand: Expression) -> Expression:
    """``operand IS NOT NULL``."""
    return Call(BooleanType(False), "NOT", (Call(BooleanType(False), "IS NULL", (operand,)),))


def _coalesce(arguments: Arguments) -> Expression:
    count("COALESCE", arguments, 1, None)
    values, kind = unified("COALESCE", arguments)
    nullable = all(argument.data_type.is_nullable for argument in arguments)
    if len(values) == 1:
        return values[0]
    branches = tuple((is_not_null(value), value) for value in values[:-1])
    return Case(kind.with_nullability(nullable), branches, values[-1])


def _ifnull(arguments: Arguments) -> Expression:
    count("IFNULL", arguments, 2, 2)
    return _coalesce(arguments)


def _if(arguments: Arguments) -> Expression:
    count("IF", arguments, 3, 3)
    need_boolean("IF", arguments[0])
    (then, otherwise), kind = unified("IF", arguments[1:])
    return Case(kind, ((arguments[0], then),), otherwise)


def _nullif(arguments: Arguments) -> Expression:
    count("NULLIF", arguments, 2, 2)
    equal = Call(BooleanType(any_nullable(arguments)), "=", comparable("NULLIF", *arguments))
    condition = Call(BooleanType(False), "IS TRUE", (equal,))
    negated = Call(BooleanType(False), "NOT", (condition,))
    return Case(arguments[0].data_type.nullable(), ((negated, arguments[0]),), None)


def _bind_extreme(name: str) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        count(name, arguments, 1, None)
        values, kind = unified(name, arguments)
        return Call(kind, name, tuple(values))

    return bind


def _lower_extreme(function: str) -> Lower:
    def lower(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
        return columnar.Call(function, operands, to_arrow(call.data_type), (("skip_nulls", False),))

    return lower


FUNCTIONS = (
    Function("COALESCE", _coalesce),
    Function("IFNULL", _ifnull),
    Function("IF", _if),
    Function("NULLIF", _nullif),
    Function("GREATEST", _bind_extreme("GREATEST"), _lower_extreme("max_element_wise")),
    Function("LEAST", _bind_extreme("LEAST"), _lower_extreme("min_element_wise")),
)
