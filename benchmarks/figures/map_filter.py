"""Map and filter by two lambdas, bids in memory."""

from __future__ import annotations

from benchmarks.results import Claim, Result, ratios
from benchmarks.suite import Contender, Suite

RECORDS = 2_000_000
FLINK = (400_000, 50_000)


def measure(suite: Suite) -> list[Result]:
    """The row path without keys."""
    contenders = row_contenders(suite, "map_filter", RECORDS, RECORDS, FLINK)
    rates = suite.race(suite.checked(contenders))
    levada, bare = rates["Levada"], rates["bare loop"]
    result = Result("map-filter", f"map + filter by two lambdas, {suite.size(RECORDS):,} bids in memory")
    result.series = list(rates.values())
    result.claims.append(Claim("Levada / bare loop", ratios(levada, bare), 0.85))
    if "Bytewax" in rates:
        result.claims.append(Claim("Levada / Bytewax", ratios(levada, rates["Bytewax"]), 1))
    if "PyFlink, thread mode" in rates:
        result.claims.append(Claim("Levada / PyFlink", ratios(levada, rates["PyFlink, thread mode"]), None))
    return [result]


def row_contenders(suite: Suite, job: str, records: int, bytewax: int, flink: tuple[int, int]) -> list[Contender]:
    """The bare loop, Levada, and the peers of the row path."""
    rows = suite.worker("rows")
    arguments = {"job": job, "bids": suite.bids(suite.size(records), "pickle")}
    contenders = [
        Contender("bare loop", rows, "loop", arguments, suite.size(records)),
        Contender("Levada", rows, "levada", arguments, suite.size(records)),
    ]
    peer = suite.peers.worker("bytewax")
    if peer is not None:
        contenders.append(Contender("Bytewax", peer, "job", arguments, suite.size(bytewax), peer="bytewax"))
    peer = suite.peers.worker("pyflink")
    if peer is not None:
        large, small = map(suite.size, flink)
        contenders.append(
            Contender("PyFlink, thread mode", peer, "job", arguments, large, small if small < large else 0, "pyflink")
        )
    return contenders
