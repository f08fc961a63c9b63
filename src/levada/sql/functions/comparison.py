"""Comparisons, IN, LIKE, IS tests, AND, OR, NOT."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from levada.operators.columnar import expressions as columnar
from levada.sql.functions.coercion import comparable
from levada.sql.functions.definition import (
    Arguments,
    Bind,
    Function,
    Lower,
    MismatchError,
    any_nullable,
    need_boolean,
    need_string,
)
from levada.sql.logical.expressions import Call, Expression, Literal
from levada.sql.types import ArrayType, BooleanType, DataType, MapType, MultisetType, RowType, type_name

_NESTED = (ArrayType, MapType, MultisetType, RowType)


def _flat(sign: str, kind: DataType) -> None:
    if isinstance(kind, _NESTED):
        raise MismatchError(f"not supported yet: {sign} on {type_name(kind.nullable())}")


def _bind_comparison(relation: columnar.Relation) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        left, right = comparable(relation.value, *arguments)
        _flat(relation.value, left.data_type)
        return Call(BooleanType(any_nullable((left, right))), relation.value, (left, right))

    return bind


def _lower_comparison(relation: columnar.Relation) -> Lower:
    return lambda call, operands: columnar.Comparison(relation, *operands)


def _bind_distinct(arguments: Arguments) -> Expression:
    left, right = comparable("IS DISTINCT FROM", *arguments)
    _flat("IS DISTINCT FROM", left.data_type)
    return Call(BooleanType(False), "IS DISTINCT FROM", (left, right))


def _lower_distinct(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
    left, right = operands
    equal = columnar.IsTruth(columnar.Comparison(columnar.Relation.EQUAL, left, right), columnar.Truth.TRUE)
    both_null = columnar.And((columnar.IsNull(left), columnar.IsNull(right)))
    return columnar.Not(columnar.Or((equal, both_null)))


def _bind_logic(name: str) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        need_boolean(name, *arguments)
        return Call(BooleanType(any_nullable(arguments)), name, arguments)

    return bind


def _bind_test(name: str) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        if name != "IS NULL":
            need_boolean(name, *arguments)
        return Call(BooleanType(False), name, arguments)

    return bind


def _lower_truth(truth: columnar.Truth) -> Lower:
    return lambda call, operands: columnar.IsTruth(operands[0], truth)


def _bind_in(arguments: Arguments) -> Expression:
    operand = arguments[0]
    pairs = [comparable("IN", operand, item) for item in arguments[1:]]
    nullable = any_nullable(arguments)
    if all(isinstance(item, Literal) for item in arguments[1:]) and all(left == operand for left, _ in pairs):
        return Call(BooleanType(nullable), "IN", (operand, *(item for _, item in pairs)))
    parts = tuple(Call(BooleanType(any_nullable(pair)), "=", pair) for pair in pairs)
    return parts[0] if len(parts) == 1 else Call(BooleanType(nullable), "OR", parts)


def _lower_in(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
    kind = operands[0].data_type
    if all(isinstance(item, columnar.Literal) for item in operands[1:]):
        scalars = [_exact(item.scalar, kind) for item in operands[1:] if isinstance(item, columnar.Literal)]
        if all(scalar is not None for scalar in scalars):
            return columnar.InList(operands[0], tuple(scalars))
    equal = [columnar.Comparison(columnar.Relation.EQUAL, operands[0], item) for item in operands[1:]]
    return equal[0] if len(equal) == 1 else columnar.Or(tuple(equal))


def _exact(scalar: pa.Scalar, kind: pa.DataType) -> pa.Scalar | None:
    """The scalar in another type, or None where that would change its value (``x IN (1.5)`` for an INT)."""
    if scalar.type == kind:
        return scalar
    try:
        changed = scalar.cast(kind)
        same: Any = changed.cast(scalar.type).equals(scalar)
    except pa.ArrowException:
        return None
    return changed if same else None


def _bind_like(arguments: Arguments) -> Expression:
    need_string("LIKE", *arguments)
    if not all(isinstance(argument, Literal) for argument in arguments[1:]):
        raise MismatchError("not supported yet: LIKE with a pattern that is no constant")
    escape = arguments[2].value if len(arguments) > 2 and isinstance(arguments[2], Literal) else None
    if escape is not None and len(escape) != 1:
        raise MismatchError(f"ESCAPE takes one character, not {escape!r}")
    return Call(BooleanType(any_nullable(arguments)), "LIKE", arguments)


def _lower_like(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
    texts = [argument.value for argument in call.arguments[1:] if isinstance(argument, Literal)]
    return columnar.Like(operands[0], texts[0], texts[1] if len(texts) > 1 else None)


FUNCTIONS = (
    *(Function(r.value, _bind_comparison(r), _lower_comparison(r)) for r in columnar.Relation),
    Function("IS DISTINCT FROM", _bind_distinct, _lower_distinct),
    Function("AND", _bind_logic("AND"), lambda call, operands: columnar.And(operands)),
    Function("OR", _bind_logic("OR"), lambda call, operands: columnar.Or(operands)),
    Function("NOT", _bind_logic("NOT"), lambda call, operands: columnar.Not(operands[0])),
    Function("IS NULL", _bind_test("IS NULL"), lambda call, operands: columnar.IsNull(operands[0])),
    *(Function(f"IS {t.value}", _bind_test(f"IS {t.value}"), _lower_truth(t)) for t in columnar.Truth),
    Function("IN", _bind_in, _lower_in),
    Function("LIKE", _bind_like, _lower_like),
)
