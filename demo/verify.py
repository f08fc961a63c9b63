"""Compute what the job should have found, in SQL over the input file, and compare it with the output files.

Shares no code with the job. Prints one line; exits with 1 where a result is missing, doubled or wrong.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb

WATERMARK_EVERY = 25
OUT_OF_ORDER_MS = 20 * 60 * 1000
HOUR_MS = 60 * 60 * 1000
FAR_TOO_LATE_MIN = 60
SILENCE_MS = 3 * HOUR_MS

DEPARTURE = {
    "seq": "BIGINT",
    "ts": "BIGINT",
    "origin": "VARCHAR",
    "dest": "VARCHAR",
    "carrier": "VARCHAR",
    "flight": "BIGINT",
    "tail": "VARCHAR",
    "delay": "BIGINT",
}

OUTPUTS = {
    "hours": {
        "origin": "VARCHAR",
        "hour": "BIGINT",
        "flights": "BIGINT",
        "total_delay": "BIGINT",
        "mean_delay": "DOUBLE",
        "worst_delay": "BIGINT",
    },
    "hours-late": DEPARTURE,
    "alerts": {
        "origin": "VARCHAR",
        "since": "BIGINT",
        "ts": "BIGINT",
        "flights": "VARCHAR[]",
        "worst_delay": "BIGINT",
    },
    "alerts-late": DEPARTURE,
}

# A watermark follows every 25th departure; each departure meets the one in front of its block of 25.
ARRIVALS = f"""
CREATE TABLE arrivals AS
WITH blocks AS (SELECT seq // {WATERMARK_EVERY} AS block, max(ts) AS newest FROM departures GROUP BY block),
watermarks AS (
    SELECT block, max(newest) OVER (ORDER BY block ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        - {OUT_OF_ORDER_MS} - 1 AS watermark
    FROM blocks
)
SELECT departures.*, ts - ts % {HOUR_MS} AS hour,
    coalesce(ts - ts % {HOUR_MS} + {HOUR_MS} - 1 <= watermark, false) AS hour_over,
    coalesce(ts <= watermark, false) AS turn_over
FROM departures JOIN watermarks ON seq // {WATERMARK_EVERY} = block
"""

EXPECTED = {
    "hours": """
        SELECT origin, hour, count(*) AS flights, sum(delay)::BIGINT AS total_delay,
            sum(delay)::DOUBLE / count(*) AS mean_delay, max(delay) AS worst_delay
        FROM arrivals WHERE NOT hour_over GROUP BY origin, hour
    """,
    "hours-late": f"SELECT {', '.join(DEPARTURE)} FROM arrivals WHERE hour_over",
    # A departure in time, or one after a silence, ends a streak; the third of a streak raises the alert.
    "alerts": f"""
        WITH turns AS (
            SELECT *, delay > {FAR_TOO_LATE_MIN} AS far_too_late,
                delay <= {FAR_TOO_LATE_MIN} OR ts - lag(ts) OVER turn > {SILENCE_MS} AS breaks
            FROM arrivals WHERE NOT turn_over
            WINDOW turn AS (PARTITION BY origin ORDER BY ts, seq)
        ),
        numbered AS (
            SELECT *, count(*) FILTER (breaks) OVER (PARTITION BY origin ORDER BY ts, seq) AS streak FROM turns
        ),
        streaks AS (
            SELECT *, row_number() OVER this_streak AS position, lag(ts, 2) OVER this_streak AS since,
                list(carrier || flight) OVER last_three AS flights, max(delay) OVER last_three AS worst_delay
            FROM numbered WHERE far_too_late
            WINDOW this_streak AS (PARTITION BY origin, streak ORDER BY ts, seq),
                last_three AS (
                    PARTITION BY origin, streak ORDER BY ts, seq ROWS BETWEEN 2 PRECEDING AND CURRENT ROW
                )
        )
        SELECT origin, since, ts, flights, worst_delay FROM streaks WHERE position = 3
    """,
    "alerts-late": f"SELECT {', '.join(DEPARTURE)} FROM arrivals WHERE turn_over",
}

SHOWN = 3


def read(connection: duckdb.DuckDBPyConnection, table: str, files: list[Path], columns: dict[str, str]) -> None:
    """Make a table of JSON lines; an empty one where there is no file."""
    connection.execute(f'CREATE TABLE "{table}" ({", ".join(f"{name} {kind}" for name, kind in columns.items())})')
    if files:
        connection.execute(
            f"INSERT INTO \"{table}\" SELECT * FROM read_json(?, format = 'newline_delimited', columns = ?)",
            [[str(file) for file in files], columns],
        )


def differences(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """Rows that are missing (as often as they are) and rows that are too many, a few of each."""
    found = []
    for label, one, other in (("missing", f"expected {name}", name), ("too many", name, f"expected {name}")):
        rows = connection.execute(f'FROM "{one}" EXCEPT ALL FROM "{other}" ORDER BY ALL').fetchall()
        found += [f"  {name}: {len(rows)} {label}, such as {row}" for row in rows[:1]]
        found += [f"  {name}: {label}: {row}" for row in rows[1:SHOWN]]
    return found


def verify(departures: Path, results: Path) -> tuple[str, list[str]]:
    """The verdict, and what differs."""
    connection = duckdb.connect()
    read(connection, "departures", [departures], DEPARTURE)
    connection.execute(ARRIVALS)
    for name, columns in OUTPUTS.items():
        connection.execute(f'CREATE TABLE "expected {name}" AS {EXPECTED[name]}')
        read(connection, name, sorted((results / name).glob("part-*")), columns)
    counts = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0] for name in OUTPUTS}
    wrong = [line for name in OUTPUTS for line in differences(connection, name)]
    if not counts["hours"]:
        wrong.append(f"  there are no results in {results}")
    rows = connection.execute("SELECT count(*) FROM departures").fetchall()[0][0]
    compared = (
        f"{rows:,} departures, {counts['hours']:,} airport hours, {counts['alerts']:,} alerts, "
        f"{counts['hours-late']:,} + {counts['alerts-late']:,} late"
    )
    if wrong:
        return f"WRONG: the results are not those that DuckDB computes from the input ({compared}):", wrong
    return f"verified with DuckDB: every result is there exactly once ({compared})", []


def main() -> int:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("departures", type=Path, help="the input file")
    parser.add_argument("results", type=Path, help="the output directory")
    arguments = parser.parse_args()
    verdict, wrong = verify(arguments.departures, arguments.results)
    print(verdict, *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
