"""Where checkpoints go, under PyFlink's names. For ``CheckpointConfig.set_checkpoint_storage``."""

from __future__ import annotations

from pathlib import Path

from levada.common.errors import JobBuildError

__all__ = ["CheckpointStorage", "FileSystemCheckpointStorage", "JobManagerCheckpointStorage"]


class CheckpointStorage:
    """Base of the storages."""

    def __init__(self, checkpoint_path: str | Path | None = None) -> None:
        self._path = None if checkpoint_path is None else str(checkpoint_path)

    def get_checkpoint_path(self) -> str | None:
        """The directory; None where checkpoints end with the process."""
        return self._path

    def get_savepoint_path(self) -> None:
        """None: a savepoint is a checkpoint, in the same directory."""
        return


class FileSystemCheckpointStorage(CheckpointStorage):
    """A directory. The sizes are only told back: a state's file is as large as the state."""

    MAX_FILE_STATE_THRESHOLD = 1024 * 1024

    def __init__(
        self,
        checkpoint_path: str | Path,
        file_state_size_threshold: int | None = None,
        write_buffer_size: int = -1,
    ) -> None:
        if not checkpoint_path:
            raise JobBuildError(f"FileSystemCheckpointStorage({checkpoint_path!r}): pass a directory")
        super().__init__(checkpoint_path)
        self._threshold = file_state_size_threshold
        self._buffer = write_buffer_size

    def get_min_file_size_threshold(self) -> int:
        """What was given; 20 KiB at first."""
        return 20 * 1024 if self._threshold is None else self._threshold

    def get_write_buffer_size(self) -> int:
        """What was given; 4 KiB at first."""
        return 4096 if self._buffer < 0 else self._buffer


class JobManagerCheckpointStorage(CheckpointStorage):
    """The process's memory, for tests: restarts within the job recover from it. A path makes it a directory."""

    DEFAULT_MAX_STATE_SIZE = 5 * 1024 * 1024

    def __init__(self, checkpoint_path: str | Path | None = None, max_state_size: int | None = None) -> None:
        super().__init__(checkpoint_path)
        self._max_state_size = self.DEFAULT_MAX_STATE_SIZE if max_state_size is None else max_state_size

    def get_max_state_size(self) -> int:
        """What was given, which limits nothing; 5 MiB at first."""
        return self._max_state_size
