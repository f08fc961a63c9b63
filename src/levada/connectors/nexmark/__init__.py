"""The Nexmark benchmark's event stream: people, auctions and bids of an online auction house.

``bids()``, ``auctions()`` and ``persons()`` are sources of one kind of event in flat columns; ``events()`` is one table
of all of them, as Flink's nexmark connector has it. Any event can be made from its number, so positions are exact and
runs repeatable.

May import ``connectors`` and ``common``; Arrow and numpy are loaded when a source is read.
"""

from levada.connectors.nexmark.config import NexmarkConfig
from levada.connectors.nexmark.schemas import auction_schema, bid_schema, event_schema, person_schema
from levada.connectors.nexmark.source import NexmarkSource, auctions, bids, events, persons

__all__ = [
    "NexmarkConfig",
    "NexmarkSource",
    "auction_schema",
    "auctions",
    "bid_schema",
    "bids",
    "event_schema",
    "events",
    "person_schema",
    "persons",
]
