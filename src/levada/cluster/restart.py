"""Restart strategies: whether and when a failed job is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from levada.common import options
from levada.common.configuration import Configuration
from levada.common.errors import LevadaError


@dataclass(slots=True)
class FixedDelayRestart:
    """Up to ``attempts`` restarts, each ``delay`` after its failure (Flink: ``fixed-delay``)."""

    attempts: int
    delay: timedelta
    used: int = 0

    def next_delay_ms(self, error: BaseException) -> int | None:
        """How long to wait before trying again; None: give up.

        An error that says that a retry cannot help (``retryable`` False) is never retried.
        """
        if isinstance(error, LevadaError) and not error.retryable:
            return None
        if self.used >= self.attempts:
            return None
        self.used += 1
        return int(self.delay.total_seconds() * 1000)


def from_configuration(config: Configuration, checkpointing: bool) -> FixedDelayRestart:
    """The strategy of a job: what is configured, else fixed delay with checkpoints and none without."""
    kind = config.get(options.RESTART_STRATEGY)
    if kind is None:
        kind = "fixed-delay" if checkpointing else "none"
    if kind in ("fixed-delay", "fixeddelay"):
        return FixedDelayRestart(config.get(options.RESTART_ATTEMPTS), config.get(options.RESTART_DELAY))
    return FixedDelayRestart(0, timedelta(0))
