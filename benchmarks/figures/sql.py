"""``SELECT bidder, COUNT(*), SUM(price), MAX(price) .. GROUP BY bidder`` over Arrow batches in memory."""

from __future__ import annotations

from benchmarks.results import Claim, Result, ratios
from benchmarks.suite import Contender, Suite

RECORDS = 10_000_000
SMALL = 2_000_000
GOALS = {"mini-batch": 1 / 3, "per row": 1 / 8}


def measure(suite: Suite) -> list[Result]:
    """The columnar path."""
    records, small = suite.size(RECORDS), suite.size(SMALL)
    worker = suite.worker("columnar")
    bids = suite.bids(records, "parquet")
    names = {
        "mini-batch": "Levada, mini-batch",
        "per row": "Levada, changelog per row",
        "source": "Levada, source into blackhole",
    }
    contenders = {
        mode: Contender(name, worker, "sql", {"mode": mode, "bids": bids}, records, small)
        for mode, name in names.items()
    }
    source = contenders.pop("source")
    peer = suite.peers.worker("duckdb")
    racing = list(contenders.values())
    if peer is not None:
        racing.insert(0, Contender("DuckDB, one thread", peer, "query", {"bids": bids}, records, peer="duckdb"))
    rates = suite.race([*suite.checked(racing), source])
    result = Result("sql", f"SQL group by bidder: count, sum, max; {records:,} bids in Arrow batches of 8,192 rows")
    result.series = list(rates.values())
    for mode, goal in GOALS.items():
        if "DuckDB, one thread" in rates:
            values = ratios(rates[names[mode]], rates["DuckDB, one thread"])
            result.claims.append(Claim(f"{names[mode]} / DuckDB", values, goal))
    result.notes.append("DuckDB runs one batch query over a table of its own; Levada emits a changelog of all updates")
    suite.end_worker("columnar")
    return [result]
