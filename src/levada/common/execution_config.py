"""How a job runs, seen through PyFlink's names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError
from levada.common.jvm_execution_config import JvmExecutionConfig
from levada.common.options import (
    AUTO_GENERATE_UIDS,
    AUTO_WATERMARK_INTERVAL,
    GLOBAL_JOB_PARAMETERS,
    MAX_PARALLELISM,
    PARALLELISM,
)
from levada.common.restart_strategy import RestartStrategyConfiguration

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

    def enable_auto_generated_uids(self) -> ExecutionConfig:
        """Let operators without a ``uid`` have one made from their place in the job (the default)."""
        self._configuration.set(AUTO_GENERATE_UIDS, True)
        return self

    def disable_auto_generated_uids(self) -> ExecutionConfig:
        """Refuse jobs with an operator that was not given a ``uid``."""
        self._configuration.set(AUTO_GENERATE_UIDS, False)
        return self

    def has_auto_generated_uids_enabled(self) -> bool:
        """Whether operators without a ``uid`` have one made."""
        return self._configuration.get(AUTO_GENERATE_UIDS)

    def set_restart_strategy(self, restart_strategy: RestartStrategyConfiguration) -> ExecutionConfig:
        """Set what happens when a job fails: one of ``RestartStrategies``."""
        if not isinstance(restart_strategy, RestartStrategyConfiguration):
            raise JobBuildError(
                f"set_restart_strategy({restart_strategy!r}): pass RestartStrategies.fixed_delay_restart(3, 1000) or "
                "RestartStrategies.no_restart()"
            )
        restart_strategy.apply(self._configuration)
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
