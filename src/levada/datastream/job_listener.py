"""``JobListener``: told of jobs as an environment starts and ends them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from levada.common.job_client import JobClient
from levada.common.job_execution_result import JobExecutionResult

T = TypeVar("T")

__all__ = ["JobListener"]


class JobListener:
    """Base of listeners, given to ``env.register_job_listener``. One of the two arguments of each call is None."""

    def on_job_submitted(self, job_client: JobClient | None, error: BaseException | None) -> None:
        """A job was started by ``execute_async`` or could not be; with ``execute`` there is no client, so both None."""

    def on_job_executed(self, job_execution_result: JobExecutionResult | None, error: BaseException | None) -> None:
        """A job run by ``execute`` has ended, or failed with ``error``."""


def tell_executed(listeners: Iterable[JobListener], run: Callable[[], JobExecutionResult]) -> JobExecutionResult:
    """Run a job to its end and tell the listeners how it ended."""
    try:
        result = run()
    except BaseException as error:
        for listener in listeners:
            listener.on_job_executed(None, error)
        raise
    for listener in listeners:
        listener.on_job_executed(result, None)
    return result


def tell_submitted(listeners: Iterable[JobListener], submit: Callable[[], T]) -> T:
    """Start a job and tell the listeners whether it could be."""
    try:
        given = submit()
    except BaseException as error:
        for listener in listeners:
            listener.on_job_submitted(None, error)
        raise
    client = given if isinstance(given, JobClient) else None
    for listener in listeners:
        listener.on_job_submitted(client, None)
    return given
