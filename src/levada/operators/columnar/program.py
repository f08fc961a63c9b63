"""Evaluating expression trees over batches.

A ``Program`` is compiled once per operator: equal sub-expressions are computed once, constants are folded, and what is
left is a list of steps, about one Arrow kernel each, over a list of registers. An Arrow kernel costs 5-20 us whatever
the batch, so the number of steps is what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from levada.common.errors import UserError
from levada.operators.columnar import arithmetic, conditions, deferred
from levada.operators.columnar.casts import compile_cast
from levada.operators.columnar.deferred import children
from levada.operators.columnar.expression_text import literal_text, to_text
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
    Relation,
)
from levada.operators.columnar.zones import zone_kernel

Datum = Any
"""A ``pa.Array``, or a ``pa.Scalar`` that stands for as many equal values as the batch has rows."""

Kernel = Callable[..., Datum]
Step = Callable[[list[Datum], int], Datum]

_RELATIONS = {
    Relation.EQUAL: "equal",
    Relation.NOT_EQUAL: "not_equal",
    Relation.LESS: "less",
    Relation.LESS_OR_EQUAL: "less_equal",
    Relation.GREATER: "greater",
    Relation.GREATER_OR_EQUAL: "greater_equal",
}


class Program:
    """Expressions compiled to steps.

    Parameters
    ----------
    expressions : sequence of Expression
        All over the same input.
    """

    def __init__(self, expressions: Sequence[Expression]) -> None:
        self._registers: list[Datum] = []
        self._inputs: list[tuple[int, int]] = []
        self._steps: list[tuple[int, Step]] = []
        self._memo: dict[Expression | int, int] = {}
        self._results = [self._compile(expression) for expression in expressions]
        self._memo.clear()

    def run(self, columns: Sequence[pa.Array], length: int) -> list[Datum]:
        """One result per expression. Constant expressions give a scalar."""
        registers = self._registers.copy()
        for register, column in self._inputs:
            registers[register] = columns[column]
        for register, step in self._steps:
            registers[register] = step(registers, length)
        return [registers[register] for register in self._results]

    def arrays(self, columns: Sequence[pa.Array], length: int) -> list[pa.Array]:
        """As ``run``, with constants repeated to the batch's length."""
        return [
            value if isinstance(value, pa.Array) else pa.repeat(value, length) for value in self.run(columns, length)
        ]

    def _compile(self, expression: Expression) -> int:
        key = _identity(expression)
        known = self._memo.get(key)
        if known is not None:
            return known
        register = self._memo[key] = self._emit(expression)
        return register

    def _emit(self, expression: Expression) -> int:
        match expression:
            case Column(index):
                register = self._add(None)
                self._inputs.append((register, index))
                return register
            case Literal(scalar):
                return self._add(scalar)
            case Case() | And() | Or() if deferred.must_defer(expression):
                return self._defer(expression)
            case And(operands):
                return self._fold(pc.get_function("and_kleene").call, operands)
            case Or(operands):
                return self._fold(pc.get_function("or_kleene").call, operands)
            case Case(branches, otherwise, data_type):
                parts = [part for branch in branches for part in branch]
                parts.append(Literal.of(None, data_type) if otherwise is None else otherwise)
                return self._step(conditions.case_kernel(len(branches), data_type), parts, expression)
        return self._step(*_kernel(expression), expression)

    def _step(self, kernel: Kernel, operands: Sequence[Expression], expression: Expression) -> int:
        sources = [self._compile(operand) for operand in operands]
        if not any(register in self._computed() for register in sources):
            try:
                return self._add(kernel(*[self._registers[register] for register in sources]))
            except (UserError, pa.ArrowInvalid):
                pass  # an error of a constant is an error of the rows that need it
        return self._add_step(_bind(kernel, sources, expression))

    def _fold(self, call: Callable[[list[Datum]], Datum], operands: Sequence[Expression]) -> int:
        register = self._compile(operands[0])
        for operand in operands[1:]:
            register = self._add_step(_bind_pair(call, register, self._compile(operand)))
        return register

    def _defer(self, expression: Case | And | Or) -> int:
        inputs = deferred.columns_of(expression)
        sources = [self._compile(column) for column in inputs]
        run = deferred.compile_deferred(expression, {column.index: at for at, column in enumerate(inputs)}, Program)
        return self._add_step(lambda registers, length: run([registers[source] for source in sources], length))

    def _computed(self) -> set[int]:
        return {register for register, _ in self._steps} | {register for register, _ in self._inputs}

    def _add(self, value: Datum) -> int:
        self._registers.append(value)
        return len(self._registers) - 1

    def _add_step(self, step: Step) -> int:
        register = self._add(None)
        self._steps.append((register, step))
        return register


