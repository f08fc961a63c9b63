"""The columns of Nexmark's tables, under the names of Flink's nexmark connector."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def person_schema() -> pa.Schema:
    """People: they sell and bid."""
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.int64()),
            ("name", pa.string()),
            ("emailAddress", pa.string()),
            ("creditCard", pa.string()),
            ("city", pa.string()),
            ("state", pa.string()),
            ("dateTime", pa.timestamp("ms")),
            ("extra", pa.string()),
        ]
    )


def auction_schema() -> pa.Schema:
    """Auctions: of one item, by one seller, until they expire."""
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.int64()),
            ("itemName", pa.string()),
            ("description", pa.string()),
            ("initialBid", pa.int64()),
            ("reserve", pa.int64()),
            ("dateTime", pa.timestamp("ms")),
            ("expires", pa.timestamp("ms")),
            ("seller", pa.int64()),
            ("category", pa.int64()),
            ("extra", pa.string()),
        ]
    )


def bid_schema() -> pa.Schema:
    """Bids: by one person on one auction."""
    import pyarrow as pa

    return pa.schema(
        [
            ("auction", pa.int64()),
            ("bidder", pa.int64()),
            ("price", pa.int64()),
            ("channel", pa.string()),
            ("url", pa.string()),
            ("dateTime", pa.timestamp("ms")),
            ("extra", pa.string()),
        ]
    )


def event_schema() -> pa.Schema:
    """All events: ``event_type`` (0 person, 1 auction, 2 bid) says which of the other columns is not null."""
    import pyarrow as pa

    return pa.schema(
        [
            ("event_type", pa.int32()),
            ("person", pa.struct(list(person_schema()))),
            ("auction", pa.struct(list(auction_schema()))),
            ("bid", pa.struct(list(bid_schema()))),
        ]
    )


def schema_of(kind: str) -> pa.Schema:
    """The schema of a kind of events."""
    return {"event": event_schema, "person": person_schema, "auction": auction_schema, "bid": bid_schema}[kind]()
