"""The Table API and SQL, under PyFlink's names.

``TableEnvironment.execute_sql`` runs statements; ``run_query`` asks one question of data frames. Builds jobs and hands
them to ``levada.cluster``; imports ``levada.sql``, ``levada.datastream`` (environments, streams) and below. Names are
loaded when they are first used: importing this folder loads neither Arrow nor the engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "ChangelogMode": "levada.table.changelog_mode",
    "CloseableIterator": "levada.table.table_result",
    "DataTypes": "levada.table.types",
    "EnvironmentSettings": "levada.table.environment_settings",
    "ExplainDetail": "levada.table.explain_detail",
    "ResultKind": "levada.table.result_kind",
    "Row": "levada.common.types",
    "RowKind": "levada.common.types",
    "Schema": "levada.table.schema",
    "StreamTableEnvironment": "levada.table.stream_table_environment",
    "Table": "levada.table.table",
    "TableConfig": "levada.table.table_config",
    "TableDescriptor": "levada.table.table_descriptor",
    "TableEnvironment": "levada.table.table_environment",
    "TableResult": "levada.table.table_result",
    "TableSchema": "levada.table.table_schema",
    "run_query": "levada.table.query",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'levada.table' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
