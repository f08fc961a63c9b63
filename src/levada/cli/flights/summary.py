"""The job's results as a small table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WORST_HOURS = 5
FLIGHTS_AT_LEAST = 5
"""A single flight does not make an hour bad."""


def summary(results: Path) -> list[str]:
    """The worst hours and the totals of each airport, line by line."""
    hours = list(rows(results / "hours"))
    busy = [hour for hour in hours if hour["flights"] >= FLIGHTS_AT_LEAST]
    lines = ["the worst hours (UTC)   airport   flights   mean delay   worst delay"]
    for hour in sorted(busy, key=lambda hour: -hour["mean_delay"])[:WORST_HOURS]:
        begins = datetime.fromtimestamp(hour["hour"] / 1000, UTC)
        lines.append(
            f"  {begins:%Y-%m-%d %H:%M}      {hour['origin']:7}   {hour['flights']:7,}   {hour['mean_delay']:6.1f} min"
            f"   {hour['worst_delay']:7,} min"
        )
    alerts = Counter(alert["origin"] for alert in rows(results / "alerts"))
    late = Counter(departure["origin"] for departure in rows(results / "hours-late"))
    lines += ["", "airport   flights   mean delay   worst delay   alerts   too late for their hour"]
    for origin in sorted({hour["origin"] for hour in hours}):
        of_origin = [hour for hour in hours if hour["origin"] == origin]
        flights = sum(hour["flights"] for hour in of_origin)
        mean = sum(hour["total_delay"] for hour in of_origin) / flights
        worst = max(hour["worst_delay"] for hour in of_origin)
        lines.append(
            f"{origin:7}   {flights:7,}   {mean:6.1f} min   {worst:7,} min   {alerts[origin]:6,}   {late[origin]:6,}"
        )
    return lines


def rows(directory: Path) -> Iterator[dict[str, Any]]:
    """The committed rows of one output."""
    for file in sorted(directory.glob("part-*")):
        with file.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
