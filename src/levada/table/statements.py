"""What each statement does to a table environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from levada.common.errors import SqlError
from levada.common.types import Row
from levada.sql.ast import statements as ast
from levada.sql.catalog import DEFAULT_CATALOG, CatalogTable, CatalogView, matches
from levada.sql.compiler import Compiled, compile_insert, compile_query
from levada.sql.errors import not_supported, sql_error
from levada.sql.functions import FUNCTIONS
from levada.sql.functions.aggregates import NAMES
from levada.sql.physical.nodes import Accepts
from levada.sql.types import STRING_LENGTH, BigIntType, BooleanType, DataType, RowType, VarCharType
from levada.table import definitions, jobs
from levada.table.result_kind import ResultKind
from levada.table.table_result import TableResult

if TYPE_CHECKING:
    from levada.table.table_environment import TableEnvironment

STRING = VarCharType(STRING_LENGTH)


def execute(env: TableEnvironment, text: str, statement: ast.Statement) -> TableResult:
    """Execute a parsed statement."""
    rule = _RULES.get(type(statement))
    if rule is None:
        what = statement.what if isinstance(statement, ast.Unsupported) else type(statement).__name__
        raise not_supported(text, statement.span, what)
    return rule(env, text, statement)


def done() -> TableResult:
    """The result of a statement that shows nothing."""
    return TableResult(RowType.of(["result"], [STRING]), ResultKind.SUCCESS, rows=[Row("OK")])


def shown(names: Sequence[str], types: Sequence[DataType], rows: list[Row]) -> TableResult:
    """The result of a statement that shows rows."""
    return TableResult(RowType.of(names, types), ResultKind.SUCCESS_WITH_CONTENT, rows=rows)


def _listed(name: str, values: list[str]) -> TableResult:
    return shown([name], [STRING], [Row(value) for value in values])


def _query(env: TableEnvironment, text: str, statement: ast.QueryStatement) -> TableResult:
    compiled = compile_query(text, statement.query, env.catalog, env.planner_settings, Accepts.RETRACT)
    return query_result(env, compiled)


def query_result(env: TableEnvironment, compiled: Compiled) -> TableResult:
    """The running result of a compiled query."""
    config = env.get_config()
    batch = env.planner_settings.batch
    query = jobs.run_query(compiled, config.get_configuration(), batch)
    return TableResult(
        compiled.bound.row_type,
        ResultKind.SUCCESS_WITH_CONTENT,
        query=query,
        streaming=not batch,
        time_zone=config.get_local_timezone(),
    )


def _insert(env: TableEnvironment, text: str, statement: ast.Insert) -> TableResult:
    return insert_result(env, [compile_insert(text, statement, env.catalog, env.planner_settings)])


def _statement_set(env: TableEnvironment, text: str, statement: ast.StatementSet) -> TableResult:
    compiled = [compile_insert(text, each, env.catalog, env.planner_settings) for each in statement.inserts]
    return insert_result(env, compiled)


def insert_result(env: TableEnvironment, compiled: Sequence[Compiled]) -> TableResult:
    """The result of a job that was started to fill tables: one column per table, with an unknown row count."""
    job, client = jobs.run_inserts(compiled, env.get_config().get_configuration(), env.planner_settings.batch)
    names = [".".join(each.physical.table.path) for each in compiled if each.physical.table is not None]
    unique = [name if names.count(name) == 1 else f"{name}_{index + 1}" for index, name in enumerate(names)]
    return TableResult(
        RowType.of(unique, [BigIntType()] * len(unique)),
        ResultKind.SUCCESS_WITH_CONTENT,
        rows=[Row(*[-1] * len(unique))],
        client=client,
        inserting=job,
    )


def _create_table(env: TableEnvironment, text: str, statement: ast.CreateTable) -> TableResult:
    if statement.if_not_exists and env.catalog.find(statement.name) is not None:
        return done()
    env.catalog.add(definitions.table_of(text, statement, env.catalog))
    return done()


def _create_view(env: TableEnvironment, text: str, statement: ast.CreateView) -> TableResult:
    if statement.if_not_exists and env.catalog.find(statement.name) is not None:
        return done()
    env.catalog.add(definitions.view_of(statement, env.catalog))
    return done()


def _drop(env: TableEnvironment, text: str, statement: ast.Drop) -> TableResult:
    entry = env.catalog.find(statement.name)
    wanted = CatalogTable if statement.kind == "TABLE" else CatalogView
    if entry is None:
        if statement.if_exists:
            return done()
        raise sql_error(text, statement.span, f"{env.catalog.missing(statement.name)}; or say IF EXISTS")
    if not isinstance(entry, wanted):
        other = "VIEW" if isinstance(entry, CatalogView) else "TABLE"
        raise sql_error(text, statement.span, f"`{entry.name}` is a {other.lower()}: DROP {other} {entry.name}")
    env.catalog.remove(statement.name)
    return done()


def _describe(env: TableEnvironment, text: str, statement: ast.Describe) -> TableResult:
    return _columns(env, text, statement.name, statement)


def _columns(env: TableEnvironment, text: str, name: tuple[str, ...], place: ast.Statement) -> TableResult:
    entry = env.catalog.find(name)
    if entry is None:
        raise sql_error(text, place.span, env.catalog.missing(name))
    rows = [Row(*row) for row in definitions.described(entry, env.catalog)]
    names = ["name", "type", "null", "key", "extras", "watermark"]
    return shown(names, [STRING, STRING, BooleanType(), STRING, STRING, STRING], rows)


def _explain(env: TableEnvironment, text: str, statement: ast.Explain) -> TableResult:
    return _listed("result", [explained(env, text, statement.statement)])


def explained(env: TableEnvironment, text: str, statement: ast.Statement) -> str:
    """All plans of a query, an INSERT or a statement set."""
    settings = env.planner_settings
    match statement:
        case ast.Explain():
            return explained(env, text, statement.statement)
        case ast.QueryStatement():
            return compile_query(text, statement.query, env.catalog, settings, Accepts.ANY).explain()
        case ast.Insert():
            return compile_insert(text, statement, env.catalog, settings).explain()
        case ast.StatementSet():
            parts = [compile_insert(text, each, env.catalog, settings).explain() for each in statement.inserts]
            return "\n\n".join(parts)
        case _:
            raise sql_error(text, statement.span, "EXPLAIN takes a query or an INSERT")


def _show(env: TableEnvironment, text: str, statement: ast.Show) -> TableResult:
    rule = _SHOWN.get(statement.what)
    if rule is None:
        raise not_supported(text, statement.span, f"SHOW {statement.what}")
    if statement.what == "COLUMNS":
        result = _columns(env, text, statement.target, statement)
        with result.collect() as rows:
            kept = [row for row in rows if matches(row[0], statement.pattern, statement.negated)]
        schema = result.get_table_schema()
        return shown(schema.get_field_names(), schema.get_field_data_types(), kept)
    if statement.what.startswith("CREATE "):
        entry = env.catalog.find(statement.target)
        if entry is None:
            raise sql_error(text, statement.span, env.catalog.missing(statement.target))
        return _listed("result", [definitions.created(entry)])
    name, values = rule(env, statement)
    return _listed(name, [value for value in values if matches(value, statement.pattern, statement.negated)])


_SHOWN: dict[str, Callable[[TableEnvironment, ast.Show], tuple[str, list[str]]]] = {
    "TABLES": lambda env, show: ("table name", [entry.name for entry in env.catalog.entries(show.target)]),
    "VIEWS": lambda env, show: (
        "view name",
        [entry.name for entry in env.catalog.entries(show.target) if isinstance(entry, CatalogView)],
    ),
    "CATALOGS": lambda env, show: ("catalog name", [DEFAULT_CATALOG]),
    "DATABASES": lambda env, show: ("database name", env.catalog.databases()),
    "CURRENT CATALOG": lambda env, show: ("current catalog name", [env.catalog.current_catalog]),
    "CURRENT DATABASE": lambda env, show: ("current database name", [env.catalog.current_database]),
    "FUNCTIONS": lambda env, show: ("function name", sorted(_function_names())),
    "USER FUNCTIONS": lambda env, show: ("function name", []),
    "COLUMNS": lambda env, show: ("name", []),
    "CREATE TABLE": lambda env, show: ("result", []),
    "CREATE VIEW": lambda env, show: ("result", []),
}


def _function_names() -> list[str]:
    return [name.lower() for name in (*FUNCTIONS, *NAMES) if name.replace("_", "").isalnum() and name != "NEGATE"]


def _set(env: TableEnvironment, text: str, statement: ast.SetOption) -> TableResult:
    config = env.get_config()
    if statement.key is None:
        rows = [Row(key, value) for key, value in sorted(config.to_map().items())]
        return shown(["key", "value"], [STRING, STRING], rows)
    config.set(statement.key, statement.value or "")
    return done()


def _reset(env: TableEnvironment, text: str, statement: ast.ResetOption) -> TableResult:
    configuration = env.get_config().get_configuration()
    keys = configuration.key_set() if statement.key is None else {statement.key}
    for key in keys:
        configuration.remove_config(key)
    return done()


def _use(env: TableEnvironment, text: str, statement: ast.Use) -> TableResult:
    catalog = env.catalog
    try:
        if statement.kind == "CATALOG":
            catalog.use(statement.name[-1], catalog.current_database)
        else:
            holder = statement.name[0] if len(statement.name) > 1 else catalog.current_catalog
            catalog.use(holder, statement.name[-1])
    except SqlError as error:
        raise sql_error(text, statement.span, str(error)) from None
    return done()


_RULES: dict[type[ast.Statement], Callable[..., TableResult]] = {
    ast.QueryStatement: _query,
    ast.Insert: _insert,
    ast.StatementSet: _statement_set,
    ast.CreateTable: _create_table,
    ast.CreateView: _create_view,
    ast.Drop: _drop,
    ast.Describe: _describe,
    ast.Explain: _explain,
    ast.Show: _show,
    ast.SetOption: _set,
    ast.ResetOption: _reset,
    ast.Use: _use,
}
