"""A running job, seen from the program that started it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from levada.common.completable_future import CompletableFuture
from levada.common.job_execution_result import JobExecutionResult
from levada.common.job_id import JobID
from levada.common.job_status import JobStatus

T = TypeVar("T")

__all__ = ["JobClient"]


class RunningJob(Protocol):
    """What a client needs of a job; every method may be called from any thread."""

    @property
    def job_id(self) -> Any:
        """The job's identity, as text or as a ``JobID``."""
        ...

    @property
    def status(self) -> JobStatus:
        """The state it is in now."""
        ...

    def cancel(self) -> None:
        """Ask it to end at once."""
        ...


class JobClient:
    """Looks at a job and ends it. Given by ``StreamExecutionEnvironment.execute_async``."""

    def __init__(self, job: RunningJob, ended: Future[JobExecutionResult]) -> None:
        self._job = job
        self._ended = ended

    def get_job_id(self) -> JobID:
        """The job's identity."""
        job_id = self._job.job_id
        return job_id if isinstance(job_id, JobID) else JobID(str(job_id))

    def get_job_status(self) -> CompletableFuture[JobStatus]:
        """The state the job is in now."""
        return CompletableFuture.of(lambda: self._job.status)

    def cancel(self) -> CompletableFuture[None]:
        """End the job at once; the future is done when it has ended."""
        self._job.cancel()
        gone: Future[None] = Future()

        def finish(_: Future[JobExecutionResult]) -> None:
            if gone.set_running_or_notify_cancel():
                gone.set_result(None)

        self._ended.add_done_callback(finish)
        return CompletableFuture(gone)

    def get_job_execution_result(self) -> CompletableFuture[JobExecutionResult]:
        """What is known of the job when it has ended; raises where it failed or was cancelled."""
        return CompletableFuture(_view_of(self._ended, lambda result: result))

    def get_accumulators(self) -> CompletableFuture[dict[str, Any]]:
        """The accumulators of the job, once it has ended."""
        return CompletableFuture(_view_of(self._ended, JobExecutionResult.get_all_accumulator_results))


def _view_of(ended: Future[Any], read: Callable[[Any], T]) -> Future[T]:
    """A future of ``read(result)``; cancelling it only gives up this view, not the job."""
    view: Future[T] = Future()

    def finish(source: Future[Any]) -> None:
        if not view.set_running_or_notify_cancel():
            return
        error = source.exception()
        if error is not None:
            view.set_exception(error)
        else:
            view.set_result(read(source.result()))

    ended.add_done_callback(finish)
    return view
