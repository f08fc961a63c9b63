"""Expressions: Flink's results on values, NULLs and edges, and that the tree survives pickling."""

from __future__ import annotations

import math
import pickle
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.common.errors import UserError
from levada.operators.columnar.expression_text import to_text
from levada.operators.columnar.expressions import (
    And,
    Arithmetic,
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
    Operator,
    Or,
    Relation,
    Truth,
)
from levada.operators.columnar.numeric_types import arithmetic_type, average_type, sum_type
from levada.operators.columnar.program import Program

I8, I16, I32, I64 = pa.int8(), pa.int16(), pa.int32(), pa.int64()
F32, F64, TEXT, BOOL = pa.float32(), pa.float64(), pa.string(), pa.bool_()


def run(expression: Expression, *columns: pa.Array) -> list[Any]:
    """The expression over columns, as Python values; after a round trip through pickle."""
    copy = pickle.loads(pickle.dumps(expression))
    assert to_text(copy) == to_text(expression)
    length = len(columns[0]) if columns else 1
    (result,) = Program([copy]).arrays(columns, length)
    assert result.type == expression.data_type
    assert len(result) == length
    return result.to_pylist()


def compute(sign: str, a: Any, left: pa.DataType, b: Any, right: pa.DataType) -> Any:
    """One row of arithmetic over two columns, checked against the same with constants."""
    operator = Operator(sign)
    data_type = arithmetic_type(operator, left, right)
    made = Arithmetic(operator, Column(0, left), Column(1, right), data_type)
    (result,) = run(made, pa.array([a], left), pa.array([b], right))
    constant = Arithmetic(operator, Column(0, left), Literal.of(b, right), data_type)
    assert repr(run(constant, pa.array([a], left))) == repr([result])
    return result


@pytest.mark.parametrize(
    ("a", "left", "sign", "b", "right", "expected"),
    [
        (7, I32, "/", 2, I32, 3),
        (-7, I32, "/", 2, I32, -3),
        (7, I32, "%", -3, I32, 1),
        (-7, I32, "%", 3, I32, -1),
        (120, I8, "+", 10, I8, -126),
        (2**31 - 1, I32, "+", 1, I32, -(2**31)),
        (2**63 - 1, I64, "*", 2, I64, -2),
        (-(2**63), I64, "/", -1, I64, -(2**63)),
        (-(2**31), I32, "/", -1, I32, -(2**31)),
        (-(2**63), I64, "%", -1, I64, 0),
        (5_000_000_000, I64, "%", 7, I32, 5_000_000_000 % 7),
        (1, I16, "*", 2, I32, 2),
        (None, I32, "+", 1, I32, None),
        (1, I32, "/", None, I32, None),
        (None, I32, "/", 0, I32, None),
        (7.5, F64, "%", 2, I32, 1.5),
        (-7.5, F64, "%", 2.0, F64, -1.5),
        (None, F64, "%", 2.0, F64, None),
        (Decimal("1.10"), pa.decimal128(5, 2), "+", Decimal("2.205"), pa.decimal128(6, 3), Decimal("3.305")),
        (Decimal("1.25"), pa.decimal128(10, 2), "*", 3, I32, Decimal("3.75")),
        (Decimal("1.25"), pa.decimal128(10, 2), "/", 3, I32, Decimal("0.4166666666667")),
        (Decimal("7.0"), pa.decimal128(2, 1), "/", 2, I32, Decimal("3.500000000000")),
        (Decimal("7.5"), pa.decimal128(3, 1), "%", 2, I32, Decimal("1.5")),
        (Decimal("10"), pa.decimal128(38, 10), "/", Decimal("3"), pa.decimal128(38, 10), Decimal("3.333333")),
        (Decimal("0.1"), pa.decimal128(38, 18), "*", Decimal("0.1"), pa.decimal128(38, 18), Decimal("0.010000")),
        (Decimal("1.5"), pa.decimal128(2, 1), "+", 1.0, F64, 2.5),
    ],
)
def test_arithmetic_gives_flinks_result(
    a: Any, left: pa.DataType, sign: str, b: Any, right: pa.DataType, expected: Any
) -> None:
    assert compute(sign, a, left, b, right) == expected


