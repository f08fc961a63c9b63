"""From an environment's graph to a running job: the one place where this floor meets the cluster."""

from __future__ import annotations

import copy
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from levada.common.configuration import Configuration
from levada.common.job_client import JobClient
from levada.common.job_execution_result import JobExecutionResult
from levada.common.launch import announce
from levada.common.options import JOB_NAME
from levada.graph.transformation import LogicalGraph, Transformation

if TYPE_CHECKING:
    from levada.cluster.embedded import EmbeddedJob


def logical_graph(pending: list[Transformation], known: list[Transformation], name: str) -> LogicalGraph:
    """What has not run yet with everything it reads, in the order in which it was built.

    Parameters
    ----------
    pending : list of Transformation
        What the job is about.
    known : list of Transformation
        Everything that was ever built in the environment, in order.
    """
    wanted: set[int] = set()
    todo = list(pending)
    while todo:
        transformation = todo.pop()
        if id(transformation) not in wanted:
            wanted.add(id(transformation))
            todo.extend(given.transformation for given in transformation.inputs)
    return LogicalGraph(name, [each for each in known if id(each) in wanted])


def job_configuration(configuration: Configuration, job_name: str | None) -> Configuration:
    """A copy of the environment's configuration for one job, with its name in it."""
    config = copy.deepcopy(configuration)
    if job_name is not None:
        config.set(JOB_NAME, job_name)
    if config.get(JOB_NAME) is None:
        config.set(JOB_NAME, default_name())
    return config


def default_name() -> str:
    """The name of the program's file; ``job`` where there is none."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(script).stem if script else "job"


def submit(graph: LogicalGraph, config: Configuration) -> EmbeddedJob:
    """Plan a job in this process and announce it; ``run`` or ``step`` drives it."""
    from levada.cluster.embedded import submit as submit_embedded

    job = submit_embedded(graph, config)
    announce(job.graph.explain)
    return job


def run_in_background(job: EmbeddedJob) -> JobClient:
    """Drive a job on a thread of its own, which does not keep the program alive."""
    ended: Future[JobExecutionResult] = Future()
    ended.set_running_or_notify_cancel()

    def drive() -> None:
        try:
            ended.set_result(job.run())
        except BaseException as error:
            ended.set_exception(error)

    threading.Thread(target=drive, name=f"levada-job-{job.graph.name}", daemon=True).start()
    return JobClient(job, ended)
