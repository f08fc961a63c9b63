"""From plans to running jobs."""

from __future__ import annotations

from collections.abc import Sequence

from levada.cluster.embedded import EmbeddedJob
from levada.common.configuration import Configuration
from levada.common.job_client import JobClient
from levada.common.options import CHECKPOINT_INTERVAL, JOB_NAME, PARALLELISM, TABLE_PARALLELISM
from levada.connectors.base import Sink
from levada.connectors.collect import CollectBuffer, CollectSink
from levada.datastream import execution
from levada.sql.compiler import Compiled, to_graph
from levada.sql.connectors import table_sink
from levada.table.table_result import QueryJob


def run_query(compiled: Compiled, configuration: Configuration, batch: bool) -> QueryJob:
    """Submit a query whose rows are read in this process."""
    buffer = CollectBuffer()
    exactly_once = configuration.get(CHECKPOINT_INTERVAL) is not None
    job = _submit("collect", configuration, [(compiled, CollectSink(buffer.id, exactly_once))], batch)
    return QueryJob(job, buffer)


def run_inserts(
    compiled: Sequence[Compiled], configuration: Configuration, batch: bool
) -> tuple[EmbeddedJob, JobClient]:
    """Start one job that fills all the tables, on a thread of its own."""
    plans: list[tuple[Compiled, Sink]] = []
    names = []
    for each in compiled:
        table = each.physical.table
        assert table is not None
        plans.append((each, table_sink(table)[0]))
        names.append(".".join(table.path))
    job = _submit(f"insert-into_{','.join(names)}", configuration, plans, batch)
    return job, execution.run_in_background(job)


def _submit(
    name: str, configuration: Configuration, plans: Sequence[tuple[Compiled, Sink]], batch: bool
) -> EmbeddedJob:
    config = execution.job_configuration(configuration, configuration.get(JOB_NAME) or name)
    parallelism = config.get(TABLE_PARALLELISM)
    if parallelism > 0:
        config.set(PARALLELISM, parallelism)
    if batch:
        # A batch job is run again from its start if it fails.
        config.remove_config(CHECKPOINT_INTERVAL.key)
    job_name = config.get(JOB_NAME) or name
    graph = to_graph(job_name, config, [(each.physical, sink) for each, sink in plans], batch=batch)
    return execution.submit(graph, config)
