"""Puts departures into the order in which they might have been reported, and writes them to a file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS

OUT_OF_ORDER_MS = 20 * MINUTE_MS
"""Most reports come within this time."""

STRAGGLERS = 0.005
"""The share of reports that come hours late."""

STRAGGLERS_MS = (2 * HOUR_MS, 24 * HOUR_MS)


def write_replay(departures: Iterable[dict[str, Any]], path: Path, seed: int) -> int:
    """Write departures as JSON lines in the order of their reports, numbered by ``seq``; how many there are.

    Parameters
    ----------
    departures : iterable of dict
        With the fields of ``job.Departure``, but ``seq``.
    path : Path
        Where the file goes; it appears once it is complete.
    seed : int
        The same seed gives the same disorder.
    """
    random = Random(seed)
    reported = []
    for departure in departures:
        if random.random() < STRAGGLERS:
            after = random.randint(*STRAGGLERS_MS)
        else:
            after = random.randrange(OUT_OF_ORDER_MS)
        reported.append((departure["ts"] + after, departure))
    reported.sort(key=itemgetter(0))
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
    with unfinished.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(encode({"seq": seq, **departure}) + "\n" for seq, (_, departure) in enumerate(reported))
    unfinished.replace(path)
    return len(reported)
