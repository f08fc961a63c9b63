"""``make demo``: the job over New York's flights of 2013, killed half-way, resumed, and checked by DuckDB.

``TAMPER=drop`` or ``TAMPER=double`` in the environment removes or doubles a row of the output before the check, which
must then fail.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from prepare import prepare

from levada.cli.flights.drive import TAMPERINGS, Demo, DemoFailed, demonstrate

HERE = Path(__file__).resolve().parent


def main() -> int:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--departures", type=int, help="only so many, from January on (default: all 328,521)")
    parser.add_argument("--seconds", type=float, default=10, help="how long the replay takes (default: %(default)s)")
    parser.add_argument("--work", type=Path, default=HERE.parent / "demo-out", help="where everything is written")
    parser.add_argument("--no-kill", action="store_true", help="let the job run undisturbed")
    arguments = parser.parse_args()
    tamper = os.environ.get("TAMPER") or None
    if tamper not in (None, *TAMPERINGS):
        parser.error(f"TAMPER={tamper}: it can be {' or '.join(TAMPERINGS)}")

    suffix = "" if arguments.departures is None else f"-{arguments.departures}"
    departures = arguments.work / f"departures{suffix}.jsonl"
    if not departures.exists():
        prepare(departures, arguments.departures)
    with departures.open("rb") as lines:
        count = sum(1 for _ in lines)
    verify = (sys.executable, str(HERE / "verify.py"))
    demo = Demo(HERE / "flights_job.py", departures, count, arguments.work, arguments.seconds, verify)
    try:
        return demonstrate(demo, kill=not arguments.no_kill, tamper=tamper)
    except DemoFailed as failed:
        print(f"the demonstration failed: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
