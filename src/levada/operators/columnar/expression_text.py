"""Expressions as SQL text, for plans and error messages."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from levada.operators.columnar.expressions import (
    And,
    Arithmetic,
    AtZone,
    Call,
    Case,
    Cast,
    Column,
    Comparison,
    Expression,
    InList,
    IsNull,
    IsTruth,
    Like,
    Literal,
    Negate,
    Not,
    Or,
)


def to_text(expression: Expression) -> str:
    """The expression as SQL would write it; nested operators stand in parentheses.

    Examples
    --------
    >>> from levada.operators.columnar.expressions import Operator
    >>> import pyarrow as pa
    >>> price = Column(0, pa.int64(), "price")
    >>> to_text(Arithmetic(Operator.ADD, price, Literal.of(1, pa.int64()), pa.int64()))
    'price + 1'
    """
    match expression:
        case Column(index, _, name):
            return name or f"${index}"
        case Literal(scalar):
            return literal_text(scalar)
        case Arithmetic(operator, left, right, _):
            return f"{_nested(left)} {operator.value} {_nested(right)}"
        case Comparison(relation, left, right):
            return f"{_nested(left)} {relation.value} {_nested(right)}"
        case Negate(operand):
            return f"-{_nested(operand)}"
        case Not(operand):
            return f"NOT {_nested(operand)}"
        case And(operands):
            return " AND ".join(map(_nested, operands))
        case Or(operands):
            return " OR ".join(map(_nested, operands))
        case IsNull(operand, negated):
            return f"{_nested(operand)} IS {_not(negated)}NULL"
        case IsTruth(operand, truth, negated):
            return f"{_nested(operand)} IS {_not(negated)}{truth.value}"
        case InList(operand, values, negated):
            return f"{_nested(operand)} {_not(negated)}IN ({', '.join(map(literal_text, values))})"
        case Like(operand, pattern, escape, negated):
            ending = "" if escape is None else f" ESCAPE {_quoted(escape)}"
            return f"{_nested(operand)} {_not(negated)}LIKE {'NULL' if pattern is None else _quoted(pattern)}{ending}"
        case Case(branches, otherwise, _):
            parts = [f"WHEN {to_text(condition)} THEN {to_text(value)}" for condition, value in branches]
            ending = "" if otherwise is None else f" ELSE {to_text(otherwise)}"
            return f"CASE {' '.join(parts)}{ending} END"
        case Cast(operand, data_type, null_on_error):
            return f"{'TRY_CAST' if null_on_error else 'CAST'}({to_text(operand)} AS {data_type})"
        case AtZone(operand, zone):
            return f"{_nested(operand)} AT TIME ZONE {_quoted(zone)}"
        case Call(function, operands, _, options):
            arguments = [to_text(operand) for operand in operands] + [f"{name}={value!r}" for name, value in options]
            return f"{function}({', '.join(arguments)})"
    raise TypeError(f"no expression: {expression!r}")


def literal_text(scalar: pa.Scalar) -> str:
    """A constant as SQL would write it."""
    value = scalar.as_py()
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float | Decimal):
        return str(value)
    return _quoted(str(value))


def _nested(expression: Expression) -> str:
    text = to_text(expression)
    return f"({text})" if isinstance(expression, Arithmetic | Comparison | And | Or | Not | IsNull | IsTruth) else text


def _not(negated: bool) -> str:
    return "NOT " if negated else ""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
