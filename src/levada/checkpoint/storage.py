"""Where checkpoint files live: a local directory, or memory for jobs that only need restarts within the process."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from levada.common.errors import StorageError


class LocalStorage:
    """Files below a directory. ``publish`` is a write to a temporary name, fsync, and an atomic rename.

    Parameters
    ----------
    root : path
        Made, with its parents, by the first write.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    def write(self, name: str, data: bytes) -> None:
        path = self.root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _explain(error, "write", path) from error

    def publish(self, name: str, data: bytes) -> None:
        path = self.root / name
        temporary = f"{name}.tmp"
        self.write(temporary, data)
        try:
            (self.root / temporary).replace(path)
            _sync_directory(path.parent)
            _sync_directory(path.parent.parent)
        except OSError as error:
            raise _explain(error, "publish", path) from error

    def read(self, name: str) -> bytes:
        path = self.root / name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _explain(error, "read", path) from error

    def list(self, prefix: str) -> list[str]:
        base = self.root / prefix.rpartition("/")[0]
        if not base.is_dir():
            return []
        names = (path.relative_to(self.root).as_posix() for path in base.rglob("*") if path.is_file())
        return sorted(name for name in names if name.startswith(prefix))

    def delete_tree(self, prefix: str) -> None:
        path = self.root / prefix
        if path.is_file():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path, ignore_errors=True)

    def __str__(self) -> str:
        return str(self.root)


class MemoryStorage:
    """Files in a dict: survives restarts of the job within the process, not the process."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def write(self, name: str, data: bytes) -> None:
        self.files[name] = bytes(data)

    def publish(self, name: str, data: bytes) -> None:
        self.files[name] = bytes(data)

    def read(self, name: str) -> bytes:
        try:
            return self.files[name]
        except KeyError:
            raise FileNotFoundError(name) from None

    def list(self, prefix: str) -> list[str]:
        return sorted(name for name in self.files if name.startswith(prefix))

    def delete_tree(self, prefix: str) -> None:
        self.files.pop(prefix, None)
        for name in self.list(f"{prefix.rstrip('/')}/"):
            del self.files[name]

    def __str__(self) -> str:
        return "memory"


def _explain(error: OSError, action: str, path: Path) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"cannot {action} {path}: no space left on the disk; free some, or point execution.checkpointing.dir at "
            "another. Checkpoints completed so far are untouched"
        )
    return StorageError(f"cannot {action} {path}: {error.strerror or error}")


def _sync_directory(path: Path) -> None:
    if os.name == "nt":
        return  # directories cannot be opened for fsync there; NTFS journals renames
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
