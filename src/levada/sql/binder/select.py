"""SELECT: filter, grouping, the select list."""

from __future__ import annotations

from collections.abc import Sequence

from levada.common.errors import SqlError
from levada.sql.ast import expressions as ex
from levada.sql.ast import queries as ast
from levada.sql.binder.expressions import ExpressionBinder, has_aggregate
from levada.sql.binder.scope import Scope
from levada.sql.errors import not_supported, sql_error
from levada.sql.functions.aggregates import NAMES
from levada.sql.logical.expressions import AggregateCall, Expression, Literal, Ref, children, with_children
from levada.sql.logical.nodes import Aggregate, Filter, Node, Project
from levada.sql.types import IntType, RowField, RowType


def bind_select(text: str, select: ast.Select, source: Node, scope: Scope) -> Node:
    """The plan of a SELECT over its bound FROM."""
    _refuse(text, select)
    aliases = frozenset(item.alias for item in select.items if item.alias)
    inner = Scope(scope.relations, aliases)
    node = source
    if select.where is not None:
        condition = ExpressionBinder(text, inner, clause="WHERE").condition(select.where)
        node = Filter(node.row_type, node, condition)
    items = _expanded(text, select.items, scope)
    grouped = select.group_by is not None
    keys = _keys(text, select.group_by or (), inner)
    binder = ExpressionBinder(text, inner, grouped=grouped, clause="the select list")
    bound = [binder.bind(item) if isinstance(item, ex.Expression) else item for item, _ in items]
    names = _names([name for _, name in items])
    having = None
    if select.having is not None:
        having = ExpressionBinder(text, inner, grouped=grouped, clause="HAVING").condition(select.having)
    if grouped or having is not None or any(has_aggregate(expression) for expression in bound):
        node = _aggregated(text, node, keys, bound, names, having)
    else:
        node = project(node, bound, names)
    if select.distinct:
        node = Aggregate(node.row_type, node, tuple(range(len(node.row_type.fields))), ())
    return node


def project(node: Node, expressions: Sequence[Expression], names: Sequence[str]) -> Node:
    """A projection with these column names."""
    row_type = RowType.of(names, [expression.data_type for expression in expressions])
    return Project(row_type, node, tuple(expressions))


def _refuse(text: str, select: ast.Select) -> None:
    if select.qualify is not None:
        raise not_supported(text, select.qualify.span, "QUALIFY")
    for _, window in select.windows:
        raise not_supported(text, window.span, "WINDOW")
    for hint in select.hints:
        raise not_supported(text, hint.span, f"the hint {hint.name}")


def _expanded(
    text: str, items: tuple[ast.SelectItem, ...], scope: Scope
) -> list[tuple[ex.Expression | Expression, str | None]]:
    """Items with ``*`` written out; a column from ``*`` is bound already."""
    expanded: list[tuple[ex.Expression | Expression, str | None]] = []
    for item in items:
        if isinstance(item.expression, ex.Star):
            expanded += _star(text, item.expression, scope)
        else:
            expanded.append((item.expression, item.alias or _own_name(item.expression)))
    return expanded


def _star(text: str, star: ex.Star, scope: Scope) -> list[tuple[ex.Expression | Expression, str | None]]:
    if not scope.relations:
        raise sql_error(text, star.span, "* needs a FROM")
    if not star.qualifier:
        return [(column, column.name) for column in scope.columns() or ()]
    columns = scope.columns(star.qualifier[-1])
    if columns is not None:
        return [(column, column.name) for column in columns]
    base = scope.resolve(star.qualifier, text, star.span)
    if not isinstance(base.data_type, RowType):
        raise sql_error(text, star.span, f"`{base}` is no table or row: it has no .*")
    return [(ex.Name((*star.qualifier, field.name), span=star.span), field.name) for field in base.data_type.fields]


def _own_name(expression: ex.Expression) -> str | None:
    if isinstance(expression, ex.Name):
        return expression.parts[-1]
    return expression.name if isinstance(expression, ex.Field) else None


def _names(given: list[str | None]) -> list[str]:
    """Names of the columns: unnamed ones are ``EXPR$n``, a repeated name gets a number."""
    names: list[str] = []
    for index, name in enumerate(given):
        wanted = f"EXPR${index}" if name is None else name
        unique, number = wanted, 0
        while unique in names:
            unique = f"{wanted}{number}"
            number += 1
        names.append(unique)
    return names


