"""What an environment's checkpoints are like."""

from __future__ import annotations

from datetime import timedelta

from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError
from levada.common.options import CHECKPOINT_INTERVAL, CHECKPOINT_TIMEOUT
from levada.common.time import Duration, Time, to_millis
from levada.datastream.checkpointing_mode import CheckpointingMode

__all__ = ["CheckpointConfig"]

Millis = int | timedelta | Duration | Time


class CheckpointConfig:
    """A view of the environment's checkpoint settings; changing it changes the environment."""

    DEFAULT_MODE = CheckpointingMode.EXACTLY_ONCE

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._mode = CheckpointingMode.EXACTLY_ONCE

    def is_checkpointing_enabled(self) -> bool:
        """Whether checkpoints are taken."""
        return self._configuration.get(CHECKPOINT_INTERVAL) is not None

    def get_checkpoint_interval(self) -> int:
        """Milliseconds between two checkpoints; -1 where none are taken."""
        interval = self._configuration.get(CHECKPOINT_INTERVAL)
        return -1 if interval is None else _to_millis(interval)

    def set_checkpoint_interval(self, checkpoint_interval: Millis) -> CheckpointConfig:
        """Take a checkpoint this often (ms, or a length of time)."""
        interval = as_millis(checkpoint_interval, "set_checkpoint_interval(checkpoint_interval)")
        self._configuration.set(CHECKPOINT_INTERVAL, timedelta(milliseconds=interval))
        return self

    def get_checkpoint_timeout(self) -> int:
        """Milliseconds after which a checkpoint is given up."""
        return _to_millis(self._configuration.get(CHECKPOINT_TIMEOUT))

    def set_checkpoint_timeout(self, checkpoint_timeout: Millis) -> CheckpointConfig:
        """Give a checkpoint up after this long (ms, or a length of time)."""
        timeout = as_millis(checkpoint_timeout, "set_checkpoint_timeout(checkpoint_timeout)")
        self._configuration.set(CHECKPOINT_TIMEOUT, timedelta(milliseconds=timeout))
        return self

    def get_checkpointing_mode(self) -> CheckpointingMode:
        """The mode that was asked for."""
        return self._mode

    def set_checkpointing_mode(self, checkpointing_mode: CheckpointingMode) -> CheckpointConfig:
        """Ask for a mode; exactly-once is given in any case."""
        if not isinstance(checkpointing_mode, CheckpointingMode):
            raise JobBuildError(
                f"set_checkpointing_mode({checkpointing_mode!r}): pass CheckpointingMode.EXACTLY_ONCE or AT_LEAST_ONCE"
            )
        self._mode = checkpointing_mode
        return self


def as_millis(given: Millis, call: str) -> int:
    """Positive milliseconds from a whole number of them, or from a length of time."""
    millis = given if isinstance(given, int) else to_millis(given, call)
    if millis <= 0:
        raise JobBuildError(f"{call}: {given!r} is not positive")
    return millis


def _to_millis(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
