"""The user functions that every contender calls, so that all do the same work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Bid = tuple[int, int, int, int]
"""Auction, bidder, price, event time in milliseconds."""

Totals = tuple[int, int, int]
"""Bidder, how many bids, their prices' sum."""

to_euros: Callable[[Bid], Bid] = lambda bid: (bid[0], bid[1], bid[2] * 908 // 1000, bid[3])  # noqa: E731
has_even_auction: Callable[[Bid], bool] = lambda bid: bid[0] % 2 == 0  # noqa: E731
bidder: Callable[[Bid], int] = lambda bid: bid[1]  # noqa: E731


def add_up(left: Totals, right: Totals) -> Totals:
    """Reduce two totals of one bidder."""
    return left[0], left[1] + right[1], left[2] + right[2]


def as_totals(bid: Bid) -> Totals:
    """One bid's totals."""
    return bid[1], 1, bid[2]


class CountAndSum:
    """Count and sum in one value state, emitted for each bid: a keyed process function, its ``open`` sets ``state``."""

    state: Any

    def process_element(self, value: Bid, ctx: Any) -> Iterator[Totals]:
        """Take one bid."""
        count, total = self.state.value() or (0, 0)
        count += 1
        total += value[2]
        self.state.update((count, total))
        yield value[1], count, total