def _keys(text: str, group_by: tuple[ex.Expression, ...], scope: Scope) -> list[Expression]:
    binder = ExpressionBinder(text, scope, clause="GROUP BY")
    keys: list[Expression] = []
    for item in group_by:
        if isinstance(item, ast.GroupingSet):
            raise not_supported(text, item.span, item.kind)
        if isinstance(item, ex.Call) and item.function in ("TUMBLE", "HOP", "SESSION"):
            raise not_supported(text, item.span, f"the group window {item.function}")
        parts = item.items if isinstance(item, ex.Row) else (item,)
        for key in (binder.bind(part) for part in parts):
            if key not in keys:
                keys.append(key)
    return keys


def _aggregated(
    text: str,
    node: Node,
    keys: list[Expression],
    items: list[Expression],
    names: list[str],
    having: Expression | None,
) -> Node:
    lifting = _Lifting(text, keys)
    lifted = [lifting.lift(item) for item in items]
    condition = None if having is None else lifting.lift(having)
    inputs = lifting.inputs()
    output = _output_names(lifted, names, keys, len(lifting.calls))
    arguments = [_column_name(each) or f"$f{index}" for index, each in enumerate(inputs) if index >= len(keys)]
    below = project(node, inputs, _names([*output[: len(keys)], *arguments]))
    positions = {expression: index for index, expression in reversed(list(enumerate(inputs)))}
    calls = tuple(
        AggregateCall(call.data_type, call.function, _argument(call.argument, positions, below.row_type))
        for call in lifting.calls
    )
    kinds = [key.data_type for key in keys] + [call.data_type for call in calls]
    row_type = RowType(RowField(name, kind) for name, kind in zip(output, kinds, strict=True))
    result: Node = Aggregate(row_type, below, tuple(range(len(keys))), calls)
    renamed = dict(enumerate(output))
    if condition is not None:
        result = Filter(row_type, result, _renamed(condition, renamed))
    return project(result, [_renamed(item, renamed) for item in lifted], names)


def _argument(argument: Expression | None, positions: dict[Expression, int], row_type: RowType) -> Ref | None:
    if argument is None:
        return None
    index = positions[argument]
    field = row_type.fields[index]
    return Ref(field.data_type, index, field.name)


def _renamed(expression: Expression, names: dict[int, str]) -> Expression:
    if isinstance(expression, Ref):
        return Ref(expression.data_type, expression.index, names[expression.index])
    return with_children(expression, tuple(_renamed(part, names) for part in children(expression)))


def _column_name(expression: Expression) -> str | None:
    return expression.name if isinstance(expression, Ref) else None


def _output_names(lifted: list[Expression], names: list[str], keys: list[Expression], calls: int) -> list[str]:
    """Columns of the aggregate take the select list's names where an item is just that column."""
    chosen: list[str | None] = [_column_name(key) for key in keys] + [None] * calls
    for item, name in zip(lifted, names, strict=True):
        if isinstance(item, Ref):
            chosen[item.index] = name
    return _names([name or f"$f{index}" for index, name in enumerate(chosen)])


class _Lifting:
    """Rewrites expressions over the grouped input into expressions over keys and aggregates."""

    def __init__(self, text: str, keys: list[Expression]) -> None:
        self.text = text
        self.keys = keys
        self.calls: list[AggregateCall] = []

    def lift(self, expression: Expression) -> Expression:
        if expression in self.keys:
            return Ref(expression.data_type, self.keys.index(expression), str(expression))
        if isinstance(expression, AggregateCall):
            if expression not in self.calls:
                self.calls.append(expression)
            index = len(self.keys) + self.calls.index(expression)
            return Ref(expression.data_type, index, str(expression))
        if isinstance(expression, Ref):
            raise self._ungrouped(expression)
        return with_children(expression, tuple(self.lift(part) for part in children(expression)))

    def inputs(self) -> list[Expression]:
        """The keys, then each argument once."""
        wanted = list(self.keys)
        for call in self.calls:
            if call.argument is not None and call.argument not in wanted:
                wanted.append(call.argument)
        return wanted or [Literal(IntType(False), 0)]  # rows without columns cannot be counted

    def _ungrouped(self, column: Ref) -> SqlError:
        remedy = f"add it to GROUP BY or put it in an aggregate ({', '.join(NAMES)})"
        return sql_error(self.text, column.span, f"column `{column.name}` is neither grouped nor aggregated: {remedy}")