@pytest.mark.parametrize(
    ("left", "sign", "right", "expected"),
    [
        (I8, "+", I8, I8),
        (I16, "*", I32, I32),
        (I64, "%", I32, I32),
        (F32, "+", F64, F32),
        (F64, "+", F32, F64),
        (F32, "/", I32, F32),
        (pa.decimal128(5, 2), "*", pa.decimal128(5, 2), pa.decimal128(11, 4)),
        (pa.decimal128(20, 10), "*", pa.decimal128(20, 10), pa.decimal128(38, 17)),
        (pa.decimal128(10, 2), "/", I32, pa.decimal128(21, 13)),
        (pa.decimal128(38, 10), "/", pa.decimal128(38, 10), pa.decimal128(38, 6)),
        (pa.decimal128(3, 1), "%", I32, pa.decimal128(3, 1)),
        (pa.decimal128(3, 1), "-", F32, F64),
    ],
)
def test_arithmetic_types_are_flinks(left: pa.DataType, sign: str, right: pa.DataType, expected: pa.DataType) -> None:
    assert arithmetic_type(Operator(sign), left, right) == expected


def test_arithmetic_over_text_has_no_type() -> None:
    with pytest.raises(TypeError, match=r"string \+ int32: string is not a number"):
        arithmetic_type(Operator.ADD, TEXT, I32)


def test_aggregate_types_are_flinks() -> None:
    assert sum_type(I32) == average_type(I32) == I32
    assert sum_type(pa.decimal128(10, 2)) == pa.decimal128(38, 2)
    assert average_type(pa.decimal128(10, 2)) == pa.decimal128(38, 6)


def test_division_of_doubles_follows_ieee_over_columns() -> None:
    divide = Arithmetic(Operator.DIVIDE, Column(0, F64), Column(1, F64), F64)
    results = run(divide, pa.array([1.0, -1.0, 0.0]), pa.array([0.0, 0.0, 0.0]))
    assert results[:2] == [math.inf, -math.inf]
    assert math.isnan(results[2])


@pytest.mark.parametrize(("left", "zero"), [(I32, 0), (F64, 0.0), (pa.decimal128(5, 2), Decimal(0))])
def test_division_by_a_constant_zero_is_an_error(left: pa.DataType, zero: Any) -> None:
    divide = Arithmetic(Operator.DIVIDE, Column(0, left, "a"), Literal.of(zero, left), left)
    with pytest.raises(UserError, match=r"a / .*: division by zero \(where a = 1"):
        run(divide, pa.array([1], left))


def test_division_by_zero_names_the_expression() -> None:
    divide = Arithmetic(Operator.DIVIDE, Column(0, I32, "a"), Column(1, I32, "b"), I32)
    with pytest.raises(UserError, match=r"^a / b: division by zero \(where a = 7, b = 0\)$"):
        run(divide, pa.array([1, 2, None, 7, 8], I32), pa.array([1, 2, 0, 0, 0], I32))


def test_negate_wraps() -> None:
    assert run(Negate(Column(0, I8)), pa.array([1, -128, None], I8)) == [-1, -128, None]


_THREE = st.lists(st.tuples(*[st.sampled_from([True, False, None])] * 3), min_size=1, max_size=20)


