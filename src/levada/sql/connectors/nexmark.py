"""``'connector' = 'nexmark'``: the benchmark's events, one kind per table or all of them in one."""

from __future__ import annotations

from datetime import timedelta

from levada.common.errors import SqlError
from levada.connectors.nexmark import NexmarkConfig, NexmarkSource
from levada.connectors.nexmark.schemas import schema_of
from levada.sql.catalog import CatalogTable
from levada.sql.connectors.definition import ScanSource, TableConnector, TableOptions
from levada.sql.errors import did_you_mean
from levada.sql.types import RowType, type_name
from levada.sql.types.arrow import from_arrow, to_arrow

_KINDS = ("event", "bid", "auction", "person")
_NUMBERS = {
    "events.num": "events_num",
    "next-event.rate": "events_per_second",
    "first-event.rate": "events_per_second",
    "person.proportion": "person_proportion",
    "auction.proportion": "auction_proportion",
    "bid.proportion": "bid_proportion",
    "bid.hot-ratio.auctions": "hot_auction_ratio",
    "auction.hot-ratio.sellers": "hot_sellers_ratio",
    "bid.hot-ratio.bidders": "hot_bidders_ratio",
    "person.avg-size": "avg_person_size",
    "auction.avg-size": "avg_auction_size",
    "bid.avg-size": "avg_bid_size",
    "seed": "seed",
}
_KEYS = frozenset({"table", "rate-limited", "max-out-of-orderness", *_NUMBERS})


def _source(table: CatalogTable, wanted: RowType, options: TableOptions) -> ScanSource:
    kind = options.choice("table", _KINDS, "event")
    _check(table, kind)
    numbers = {_NUMBERS[key]: value for key in _NUMBERS if (value := options.integer(key)) is not None}
    disorder = options.duration("max-out-of-orderness") or timedelta(0)
    config = NexmarkConfig(paced=options.boolean("rate-limited"), max_out_of_orderness=disorder, **numbers)
    return ScanSource(NexmarkSource(kind, config, tuple(wanted.field_names())), wanted)


def _check(table: CatalogTable, kind: str) -> None:
    """Columns are found by name and must have the events' types."""
    schema = schema_of(kind)
    for field in table.physical_type.fields:
        if field.name not in schema.names:
            remedy = did_you_mean(field.name, schema.names) or f"; it has {', '.join(schema.names)}"
            raise SqlError(f"table `{table.name}`: a Nexmark {kind} has no column `{field.name}`{remedy}")
        arrow = schema.field(field.name).type
        if to_arrow(field.data_type) != arrow:
            wanted = type_name(from_arrow(arrow))
            raise SqlError(
                f"table `{table.name}`: column `{field.name}` is {type_name(field.data_type)}, "
                f"in Nexmark it is {wanted}"
            )


CONNECTOR = TableConnector("nexmark", _KEYS, _source)
