"""Bare Python loops that call the same user functions: what the row path is measured against.

Where Levada's jobs put their results into a sink that drops them, a loop calls ``put``: the ``append`` of a deque that
keeps nothing, the cheapest call there is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.workers.functions import Bid, CountAndSum, Totals, add_up, as_totals, bidder, has_even_auction, to_euros

Put = Callable[[Any], None]


def map_filter(bids: Sequence[Bid], put: Put) -> None:
    """Two calls per bid."""
    for bid in bids:
        converted = to_euros(bid)
        if has_even_auction(converted):
            put(converted)


class DictState:
    """What a loop has in place of a value state: a dict, and the current key."""

    __slots__ = ("_values", "key")

    def __init__(self) -> None:
        self.key: Any = None
        self._values: dict[Any, Any] = {}

    def value(self) -> Any:
        """The current key's value."""
        return self._values.get(self.key)

    def update(self, value: Any) -> None:
        """Keep a value for the current key."""
        self._values[self.key] = value


def keyed_process(bids: Sequence[Bid], put: Put) -> None:
    """The calls of ``key_by(bidder).process(CountAndSum())``: key selector, generator, ``value``, ``update``."""
    function = CountAndSum()
    state = function.state = DictState()
    for bid in bids:
        state.key = bidder(bid)
        for row in function.process_element(bid, None):
            put(row)


def keyed_inlined(bids: Sequence[Bid], put: Put) -> None:
    """The same results by hand, without a single call of a user function."""
    totals: dict[int, tuple[int, int]] = {}
    for bid in bids:
        key = bid[1]
        count, total = totals.get(key) or (0, 0)
        count += 1
        total += bid[2]
        totals[key] = (count, total)
        put((key, count, total))


def keyed_reduce(bids: Sequence[Bid], put: Put) -> None:
    """The calls of ``map(as_totals).key_by(..).reduce(add_up)``."""
    held: dict[int, Totals] = {}
    for bid in bids:
        totals = as_totals(bid)
        key = of_totals(totals)
        before = held.get(key)
        held[key] = after = totals if before is None else add_up(before, totals)
        put(after)


def of_totals(totals: Totals) -> int:
    """The bidder whose totals they are."""
    return totals[0]
