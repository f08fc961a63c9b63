"""Queries: SELECT, VALUES, UNION ALL, WITH."""

from __future__ import annotations

from collections.abc import Callable

from levada.sql.ast import queries as ast
from levada.sql.binder.constants import constant
from levada.sql.binder.expressions import ExpressionBinder
from levada.sql.binder.relations import RelationBinder, renamed
from levada.sql.binder.scope import Scope
from levada.sql.binder.select import bind_select, project
from levada.sql.catalog import Catalog
from levada.sql.errors import not_supported, sql_error
from levada.sql.functions.coercion import cast, common_type
from levada.sql.logical.expressions import Expression, Literal
from levada.sql.logical.nodes import Aggregate, Node, Union, Values, identity
from levada.sql.time_zones import depends_on_zone
from levada.sql.types import IntType, RowField, RowType, type_name

_ONE_ROW = Values(RowType((RowField("ZERO", IntType(False)),)), ((Literal(IntType(False), 0),),))
"""What a SELECT without FROM selects from."""


class QueryBinder:
    """Binds the queries of one statement.

    Parameters
    ----------
    text : str
        The statement's text, for messages.
    catalog : Catalog
    """

    def __init__(self, text: str, catalog: Catalog) -> None:
        self.text = text
        self.catalog = catalog
        self._common: dict[str, Node] = {}

    def query(self, query: ast.Query) -> Node:
        """The plan of a query."""
        rule = _RULES[type(query)]
        return rule(self, query)

    def _select(self, select: ast.Select) -> Node:
        if select.source is None:
            return bind_select(self.text, select, _ONE_ROW, Scope())
        relations = RelationBinder(self.text, self.catalog, self._common, self.query)
        node, scope = relations.bind(select.source)
        return bind_select(self.text, select, node, scope)

    def _values(self, values: ast.Values) -> Node:
        binder = ExpressionBinder(self.text, Scope(), clause="VALUES")
        rows = [[binder.bind(item) for item in row] for row in values.rows]
        width = len(rows[0])
        for row, written in zip(rows, values.rows, strict=True):
            if len(row) != width:
                place = written[0].span.to(written[-1].span)
                raise sql_error(self.text, place, f"this row has {_values(len(row))}, the first one has {width}")
        fields = []
        for index in range(width):
            column = [row[index] for row in rows]
            kind = common_type([value.data_type for value in column])
            if kind is None:
                kinds = ", ".join(dict.fromkeys(type_name(value.data_type.nullable()) for value in column))
                raise sql_error(self.text, values.span, f"column {index + 1} mixes types: {kinds}; use CAST")
            fields.append(RowField(f"EXPR${index}", kind))
        row_type = RowType(fields)
        if any(depends_on_zone(cast(value, f.data_type)) for row in rows for value, f in zip(row, fields, strict=True)):
            return _united_rows(rows, row_type)
        literals = tuple(
            tuple(
                constant(self.text, written, cast(value, field.data_type))
                for written, value, field in zip(source, row, fields, strict=True)
            )
            for source, row in zip(values.rows, rows, strict=True)
        )
        return Values(row_type, literals)

    def _set_operation(self, operation: ast.SetOperation) -> Node:
        if operation.operator != "UNION":
            raise not_supported(self.text, operation.span, operation.operator)
        left, right = self.query(operation.left), self.query(operation.right)
        if len(left.row_type.fields) != len(right.row_type.fields):
            counts = f"{len(left.row_type.fields)} and {len(right.row_type.fields)}"
            raise sql_error(self.text, operation.span, f"the sides of UNION have {counts} columns")
        fields = []
        for one, other in zip(left.row_type.fields, right.row_type.fields, strict=True):
            kind = common_type([one.data_type, other.data_type])
            if kind is None:
                kinds = f"{type_name(one.data_type)} and {type_name(other.data_type)}"
                raise sql_error(
                    self.text, operation.right.span, f"column `{one.name}` of UNION mixes {kinds}; use CAST"
                )
            fields.append(RowField(one.name, kind))
        row_type = RowType(fields)
        node: Node = Union(row_type, (_converted(left, row_type), _converted(right, row_type)))
        if not operation.all:
            node = Aggregate(row_type, node, tuple(range(len(fields))), ())
        return node

    def _with(self, query: ast.With) -> Node:
        before = dict(self._common)
        for table in query.tables:
            node = self.query(table.query)
            self._common[table.name] = renamed(self.text, node, table.columns, table)
        try:
            return self.query(query.query)
        finally:
            self._common = before

    def _ordered(self, query: ast.Ordered) -> Node:
        if query.order_by:
            raise not_supported(self.text, query.order_by[0].span, "ORDER BY")
        raise not_supported(self.text, (query.limit or query.offset or query).span, "LIMIT and OFFSET")


def _united_rows(rows: list[list[Expression]], row_type: RowType) -> Node:
    """VALUES that cannot be computed yet: the session's time zone is not known here."""
    single = tuple(_converted(project(_ONE_ROW, row, row_type.field_names()), row_type) for row in rows)
    return single[0] if len(single) == 1 else Union(row_type, single)


def _values(count: int) -> str:
    return f"{count} value{'' if count == 1 else 's'}"


def _converted(node: Node, row_type: RowType) -> Node:
    values: list[Expression] = [
        cast(column, field.data_type) for column, field in zip(identity(node.row_type), row_type.fields, strict=True)
    ]
    if values == list(identity(node.row_type)) and node.row_type.field_names() == row_type.field_names():
        return node
    return project(node, values, row_type.field_names())


_RULES: dict[type[ast.Query], Callable[..., Node]] = {
    ast.Select: QueryBinder._select,
    ast.Values: QueryBinder._values,
    ast.SetOperation: QueryBinder._set_operation,
    ast.With: QueryBinder._with,
    ast.Ordered: QueryBinder._ordered,
}
