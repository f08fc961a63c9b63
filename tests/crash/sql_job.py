"""The SQL jobs that are killed. Run by ``levada run``.

Arguments: ``changelog`` or ``insert``, format of the input, input directory, output directory, rows per second.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from levada.common import Row
from levada.connectors.files import FileSink
from levada.connectors.rate import RateLimitedSource
from levada.datastream import StreamExecutionEnvironment
from levada.formats.json import JsonFormat
from levada.sql.connectors import filesystem, register_connector
from levada.table import StreamTableEnvironment

QUERY = (
    "SELECT `key`, COUNT(*) AS c, SUM(`value`) AS s, MAX(id) AS newest FROM events WHERE id % 10 <> 3 GROUP BY `key`"
)
PASSED_ON = (
    "INSERT INTO passed SELECT id, `key` || '/' || CAST(`value` AS STRING) AS label FROM events WHERE `value` > 250"
)


def slow_down(rate: float) -> None:
    """Let the connector ``filesystem`` read so many rows a second."""
    files = filesystem.CONNECTOR
    read = files.source
    assert read is not None

    def source(table: Any, wanted: Any, options: Any) -> Any:
        scan = read(table, wanted, options)
        return replace(scan, source=RateLimitedSource(scan.source, rate))

    register_connector(replace(files, source=source))


def change(row: Row) -> dict[str, Any]:
    """A row with its kind."""
    return {"op": str(row.get_row_kind()), **row.as_dict()}


def main(what: str, form: str, source: str, output: str, rate: float) -> None:
    """Build and run the job."""
    slow_down(rate)
    env = StreamExecutionEnvironment.get_execution_environment()
    t_env = StreamTableEnvironment.create(env)
    t_env.execute_sql(
        "CREATE TABLE events (id BIGINT, `key` STRING, `value` BIGINT) "
        f"WITH ('connector' = 'filesystem', 'format' = '{form}', 'path' = '{source}')"
    )
    if what == "changelog":
        changes = t_env.to_changelog_stream(t_env.sql_query(QUERY))
        changes.map(change).sink_to(FileSink.for_row_format(Path(output), JsonFormat()).build())
        env.execute("crash test")
    else:
        t_env.execute_sql(
            f"CREATE TABLE passed (id BIGINT, label STRING) WITH ('connector' = 'filesystem', 'format' = 'json', "
            f"'path' = '{output}')"
        )
        t_env.execute_sql(PASSED_ON).wait()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], float(sys.argv[5]))
