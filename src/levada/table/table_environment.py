"""``TableEnvironment``: where SQL is executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError, SqlError
from levada.sql.catalog import Catalog, CatalogTable, CatalogView, TableColumn
from levada.sql.parser import parse_identifier, parse_query, parse_statement
from levada.table.environment_settings import EnvironmentSettings
from levada.table.explain_detail import ExplainDetail
from levada.table.table_config import TableConfig
from levada.table.table_descriptor import TableDescriptor

if TYPE_CHECKING:
    from levada.sql.ast.queries import Query
    from levada.sql.physical import PlannerSettings
    from levada.table.table import Table
    from levada.table.table_result import TableResult

__all__ = ["TableEnvironment"]


class TableEnvironment:
    """Tables by name, settings, and the execution of SQL.

    Examples
    --------
    >>> t_env = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
    >>> t_env.execute_sql("VALUES (1, 'a'), (2, 'b')").print()
    +--------+--------+
    | EXPR$0 | EXPR$1 |
    +--------+--------+
    |      1 |      a |
    |      2 |      b |
    +--------+--------+
    2 rows in set
    """

    def __init__(self, config: TableConfig, settings: EnvironmentSettings) -> None:
        self._config = config
        self._batch = not settings.is_streaming_mode()
        self.catalog: Catalog = Catalog()
        self._unnamed = 0

    @staticmethod
    def create(environment_settings: EnvironmentSettings | Configuration) -> TableEnvironment:
        """A new environment; a bare ``Configuration`` means streaming mode."""
        if isinstance(environment_settings, Configuration):
            environment_settings = EnvironmentSettings(True, environment_settings)
        if not isinstance(environment_settings, EnvironmentSettings):
            raise JobBuildError(
                f"TableEnvironment.create({environment_settings!r}): pass EnvironmentSettings.in_streaming_mode() or "
                "EnvironmentSettings.in_batch_mode()"
            )
        config = TableConfig(Configuration.layered(environment_settings.get_configuration()))
        return TableEnvironment(config, environment_settings)

    @property
    def planner_settings(self) -> PlannerSettings:
        """What planning needs to know."""
        from levada.sql.physical import PlannerSettings

        return PlannerSettings(self._batch, self._config.get_local_timezone())

    def get_config(self) -> TableConfig:
        """Settings; changes count for statements executed afterwards."""
        return self._config

    # --- SQL ---------------------------------------------------------------------------------------------------------

    def execute_sql(self, stmt: str) -> TableResult:
        """Execute one statement.

        A query runs while its rows are read; an INSERT runs on a thread of its own from here on, and ``wait()`` on its
        result returns when it has ended.
        """
        from levada.table import statements

        return statements.execute(self, stmt, parse_statement(stmt))

    def explain_sql(self, stmt: str, *extra_details: ExplainDetail) -> str:
        """A query or INSERT after each step: parsed, logical plan, optimized logical plan, physical plan."""
        from levada.table import statements

        return statements.explained(self, stmt, parse_statement(stmt))

    def sql_query(self, query: str) -> Table:
        """A query as a table, to be executed or named later."""
        from levada.table.table import Table

        return Table(self, query, parse_query(query))

    # --- tables ------------------------------------------------------------------------------------------------------

    def from_path(self, path: str) -> Table:
        """A table or view of the catalog."""
        quoted = ".".join(_quoted(part) for part in parse_identifier(path))
        return self.sql_query(f"SELECT * FROM {quoted}")

    def from_pandas(self, pdf: Any) -> Table:
        """A table of a pandas data frame."""
        return self._from_data("from_pandas", pdf)

    def from_arrow(self, data: Any) -> Table:
        """A table of Arrow data, or of any object with ``__arrow_c_stream__``."""
        return self._from_data("from_arrow", data)

    def create_table(self, path: str, descriptor: TableDescriptor, ignore_if_exists: bool = False) -> bool:
        """Declare a table; whether it is new."""
        name = parse_identifier(path)
        if ignore_if_exists and self.catalog.find(name) is not None:
            return False
        self.execute_sql(descriptor.to_sql(".".join(_quoted(part) for part in name)))
        return True

    def create_temporary_table(self, path: str, descriptor: TableDescriptor, ignore_if_exists: bool = False) -> None:
        """As ``create_table``: all tables are in memory."""
        self.create_table(path, descriptor, ignore_if_exists)

    def create_temporary_view(self, view_path: str, table_or_data_stream: Any, *fields_or_schema: Any) -> None:
        """Give a table a name."""
        from levada.table.table import Table

        table = table_or_data_stream
        if not isinstance(table, Table):
            raise JobBuildError(
                f"create_temporary_view({view_path!r}, {type(table).__name__}): pass a Table (sql_query gives one), or "
                "use StreamTableEnvironment.create(env), which takes the streams of env too"
            )
        if fields_or_schema:
            raise JobBuildError(
                f"create_temporary_view({view_path!r}, table, {fields_or_schema[0]!r}): a table has its columns; "
                "rename them in its query"
            )
        path = self.catalog.path(parse_identifier(view_path))
        self.catalog.add(CatalogView(path, table._query, table._text, temporary=True))

    def create_view(self, view_path: str, table: Table, ignore_if_exists: bool = False) -> bool:
        """As ``create_temporary_view``; whether the view is new."""
        if ignore_if_exists and self.catalog.find(parse_identifier(view_path)) is not None:
            return False
        self.create_temporary_view(view_path, table)
        return True

    def drop_temporary_view(self, view_path: str) -> bool:
        """Forget a view; whether there was one."""
        return self._drop(view_path, CatalogView)

    def drop_view(self, view_path: str, ignore_if_not_exists: bool = True) -> bool:
        """Forget a view; whether there was one."""
        return self._drop(view_path, CatalogView, ignore_if_not_exists)

    def drop_temporary_table(self, table_path: str) -> bool:
        """Forget a table; whether there was one."""
        return self._drop(table_path, CatalogTable)

    def drop_table(self, table_path: str, ignore_if_not_exists: bool = True) -> bool:
        """Forget a table; whether there was one."""
        return self._drop(table_path, CatalogTable, ignore_if_not_exists)

    def list_tables(self) -> list[str]:
        """Tables and views of the current database."""
        return [entry.name for entry in self.catalog.entries()]

    def list_views(self) -> list[str]:
        """Views of the current database."""
        return [entry.name for entry in self.catalog.entries() if isinstance(entry, CatalogView)]

    def list_temporary_views(self) -> list[str]:
        """As ``list_views``: all views are in memory."""
        return self.list_views()

    def list_databases(self) -> list[str]:
        """Databases of the current catalog."""
        return self.catalog.databases()

    def list_catalogs(self) -> list[str]:
        """Catalogs."""
        return [self.catalog.current_catalog]

    def get_current_catalog(self) -> str:
        """Where short names are looked up."""
        return self.catalog.current_catalog

    def get_current_database(self) -> str:
        """Where short names are looked up."""
        return self.catalog.current_database

    def use_catalog(self, catalog_name: str) -> None:
        """Change where short names are looked up."""
        self.catalog.use(catalog_name, self.catalog.current_database)

    def use_database(self, database_name: str) -> None:
        """Change where short names are looked up."""
        self.catalog.use(self.catalog.current_catalog, database_name)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _from_data(self, call: str, data: Any) -> Table:
        name = self._new_name()
        self.register_data(name, data, call)
        return self.sql_query(f"SELECT * FROM {_quoted(name)}")

    def register_data(self, name: str, data: Any, call: str) -> None:
        """Put data in memory into the catalog as a table."""
        from levada.sql.connectors.inline import inline_source

        source = inline_source(call, data)
        columns = tuple(TableColumn(field.name, field.data_type) for field in source.row_type.fields)
        self.catalog.add(CatalogTable(self.catalog.path((name,)), columns, source=source))

    def _register_unnamed(self, text: str, query: Query) -> str:
        name = self._new_name()
        self.catalog.add(CatalogView(self.catalog.path((name,)), query, text, temporary=True))
        return _quoted(name)

    def _new_name(self) -> str:
        self._unnamed += 1
        return f"UnnamedTable${self._unnamed}"

    def _drop(self, path: str, kind: type[CatalogTable | CatalogView], ignore_missing: bool = True) -> bool:
        name = parse_identifier(path)
        if not isinstance(self.catalog.find(name), kind):
            if ignore_missing:
                return False
            raise SqlError(self.catalog.missing(name))
        self.catalog.remove(name)
        return True


def _quoted(name: str) -> str:
    escaped = name.replace("`", "``")
    return f"`{escaped}`"
