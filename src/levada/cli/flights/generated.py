"""Departures made up from a seed, for where the real ones are not at hand."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from levada.cli.flights.replay import HOUR_MS, MINUTE_MS

START_MS = 1_356_998_400_000
"""2013-01-01T00:00Z."""

ORIGINS = ("EWR", "JFK", "LGA")
DESTINATIONS = ("ATL", "BOS", "CLT", "DEN", "FLL", "LAX", "MCO", "MIA", "ORD", "SFO")
CARRIERS = ("AA", "B6", "DL", "EV", "UA", "US", "WN")

NIGHT_HOURS = range(4, 10)
"""Hours of the day, in UTC, in which New York's airports sleep."""

MEAN_GAP_MIN = 1.2
CALM_MIN, STORM_MIN = 11.0, 75.0
"""Mean delays."""

STORM_BEGINS, STORM_ENDS = 0.003, 0.02
"""Chances per departure."""


def departures(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """So many departures: quiet nights, delays that grow over the day, and now and then a storm over one airport."""
    random = Random(seed)
    stormy = dict.fromkeys(ORIGINS, False)
    minutes = 0.0
    for _ in range(count):
        minutes += random.expovariate(1 / MEAN_GAP_MIN)
        ts = START_MS + int(minutes) * MINUTE_MS
        hour = ts // HOUR_MS % 24
        if hour in NIGHT_HOURS:
            minutes += (NIGHT_HOURS.stop - hour) * 60
            ts += (NIGHT_HOURS.stop - hour) * HOUR_MS
        origin = random.choice(ORIGINS)
        stormy[origin] = random.random() > STORM_ENDS if stormy[origin] else random.random() < STORM_BEGINS
        since_morning = (ts // HOUR_MS - NIGHT_HOURS.stop) % 24
        mean = STORM_MIN if stormy[origin] else CALM_MIN + since_morning
        yield {
            "ts": ts,
            "origin": origin,
            "dest": random.choice(DESTINATIONS),
            "carrier": random.choice(CARRIERS),
            "flight": random.randrange(1, 6000),
            "tail": f"N{random.randrange(100, 1000)}LV",
            "delay": int(random.expovariate(1 / mean)) - 8,
        }
