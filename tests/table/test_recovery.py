"""A query that is ended in mid-stream and goes on from its checkpoint, at another parallelism."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.table.harness import environment

from levada.common.batch import ColumnBatch
from levada.sql.compiler import compile_query
from levada.sql.parser import parse_query
from levada.sql.physical.nodes import Accepts
from levada.table import jobs
from levada.table.table_result import QueryJob

ROWS = 1_000_000
QUERY = "SELECT k, COUNT(*) AS c, SUM(n) AS s FROM g GROUP BY k"


def start(checkpoints: Path, rate: int, **settings: str) -> QueryJob:
    t_env = environment(
        execution__checkpointing__interval="5 ms",
        execution__checkpointing__dir=str(checkpoints),
        pipeline__name="counts",
        **settings,
    )
    t_env.execute_sql(
        "CREATE TABLE g (n BIGINT, k BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', "
        f"'fields.n.start' = '1', 'fields.n.end' = '{ROWS}', 'fields.k.min' = '0', 'fields.k.max' = '99', "
        f"'rows-per-second' = '{rate}')"
    )
    compiled = compile_query(QUERY, parse_query(QUERY), t_env.catalog, t_env.planner_settings, Accepts.RETRACT)
    return jobs.run_query(compiled, t_env.get_config().get_configuration(), batch=False)


@pytest.mark.parametrize("mini_batch", ["false", "true"])
def test_groups_go_on_where_they_were(tmp_path: Path, mini_batch: str) -> None:
    settings = {"table__exec__mini_batch__enabled": mini_batch, "table__exec__mini_batch__size": "20000"}
    first = start(tmp_path, 200_000, **settings)
    while first.job.stats.completed == 0:
        assert first.job.step(0.001), "the job ended before its first checkpoint"
    assert 0 < first.job.progress().rows < ROWS
    first.cancel()

    second = start(tmp_path, 10**9, execution__state_recovery__path="latest", parallelism__default="2", **settings)
    last: dict[int, tuple[int, int]] = {}
    for batch in second.batches():
        assert isinstance(batch, ColumnBatch)
        assert batch.kinds is not None
        latest = batch.data.filter(_after(batch)).to_pydict()
        last.update(zip(latest["k"], zip(latest["c"], latest["s"], strict=True), strict=True))
    assert second.job.restored_from is not None
    assert len(last) == 100
    assert sum(count for count, _ in last.values()) == ROWS
    assert sum(total for _, total in last.values()) == ROWS * (ROWS + 1) // 2


def _after(batch: ColumnBatch) -> object:
    import pyarrow.compute as pc

    return pc.equal(pc.bit_wise_and(batch.kinds, 1), 0)
