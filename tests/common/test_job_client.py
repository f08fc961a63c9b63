"""A job's handle, its futures and its result."""

import asyncio
from concurrent.futures import Future

import pytest

from levada.common.completable_future import CompletableFuture
from levada.common.job_client import JobClient
from levada.common.job_execution_result import JobExecutionResult
from levada.common.job_id import JobID
from levada.common.job_status import JobStatus


class Job:
    """A job that does what the test says."""

    job_id = "ab" * 16

    def __init__(self) -> None:
        self.status = JobStatus.RUNNING
        self.cancelled = 0

    def cancel(self) -> None:
        self.cancelled += 1


@pytest.fixture
def ended() -> Future[JobExecutionResult]:
    future: Future[JobExecutionResult] = Future()
    future.set_running_or_notify_cancel()
    return future


def test_a_client_looks_at_its_job(ended: Future[JobExecutionResult]) -> None:
    job = Job()
    client = JobClient(job, ended)
    assert client.get_job_id() == JobID("ab" * 16)
    assert client.get_job_status().result() is JobStatus.RUNNING
    result = client.get_job_execution_result()
    assert not result.done()
    ended.set_result(JobExecutionResult(job.job_id, 7, {"rows": 3}))
    assert result.result(1).get_net_runtime() == 7
    assert client.get_accumulators().result(1) == {"rows": 3}


def test_cancelling_is_done_when_the_job_has_ended(ended: Future[JobExecutionResult]) -> None:
    job = Job()
    client = JobClient(job, ended)
    gone = client.cancel()
    assert (job.cancelled, gone.done()) == (1, False)
    ended.set_exception(RuntimeError("cancelled"))
    assert gone.result(1) is None
    with pytest.raises(RuntimeError, match="cancelled"):
        client.get_job_execution_result().result(1)
    assert isinstance(client.get_accumulators().exception(1), RuntimeError)


def test_giving_up_a_future_leaves_the_job_alone(ended: Future[JobExecutionResult]) -> None:
    client = JobClient(Job(), ended)
    result, gone = client.get_job_execution_result(), client.cancel()
    assert result.cancel()
    assert gone.cancel()
    ended.set_result(JobExecutionResult("ab", 1))
    assert result.cancelled()
    assert client.get_job_execution_result().result(1).get_net_runtime() == 1


def test_futures_can_be_awaited() -> None:
    async def program() -> int:
        return await CompletableFuture.of(lambda: 5)

    assert asyncio.run(program()) == 5
    failed: CompletableFuture[int] = CompletableFuture.of(lambda: 1 // 0)
    assert isinstance(failed.exception(), ZeroDivisionError)


def test_a_result_knows_its_job() -> None:
    result = JobExecutionResult(JobID("ab"), 12, {"rows": 3})
    assert (str(result.get_job_id()), result.get_net_runtime()) == ("ab", 12)
    assert result.get_accumulator_result("rows") == 3
    assert result.get_accumulator_result("other") is None
    assert result.get_all_accumulator_results() == {"rows": 3}


def test_states_know_whether_they_are_the_end() -> None:
    ends = {status for status in JobStatus if status.is_globally_terminal_state()}
    assert ends == {JobStatus.FAILED, JobStatus.CANCELED, JobStatus.FINISHED}
    assert {status for status in JobStatus if status.is_terminal_state()} == {*ends, JobStatus.SUSPENDED}
