"""ABS, POWER, SQRT, logarithms, trigonometry, rounding."""

from __future__ import annotations

import math

from levada.operators.columnar import expressions as columnar
from levada.sql.functions.coercion import cast
from levada.sql.functions.definition import Arguments, Bind, Function, Lower, any_nullable, count, need_numeric
from levada.sql.logical.expressions import Call, Expression, Literal
from levada.sql.types import DataType, DecimalType, DoubleType, IntegralType
from levada.sql.types.arrow import to_arrow

_DOUBLES = {
    "SQRT": "sqrt",
    "EXP": "exp",
    "LN": "ln",
    "LOG10": "log10",
    "LOG2": "log2",
    "SIN": "sin",
    "COS": "cos",
    "TAN": "tan",
    "ASIN": "asin",
    "ACOS": "acos",
    "ATAN": "atan",
    "SINH": "sinh",
    "COSH": "cosh",
    "TANH": "tanh",
    "POWER": "power",
    "ATAN2": "atan2",
}
_BINARY = frozenset({"POWER", "ATAN2"})


def _double(name: str) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        wanted = 2 if name in _BINARY else 1
        count(name, arguments, wanted, wanted)
        need_numeric(name, *arguments)
        doubles = tuple(cast(argument, DoubleType()) for argument in arguments)
        return Call(DoubleType(any_nullable(arguments)), name, doubles)

    return bind


def _same(name: str) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        count(name, arguments, 1, 1)
        need_numeric(name, *arguments)
        return Call(arguments[0].data_type, name, arguments)

    return bind


def _rounded(name: str) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        count(name, arguments, 1, 1)
        need_numeric(name, *arguments)
        kind = arguments[0].data_type
        if isinstance(kind, IntegralType):
            return arguments[0]
        return Call(_whole(kind), name, arguments)

    return bind


def _whole(kind: DataType) -> DataType:
    return DecimalType(kind.precision, 0, kind.is_nullable) if isinstance(kind, DecimalType) else kind


def _mod(arguments: Arguments) -> Expression:
    from levada.sql.functions.arithmetic import FUNCTIONS as OPERATORS

    count("MOD", arguments, 2, 2)
    return next(function for function in OPERATORS if function.name == "%").bind(arguments)


def _pi(arguments: Arguments) -> Expression:
    count("PI", arguments, 0, 0)
    return Literal(DoubleType(False), math.pi)


def _bind_scaled(name: str) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        count(name, arguments, 1, 1)
        need_numeric(name, *arguments)
        factor = math.pi / 180 if name == "RADIANS" else 180 / math.pi
        operand = cast(arguments[0], DoubleType())
        return Call(DoubleType(any_nullable(arguments)), "*", (operand, Literal(DoubleType(False), factor)))

    return bind


def _arrow(function: str) -> Lower:
    def lower(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
        return columnar.Call(function, operands, to_arrow(call.data_type))

    return lower


FUNCTIONS = (
    *(Function(name, _double(name), _arrow(function)) for name, function in _DOUBLES.items()),
    Function("ABS", _same("ABS"), _arrow("abs")),
    Function("SIGN", _same("SIGN"), _arrow("sign")),
    Function("FLOOR", _rounded("FLOOR"), _arrow("floor")),
    Function("CEIL", _rounded("CEIL"), _arrow("ceil")),
    Function("CEILING", _rounded("CEIL")),
    Function("MOD", _mod),
    Function("PI", _pi),
    Function("RADIANS", _bind_scaled("RADIANS")),
    Function("DEGREES", _bind_scaled("DEGREES")),
)