@given(_THREE)
def test_logic_is_three_valued(rows: list[tuple[bool | None, ...]]) -> None:
    columns = [pa.array([row[at] for row in rows], BOOL) for at in range(3)]
    nodes = tuple(Column(at, BOOL) for at in range(3))

    def both(row: tuple[bool | None, ...]) -> bool | None:
        return False if False in row else None if None in row else True

    def either(row: tuple[bool | None, ...]) -> bool | None:
        return True if True in row else None if None in row else False

    assert run(And(nodes), *columns) == [both(row) for row in rows]
    assert run(Or(nodes), *columns) == [either(row) for row in rows]
    assert run(Not(nodes[0]), *columns) == [None if row[0] is None else not row[0] for row in rows]


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("truth", list(Truth))
def test_truth_tests_are_never_null(truth: Truth, negated: bool) -> None:
    wanted = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: None}[truth]
    expected = [(value is wanted) != negated for value in (True, False, None)]
    assert run(IsTruth(Column(0, BOOL), truth, negated), pa.array([True, False, None])) == expected


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        (Relation.EQUAL, [False, True, False, None]),
        (Relation.NOT_EQUAL, [True, False, True, None]),
        (Relation.LESS, [True, False, False, None]),
        (Relation.LESS_OR_EQUAL, [True, True, False, None]),
        (Relation.GREATER, [False, False, True, None]),
        (Relation.GREATER_OR_EQUAL, [False, True, True, None]),
    ],
)
def test_comparison_over_mixed_types(relation: Relation, expected: list[bool | None]) -> None:
    columns = pa.array([1, 2, 3, None], I32), pa.array([2, 2, 2, 2], I64)
    assert run(Comparison(relation, Column(0, I32), Column(1, I64)), *columns) == expected
    assert run(Comparison(relation, Column(0, I32), Literal.of(2.0, F64)), columns[0]) == expected


def test_nan_is_not_equal_to_itself() -> None:
    column = pa.array([math.nan, 1.0])
    assert run(Comparison(Relation.EQUAL, Column(0, F64), Column(0, F64)), column) == [False, True]


def test_is_null() -> None:
    column = pa.array([1, None], I32)
    assert run(IsNull(Column(0, I32)), column) == [False, True]
    assert run(IsNull(Column(0, I32), negated=True), column) == [True, False]


def test_in_list_knows_null() -> None:
    column, one, null = pa.array([1, 5, None], I32), pa.scalar(1, I32), pa.scalar(None, I32)
    assert run(InList(Column(0, I32), (one, pa.scalar(2, I32))), column) == [True, False, None]
    assert run(InList(Column(0, I32), (one, null)), column) == [True, None, None]
    assert run(InList(Column(0, I32), (one,), negated=True), column) == [False, True, None]
    assert run(InList(Column(0, I32), (one, null), negated=True), column) == [False, None, None]


@pytest.mark.parametrize(
    ("pattern", "escape", "expected"),
    [
        ("abc", None, [True, False, False, False, None]),
        ("a%", None, [True, False, True, True, None]),
        ("%c", None, [True, False, True, True, None]),
        ("%b%", None, [True, False, False, True, None]),
        ("_b_", None, [True, False, False, False, None]),
        ("a%c", None, [True, False, True, True, None]),
        ("a\\%c", None, [False, False, False, False, None]),
        ("a!%c", "!", [False, False, True, False, None]),
        ("a.c", None, [False, False, False, False, None]),
        ("", None, [False, True, False, False, None]),
        ("%", None, [True, True, True, True, None]),
        ("_%_", None, [True, False, True, True, None]),
        (None, None, [None] * 5),
    ],
)
def test_like(pattern: str | None, escape: str | None, expected: list[bool | None]) -> None:
    column = pa.array(["abc", "", "a%c", "ab\nbc", None])
    assert run(Like(Column(0, TEXT), pattern, escape), column) == expected
    negated = [None if value is None else not value for value in expected]
    assert run(Like(Column(0, TEXT), pattern, escape, negated=True), column) == negated


@given(
    st.text("ab%_\\.(", max_size=6),
    st.lists(st.text("ab%_\\.(\n", max_size=6), min_size=1, max_size=10),
)
def test_like_agrees_with_a_recursive_matcher(pattern: str, texts: list[str]) -> None:
    def match(at: str, text: str) -> bool:
        if not at:
            return not text
        if at[0] == "%":
            return any(match(at[1:], text[start:]) for start in range(len(text) + 1))
        return bool(text) and at[0] in ("_", text[0]) and match(at[1:], text[1:])

    assert run(Like(Column(0, TEXT), pattern), pa.array(texts)) == [match(pattern, text) for text in texts]


