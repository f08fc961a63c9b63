"""What a Nexmark stream is like. The defaults are the benchmark's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from levada.common.errors import JobBuildError
from levada.common.time import Duration, to_millis

STRIDE = 953
"""Neighbours in a group of shuffled events are so many events apart, as in the reference generator."""


@dataclass(frozen=True)
class NexmarkConfig:
    """A Nexmark stream.

    Parameters
    ----------
    events_num : int, optional
        How many events of all kinds there are; None for a stream without end.
    events_per_second : int, default 10,000
        How close events lie in event time.
    paced : bool, default False
        Whether events also come at that rate; otherwise as fast as they are taken.
    seed : int, default 1
    base_time_ms : int
        Event time of the first event: 2015-07-15 00:00:00 UTC unless given.
    max_out_of_orderness : timedelta or Duration, default 0
        Events come out of order by less than this.
    person_proportion, auction_proportion, bid_proportion : int
        How many of each kind there are among their sum: 1, 3 and 46 of 50.
    hot_auction_ratio, hot_sellers_ratio, hot_bidders_ratio : int
        Of so many bids, auctions, bids, all but one go to a hot auction, or come from a hot seller or bidder.
    num_in_flight_auctions : int, default 100
        How many of the latest auctions may be bid on.
    num_active_people : int, default 1,000
        How many of the latest people may sell and bid.
    avg_person_size, avg_auction_size, avg_bid_size : int
        Bytes per event on average, reached by padding the column ``extra``.
    """

    events_num: int | None = None
    events_per_second: int = 10_000
    paced: bool = False
    seed: int = 1
    base_time_ms: int = 1_436_918_400_000
    max_out_of_orderness: timedelta | Duration = timedelta(0)
    person_proportion: int = 1
    auction_proportion: int = 3
    bid_proportion: int = 46
    hot_auction_ratio: int = 2
    hot_sellers_ratio: int = 4
    hot_bidders_ratio: int = 4
    num_in_flight_auctions: int = 100
    num_active_people: int = 1000
    avg_person_size: int = 200
    avg_auction_size: int = 500
    avg_bid_size: int = 100

    def __post_init__(self) -> None:
        if self.events_num is not None and self.events_num < 0:
            raise JobBuildError(f"NexmarkConfig(events_num={self.events_num}): it must not be negative")
        if self.disorder_ms < 0:
            raise JobBuildError(f"NexmarkConfig(max_out_of_orderness={self.disorder_ms} ms): it must not be negative")
        for name in (
            "events_per_second",
            "person_proportion",
            "auction_proportion",
            "bid_proportion",
            "hot_auction_ratio",
            "hot_sellers_ratio",
            "hot_bidders_ratio",
            "num_in_flight_auctions",
            "num_active_people",
        ):
            if getattr(self, name) < 1:
                raise JobBuildError(f"NexmarkConfig({name}={getattr(self, name)}): it must be 1 or more")

    @property
    def total_proportion(self) -> int:
        """Events after which the kinds repeat."""
        return self.person_proportion + self.auction_proportion + self.bid_proportion

    @property
    def disorder_ms(self) -> int:
        """By how much events may be out of order, in milliseconds."""
        return to_millis(self.max_out_of_orderness, "NexmarkConfig(max_out_of_orderness)")

    def proportion(self, kind: str) -> tuple[int, int]:
        """Where a kind's events begin in each run of ``total_proportion`` events, and how many there are."""
        return {
            "event": (0, self.total_proportion),
            "person": (0, self.person_proportion),
            "auction": (self.person_proportion, self.auction_proportion),
            "bid": (self.person_proportion + self.auction_proportion, self.bid_proportion),
        }[kind]

    def count(self, kind: str) -> int | None:
        """How many events of a kind there are; None where the stream has no end."""
        if self.events_num is None:
            return None
        first, share = self.proportion(kind)
        runs, rest = divmod(self.events_num, self.total_proportion)
        return runs * share + min(max(rest - first, 0), share)

    def group_size(self, kind: str) -> int:
        """How many events of a kind are shuffled together, 1 for none. Steps of a stride visit all of a group, since
        the two have no common divisor (``STRIDE`` is a prime)."""
        _, share = self.proportion(kind)
        size = self.disorder_ms * self.events_per_second // 1000 * share // self.total_proportion
        return max(1, size - 1 if size % STRIDE == 0 else size)
