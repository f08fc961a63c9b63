"""Expressions: names to columns, operators and functions to typed calls."""

from __future__ import annotations

from collections.abc import Callable

from levada.common.errors import SqlError
from levada.sql.ast import expressions as ast
from levada.sql.binder.literals import literal, number
from levada.sql.binder.scope import Scope, field_of
from levada.sql.errors import Span, did_you_mean, not_supported, sql_error
from levada.sql.functions import FUNCTIONS, MismatchError
from levada.sql.functions import aggregates as aggregate_functions
from levada.sql.functions.coercion import cast, check_cast, comparable, unified
from levada.sql.logical.expressions import AggregateCall, Call, Case, Expression, Literal, walk
from levada.sql.types import BooleanType, IntType, NullType, type_name


class ExpressionBinder:
    """Binds expressions over one scope.

    Parameters
    ----------
    text : str
        The statement, for messages.
    scope : Scope
    grouped : bool or None
        Whether aggregates stand over groups; None refuses them (WHERE, GROUP BY).
    """

    def __init__(self, text: str, scope: Scope, *, grouped: bool | None = None, clause: str = "here") -> None:
        self.text = text
        self.scope = scope
        self.grouped = grouped
        self.clause = clause

    def bind(self, node: ast.Expression) -> Expression:
        """The typed form of an expression."""
        constant = literal(self.text, node)
        if constant is not None:
            return constant
        rule = _RULES.get(type(node))
        if rule is None:
            raise not_supported(self.text, node.span, _WHAT.get(type(node), type(node).__name__))
        try:
            return rule(self, node)
        except MismatchError as error:
            raise sql_error(self.text, node.span, str(error)) from None

    def condition(self, node: ast.Expression) -> Expression:
        """An expression that must be a condition."""
        bound = self.bind(node)
        if isinstance(bound.data_type, NullType):
            return Literal(BooleanType(), None)
        if not isinstance(bound.data_type, BooleanType):
            kind = type_name(bound.data_type.nullable())
            raise sql_error(self.text, node.span, f"{self.clause} needs a condition, this is a {kind}")
        return bound

    def call(self, function: str, *arguments: Expression) -> Expression:
        """A typed call of a function that exists."""
        return FUNCTIONS[function].bind(arguments)

    def negated(self, bound: Expression, negate: bool) -> Expression:
        """``NOT bound`` if asked for."""
        return self.call("NOT", bound) if negate else bound

    def error(self, span: Span, message: str) -> SqlError:
        """An error at a place of the statement."""
        return sql_error(self.text, span, message)


def _name(binder: ExpressionBinder, node: ast.Name) -> Expression:
    return binder.scope.resolve(node.parts, binder.text, node.span)


def _field(binder: ExpressionBinder, node: ast.Field) -> Expression:
    return field_of(binder.bind(node.base), node.name, binder.text, node.span)


def _unary(binder: ExpressionBinder, node: ast.Unary) -> Expression:
    if node.operator == "-" and isinstance(node.operand, ast.NumberLiteral):
        return number(binder.text, node.operand, negative=True)
    operand = binder.bind(node.operand)
    if node.operator == "+":
        binder.call("NEGATE", operand)
        return operand
    return binder.call("NOT" if node.operator == "NOT" else "NEGATE", operand)


def _binary(binder: ExpressionBinder, node: ast.Binary) -> Expression:
    if node.operator == "OVERLAPS":
        raise not_supported(binder.text, node.span, "OVERLAPS")
    if node.operator in ("AND", "OR"):
        parts: list[Expression] = []
        for side in (node.left, node.right):
            bound = binder.bind(side)
            nested = isinstance(bound, Call) and bound.function == node.operator
            parts += bound.arguments if nested and isinstance(bound, Call) else (bound,)
        return binder.call(node.operator, *parts)
    return binder.call(node.operator, binder.bind(node.left), binder.bind(node.right))


def _is(binder: ExpressionBinder, node: ast.Is) -> Expression:
    if node.test.startswith("JSON"):
        raise not_supported(binder.text, node.span, f"IS {node.test}")
    operand = binder.bind(node.operand)
    if node.other is not None:
        return binder.negated(binder.call("IS DISTINCT FROM", operand, binder.bind(node.other)), node.negated)
    return binder.negated(binder.call(f"IS {node.test}", operand), node.negated)


def _between(binder: ExpressionBinder, node: ast.Between) -> Expression:
    operand, low, high = binder.bind(node.operand), binder.bind(node.low), binder.bind(node.high)

    def inside(first: Expression, last: Expression) -> Expression:
        return binder.call("AND", binder.call(">=", operand, first), binder.call("<=", operand, last))

    found = inside(low, high)
    if node.symmetric:
        found = binder.call("OR", found, inside(high, low))
    return binder.negated(found, node.negated)


def _in(binder: ExpressionBinder, node: ast.In) -> Expression:
    if node.query is not None:
        raise not_supported(binder.text, node.span, "IN with a query")
    found = binder.call("IN", binder.bind(node.operand), *(binder.bind(item) for item in node.items))
    return binder.negated(found, node.negated)