def test_like_refuses_a_stray_escape() -> None:
    with pytest.raises(UserError, match="must stand before"):
        Program([Like(Column(0, TEXT), "a!b", "!")])


def test_case_takes_the_first_true_branch_and_casts() -> None:
    value = Column(0, I32)
    case = Case(
        (
            (Comparison(Relation.GREATER, value, Literal.of(2, I32)), Literal.of(1, I32)),
            (Comparison(Relation.GREATER, value, Literal.of(1, I32)), value),
        ),
        None,
        I64,
    )
    assert run(case, pa.array([3, 2, 1, None], I32)) == [1, 2, None, None]


def test_case_evaluates_a_failing_branch_only_where_it_applies() -> None:
    a, b = Column(1, I32, "a"), Column(0, I32, "b")
    safe = Comparison(Relation.NOT_EQUAL, b, Literal.of(0, I32))
    case = Case(((safe, Arithmetic(Operator.DIVIDE, a, b, I32)),), Literal.of(-1, I32), I32)
    columns = pa.array([2, 0, 3, None], I32), pa.array([10, 10, 9, 9], I32)
    assert run(case, *columns) == [5, -1, 3, -1]
    assert run(case, pa.array([0], I32), pa.array([1], I32)) == [-1]
    bare = Case(((IsNull(b), Literal.of(0, I32)),), Arithmetic(Operator.DIVIDE, a, b, I32), I32)
    with pytest.raises(UserError, match="a / b: division by zero"):
        run(bare, *columns)


def test_and_or_do_not_evaluate_what_is_decided() -> None:
    a, b, zero = Column(0, I32), Column(1, I32), Literal.of(0, I32)
    large = Comparison(Relation.GREATER, Arithmetic(Operator.DIVIDE, a, b, I32), Literal.of(2, I32))
    columns = pa.array([10, 10, 4, 1], I32), pa.array([2, 0, 2, None], I32)
    assert run(And((Comparison(Relation.NOT_EQUAL, b, zero), large)), *columns) == [True, False, False, None]
    assert run(Or((Comparison(Relation.EQUAL, b, zero), large)), *columns) == [True, True, False, None]


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (300, I32, I8, 44),
        (3_000_000_000, I64, I32, -1294967296),
        (1e20, F64, I32, 2**31 - 1),
        (-1e20, F64, I64, -(2**63)),
        (-1.9, F64, I64, -1),
        (math.nan, F64, I32, 0),
        (300.7, F64, I8, 44),
        (1e20, F64, I8, -1),
        (" 12 ", TEXT, I32, 12),
        ("12.9", TEXT, I32, 12),
        ("1e3", TEXT, F64, 1000.0),
        ("Infinity", TEXT, F64, math.inf),
        ("t", TEXT, BOOL, True),
        ("NO", TEXT, BOOL, False),
        (1, I32, BOOL, True),
        (True, BOOL, I32, 1),
        (True, BOOL, TEXT, "TRUE"),
        (1.0, F64, TEXT, "1.0"),
        (1e10, F64, TEXT, "1.0E10"),
        (1e-5, F64, TEXT, "1.0E-5"),
        (0.001, F64, TEXT, "0.001"),
        (1234567.9, F32, TEXT, "1234567.9"),
        (123456789.0, F64, TEXT, "1.23456789E8"),
        (-0.0, F64, TEXT, "-0.0"),
        (date(2024, 1, 2), pa.date32(), TEXT, "2024-01-02"),
        ("2024-1-2", TEXT, pa.date32(), date(2024, 1, 2)),
        ("2024-01-02 03:04:05", TEXT, pa.date32(), date(2024, 1, 2)),
        ("2024-01-02 03:04:05.6789", TEXT, pa.timestamp("ms"), datetime(2024, 1, 2, 3, 4, 5, 678000)),
        ("1969-12-31 23:59:59.5", TEXT, pa.timestamp("ms"), datetime(1969, 12, 31, 23, 59, 59, 500000)),
        (datetime(2024, 1, 2, 3, 4, 5), pa.timestamp("ms"), pa.date32(), date(2024, 1, 2)),
        (Decimal("123.455"), pa.decimal128(6, 3), pa.decimal128(5, 2), Decimal("123.46")),
        (Decimal("-123.455"), pa.decimal128(6, 3), pa.decimal128(5, 2), Decimal("-123.46")),
        (Decimal("12345.6"), pa.decimal128(6, 1), pa.decimal128(5, 2), None),
        (Decimal("-1.999"), pa.decimal128(4, 3), I32, -1),
        (Decimal("1.50"), pa.decimal128(3, 2), TEXT, "1.50"),
        (1.5, F64, pa.decimal128(4, 1), Decimal("1.5")),
        (7, I32, pa.decimal128(5, 2), Decimal("7.00")),
        ("1.005", TEXT, pa.decimal128(5, 2), Decimal("1.01")),
        (None, TEXT, I32, None),
    ],
)
def test_cast_gives_flinks_result(value: Any, source: pa.DataType, target: pa.DataType, expected: Any) -> None:
    assert run(Cast(Column(0, source), target), pa.array([value, None], source)) == [expected, None]
    assert run(Cast(Literal.of(value, source), target)) == [expected]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("a", I32),
        ("3000000000", I32),
        ("maybe", BOOL),
        ("x", F64),
        ("1,5", pa.decimal128(5, 2)),
        ("2024-13-02", pa.date32()),
        ("2024-01-02T03:04:05", pa.timestamp("ms")),
    ],
)
def test_text_that_cannot_be_cast(text: str, target: pa.DataType) -> None:
    column = pa.array([text, None])
    with pytest.raises(UserError, match=rf"CAST\(x AS .*\): '{text}' is no .* \(where x = '{text}'\)"):
        run(Cast(Column(0, TEXT, "x"), target), column)
    assert run(Cast(Column(0, TEXT), target, null_on_error=True), column) == [None, None]


