"""The Table API and SQL, under PyFlink's names.

``TableEnvironment.execute_sql`` runs statements; ``run_query`` asks one question of data frames. Builds jobs and hands
them to ``levada.cluster``; imports ``levada.sql``, ``levada.datastream`` (environments) and below.
"""

from __future__ import annotations

from levada.common.types import Row, RowKind
from levada.table.changelog_mode import ChangelogMode
from levada.table.environment_settings import EnvironmentSettings
from levada.table.explain_detail import ExplainDetail
from levada.table.query import run_query
from levada.table.result_kind import ResultKind
from levada.table.schema import Schema
from levada.table.stream_table_environment import StreamTableEnvironment
from levada.table.table import Table
from levada.table.table_config import TableConfig
from levada.table.table_descriptor import TableDescriptor
from levada.table.table_environment import TableEnvironment
from levada.table.table_result import CloseableIterator, TableResult
from levada.table.table_schema import TableSchema
from levada.table.types import DataTypes

__all__ = [
    "ChangelogMode",
    "CloseableIterator",
    "DataTypes",
    "EnvironmentSettings",
    "ExplainDetail",
    "ResultKind",
    "Row",
    "RowKind",
    "Schema",
    "StreamTableEnvironment",
    "Table",
    "TableConfig",
    "TableDescriptor",
    "TableEnvironment",
    "TableResult",
    "TableSchema",
    "run_query",
]
