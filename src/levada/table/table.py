"""``Table``: a query that has not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from levada.sql.ast import statements as ast
from levada.sql.ast.queries import Query
from levada.sql.binder import bind_query
from levada.sql.compiler import compile_insert, compile_query
from levada.sql.physical.nodes import Accepts
from levada.table.explain_detail import ExplainDetail
from levada.table.statements import insert_result, query_result
from levada.table.table_result import TableResult
from levada.table.table_schema import TableSchema

if TYPE_CHECKING:
    from levada.table.table_environment import TableEnvironment

__all__ = ["Table"]


class Table:
    """A query; made by ``TableEnvironment.sql_query`` and ``from_path``. Nothing runs before ``execute``."""

    def __init__(self, t_env: TableEnvironment, text: str, query: Query) -> None:
        self._t_env = t_env
        self._text = text
        self._query = query
        self._row_type = bind_query(text, t_env.catalog, query).row_type
        self._name: str | None = None

    def execute(self) -> TableResult:
        """Run the query; its rows are read from the result."""
        settings = self._t_env.planner_settings
        compiled = compile_query(self._text, self._query, self._t_env.catalog, settings, Accepts.RETRACT)
        return query_result(self._t_env, compiled)

    def execute_insert(self, table_path: str, overwrite: bool = False) -> TableResult:
        """Start a job that writes the query's rows into a table."""
        from levada.sql.parser import parse_identifier

        insert = ast.Insert(parse_identifier(table_path), self._query, overwrite=overwrite, span=self._query.span)
        settings = self._t_env.planner_settings
        return insert_result(self._t_env, [compile_insert(self._text, insert, self._t_env.catalog, settings)])

    def explain(self, *extra_details: ExplainDetail) -> str:
        """The query after each step of planning."""
        settings = self._t_env.planner_settings
        return compile_query(self._text, self._query, self._t_env.catalog, settings, Accepts.ANY).explain()

    def print_explain(self, *extra_details: ExplainDetail) -> None:
        """Print what ``explain`` gives."""
        print(self.explain(*extra_details))

    def get_schema(self) -> TableSchema:
        """Names and types of the columns."""
        return TableSchema(self._row_type.field_names(), self._row_type.field_types())

    def print_schema(self) -> None:
        """Print names and types of the columns."""
        print(self.get_schema())

    def to_arrow(self) -> Any:
        """Run the query to its end: a ``pyarrow.Table``. The rows must not change (no GROUP BY in streaming)."""
        return self.execute().to_arrow()

    def to_pandas(self) -> Any:
        """Run the query to its end: a pandas data frame. The query's rows must not change."""
        return self.to_arrow().to_pandas()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __str__(self) -> str:
        """A name by which the table can stand in SQL text: ``t_env.sql_query(f"SELECT * FROM {table}")``."""
        if self._name is None:
            self._name = self._t_env._register_unnamed(self._text, self._query)
        return self._name

    def __repr__(self) -> str:
        return f"<Table {', '.join(self._row_type.field_names())}>"
