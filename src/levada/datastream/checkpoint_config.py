"""What an environment's checkpoints are like."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError
from levada.common.logs import get_logger
from levada.common.options import (
    CHECKPOINT_DIR,
    CHECKPOINT_INTERVAL,
    CHECKPOINT_TIMEOUT,
    MIN_PAUSE,
    TOLERABLE_FAILURES,
)
from levada.common.time import Duration, Time, to_millis
from levada.datastream.checkpoint_storage import (
    CheckpointStorage,
    FileSystemCheckpointStorage,
    JobManagerCheckpointStorage,
)
from levada.datastream.checkpointing_mode import CheckpointingMode
from levada.datastream.externalized_checkpoint_retention import ExternalizedCheckpointRetention

__all__ = ["CheckpointConfig"]

log = get_logger(__name__)

_ANY_NUMBER = 2**31 - 1

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

    def set_checkpoint_storage(self, storage: CheckpointStorage | str | Path) -> CheckpointConfig:
        """Write checkpoints into a directory: its path, or a storage that names it."""
        path = storage.get_checkpoint_path() if isinstance(storage, CheckpointStorage) else str(storage)
        if path is not None:
            self._configuration.set(CHECKPOINT_DIR, path)
        return self

    def get_checkpoint_storage(self) -> CheckpointStorage:
        """Where checkpoints are written: a directory, or memory where none is set."""
        path = self._configuration.get(CHECKPOINT_DIR)
        return JobManagerCheckpointStorage() if path is None else FileSystemCheckpointStorage(path)

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

    def get_min_pause_between_checkpoints(self) -> int:
        """Milliseconds that lie between two checkpoints at least."""
        return _to_millis(self._configuration.get(MIN_PAUSE))

    def set_min_pause_between_checkpoints(self, min_pause_between_checkpoints: Millis) -> CheckpointConfig:
        """Leave at least so long (ms, or a length of time) between the end of a checkpoint and the next."""
        call = "set_min_pause_between_checkpoints(min_pause_between_checkpoints)"
        pause = 0 if min_pause_between_checkpoints == 0 else as_millis(min_pause_between_checkpoints, call)
        self._configuration.set(MIN_PAUSE, timedelta(milliseconds=pause))
        return self

    def get_tolerable_checkpoint_failure_number(self) -> int:
        """How many periodic checkpoints in a row may fail before the job does."""
        return self._configuration.get(TOLERABLE_FAILURES)

    def set_tolerable_checkpoint_failure_number(self, tolerable_checkpoint_failure_number: int) -> CheckpointConfig:
        """Let the job go on when so many periodic checkpoints in a row have failed."""
        number = tolerable_checkpoint_failure_number
        if not isinstance(number, int) or number < 0:
            raise JobBuildError(f"set_tolerable_checkpoint_failure_number({number!r}): pass a number, 0 or more")
        self._configuration.set(TOLERABLE_FAILURES, number)
        return self

    def is_fail_on_checkpointing_errors(self) -> bool:
        """Whether the first checkpoint that fails fails the job."""
        return self.get_tolerable_checkpoint_failure_number() == 0

    def set_fail_on_checkpointing_errors(self, fail_on_checkpointing_errors: bool) -> CheckpointConfig:
        """Tolerate no failure of a checkpoint, or any number of them."""
        return self.set_tolerable_checkpoint_failure_number(0 if fail_on_checkpointing_errors else _ANY_NUMBER)

    def get_max_concurrent_checkpoints(self) -> int:
        """1: the next checkpoint begins when the one before has ended."""
        return 1

    def set_max_concurrent_checkpoints(self, max_concurrent_checkpoints: int) -> CheckpointConfig:
        """Accept 1; warn of more, which has no effect."""
        if not isinstance(max_concurrent_checkpoints, int) or max_concurrent_checkpoints < 1:
            raise JobBuildError(f"set_max_concurrent_checkpoints({max_concurrent_checkpoints!r}): pass 1")
        if max_concurrent_checkpoints > 1:
            log.warning("set_max_concurrent_checkpoints() has no effect: one checkpoint is taken at a time")
        return self

    def is_externalized_checkpoints_enabled(self) -> bool:
        """True: checkpoints are kept when the job has ended."""
        return True

    def get_externalized_checkpoint_retention(self) -> ExternalizedCheckpointRetention:
        """RETAIN_ON_CANCELLATION: a cancelled job's checkpoints are kept."""
        return ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION

    def set_externalized_checkpoint_retention(
        self, retention_mode: ExternalizedCheckpointRetention
    ) -> CheckpointConfig:
        """Accept RETAIN_ON_CANCELLATION; warn of the others, which have no effect."""
        if not isinstance(retention_mode, ExternalizedCheckpointRetention):
            raise JobBuildError(
                f"set_externalized_checkpoint_retention({retention_mode!r}): pass "
                "ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION"
            )
        if retention_mode is not ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION:
            log.warning("%s has no effect: checkpoints of a cancelled job are kept", retention_mode)
        return self

    def is_unaligned_checkpoints_enabled(self) -> bool:
        """False: barriers are aligned."""
        return False

    def enable_unaligned_checkpoints(self, enabled: bool = True) -> CheckpointConfig:
        """Warn: barriers are aligned, which gives the same results."""
        if enabled:
            log.warning("unaligned checkpoints have no effect: barriers are aligned")
        return self

    def disable_unaligned_checkpoints(self) -> CheckpointConfig:
        """Nothing changes: barriers are aligned."""
        return self

    def get_aligned_checkpoint_timeout(self) -> Duration:
        """Zero: aligned barriers never overtake records."""
        return Duration.of_millis(0)

    def set_aligned_checkpoint_timeout(self, alignment_timeout: Duration | timedelta) -> CheckpointConfig:
        """Warn: barriers are aligned however long it takes."""
        to_millis(alignment_timeout, "set_aligned_checkpoint_timeout(alignment_timeout)")
        log.warning("a timeout of alignment has no effect: barriers are aligned")
        return self

    def get_alignment_timeout(self) -> Duration:
        """As ``get_aligned_checkpoint_timeout``."""
        return self.get_aligned_checkpoint_timeout()

    def set_alignment_timeout(self, alignment_timeout: Duration | timedelta) -> CheckpointConfig:
        """As ``set_aligned_checkpoint_timeout``."""
        return self.set_aligned_checkpoint_timeout(alignment_timeout)

    def is_force_unaligned_checkpoints(self) -> bool:
        """False: barriers are aligned."""
        return False

    def set_force_unaligned_checkpoints(self, force_unaligned_checkpoints: bool = True) -> CheckpointConfig:
        """Warn: barriers are aligned, which gives the same results."""
        return self.enable_unaligned_checkpoints(force_unaligned_checkpoints)


def as_millis(given: Millis, call: str) -> int:
    """Positive milliseconds from a whole number of them, or from a length of time."""
    millis = given if isinstance(given, int) else to_millis(given, call)
    if millis <= 0:
        raise JobBuildError(f"{call}: {given!r} is not positive")
    return millis


def _to_millis(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
