"""Precedence and the forms of expressions, seen through a bracketed rendering."""

from __future__ import annotations

import pytest

from levada.common.errors import SqlError
from levada.sql.ast import expressions as ast
from levada.sql.parser import parse_expression
from levada.sql.types import type_name


def shape(node: object) -> str:
    match node:
        case ast.Binary():
            return f"({shape(node.left)} {node.operator} {shape(node.right)})"
        case ast.Unary():
            return f"({node.operator} {shape(node.operand)})"
        case ast.Name():
            return ".".join(node.parts)
        case ast.NumberLiteral():
            return node.text
        case ast.StringLiteral():
            return repr(node.value)
        case ast.Is():
            other = "" if node.other is None else f" FROM {shape(node.other)}"
            return f"({shape(node.operand)} IS {'NOT ' if node.negated else ''}{node.test}{other})"
        case ast.Between():
            word = "NOT BETWEEN" if node.negated else "BETWEEN"
            return f"({shape(node.operand)} {word} {shape(node.low)} & {shape(node.high)})"
        case ast.In():
            word = "NOT IN" if node.negated else "IN"
            return f"({shape(node.operand)} {word} {', '.join(map(shape, node.items))})"
        case ast.Like():
            return f"({shape(node.operand)} {'NOT ' if node.negated else ''}LIKE {shape(node.pattern)})"
        case ast.Cast():
            return f"{'TRY_' if node.safe else ''}CAST({shape(node.operand)}: {type_name(node.target)})"
        case ast.Call():
            return f"{node.function}({', '.join(map(shape, node.arguments))})"
        case ast.Item():
            return f"{shape(node.base)}[{shape(node.index)}]"
        case ast.Field():
            return f"{shape(node.base)}->{node.name}"
        case ast.Symbol():
            return node.value
        case _:
            return type(node).__name__


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("(1 + 2) * 3", "((1 + 2) * 3)"),
        ("-a + b", "((- a) + b)"),
        ("a OR b AND NOT c = 1", "(a OR (b AND (NOT (c = 1))))"),
        ("a = 1 IS NULL", "((a = 1) IS NULL)"),
        ("a IS NOT DISTINCT FROM b OR c", "((a IS NOT DISTINCT FROM b) OR c)"),
        ("a BETWEEN 1 AND 2 AND b", "((a BETWEEN 1 & 2) AND b)"),
        ("a NOT BETWEEN 1 + 1 AND 2", "(a NOT BETWEEN (1 + 1) & 2)"),
        ("a NOT IN (1, 2) OR b IN (3)", "((a NOT IN 1, 2) OR (b IN 3))"),
        ("a || 'x' LIKE 'y%'", "((a || 'x') LIKE 'y%')"),
        ("NOT a LIKE 'y'", "(NOT (a LIKE 'y'))"),
        ("a % 2 = 1", "((a % 2) = 1)"),
        ("t.a.b", "t.a.b"),
        ("tags[1].sku", "tags[1]->sku"),
        ("CAST(a AS DECIMAL(5, 1)) + 1", "(CAST(a: DECIMAL(5, 1)) + 1)"),
        ("TRY_CAST(a AS INT ARRAY)", "TRY_CAST(a: ARRAY<INT>)"),
        ("COUNT(*)", "COUNT(Star)"),
        ("EXTRACT(HOUR FROM ts)", "EXTRACT(HOUR, ts)"),
        ("SUBSTRING(a FROM 2 FOR 3)", "SUBSTRING(a, 2, 3)"),
        ("TRIM(a)", "TRIM(BOTH, ' ', a)"),
        ("left(a, 2)", "LEFT(a, 2)"),
        ("CURRENT_DATE", "CURRENT_DATE()"),
        ("(SELECT 1) + 1", "(Subquery + 1)"),
    ],
)
def test_shape(text: str, expected: str) -> None:
    assert shape(parse_expression(text)) == expected


def test_equal_expressions_are_equal_wherever_they_stand() -> None:
    assert parse_expression("upper( a )") == parse_expression("upper(a)")


def test_a_span_covers_the_expression() -> None:
    text = "  a + upper(b) "
    span = parse_expression(text).span
    assert text[span.start : span.end] == "a + upper(b)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a != 1", "`!=` is not SQL; write <>"),
        ("a :: int", "`::` is not SQL; write CAST(a AS type)"),
        ("value + 1", "`value` is a reserved word; to use it as a name write it in backticks"),
        ("a +", "the statement ends where an expression should follow"),
        ("CASE a END", "expected `WHEN`, found `END`"),
        ("CAST(a AS TEXT)", "`TEXT` is not a data type"),
        ("INTERVAL '1' PARSEC", "expected a unit of time"),
        ("DECIMAL", "`DECIMAL` is a reserved word"),
    ],
)
def test_errors_name_the_remedy(text: str, message: str) -> None:
    with pytest.raises(SqlError) as error:
        parse_expression(text)
    assert message in str(error.value)