def _like(binder: ExpressionBinder, node: ast.Like) -> Expression:
    if node.similar:
        raise not_supported(binder.text, node.span, "SIMILAR TO")
    arguments = [binder.bind(node.operand), binder.bind(node.pattern)]
    if node.escape is not None:
        arguments.append(binder.bind(node.escape))
    return binder.negated(binder.call("LIKE", *arguments), node.negated)


def _case(binder: ExpressionBinder, node: ast.Case) -> Expression:
    conditions = []
    for when, _ in node.branches:
        if node.operand is None:
            conditions.append(binder.condition(when))
        else:
            pair = comparable("=", binder.bind(node.operand), binder.bind(when))
            conditions.append(binder.call("=", *pair))
    values = [binder.bind(then) for _, then in node.branches]
    values.append(Literal(NullType(), None) if node.otherwise is None else binder.bind(node.otherwise))
    cast_values, kind = unified("CASE", values)
    otherwise = None if node.otherwise is None else cast_values[-1]
    return Case(kind, tuple(zip(conditions, cast_values, strict=False)), otherwise)


def _cast(binder: ExpressionBinder, node: ast.Cast) -> Expression:
    operand = binder.bind(node.operand)
    check_cast(operand.data_type, node.target)
    return cast(operand, node.target, node.safe)


def _call(binder: ExpressionBinder, node: ast.Call) -> Expression:
    name = node.function
    if node.over is not None:
        raise not_supported(binder.text, node.span, f"{name} OVER a window")
    if name in aggregate_functions.NAMES:
        return _aggregate(binder, node)
    function = FUNCTIONS.get(name)
    if function is None or len(node.name) > 1 or name in ("IN", "LIKE", "AND", "OR", "NOT", "NEGATE"):
        known = [*FUNCTIONS, *aggregate_functions.NAMES]
        if name in aggregate_functions.KNOWN_ELSEWHERE:
            raise not_supported(binder.text, node.span, f"function {name}")
        raise not_supported(binder.text, node.span, f"function {name}{did_you_mean(name, known, 0.75)}")
    if node.filter is not None or node.distinct or node.order_by:
        raise binder.error(node.span, f"{name} is no aggregate function: it takes no DISTINCT, ORDER BY or FILTER")
    return function.bind(_arguments(binder, node))


def _arguments(binder: ExpressionBinder, node: ast.Call) -> tuple[Expression, ...]:
    if any(isinstance(argument, ast.Star) for argument in node.arguments):
        raise binder.error(node.span, f"{node.function}(*): only COUNT takes *")
    if node.function == "TRIM":
        side, characters, value = node.arguments
        if isinstance(side, ast.Symbol) and side.value != "BOTH":
            name = "LTRIM" if side.value == "LEADING" else "RTRIM"
            raise not_supported(binder.text, node.span, f"TRIM({side.value} ..): write {name}(text, characters)")
        return binder.bind(value), binder.bind(characters)
    if node.options or any(isinstance(argument, ast.Symbol) for argument in node.arguments):
        raise not_supported(binder.text, node.span, f"this form of {node.function}")
    return tuple(binder.bind(argument) for argument in node.arguments)


def _aggregate(binder: ExpressionBinder, node: ast.Call) -> Expression:
    name = node.function
    if binder.grouped is None:
        raise binder.error(node.span, f"{name} is an aggregate function; {binder.clause} cannot hold one")
    if node.distinct:
        raise not_supported(binder.text, node.span, f"{name}(DISTINCT ..)")
    if node.order_by or node.options:
        raise not_supported(binder.text, node.span, f"{name} with ORDER BY or IGNORE NULLS")
    star = len(node.arguments) == 1 and isinstance(node.arguments[0], ast.Star)
    if not node.arguments or (star and name != "COUNT"):
        raise binder.error(node.span, f"{name} needs a column{', such as COUNT(*)' if name == 'COUNT' else ''}")
    inner = ExpressionBinder(binder.text, binder.scope, clause=f"the argument of {name}")
    arguments = () if star else tuple(inner.bind(argument) for argument in node.arguments)
    if node.filter is not None:
        condition = ExpressionBinder(binder.text, binder.scope, clause="FILTER").condition(node.filter)
        value = arguments[0] if arguments else Literal(IntType(False), 1)
        arguments = (Case(value.data_type.nullable(), ((condition, value),), None), *arguments[1:])
    return aggregate_functions.aggregate_call(name, arguments, grouped=binder.grouped)


def has_aggregate(bound: Expression) -> bool:
    """Whether an aggregate stands anywhere in a bound expression."""
    return any(isinstance(node, AggregateCall) for node in walk(bound))


_RULES: dict[type[ast.Expression], Callable[..., Expression]] = {
    ast.Name: _name,
    ast.Field: _field,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Is: _is,
    ast.Between: _between,
    ast.In: _in,
    ast.Like: _like,
    ast.Case: _case,
    ast.Cast: _cast,
    ast.Call: _call,
}

_WHAT: dict[type[ast.Expression], str] = {
    ast.Exists: "EXISTS",
    ast.Subquery: "a query as a value",
    ast.Quantified: "comparison with a query",
    ast.Row: "ROW values",
    ast.Array: "ARRAY values",
    ast.Map: "MAP values",
    ast.Item: "access by [ ]",
    ast.IntervalLiteral: "INTERVAL values",
    ast.NamedArgument: "named arguments",
    ast.Star: "* in this place",
}
