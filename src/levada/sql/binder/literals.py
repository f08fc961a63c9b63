"""Literals to typed constants."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from levada.sql.ast import expressions as ast
from levada.sql.errors import sql_error
from levada.sql.logical.expressions import Literal
from levada.sql.types import (
    BigIntType,
    BinaryType,
    BooleanType,
    CharType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    IntType,
    NullType,
    TimestampType,
    TimeType,
)

_INT_MAX = 2**31 - 1
_BIGINT_MAX = 2**63 - 1
_FRACTION = re.compile(r"\.(\d{1,9})$")


def literal(text: str, node: ast.Expression) -> Literal | None:
    """The constant a literal stands for, or None if ``node`` is no literal."""
    match node:
        case ast.NullLiteral():
            return Literal(NullType(), None)
        case ast.BooleanLiteral():
            return Literal(BooleanType(node.value is None), node.value)
        case ast.NumberLiteral():
            return number(text, node)
        case ast.StringLiteral():
            return Literal(CharType(len(node.value), False), node.value)
        case ast.BinaryLiteral():
            return Literal(BinaryType(len(node.value), False), node.value)
        case ast.TemporalLiteral():
            return _temporal(text, node)
        case _:
            return None


def number(text: str, node: ast.NumberLiteral, *, negative: bool = False) -> Literal:
    """A whole number is INT or BIGINT, one with a point DECIMAL of the digits written, one with an exponent DOUBLE."""
    digits = f"-{node.text}" if negative else node.text
    if node.approximate:
        return Literal(DoubleType(False), float(digits))
    if "." not in node.text:
        value = int(digits)
        limit = _BIGINT_MAX + negative
        if abs(value) > limit:
            raise sql_error(text, node.span, f"the number {digits} is out of range: BIGINT ends at {limit}")
        kind: DataType = IntType(False) if abs(value) <= _INT_MAX + negative else BigIntType(False)
        return Literal(kind, value)
    whole, _, fraction = node.text.partition(".")
    precision = len(whole) + len(fraction)
    if precision > 38:
        raise sql_error(text, node.span, f"the number {digits} has {precision} digits; DECIMAL has 38 at most")
    return Literal(DecimalType(max(precision, 1), len(fraction), False), Decimal(digits))


def _temporal(text: str, node: ast.TemporalLiteral) -> Literal:
    try:
        match node.kind:
            case "DATE":
                return Literal(DateType(False), dt.date.fromisoformat(node.text))
            case "TIME":
                value = dt.time.fromisoformat(node.text)
                return Literal(TimeType(_digits(node.text), False), value)
            case _:
                moment = dt.datetime.strptime(node.text.partition(".")[0], "%Y-%m-%d %H:%M:%S")
                digits = _digits(node.text)
                fraction = _FRACTION.search(node.text)
                micros = int(fraction.group(1).ljust(6, "0")[:6]) if fraction else 0
                return Literal(TimestampType(digits, False), moment.replace(microsecond=micros))
    except ValueError:
        wanted = {"DATE": "2024-02-29", "TIME": "12:34:56", "TIMESTAMP": "2024-02-29 12:34:56.789"}[node.kind]
        raise sql_error(
            text, node.span, f"'{node.text}' is no {node.kind}; it is written {node.kind} '{wanted}'"
        ) from None


def _digits(value: str) -> int:
    found = _FRACTION.search(value)
    return len(found.group(1)) if found else 0
