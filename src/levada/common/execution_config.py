"""How a job runs, seen through PyFlink's names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from levada.common.configuration import Configuration
from levada.common.jvm_execution_config import JvmExecutionConfig
from levada.common.options import AUTO_WATERMARK_INTERVAL, GLOBAL_JOB_PARAMETERS, MAX_PARALLELISM, PARALLELISM

__all__ = ["ExecutionConfig"]


class ExecutionConfig(JvmExecutionConfig):
    """A view of an environment's configuration; changing it changes the environment."""

    PARALLELISM_DEFAULT = -1
    PARALLELISM_UNKNOWN = -2

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def get_parallelism(self) -> int:
        """Subtasks per operator."""
        return self._configuration.get(PARALLELISM)

    def set_parallelism(self, parallelism: int) -> ExecutionConfig:
        """Run each operator in so many subtasks, unless it says otherwise."""
        self._configuration.set(PARALLELISM, parallelism)
        return self

    def get_max_parallelism(self) -> int:
        """The number of key groups."""
        return self._configuration.get(MAX_PARALLELISM)

    def set_max_parallelism(self, max_parallelism: int) -> ExecutionConfig:
        """Set the number of key groups."""
        self._configuration.set(MAX_PARALLELISM, max_parallelism)
        return self

    def get_auto_watermark_interval(self) -> int:
        """Milliseconds after which a quiet split emits its watermark."""
        return self._configuration.get(AUTO_WATERMARK_INTERVAL) // timedelta(milliseconds=1)

    def set_auto_watermark_interval(self, interval: int) -> ExecutionConfig:
        """Set the milliseconds after which a quiet split emits its watermark."""
        self._configuration.set(AUTO_WATERMARK_INTERVAL, timedelta(milliseconds=interval))
        return self

    def get_global_job_parameters(self) -> dict[str, str]:
        """Parameters of the program itself."""
        return dict(self._configuration.get(GLOBAL_JOB_PARAMETERS))

    def set_global_job_parameters(self, global_job_parameters_dict: dict[str, Any]) -> ExecutionConfig:
        """Set the program's own parameters, readable in every function."""
        parameters = {str(key): str(value) for key, value in global_job_parameters_dict.items()}
        self._configuration.set(GLOBAL_JOB_PARAMETERS, parameters)
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExecutionConfig) and self._configuration == other._configuration

    __hash__ = None  # type: ignore[assignment]
