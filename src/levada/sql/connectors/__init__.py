"""Connectors by the name that a table's options give, one file per connector, each loaded when it is first named.

Imports ``levada.connectors``, ``levada.formats`` and ``levada.sql.catalog``.
"""

from __future__ import annotations

from importlib import import_module

from levada.common.errors import SqlError
from levada.connectors.base import Sink
from levada.sql.catalog import CatalogTable
from levada.sql.connectors.definition import ScanSource, TableConnector, TableOptions
from levada.sql.connectors.inline import InlineSource
from levada.sql.connectors.streams import StreamSource
from levada.sql.errors import did_you_mean
from levada.sql.physical.nodes import Accepts
from levada.sql.types import RowType

__all__ = [
    "InlineSource",
    "ScanSource",
    "StreamSource",
    "connector_names",
    "find_connector",
    "register_connector",
    "scan_source",
    "table_sink",
]

_BUILT_IN = {
    "blackhole": "console:BLACKHOLE",
    "datagen": "datagen:CONNECTOR",
    "filesystem": "filesystem:CONNECTOR",
    "nexmark": "nexmark:CONNECTOR",
    "print": "console:PRINT",
}
_loaded: dict[str, TableConnector] = {}


def connector_names() -> list[str]:
    """The names that the option ``connector`` may have."""
    return sorted({*_BUILT_IN, *_loaded})


def find_connector(name: str) -> TableConnector | None:
    """The connector of this name, or None."""
    if name not in _loaded and name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        register_connector(getattr(import_module(f"{__name__}.{module}"), attribute))
    return _loaded.get(name)


def register_connector(connector: TableConnector) -> None:
    """Make a connector known by its name; one that was known by it gives way."""
    _loaded[connector.name] = connector


def scan_source(table: CatalogTable, wanted: RowType) -> ScanSource:
    """The source of a table's rows, with at least the wanted columns."""
    if isinstance(table.source, InlineSource):
        return table.source.scan(wanted)
    connector, options = _connector(table)
    if connector.source is None:
        raise SqlError(f"table `{table.name}`: the connector '{connector.name}' can only be written to, not read from")
    return connector.source(table, wanted, options)


def table_sink(table: CatalogTable) -> tuple[Sink, Accepts]:
    """The sink that writes a table, and which changes it takes."""
    if table.source is not None:
        what = "is a stream" if isinstance(table.source, StreamSource) else "holds given data"
        raise SqlError(f"table `{table.name}` {what}: it can only be read from")
    connector, options = _connector(table)
    if connector.sink is None:
        raise SqlError(f"table `{table.name}`: the connector '{connector.name}' can only be read from, not written to")
    return connector.sink(table, options), connector.accepts


def _connector(table: CatalogTable) -> tuple[TableConnector, TableOptions]:
    name = table.options.get("connector")
    known = ", ".join(connector_names())
    if name is None:
        raise SqlError(f"table `{table.name}` has no 'connector' option; the connectors are {known}")
    connector = find_connector(name)
    if connector is None:
        remedy = did_you_mean(name, connector_names()) or f"; the connectors are {known}"
        raise SqlError(f"table `{table.name}`: there is no connector '{name}'{remedy}")
    options = TableOptions(table)
    options.check(connector)
    return connector, options
