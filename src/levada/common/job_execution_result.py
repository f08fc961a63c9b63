"""What is known of a job when it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from levada.common.job_id import JobID

__all__ = ["JobExecutionResult"]


class JobExecutionResult:
    """A finished job's identity, how long it ran, and its accumulators.

    Parameters
    ----------
    job_id : JobID or str
    net_runtime : int
        Milliseconds from start to end.
    accumulators : mapping, optional
        Results by accumulator name.
    """

    def __init__(self, job_id: JobID | str, net_runtime: int, accumulators: Mapping[str, Any] | None = None) -> None:
        self._job_id = job_id if isinstance(job_id, JobID) else JobID(job_id)
        self._net_runtime = net_runtime
        self._accumulators = dict(accumulators or {})

    def get_job_id(self) -> JobID:
        """The job's identity."""
        return self._job_id

    def get_net_runtime(self) -> int:
        """Milliseconds from start to end."""
        return self._net_runtime

    def get_accumulator_result(self, accumulator_name: str) -> Any:
        """The result of one accumulator; None where there is none of this name."""
        return self._accumulators.get(accumulator_name)

    def get_all_accumulator_results(self) -> dict[str, Any]:
        """All results by accumulator name."""
        return dict(self._accumulators)

    def __repr__(self) -> str:
        return f"JobExecutionResult(job {self._job_id}, {self._net_runtime} ms)"
