"""What happens when a job fails, under PyFlink's names. ``ExecutionConfig.set_restart_strategy`` takes them."""

from __future__ import annotations

from datetime import timedelta

from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError
from levada.common.options import RESTART_ATTEMPTS, RESTART_DELAY, RESTART_STRATEGY
from levada.common.time import Duration, Time, to_millis

__all__ = ["RestartStrategies", "RestartStrategyConfiguration"]

Length = int | timedelta | Duration | Time


class RestartStrategyConfiguration:
    """Base of the strategies; ``RestartStrategies`` makes them."""

    def get_description(self) -> str:
        """The strategy in words."""
        return "What the configuration says."

    def apply(self, configuration: Configuration) -> None:
        """Write the strategy into a configuration."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(self.get_description())

    def __repr__(self) -> str:
        return f"<{self.get_description()}>"


class RestartStrategies:
    """Makes strategies: none, or so many attempts with a pause before each."""

    class NoRestartStrategyConfiguration(RestartStrategyConfiguration):
        """The first failure ends the job."""

        def get_description(self) -> str:
            return "Restart deactivated."

        def apply(self, configuration: Configuration) -> None:
            configuration.set(RESTART_STRATEGY, "none")

    class FixedDelayRestartStrategyConfiguration(RestartStrategyConfiguration):
        """So many restarts, each after the same pause."""

        def __init__(self, restart_attempts: int, delay_between_attempts_interval: Length) -> None:
            call = "fixed_delay_restart(restart_attempts, delay_between_attempts)"
            if not isinstance(restart_attempts, int) or restart_attempts < 1:
                raise JobBuildError(f"{call}: {restart_attempts!r} is no number of attempts; no_restart() for none")
            self._attempts = restart_attempts
            delay = delay_between_attempts_interval
            self._delay = delay if isinstance(delay, int) else to_millis(delay, call)
            if self._delay < 0:
                raise JobBuildError(f"{call}: {delay!r} is a negative pause")

        def get_restart_attempts(self) -> int:
            """How often the job is restarted."""
            return self._attempts

        def get_delay_between_attempts_interval(self) -> Duration:
            """The pause before each restart."""
            return Duration.of_millis(self._delay)

        def get_description(self) -> str:
            return f"Restart with fixed delay ({self._delay} ms). #{self._attempts} restart attempts."

        def apply(self, configuration: Configuration) -> None:
            configuration.set(RESTART_STRATEGY, "fixed-delay")
            configuration.set(RESTART_ATTEMPTS, self._attempts)
            configuration.set(RESTART_DELAY, timedelta(milliseconds=self._delay))

    class FallbackRestartStrategyConfiguration(RestartStrategyConfiguration):
        """What the configuration says: ``restart-strategy.type``."""

    @staticmethod
    def no_restart() -> RestartStrategies.NoRestartStrategyConfiguration:
        """The first failure ends the job."""
        return RestartStrategies.NoRestartStrategyConfiguration()

    @staticmethod
    def fixed_delay_restart(
        restart_attempts: int, delay_between_attempts: Length
    ) -> RestartStrategies.FixedDelayRestartStrategyConfiguration:
        """Up to so many restarts, each after a pause (ms, or a length of time)."""
        return RestartStrategies.FixedDelayRestartStrategyConfiguration(restart_attempts, delay_between_attempts)

    @staticmethod
    def fall_back_restart() -> RestartStrategies.FallbackRestartStrategyConfiguration:
        """What the configuration says."""
        return RestartStrategies.FallbackRestartStrategyConfiguration()
