"""Looking at checkpoints from outside a job: what a directory holds, what is in one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from levada.checkpoint.manifest import Manifest
from levada.checkpoint.storage import LocalStorage
from levada.checkpoint.store import CheckpointStore, folder_of
from levada.common.errors import CheckpointCorruptError, UserError


@dataclass(frozen=True, slots=True)
class CheckpointSummary:
    """One line of ``levada checkpoints list``; ``problem`` says what is wrong with it, if anything."""

    checkpoint_id: int
    path: str
    manifest: Manifest | None
    problem: str | None


def list_checkpoints(directory: str | PathLike[str]) -> Sequence[CheckpointSummary]:
    """The checkpoints in a directory, oldest first, each fully verified.

    Raises
    ------
    UserError
        When there is no such directory.
    """
    root = Path(directory)
    if not root.is_dir():
        raise UserError(f"there is no directory {root}; pass the job's execution.checkpointing.dir")
    store = CheckpointStore(LocalStorage(root))
    found = []
    for checkpoint_id in store.ids():
        path = str(root / folder_of(checkpoint_id))
        try:
            found.append(CheckpointSummary(checkpoint_id, path, store.load(checkpoint_id).manifest, None))
        except CheckpointCorruptError as error:
            found.append(CheckpointSummary(checkpoint_id, path, None, str(error)))
    return found


def describe(path: str | PathLike[str]) -> CheckpointSummary:
    """One checkpoint, given its folder, or a directory whose newest is meant."""
    folder = Path(path)
    store, checkpoint_id = locate(folder)
    try:
        return CheckpointSummary(checkpoint_id, str(folder), store.load(checkpoint_id).manifest, None)
    except CheckpointCorruptError as error:
        return CheckpointSummary(checkpoint_id, str(folder), None, str(error))


def locate(path: Path) -> tuple[CheckpointStore, int]:
    """The store and id that a path means: a checkpoint's folder, or a directory of checkpoints (its newest).

    Raises
    ------
    UserError
        When there is no checkpoint.
    """
    if path.name.startswith("chk-") and path.name[4:].isdigit():
        if not path.is_dir():
            raise UserError(f"there is no checkpoint {path}; see: levada checkpoints list {path.parent}")
        return CheckpointStore(LocalStorage(path.parent)), int(path.name[4:])
    if not path.is_dir():
        raise UserError(f"there is no checkpoint directory {path}")
    store = CheckpointStore(LocalStorage(path))
    ids = store.ids()
    if not ids:
        raise UserError(f"{path} holds no completed checkpoint")
    return store, ids[-1]
