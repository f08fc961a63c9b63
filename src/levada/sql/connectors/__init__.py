"""Connectors by the name that a table's options give, one file per connector.

Imports ``levada.connectors``, ``levada.formats`` and ``levada.sql.catalog``.
"""

from __future__ import annotations

from levada.common.errors import SqlError
from levada.connectors.base import Sink
from levada.sql.catalog import CatalogTable
from levada.sql.connectors import console, datagen, filesystem, nexmark
from levada.sql.connectors.definition import ScanSource, TableConnector, TableOptions
from levada.sql.connectors.inline import InlineSource
from levada.sql.connectors.streams import StreamSource
from levada.sql.errors import did_you_mean
from levada.sql.physical.nodes import Accepts
from levada.sql.types import RowType

__all__ = ["CONNECTORS", "InlineSource", "ScanSource", "StreamSource", "scan_source", "table_sink"]

CONNECTORS: dict[str, TableConnector] = {
    connector.name: connector
    for connector in (filesystem.CONNECTOR, console.PRINT, console.BLACKHOLE, datagen.CONNECTOR, nexmark.CONNECTOR)
}


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
    known = ", ".join(sorted(CONNECTORS))
    if name is None:
        raise SqlError(f"table `{table.name}` has no 'connector' option; the connectors are {known}")
    connector = CONNECTORS.get(name)
    if connector is None:
        remedy = did_you_mean(name, CONNECTORS) or f"; the connectors are {known}"
        raise SqlError(f"table `{table.name}`: there is no connector '{name}'{remedy}")
    options = TableOptions(table)
    options.check(connector)
    return connector, options
