"""When a file that is being written is finished and the next one begun. At a checkpoint every file is finished."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from levada.common.errors import JobBuildError
from levada.common.time import Duration, Time, to_millis


class RollingPolicy:
    """Decides when a file is full. Every checkpoint finishes files in any case: only whole files are committed."""

    def should_roll(self, size: int, opened_ms: int, last_write_ms: int, now_ms: int) -> bool:
        """Whether to finish a file of ``size`` bytes before the next batch is written."""
        return False

    @staticmethod
    def default_rolling_policy(
        part_size: int = 1024 * 1024 * 128,
        rollover_interval: int | timedelta | Duration | Time = 60 * 1000,
        inactivity_interval: int | timedelta | Duration | Time = 60 * 1000,
    ) -> DefaultRollingPolicy:
        """Also by size in bytes, by age, and after a pause (lengths of time, or whole milliseconds)."""
        call = "RollingPolicy.default_rolling_policy"
        policy = DefaultRollingPolicy(
            part_size,
            _millis(rollover_interval, f"{call}(rollover_interval)"),
            _millis(inactivity_interval, f"{call}(inactivity_interval)"),
        )
        if min(policy.part_size, policy.rollover_ms, policy.inactivity_ms) <= 0:
            raise JobBuildError(f"{call}(...): size and intervals must be above zero")
        return policy

    @staticmethod
    def on_checkpoint_rolling_policy() -> OnCheckpointRollingPolicy:
        """At checkpoints only."""
        return OnCheckpointRollingPolicy()


@dataclass(frozen=True)
class DefaultRollingPolicy(RollingPolicy):
    """By size, age and pause, and at checkpoints."""

    part_size: int
    rollover_ms: int
    inactivity_ms: int

    def should_roll(self, size: int, opened_ms: int, last_write_ms: int, now_ms: int) -> bool:
        return (
            size >= self.part_size
            or now_ms - opened_ms >= self.rollover_ms
            or now_ms - last_write_ms >= self.inactivity_ms
        )


@dataclass(frozen=True)
class OnCheckpointRollingPolicy(RollingPolicy):
    """At checkpoints only."""


def _millis(value: int | timedelta | Duration | Time, call: str) -> int:
    return value if isinstance(value, int) else to_millis(value, call)