def _identity(expression: Expression) -> Expression | int:
    """What equal expressions have in common; only itself where a call's options cannot be compared."""
    try:
        hash(expression)
    except TypeError:
        return id(expression)
    return expression


def _kernel(expression: Expression) -> tuple[Kernel, Sequence[Expression]]:
    match expression:
        case Arithmetic(operator, left, right, data_type):
            return arithmetic.kernel(operator, left, right, data_type), (left, right)
        case Comparison(relation, left, right):
            call = pc.get_function(_RELATIONS[relation]).call
            return lambda a, b: call([a, b]), (left, right)
        case Negate(operand):
            return pc.negate, (operand,)
        case Not(operand):
            return pc.invert, (operand,)
        case IsNull(operand, negated):
            return (pc.is_valid if negated else pc.is_null), (operand,)
        case IsTruth(operand, truth, negated):
            return conditions.truth_kernel(truth, negated), (operand,)
        case InList(operand, values, negated):
            return conditions.in_list_kernel(operand.data_type, values, negated), (operand,)
        case Like(operand, pattern, escape, negated):
            return conditions.like_kernel(pattern, escape, negated), (operand,)
        case Cast(operand, data_type, null_on_error):
            return compile_cast(operand.data_type, data_type, null_on_error), (operand,)
        case AtZone(operand, zone):
            return zone_kernel(operand.data_type, zone), (operand,)
        case Call(function, operands, data_type, options):
            return _function(function, data_type, options), operands
    raise TypeError(f"no expression: {expression!r}")


def _function(name: str, data_type: pa.DataType, options: tuple[tuple[str, Any], ...]) -> Kernel:
    function = pc.get_function(name)
    made = getattr(pc, function._doc.options_class)(**dict(options)) if options else None

    def call(*arguments: Datum) -> Datum:
        result = function.call(list(arguments), made)
        return result if result.type == data_type else result.cast(data_type)

    return call


def _bind(kernel: Kernel, sources: list[int], expression: Expression) -> Step:
    """The kernel over registers; one or two operands, the usual case, without building a list."""

    def general(registers: list[Datum], _: int) -> Datum:
        operands = [registers[source] for source in sources]
        try:
            return kernel(*operands)
        except (pa.ArrowInvalid, UserError) as error:
            raise _explained(error, kernel, operands, expression) from error

    if len(sources) not in (1, 2):
        return general
    first, second = sources[0], sources[-1]

    def unary(registers: list[Datum], length: int) -> Datum:
        try:
            return kernel(registers[first])
        except (pa.ArrowInvalid, UserError):
            return general(registers, length)

    def binary(registers: list[Datum], length: int) -> Datum:
        try:
            return kernel(registers[first], registers[second])
        except (pa.ArrowInvalid, UserError):
            return general(registers, length)

    return unary if len(sources) == 1 else binary


def _explained(error: Exception, kernel: Kernel, operands: list[Datum], expression: Expression) -> UserError:
    """The error with the expression and the operands of a row that has it."""
    start, stop = 0, max((len(each) for each in operands if isinstance(each, pa.Array)), default=1)
    while stop - start > 1:
        middle = (start + stop) // 2
        try:
            kernel(*[each[start:middle] if isinstance(each, pa.Array) else each for each in operands])
            start = middle
        except (pa.ArrowInvalid, UserError):
            stop = middle
    values = [each[start] if isinstance(each, pa.Array) else each for each in operands]
    shown = [
        f"{to_text(child)} = {literal_text(value)}"
        for child, value in zip(children(expression), values, strict=True)
        if not isinstance(child, Literal)
    ]
    where = f" (where {', '.join(shown)})" if shown else ""
    reason = str(error).replace("divide by zero", "division by zero")
    return UserError(f"{to_text(expression)}: {reason}{where}")


def _bind_pair(call: Callable[[list[Datum]], Datum], left: int, right: int) -> Step:
    return lambda registers, _: call([registers[left], registers[right]])
