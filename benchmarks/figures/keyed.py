"""Count and sum per bidder with one value state, emitted for each bid; and the same by ``reduce``."""

from __future__ import annotations

from benchmarks.figures.map_filter import row_contenders
from benchmarks.results import Claim, Result, ratios
from benchmarks.suite import Contender, Suite

RECORDS = 2_000_000
BYTEWAX = 500_000
FLINK = (100_000, 20_000)


def measure(suite: Suite) -> list[Result]:
    """The row path with state."""
    return [_process(suite), _reduce(suite)]


def _process(suite: Suite) -> Result:
    contenders = row_contenders(suite, "keyed_process", RECORDS, BYTEWAX, FLINK)
    inlined = {**contenders[0].arguments, "job": "keyed_inlined"}
    contenders.append(
        Contender("loop with everything inlined by hand", contenders[0].worker, "loop", inlined, contenders[0].records)
    )
    rates = suite.race(suite.checked(contenders))
    levada = rates["Levada"]
    result = Result(
        "keyed", f"keyed count + sum, one ValueState, a row out per row in, {suite.size(RECORDS):,} bids in memory"
    )
    result.series = list(rates.values())
    result.claims.append(Claim("Levada / bare loop", ratios(levada, rates["bare loop"]), 0.5))
    for name, goal in (("Bytewax", 1.5), ("PyFlink, thread mode", 30.0)):
        if name in rates:
            result.claims.append(Claim(f"Levada / {name}", ratios(levada, rates[name]), goal))
    inlined_name = "loop with everything inlined by hand"
    result.claims.append(Claim("Levada / inlined loop", ratios(levada, rates[inlined_name]), None))
    result.notes.append(
        "the bare loop calls the key selector and the same generator function, with a dict behind value() and update()"
    )
    return result


def _reduce(suite: Suite) -> Result:
    rows = suite.worker("rows")
    records = suite.size(RECORDS)
    arguments = {"job": "keyed_reduce", "bids": suite.bids(records, "pickle")}
    contenders = [
        Contender("bare loop", rows, "loop", arguments, records),
        Contender("Levada", rows, "levada", arguments, records),
    ]
    rates = suite.race(suite.checked(contenders))
    result = Result("keyed", f"keyed count + sum by map, key_by, reduce, {records:,} bids in memory")
    result.series = list(rates.values())
    result.claims.append(Claim("Levada / bare loop", ratios(rates["Levada"], rates["bare loop"]), 0.5))
    return result