def test_calls_of_arrow_functions_take_options_and_cast() -> None:
    column = pa.array(["xxaxx", None])
    trimmed = Call("utf8_trim", (Column(0, TEXT),), TEXT, (("characters", "x"),))
    assert run(trimmed, column) == ["a", None]
    assert run(Call("utf8_length", (Column(0, TEXT),), I64), column) == [5, None]


def test_options_may_be_lists() -> None:
    column = pa.array([{"a": 1}, None], pa.struct([("a", I64)]))
    field = Call("struct_field", (Column(0, column.type),), I64, (("indices", [0]),))
    assert run(IsNull(field), column) == [False, True]


def test_equal_parts_are_computed_once_and_constants_folded() -> None:
    total = Arithmetic(Operator.ADD, Column(0, I64), Literal.of(1, I64), I64)
    folded = Arithmetic(Operator.MULTIPLY, Literal.of(6, I64), Literal.of(7, I64), I64)
    program = Program([total, Arithmetic(Operator.MULTIPLY, total, total, I64), folded])
    assert len(program._steps) == 2
    columns = [pa.array([1, 2])]
    assert [result.to_pylist() for result in program.arrays(columns, 2)] == [[2, 3], [4, 9], [42, 42]]


def test_an_error_in_a_constant_shows_when_rows_come() -> None:
    program = Program([Arithmetic(Operator.DIVIDE, Literal.of(1, I32), Literal.of(0, I32), I32)])
    with pytest.raises(UserError, match="1 / 0"):
        program.arrays([], 1)


def test_text_of_expressions() -> None:
    a, text = Column(0, I32, "a"), Column(1, TEXT, "s")
    condition = And((Comparison(Relation.LESS, a, Literal.of(3, I32)), Like(text, "it's%")))
    case = Case(((condition, Cast(a, I64)),), Literal.of(None, I64), I64)
    assert to_text(case) == "CASE WHEN (a < 3) AND s LIKE 'it''s%' THEN CAST(a AS int64) ELSE NULL END"
    assert to_text(InList(a, (pa.scalar(1), pa.scalar(2)), negated=True)) == "a NOT IN (1, 2)"
