"""Compute in plain Python what the job should have found, and compare it with the output files.

Runs as a program of its own and imports nothing of Levada: ``python verify.py DEPARTURES RESULTS``. Prints one line;
exits with 1 where a result is missing, doubled or wrong.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

WATERMARK_EVERY = 25
OUT_OF_ORDER_MS = 20 * 60 * 1000
HOUR_MS = 60 * 60 * 1000
FAR_TOO_LATE_MIN = 60
SILENCE_MS = 3 * HOUR_MS

SHOWN = 3

Line = dict[str, Any]


def expected(departures: Iterable[Line]) -> dict[str, list[Line]]:
    """What each output should hold."""
    hours: dict[tuple[str, int], list[int]] = defaultdict(list)
    turns: dict[str, list[Line]] = defaultdict(list)
    found: dict[str, list[Line]] = {"hours": [], "hours-late": [], "alerts": [], "alerts-late": []}
    newest = watermark = -sys.maxsize
    for position, departure in enumerate(departures):
        if position % WATERMARK_EVERY == 0:
            watermark = newest - OUT_OF_ORDER_MS - 1
        ts = departure["ts"]
        newest = max(newest, ts)
        hour = ts - ts % HOUR_MS
        if hour + HOUR_MS - 1 <= watermark:
            found["hours-late"].append(departure)
        else:
            hours[departure["origin"], hour].append(departure["delay"])
        if ts <= watermark:
            found["alerts-late"].append(departure)
        else:
            turns[departure["origin"]].append(departure)
    for (origin, hour), delays in hours.items():
        total = sum(delays)
        found["hours"].append(
            {
                "origin": origin,
                "hour": hour,
                "flights": len(delays),
                "total_delay": total,
                "mean_delay": total / len(delays),
                "worst_delay": max(delays),
            }
        )
    for origin, in_turn in turns.items():
        in_turn.sort(key=lambda departure: (departure["ts"], departure["seq"]))
        for streak in streaks(in_turn):
            if len(streak) >= 3:
                found["alerts"].append(
                    {
                        "origin": origin,
                        "since": streak[0]["ts"],
                        "ts": streak[2]["ts"],
                        "flights": [f"{each['carrier']}{each['flight']}" for each in streak[:3]],
                        "worst_delay": max(each["delay"] for each in streak[:3]),
                    }
                )
    return found


def streaks(in_turn: list[Line]) -> list[list[Line]]:
    """Departures that are far too late with nothing between them: no departure in time, no long silence."""
    found: list[list[Line]] = [[]]
    before = in_turn[0]
    for departure in in_turn:
        if departure["delay"] <= FAR_TOO_LATE_MIN or departure["ts"] - before["ts"] > SILENCE_MS:
            found.append([])
        if departure["delay"] > FAR_TOO_LATE_MIN:
            found[-1].append(departure)
        before = departure
    return found


def lines_of(files: Iterable[Path]) -> Iterator[Line]:
    """JSON lines, file after file."""
    for file in files:
        with file.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def verify(departures: Path, results: Path) -> tuple[str, list[str]]:
    """The verdict, and what differs."""
    wrong = []
    counts = {"departures": sum(1 for _ in lines_of([departures]))}
    for name, should in expected(lines_of([departures])).items():
        there = [json.dumps(line, sort_keys=True) for line in lines_of(sorted((results / name).glob("part-*")))]
        counts[name] = len(there)
        wanted = Counter(json.dumps(line, sort_keys=True) for line in should)
        for label, rows in (("missing", wanted - Counter(there)), ("too many", Counter(there) - wanted)):
            wrong += [f"  {name}: {label}: {row}" for row in sorted(rows.elements())[:SHOWN]]
    if not counts["hours"]:
        wrong.append(f"  there are no results in {results}")
    compared = (
        f"{counts['departures']:,} departures, {counts['hours']:,} airport hours, {counts['alerts']:,} alerts, "
        f"{counts['hours-late']:,} + {counts['alerts-late']:,} late"
    )
    if wrong:
        return f"WRONG: the results are not those that follow from the input ({compared}):", wrong
    return f"verified: every result is there exactly once ({compared})", []


def main(departures: str, results: str) -> int:
    """Verify and say so."""
    verdict, wrong = verify(Path(departures), Path(results))
    print(verdict, *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
