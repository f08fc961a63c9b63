"""``'connector' = 'print'`` and ``'blackhole'``: sinks for looking and for measuring."""

from __future__ import annotations

from levada.connectors.base import Sink
from levada.connectors.blackhole import BlackHoleSink
from levada.connectors.print import PrintSink
from levada.sql.catalog import CatalogTable
from levada.sql.connectors.definition import TableConnector, TableOptions
from levada.sql.physical.nodes import Accepts


def _print(table: CatalogTable, options: TableOptions) -> Sink:
    return PrintSink(options.text("print-identifier") or "", options.boolean("standard-error"))


def _blackhole(table: CatalogTable, options: TableOptions) -> Sink:
    return BlackHoleSink()


PRINT = TableConnector("print", frozenset({"print-identifier", "standard-error"}), sink=_print, accepts=Accepts.RETRACT)
BLACKHOLE = TableConnector("blackhole", frozenset(), sink=_blackhole, accepts=Accepts.UPSERT)
"""Like Flink's it does without the row before an update, which it would only drop."""
