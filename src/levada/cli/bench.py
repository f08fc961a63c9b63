"""``levada bench``: how fast it is here."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import click

import levada

SUITE = Path(levada.__file__).resolve().parents[2] / "benchmarks"
"""In a checkout: the figures beside the peers'. An installed package has only ``quick`` to run."""

BIDDERS = 1000
ROUNDS = 3


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--quick", is_flag=True, help="Only the short comparison, also in a checkout.")
@click.option(
    "--records", type=click.IntRange(1), default=1_000_000, show_default=True, help="For the short comparison."
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(quick: bool, records: int, arguments: tuple[str, ...]) -> int:
    """Measure Levada on this machine.

    In a checkout this runs the benchmark suite, which takes ARGUMENTS. Elsewhere, or with --quick, it compares two
    small jobs with bare Python loops that make the same calls.

    \b
    Examples:
      levada bench --quick
      levada bench --quick --records 5000000
    """
    if not quick and (SUITE / "__main__.py").exists():
        return subprocess.run(
            [sys.executable, "-m", "benchmarks", *arguments], cwd=SUITE.parent, check=False
        ).returncode
    bids = [(number * 7919 % BIDDERS, number % 500) for number in range(records)]
    click.echo(f"{records:,} records in memory, best of {ROUNDS}, rows/s")
    _compare("map + filter", records, lambda: _mapped_by_job(bids), lambda: _mapped_by_loop(bids))
    _compare("keyed reduce", records, lambda: _reduced_by_job(bids), lambda: _reduced_by_loop(bids))
    return 0


Bid = tuple[int, int]


def _compare(name: str, records: int, job: Callable[[], int], loop: Callable[[], int]) -> None:
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        results = set()
        for function, seconds in ((job, ours), (loop, bare)):
            started = time.perf_counter()
            results.add(function())
            seconds.append(time.perf_counter() - started)
        if len(results) != 1:
            raise click.ClickException(f"{name}: the job's result differs from the loop's")
    best, best_bare = records / min(ours), records / min(bare)
    click.echo(f"  {name:<14} Levada {best:>12,.0f}   bare loop {best_bare:>12,.0f}   {best / best_bare:.0%}")


def _discounted(bid: Bid) -> Bid:
    return bid[0], bid[1] * 9 // 10


def _is_even(bid: Bid) -> bool:
    return bid[0] % 2 == 0


def _bidder(bid: Bid) -> int:
    return bid[0]


def _added(left: Bid, right: Bid) -> Bid:
    return left[0], left[1] + right[1]


def _checksum(bids: Iterable[Bid]) -> int:
    return sum(price for _, price in bids)


def _mapped_by_job(bids: list[Bid]) -> int:
    from levada.datastream import StreamExecutionEnvironment

    stream = StreamExecutionEnvironment.get_execution_environment().from_collection(bids)
    with stream.map(_discounted).filter(_is_even).execute_and_collect() as results:
        return _checksum(results)


def _mapped_by_loop(bids: list[Bid]) -> int:
    kept = []
    for bid in bids:
        changed = _discounted(bid)
        if _is_even(changed):
            kept.append(changed)
    return _checksum(kept)


def _reduced_by_job(bids: list[Bid]) -> int:
    from levada.datastream import StreamExecutionEnvironment

    stream = StreamExecutionEnvironment.get_execution_environment().from_collection(bids)
    with stream.key_by(_bidder).reduce(_added).execute_and_collect() as results:
        return _checksum(results)


def _reduced_by_loop(bids: list[Bid]) -> int:
    sums: dict[int, Bid] = {}
    out = []
    for bid in bids:
        key = _bidder(bid)
        before = sums.get(key)
        sums[key] = total = bid if before is None else _added(before, bid)
        out.append(total)
    return _checksum(out)
