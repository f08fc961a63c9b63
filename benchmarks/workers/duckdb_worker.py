"""DuckDB, one thread: the group-by as a batch query over a table in memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import duckdb

from benchmarks.workers.protocol import digest, serve, timed

QUERY = "SELECT bidder, count(*), sum(price), max(price) FROM bids GROUP BY bidder"


@lru_cache(maxsize=2)
def _connection(bids: str, records: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(f"CREATE TABLE bids AS SELECT bidder, price FROM '{bids}' LIMIT {records}")
    return connection


def query(bids: str, records: int, check: bool) -> Mapping[str, Any]:
    """The query, its result made but not turned into Python objects."""
    connection = _connection(bids, records)
    if check:
        rows = connection.execute(QUERY).fetchall()
        return digest(tuple(map(int, row)) for row in rows)
    return timed(lambda: connection.execute(f"CREATE OR REPLACE TABLE result AS {QUERY}"))


if __name__ == "__main__":
    serve({"query": query}, {"version": duckdb.__version__})
