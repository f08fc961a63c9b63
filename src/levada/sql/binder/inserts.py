"""INSERT: the query's columns against the table's."""

from __future__ import annotations

from levada.sql.ast import queries as queries_ast
from levada.sql.ast import statements as ast
from levada.sql.binder.queries import QueryBinder
from levada.sql.binder.select import project
from levada.sql.catalog import Catalog, CatalogTable
from levada.sql.errors import did_you_mean, not_supported, sql_error
from levada.sql.functions.coercion import assignable, cast
from levada.sql.logical.expressions import Expression, Literal
from levada.sql.logical.nodes import Insert, Node, identity
from levada.sql.types import RowField, type_name


def bind_insert(text: str, catalog: Catalog, insert: ast.Insert) -> Insert:
    """The plan of an INSERT."""
    table = _target(text, catalog, insert)
    node = QueryBinder(text, catalog).query(insert.query)
    targets = _columns(text, table, insert)
    fitting = fitted(text, insert.query, node, table, targets)
    return Insert(fitting.row_type, fitting, table)


def fitted(
    text: str, query: queries_ast.Query, node: Node, table: CatalogTable, targets: list[RowField] | None = None
) -> Node:
    """A query's rows with the columns of a table; ``targets`` are those that get its values, all where None."""
    physical = table.physical_type
    given, wanted = node.row_type.fields, list(physical.fields) if targets is None else targets
    if len(given) != len(wanted):
        listed = ", ".join(field.name for field in wanted)
        raise sql_error(
            text, query.span, f"`{table.name}` takes {len(wanted)} columns ({listed}), the query gives {len(given)}"
        )
    columns = identity(node.row_type)
    values: list[Expression] = []
    for field in physical.fields:
        index = next((i for i, target in enumerate(wanted) if target.name == field.name), None)
        if index is not None:
            values.append(_value(text, query, columns[index], field))
        else:
            values.append(Literal(field.data_type, None))
    if values != list(columns) or node.row_type.field_names() != physical.field_names():
        return project(node, values, physical.field_names())
    return node


def _target(text: str, catalog: Catalog, insert: ast.Insert) -> CatalogTable:
    entry = catalog.find(insert.table)
    if entry is None:
        raise sql_error(text, insert.span, catalog.missing(insert.table))
    if not isinstance(entry, CatalogTable):
        raise sql_error(text, insert.span, f"`{entry.name}` is a view; rows go into tables")
    if insert.overwrite:
        raise not_supported(text, insert.span, "INSERT OVERWRITE")
    if insert.partition:
        raise not_supported(text, insert.span, "INSERT with PARTITION")
    if insert.hints:
        raise not_supported(text, insert.hints[0].span, "hints on the target table")
    return entry


def _columns(text: str, table: CatalogTable, insert: ast.Insert) -> list[RowField]:
    fields = {field.name: field for field in table.physical_type.fields}
    if not insert.columns:
        return list(fields.values())
    for name in insert.columns:
        if name not in fields:
            raise sql_error(
                text, insert.span, f"column `{name}` not found in `{table.name}`{did_you_mean(name, fields)}"
            )
    if len(set(insert.columns)) < len(insert.columns):
        raise sql_error(text, insert.span, "a column is named twice in the column list")
    for field in fields.values():
        if field.name not in insert.columns and not field.data_type.is_nullable:
            raise sql_error(text, insert.span, f"column `{field.name}` of `{table.name}` is NOT NULL and gets no value")
    return [fields[name] for name in insert.columns]


def _value(text: str, query: queries_ast.Query, column: Expression, field: RowField) -> Expression:
    if not assignable(column.data_type, field.data_type):
        source, target = type_name(column.data_type.nullable()), type_name(field.data_type.nullable())
        span = query.span
        if isinstance(query, queries_ast.Select) and len(query.items) == 1:
            span = query.items[0].span
        raise sql_error(text, span, f"`{column}` is {source}, column `{field.name}` takes {target}; use CAST")
    return cast(column, field.data_type)
