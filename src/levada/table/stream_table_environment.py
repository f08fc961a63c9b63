"""``StreamTableEnvironment``: tables and streams in one job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from levada.common.types import Row
from levada.sql.parser import parse_identifier
from levada.sql.physical.nodes import Accepts
from levada.table.changelog_mode import ChangelogMode
from levada.table.environment_settings import EnvironmentSettings
from levada.table.schema import Schema
from levada.table.table import Table
from levada.table.table_config import TableConfig
from levada.table.table_environment import TableEnvironment

if TYPE_CHECKING:
    from levada.datastream import DataStream, StreamExecutionEnvironment

__all__ = ["StreamTableEnvironment"]


class StreamTableEnvironment(TableEnvironment):
    """A table environment over a ``StreamExecutionEnvironment``: streams become tables, tables streams.

    Examples
    --------
    >>> from levada.common import Row, Types
    >>> from levada.datastream import StreamExecutionEnvironment
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> t_env = StreamTableEnvironment.create(env)
    >>> bids = env.from_collection([("ann", 3), ("bob", 4), ("ann", 5)], Types.TUPLE([Types.STRING(), Types.LONG()]))
    >>> schema = Schema.new_builder().column("bidder", "STRING").column("price", "BIGINT").build()
    >>> t_env.create_temporary_view("bids", bids, schema)
    >>> totals = t_env.sql_query("SELECT bidder, SUM(price) AS total FROM bids GROUP BY bidder")
    >>> with t_env.to_changelog_stream(totals).execute_and_collect() as changes:
    ...     for row in changes:
    ...         print(row.get_row_kind(), row)
    +I Row(bidder='ann', total=3)
    +I Row(bidder='bob', total=4)
    -U Row(bidder='ann', total=3)
    +U Row(bidder='ann', total=8)
    """

    def __init__(
        self, config: TableConfig, settings: EnvironmentSettings, stream_environment: StreamExecutionEnvironment
    ) -> None:
        super().__init__(config, settings)
        self.stream_environment = stream_environment

    @staticmethod
    def create(  # type: ignore[override]
        stream_execution_environment: StreamExecutionEnvironment | None = None,
        environment_settings: EnvironmentSettings | None = None,
    ) -> StreamTableEnvironment:
        """A new environment over ``stream_execution_environment`` (a new one if None), whose settings it shares."""
        from levada.datastream import StreamExecutionEnvironment

        settings = environment_settings or EnvironmentSettings.in_streaming_mode()
        stream_env = stream_execution_environment or StreamExecutionEnvironment.get_execution_environment()
        stream_env.configure(settings.get_configuration())
        return StreamTableEnvironment(TableConfig(stream_env.get_configuration()), settings, stream_env)

    # --- streams to tables -------------------------------------------------------------------------------------------

    def from_data_stream(self, data_stream: DataStream[Any], *fields_or_schema: Schema) -> Table:
        """A table of a stream's values: rows, tuples, dicts, dataclasses or single values.

        Columns and types are those of the stream's declared type, or of a ``Schema``, which may also name computed
        columns. Columns are found by name; in tuples and single values by position. Each row must be an insert.
        """
        name = (self._new_name(),)
        self._add_stream(name, data_stream, fields_or_schema, "from_data_stream(data_stream)")
        return self.from_path(f"`{name[0]}`")

    def create_temporary_view(
        self, view_path: str, table_or_data_stream: Table | DataStream[Any], *fields_or_schema: Schema
    ) -> None:
        """Give a name to a table, or to a stream as ``from_data_stream`` takes it."""
        if isinstance(table_or_data_stream, Table):
            super().create_temporary_view(view_path, table_or_data_stream, *fields_or_schema)
            return
        call = f"create_temporary_view({view_path!r}, data_stream)"
        self._add_stream(parse_identifier(view_path), table_or_data_stream, fields_or_schema, call)

    # --- tables to streams -------------------------------------------------------------------------------------------

    def to_data_stream(self, table: Table) -> DataStream[Row]:
        """The rows of a table that only grows; refused where the query changes rows that it has sent before."""
        from levada.table.streams import stream_of_table

        return stream_of_table(self, table, Accepts.APPEND, "to_data_stream(table)")

    def to_changelog_stream(
        self, table: Table, target_schema: Schema | None = None, changelog_mode: ChangelogMode | None = None
    ) -> DataStream[Row]:
        """The changes of a table: each row's kind says what it does.

        Parameters
        ----------
        table : Table
        target_schema : Schema, optional
            Names and types of the stream's fields; the table's columns, by position, are converted.
        changelog_mode : ChangelogMode, optional
            ``ChangelogMode.insert_only()`` refuses a table whose rows change; the default takes all.
        """
        from levada.table.streams import accepted, stream_of_table

        call = "to_changelog_stream(table)"
        return stream_of_table(self, table, accepted(changelog_mode, call), call, target_schema)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _add_stream(self, name: tuple[str, ...], stream: Any, schema: tuple[Any, ...], call: str) -> None:
        from levada.table.streams import table_of_stream

        self.catalog.add(table_of_stream(self, name, stream, schema, call))
