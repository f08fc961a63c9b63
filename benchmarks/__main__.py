"""``python -m benchmarks``: measure all figures, or those named; ``make bench`` does the same."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks import machine
from benchmarks.contender import ROOT
from benchmarks.figures import FIGURES
from benchmarks.results import Result
from benchmarks.suite import Suite


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write; exit code 1 where a goal was missed and ``--strict`` given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FIGURES)}; all if none is named")
    parser.add_argument("--rounds", type=int, default=5, help="turns that contenders take (default 5)")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies all sizes (default 1)")
    parser.add_argument("--out", type=Path, default=ROOT / ".cache" / "bench" / "results.json", help="JSON goes here")
    parser.add_argument("--strict", action="store_true", help="fail where a goal is missed")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.figures if name not in FIGURES]
    if unknown:
        parser.error(f"there is no figure {', '.join(unknown)}; choose from {', '.join(FIGURES)}")
    results, found, peers, skipped = _measured(options.figures or list(FIGURES), options.rounds, options.scale)
    _write(options.out, results, found, peers, skipped)
    missed = [f"{result.figure}: {claim.name}" for result in results for claim in result.claims if claim.met is False]
    goals = sum(claim.met is not None for result in results for claim in result.claims)
    print(f"{goals - len(missed)} of {goals} goals met; written to {options.out}")
    return 1 if missed and options.strict else 0


def _measured(
    figures: list[str], rounds: int, scale: float
) -> tuple[list[Result], dict[str, object], dict[str, str], dict[str, str]]:
    found = machine.facts()
    print(f"{machine.line(found)}\nmedians of {rounds} alternating rounds, lowest - highest\n", flush=True)
    suite = Suite(rounds, scale, lambda message: print(f"# {message}", file=sys.stderr, flush=True))
    results: list[Result] = []
    peers: dict[str, str] = {}
    try:
        for name in figures:
            for result in FIGURES[name](suite):
                results.append(result)
                print(result.text() + "\n", flush=True)
            peers |= suite.peers.versions()
            # An idle JVM is not quite idle.
            suite.peers.close()
    finally:
        suite.close()
    if peers:
        print("peers: " + ", ".join(f"{name} {version}" for name, version in peers.items()))
    for name, reason in suite.peers.skipped.items():
        print(f"skipped {name}: {reason}")
    return results, found, peers, suite.peers.skipped


def _write(
    out: Path,
    results: list[Result],
    found: dict[str, object],
    peers: dict[str, str],
    skipped: dict[str, str],
) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": found,
        "peers": peers,
        "skipped": skipped,
        "results": [result.plain() for result in results],
    }
    out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
