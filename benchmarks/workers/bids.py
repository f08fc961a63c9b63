"""Bids from the files that the suite has written, kept from request to request."""

from __future__ import annotations

import pickle
from functools import lru_cache
from pathlib import Path

from benchmarks.workers.functions import Bid


@lru_cache(maxsize=1)
def _all_rows(path: str) -> list[Bid]:
    rows: list[Bid] = pickle.loads(Path(path).read_bytes())
    return rows


@lru_cache(maxsize=2)
def load_rows(path: str, records: int) -> list[Bid]:
    """The first bids as tuples of Python ints."""
    rows = _all_rows(path)
    if len(rows) < records:
        raise ValueError(f"{path} has {len(rows)} bids, not {records}")
    return rows if len(rows) == records else rows[:records]
