"""One live process per checkpoint directory: an advisory lock that dies with its process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from levada.common.errors import CheckpointDirectoryInUseError, StorageError

LOCK_NAME = "LOCK"


class DirectoryLock:
    """Held from construction to ``release``.

    Raises
    ------
    CheckpointDirectoryInUseError
        While another live process holds it; the message names its pid.
    StorageError
        Where nothing can be written there.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.path = Path(directory) / LOCK_NAME
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[str] | None = self.path.open("a+", encoding="ascii")
        except OSError as error:
            raise StorageError(
                f"no checkpoints can be written to {directory}: {error.strerror or error}; point "
                "execution.checkpointing.dir at a directory that this process may write to"
            ) from error
        if not _try_lock(self._file):
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            self._file = None
            if holder == str(os.getpid()):
                held, remedy = f"another job of this process ({holder})", "let that job end"
            else:
                held, remedy = f"process {holder}", f"stop that process (kill {holder})"
            raise CheckpointDirectoryInUseError(
                f"the checkpoint directory {directory} is in use by {held}; {remedy}, or give this job a directory of "
                "its own with execution.checkpointing.dir"
            )
        self._file.seek(0)
        self._file.truncate()
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Give the directory free."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _try_lock(file: IO[str]) -> bool:
    if os.name == "nt":
        import msvcrt

        try:
            # Far behind the pid, so that others can still read it.
            file.seek(1 << 20)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
