"""The columnar path: SQL over Arrow batches in memory, and the kernels below it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import levada
from benchmarks.workers.protocol import digest, serve, timed
from levada.common.configuration import Configuration
from levada.table import TableEnvironment

BATCH = 8192
GROUPED = "SELECT bidder, COUNT(*) AS bids, SUM(price) AS total, MAX(price) AS best FROM bids GROUP BY bidder"
PASSED_ON = "SELECT bidder, price FROM bids"
MODES = {
    "per row": (GROUPED, False),
    "mini-batch": (GROUPED, True),
    "source": (PASSED_ON, False),
}


@lru_cache(maxsize=2)
def load_batches(path: str, records: int) -> pa.Table:
    """The first bids in record batches of 8,192 rows."""
    table = pq.read_table(path, columns=["bidder", "price"]).slice(0, records).combine_chunks()
    batches = table.to_batches(max_chunksize=BATCH)
    if sum(batch.num_rows for batch in batches) != records:
        raise ValueError(f"{path} has fewer than {records} bids")
    return pa.Table.from_batches(batches)


def environment(bids: pa.Table, mini_batch: bool, settings: Mapping[str, str] | None = None) -> TableEnvironment:
    """An environment with the table ``bids``."""
    config = Configuration()
    if mini_batch:
        config.set_string("table.exec.mini-batch.enabled", "true")
        config.set_string("table.exec.mini-batch.allow-latency", "1 s")
        config.set_string("table.exec.mini-batch.size", str(BATCH))
    for key, value in (settings or {}).items():
        config.set_string(key, value)
    t_env = TableEnvironment.create(config)
    t_env.create_temporary_view("bids", t_env.from_arrow(bids))
    return t_env


def sql(mode: str, bids: str, records: int, check: bool) -> Mapping[str, Any]:
    """A query into a black hole, or what is left of its changelog."""
    query, mini_batch = MODES[mode]
    t_env = environment(load_batches(bids, records), mini_batch)
    if check:
        with t_env.execute_sql(query).collect() as changes:
            return digest(_final(changes))
    names = "bidder BIGINT, price BIGINT"
    if query is GROUPED:
        names = "bidder BIGINT, bids BIGINT, total BIGINT, best BIGINT"
    t_env.execute_sql(f"CREATE TABLE nothing ({names}) WITH ('connector' = 'blackhole')")
    return timed(lambda: t_env.execute_sql(f"INSERT INTO nothing {query}").wait())


def _final(changes: Any) -> list[tuple[Any, ...]]:
    left: dict[Any, tuple[Any, ...]] = {}
    for row in changes:
        values = tuple(row)
        if str(row.get_row_kind()) in ("+I", "+U"):
            left[values[0]] = values
        else:
            del left[values[0]]
    return list(left.values())


def kernels(keys: int, records: int, text: bool, check: bool) -> Mapping[str, Any]:
    """Key index, count, sum and max, batch by batch; every key is there before time is taken."""
    from benchmarks.kernels_aggregate import FUNCTIONS, make_case
    from levada._kernels import Accumulators, KeyIndex

    case = make_case(records, keys, BATCH, text=text)
    index = KeyIndex([case.batches[0].schema.field(0).type], 128)
    accumulators = Accumulators(FUNCTIONS, [pa.int64()])
    pairs = [batch.columns for batch in case.batches]

    def run() -> None:
        for bidder, price in pairs:
            accumulators.update(index.upsert([bidder]), [price])

    run()
    if not check:
        return timed(run)
    table = pa.Table.from_batches(case.batches).group_by("bidder").aggregate([([], "count_all"), ("price", "sum")])
    slots = index.lookup([table["bidder"].combine_chunks()])
    counts, sums, _ = accumulators.results(slots)
    return {
        "same": counts.equals(table["count_all"].combine_chunks()) and sums.equals(table["price_sum"].combine_chunks())
    }


if __name__ == "__main__":
    serve({"sql": sql, "kernels": kernels}, {"version": levada.__version__})
