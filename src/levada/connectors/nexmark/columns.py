"""The columns of events, made from the events' numbers: a batch at a time, and only those asked for.

What the numbers mean follows the reference generator: events come in runs of (1 person, 3 auctions, 46 bids); ids count
up from 1000; hot auctions, sellers and bidders are the first of each hundred; prices are spread evenly over their
logarithm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from levada.connectors.nexmark import pools
from levada.connectors.nexmark.draws import Draws, Ints

if TYPE_CHECKING:
    from levada.connectors.nexmark.config import NexmarkConfig

FIRST_ID = 1000
_FIRST_CATEGORY = 10
_CATEGORIES = 5
_LEAD = 10
"""So many ids beyond the latest may be referred to before they exist."""
_HOT_OF = 100
"""The hot one of so many neighbours."""


class Events:
    """Events of one kind with these numbers (counted over all kinds); each method makes a column."""

    def __init__(self, config: NexmarkConfig, numbers: Ints) -> None:
        self.config = config
        self.numbers = numbers
        self.draws = Draws(config.seed, numbers)
        self._runs, self._places = np.divmod(numbers, config.total_proportion)

    def date_time(self) -> pa.Array:
        """Event time."""
        return self._timestamps(self._millis(self.numbers))

    def _millis(self, numbers: Ints) -> Ints:
        rate = self.config.events_per_second
        # Whole seconds apart, so that the product stays within 64 bits for any number.
        seconds, rest = np.divmod(numbers, rate)
        millis: Ints = self.config.base_time_ms + seconds * 1000 + rest * 1000 // rate
        return millis

    @staticmethod
    def _timestamps(millis: Ints) -> pa.Array:
        return pa.array(millis).view(pa.timestamp("ms"))

    def last_person(self) -> Ints:
        """The latest person at each event, counted from 0."""
        share = self.config.person_proportion
        return self._runs * share + np.minimum(self._places, share - 1)

    def last_auction(self) -> Ints:
        """The latest auction at each event, counted from 0; -1 before the first."""
        share = self.config.auction_proportion
        last: Ints = self._runs * share + np.clip(self._places - self.config.person_proportion, -1, share - 1)
        return last

    def _active_person(self, lane: int) -> Ints:
        people = self.last_person() + 1
        active = np.minimum(people, self.config.num_active_people)
        return people - active + self.draws.below(lane, active + _LEAD)

    def _person_or_hot(self, lane: int, ratio: int, which_of_hundred: int) -> pa.Array:
        is_hot = self.draws.below(lane, ratio) > 0
        hot = self.last_person() // _HOT_OF * _HOT_OF + which_of_hundred
        return pa.array(np.where(is_hot, hot, self._active_person(lane + 1)) + FIRST_ID)

    def _price(self, lane: int) -> Ints:
        price: Ints = np.rint(np.exp(self.draws.unit(lane) * (6 * np.log(10.0))) * 100).astype(np.int64)
        return price

    def _text(self, kind: str, lane: int, size: int = 0) -> pa.Array:
        pool = pools.texts(kind, self.config.seed, size)
        return pool.take(pa.array(self.draws.below(lane, len(pool))))


class Persons(Events):
    """New people."""

    def columns(self) -> dict[str, Callable[[], pa.Array]]:
        """How each column is made."""
        return {
            "id": lambda: pa.array(self.last_person() + FIRST_ID),
            "name": lambda: self._text("name", 1),
            "emailAddress": lambda: self._text("email", 2),
            "creditCard": lambda: self._text("card", 3),
            "city": lambda: self._text("city", 4),
            "state": lambda: self._text("state", 5),
            "dateTime": self.date_time,
            "extra": lambda: self._text("padding", 6, self.config.avg_person_size - 66),
        }


class Auctions(Events):
    """New auctions."""

    def columns(self) -> dict[str, Callable[[], pa.Array]]:
        """How each column is made."""
        ratio = self.config.hot_sellers_ratio
        return {
            "id": lambda: pa.array(self.last_auction() + FIRST_ID),
            "itemName": lambda: self._text("item", 11),
            "description": lambda: self._text("description", 12),
            "initialBid": lambda: pa.array(self._price(13)),
            "reserve": lambda: pa.array(self._price(13) + self._price(14)),
            "dateTime": self.date_time,
            "expires": self._expires,
            "seller": lambda: self._person_or_hot(15, ratio, 0),
            "category": lambda: pa.array(self.draws.below(17, _CATEGORIES) + _FIRST_CATEGORY),
            "extra": lambda: self._text("padding", 18, self.config.avg_auction_size - 108),
        }

    def _expires(self) -> pa.Array:
        """On average when as many auctions have begun as are in flight."""
        config = self.config
        events_ahead = config.num_in_flight_auctions * config.total_proportion // config.auction_proportion
        now = self._millis(self.numbers)
        horizon = self._millis(self.numbers + events_ahead) - now
        return self._timestamps(now + 1 + self.draws.below(19, np.maximum(horizon * 2, 1)))


class Bids(Events):
    """New bids."""

    def columns(self) -> dict[str, Callable[[], pa.Array]]:
        """How each column is made."""
        return {
            "auction": self._auction,
            # The second of each hundred people, so that hot bidders and hot sellers are not the same.
            "bidder": lambda: self._person_or_hot(23, self.config.hot_bidders_ratio, 1),
            "price": lambda: pa.array(self._price(25)),
            "channel": lambda: pools.texts("channel", self.config.seed).take(self._channel()),
            "url": lambda: pools.texts("url", self.config.seed).take(self._channel()),
            "dateTime": self.date_time,
            "extra": lambda: self._text("padding", 28, self.config.avg_bid_size - 32),
        }

    def _auction(self) -> pa.Array:
        last = np.maximum(self.last_auction(), 0)
        first = np.maximum(last - self.config.num_in_flight_auctions, 0)
        is_hot = self.draws.below(21, self.config.hot_auction_ratio) > 0
        other = first + self.draws.below(22, last - first + 1 + _LEAD)
        return pa.array(np.where(is_hot, last // _HOT_OF * _HOT_OF, other) + FIRST_ID)

    def _channel(self) -> pa.Array:
        """Half of the bids come through one of four hot channels."""
        draw = self.draws.below(26, 2 * pools.CHANNELS)
        hot = draw % pools.HOT_CHANNELS
        return pa.array(np.where(draw < pools.CHANNELS, hot, draw - pools.CHANNELS + pools.HOT_CHANNELS))


KINDS: dict[str, Any] = {"person": Persons, "auction": Auctions, "bid": Bids}
