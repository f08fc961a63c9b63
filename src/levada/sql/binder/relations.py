"""FROM: tables, views, derived tables and aliases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from levada.common.errors import SqlError
from levada.sql.ast import expressions as ex
from levada.sql.ast import queries as ast
from levada.sql.binder.expressions import ExpressionBinder
from levada.sql.binder.scope import Scope, Visible
from levada.sql.catalog import Catalog, CatalogTable, CatalogView
from levada.sql.errors import not_supported, sql_error
from levada.sql.logical.expressions import Expression
from levada.sql.logical.nodes import Node, Project, Scan, identity
from levada.sql.types import RowField, RowType

BindQuery = Callable[[ast.Query], Node]


class RelationBinder:
    """Binds relations of one query; ``common`` holds what WITH has named."""

    def __init__(self, text: str, catalog: Catalog, common: dict[str, Node], bind_query: BindQuery) -> None:
        self.text = text
        self.catalog = catalog
        self.common = common
        self.bind_query = bind_query

    def bind(self, relation: ast.Relation) -> tuple[Node, Scope]:
        """The relation's plan and the scope over its columns."""
        node, name = self._bind(relation)
        return node, Scope((Visible(name, node.row_type, 0),))

    def _bind(self, relation: ast.Relation) -> tuple[Node, str | None]:
        match relation:
            case ast.TableName():
                return self._table(relation), relation.name[-1]
            case ast.Derived(lateral=False):
                return self.bind_query(relation.query), None
            case ast.Aliased():
                node, _ = self._bind(relation.relation)
                return renamed(self.text, node, relation.columns, relation), relation.name
            case ast.Join():
                raise not_supported(self.text, relation.right.span, "joins")
            case ast.TableFunction():
                name = relation.call.function
                raise not_supported(self.text, relation.span, f"the table function {name}")
            case ast.Unnest():
                raise not_supported(self.text, relation.span, "UNNEST")
            case ast.MatchRecognize():
                raise not_supported(self.text, relation.span, "MATCH_RECOGNIZE")
            case _:
                raise not_supported(self.text, relation.span, "LATERAL")

    def _table(self, relation: ast.TableName) -> Node:
        if relation.as_of is not None:
            raise not_supported(self.text, relation.as_of.span, "FOR SYSTEM_TIME AS OF")
        if len(relation.name) == 1 and relation.name[0] in self.common:
            return self.common[relation.name[0]]
        entry = self.catalog.find(relation.name)
        if entry is None:
            raise sql_error(self.text, relation.span, self.catalog.missing(relation.name))
        if isinstance(entry, CatalogView):
            return self._view(entry, relation)
        return scan(self._hinted(entry, relation))

    def _view(self, view: CatalogView, relation: ast.TableName) -> Node:
        from levada.sql.binder.queries import QueryBinder

        try:
            node = QueryBinder(view.text, self.catalog).query(view.query)
        except SqlError as error:
            raise SqlError(f"in the view `{view.name}`: {error}") from None
        return renamed(self.text, node, view.columns, relation)

    def _hinted(self, table: CatalogTable, relation: ast.TableName) -> CatalogTable:
        for hint in relation.hints:
            if hint.name != "OPTIONS":
                raise not_supported(self.text, hint.span, f"the hint {hint.name}")
            table = replace(table, options={**table.options, **dict(hint.options)})
        return table


def renamed(text: str, node: Node, names: tuple[str, ...], place: ex.Node) -> Node:
    """The same rows with other column names, if any are given."""
    if not names:
        return node
    fields = node.row_type.fields
    if len(names) != len(fields):
        raise sql_error(text, place.span, f"{len(names)} column names are given for {len(fields)} columns")
    kinds = [field.data_type for field in fields]
    return Project(RowType.of(names, kinds), node, identity(node.row_type))


def scan(table: CatalogTable) -> Node:
    """A table's rows with its computed columns."""
    physical = table.physical_type
    node: Node = Scan(physical, table)
    for column in table.columns:
        if column.metadata:
            raise SqlError(f"not supported yet: metadata columns (`{column.name}` of `{table.name}`)")
    if all(column.expression is None for column in table.columns):
        return node
    scope = Scope((Visible(table.name, physical, 0),))
    binder = ExpressionBinder(table.text, scope, clause=f"a computed column of `{table.name}`")
    columns = dict(zip(physical.field_names(), identity(physical), strict=True))
    values: list[Expression] = []
    fields: list[RowField] = []
    for column in table.columns:
        value = columns[column.name] if column.expression is None else binder.bind(column.expression)
        values.append(value)
        fields.append(RowField(column.name, value.data_type))
    return Project(RowType(fields), node, tuple(values))
