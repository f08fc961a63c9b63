"""Random numbers that belong to an event's number: the same whatever was drawn before."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from levada.connectors.datagen import splitmix64

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]

_STEP = np.uint64(0xD1342543DE82EF95)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


class Draws:
    """Random numbers for some events. Each call of a method names a lane of its own, and lanes are independent."""

    def __init__(self, seed: int, events: Ints) -> None:
        self._seed = seed
        self._events = events.view(np.uint64) * _STEP

    def bits(self, lane: int) -> Bits:
        """64 random bits for each event (the finaliser of splitmix64)."""
        lane_key = np.uint64(splitmix64(self._seed * 1_000_003 + lane))
        mixed = self._events + lane_key
        mixed ^= mixed >> np.uint64(30)
        mixed *= _MIX_1
        mixed ^= mixed >> np.uint64(27)
        mixed *= _MIX_2
        mixed ^= mixed >> np.uint64(31)
        return mixed

    def unit(self, lane: int) -> npt.NDArray[np.float64]:
        """A float in [0, 1) for each event."""
        return (self.bits(lane) >> np.uint64(11)).astype(np.float64) * np.float64(2.0**-53)

    def below(self, lane: int, bound: Any) -> Ints:
        """A whole number from 0 to ``bound - 1`` for each event; ``bound`` is one number or one per event."""
        scaled: Ints = (self.unit(lane) * bound).astype(np.int64)
        return scaled
