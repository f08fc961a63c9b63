"""Where tables and streams meet: a stream as a table of the catalog, a table's rows as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from levada.common.errors import JobBuildError, SqlError
from levada.common.options import TABLE_PARALLELISM
from levada.common.types import Row
from levada.datastream import DataStream
from levada.graph.transformation import Input
from levada.sql.ast import statements as ast
from levada.sql.catalog import CatalogTable
from levada.sql.compiler import compile_query, mini_batch
from levada.sql.connectors.streams import StreamSource, upstream
from levada.sql.errors import did_you_mean
from levada.sql.parser import parse_statement
from levada.sql.physical.nodes import Accepts
from levada.sql.translate import Translation
from levada.sql.types import RowType
from levada.table import definitions
from levada.table.changelog_mode import ChangelogMode
from levada.table.schema import Schema
from levada.table.stream_types import row_type_info, row_type_of

if TYPE_CHECKING:
    from levada.table.stream_table_environment import StreamTableEnvironment
    from levada.table.table import Table


def table_of_stream(
    t_env: StreamTableEnvironment, name: tuple[str, ...], stream: Any, schema: tuple[Any, ...], call: str
) -> CatalogTable:
    """The catalog entry of a stream."""
    declared = _declared(schema, call)
    if not isinstance(stream, DataStream):
        raise JobBuildError(f"{call}: {type(stream).__name__} is not a DataStream")
    env = t_env.stream_environment
    if stream.get_execution_environment() is not env:
        raise JobBuildError(
            f"{call}: the stream comes from another environment than the tables; build both with one: "
            "StreamTableEnvironment.create(env)"
        )
    rows = row_type_of(stream.get_type())
    if declared is None or not _has_columns(declared):
        if rows is None:
            raise _untyped(stream, call)
        derived = Schema.new_builder().from_row_data_type(rows)
        declared = (derived if declared is None else derived.from_schema(declared)).build()
    entry = _entry(t_env, name, declared)
    fields = _fields(entry.physical_type, rows, call)
    inputs = stream._inputs
    # What is behind a table runs when the table is used: by itself the stream is nothing to execute.
    taken = {id(each) for given in inputs for each in upstream(given.transformation)}
    env._pending[:] = [each for each in env._pending if id(each) not in taken]
    return CatalogTable(
        entry.path,
        entry.columns,
        primary_key=entry.primary_key,
        watermark=entry.watermark,
        text=entry.text,
        source=StreamSource(inputs, fields),
    )


def _declared(schema: tuple[Any, ...], call: str) -> Schema | None:
    if not schema:
        return None
    if len(schema) > 1 or not isinstance(schema[0], Schema):
        shown = ", ".join(map(repr, schema))
        raise JobBuildError(
            f"{call}: {shown}: pass one Schema, such as Schema.new_builder().column('id', DataTypes.BIGINT()).build(); "
            "expressions that name fields are not supported yet"
        )
    return schema[0]


def _has_columns(schema: Schema) -> bool:
    return any(column.data_type is not None and not column.metadata for column in schema.columns)


def _untyped(stream: DataStream[Any], call: str) -> JobBuildError:
    return JobBuildError(
        f"{call}: the stream's values may be anything ({stream.get_type()!r}), so there are no columns; declare their "
        "type, such as .map(f, output_type=Types.ROW_NAMED(['id'], [Types.LONG()])), or pass a Schema"
    )


def _entry(t_env: StreamTableEnvironment, name: tuple[str, ...], schema: Schema) -> CatalogTable:
    """Declared as by a CREATE TABLE, so that computed columns, keys and watermarks mean what they mean there."""
    quoted = "`.`".join(part.replace("`", "``") for part in name)
    text = f"CREATE TABLE `{quoted}` ({schema.to_sql()})"
    statement = parse_statement(text)
    assert isinstance(statement, ast.CreateTable)
    return definitions.table_of(text, statement, t_env.catalog)


def _fields(columns: RowType, rows: RowType | None, call: str) -> tuple[str, ...]:
    """What the fields of the stream's rows are called in the table.

    Columns are found by name; those of tuples and single values, whose fields have no names of their own, by position.
    """
    wanted = columns.field_names()
    if rows is None:
        return tuple(wanted)
    given = rows.field_names()
    if set(wanted) <= set(given):
        return tuple(given)
    if given == [f"f{at}" for at in range(len(given))] and len(wanted) == len(given):
        return tuple(wanted)
    name = next(name for name in wanted if name not in given)
    remedy = did_you_mean(name, given) or f"; they have {', '.join(given)}"
    raise SqlError(f"{call}: the stream's rows have no field `{name}`{remedy}")


def stream_of_table(
    t_env: StreamTableEnvironment, table: Table, accepts: Accepts, call: str, schema: Schema | None = None
) -> DataStream[Row]:
    """The rows of a table, computed by the job that runs when the stream's environment executes."""
    env, config = t_env.stream_environment, t_env.get_config().get_configuration()
    if table._t_env is not t_env:
        raise JobBuildError(f"{call}: the table comes from another environment; build both with one")
    target = None if schema is None else _target(t_env, schema, call)
    compiled = compile_query(
        table._text, table._query, t_env.catalog, t_env.planner_settings, accepts, reader=call, target=target
    )
    translation = Translation(t_env.planner_settings.batch, mini_batch(config))
    made = translation.rows(compiled.physical, "Rows", target)
    made.output_type = row_type_info(compiled.physical.row_type)
    default = config.get(TABLE_PARALLELISM)
    for transformation in translation.transformations:
        if transformation.parallelism is None and default > 0:
            transformation.parallelism = default
        env._register(transformation)
    stream: DataStream[Row] = DataStream(env, (Input(made),), made.output_type, made)
    # Rows that change must keep their order.
    alone = made.parallelism == 1 and not compiled.physical.mode.insert_only
    return stream.force_non_parallel() if alone else stream


def _target(t_env: StreamTableEnvironment, schema: Schema, call: str) -> CatalogTable:
    if not isinstance(schema, Schema):
        raise JobBuildError(f"{call}: target_schema={schema!r} is not a Schema")
    entry = _entry(t_env, ("target_schema",), schema)
    for column in entry.columns:
        if column.data_type is None or column.metadata:
            raise SqlError(
                f"{call}: not supported yet: the column `{column.name}` of target_schema, which is not physical"
            )
    return entry


def accepted(mode: ChangelogMode | None, call: str) -> Accepts:
    """What a reader with this mode takes."""
    if mode is None or mode == ChangelogMode.all():
        return Accepts.RETRACT
    if mode == ChangelogMode.insert_only():
        return Accepts.APPEND
    if mode == ChangelogMode.upsert():
        raise SqlError(f"{call}: not supported yet: ChangelogMode.upsert(); use ChangelogMode.all()")
    raise JobBuildError(
        f"{call}: changelog_mode={mode!r} is none of ChangelogMode.all() and ChangelogMode.insert_only()"
    )
