"""The checkpoints of one directory: list, verify, read, publish, delete."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from levada.checkpoint import manifest as manifests
from levada.checkpoint.manifest import Manifest
from levada.common.errors import CheckpointCorruptError
from levada.common.logs import get_logger
from levada.common.services import Storage

if TYPE_CHECKING:
    import pyarrow as pa

log = get_logger(__name__)

MANIFEST = "manifest.json"
_FOLDER = re.compile(r"chk-(\d+)/")


def folder_of(checkpoint_id: int) -> str:
    """The folder of a checkpoint below the storage's root."""
    return f"chk-{checkpoint_id:06d}"


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A verified checkpoint and where its files are."""

    store: CheckpointStore
    manifest: Manifest

    @property
    def path(self) -> str:
        """For people."""
        return f"{self.store.storage}/{folder_of(self.manifest.checkpoint_id)}"

    def batches(self, uid: str, part: str) -> Iterator[pa.RecordBatch]:
        """The record batches of an operator's part, of all subtasks that wrote it."""
        import pyarrow as pa

        operator = self.manifest.operators.get(uid)
        entry = None if operator is None else operator.parts.get(part)
        if entry is None:
            return
        folder = folder_of(self.manifest.checkpoint_id)
        for files in entry.subtasks.values():
            for file in files:
                data = self.store.storage.read(f"{folder}/{file.name}")
                reader = pa.ipc.open_file(pa.py_buffer(data))
                for index in range(reader.num_record_batches):
                    yield reader.get_batch(index)

    def values(self, uid: str, part: str) -> list[Any]:
        """A list part's Python values."""
        from levada.state.encoding import decode_values

        return [value for batch in self.batches(uid, part) for value in decode_values(batch)]


class CheckpointStore:
    """Checkpoints below one storage root."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def ids(self) -> list[int]:
        """Ids of all complete checkpoints (those with a manifest), rising."""
        found = []
        for name in self.storage.list("chk-"):
            match = _FOLDER.match(name)
            if match is not None and name.endswith(f"/{MANIFEST}"):
                found.append(int(match.group(1)))
        return sorted(found)

    def highest_id(self) -> int:
        """The highest id ever begun here, complete or not; 0 where there is none."""
        matches = (_FOLDER.match(name) for name in self.storage.list("chk-"))
        return max((int(match.group(1)) for match in matches if match is not None), default=0)

    def read_manifest(self, checkpoint_id: int) -> Manifest:
        """A manifest, checked against its own checksum only."""
        name = f"{folder_of(checkpoint_id)}/{MANIFEST}"
        label = f"checkpoint {self.storage}/{folder_of(checkpoint_id)}"
        try:
            data = self.storage.read(name)
        except FileNotFoundError:
            raise CheckpointCorruptError(f"{label}: there is no manifest, so it was never completed") from None
        return manifests.decode(data, label)

    def load(self, checkpoint_id: int) -> StoredCheckpoint:
        """A checkpoint whose every file has been checked.

        Raises
        ------
        CheckpointCorruptError
            Naming the file that is missing, truncated or changed.
        """
        manifest = self.read_manifest(checkpoint_id)
        folder = folder_of(checkpoint_id)
        for uid, part, _, file in manifest.files():
            label = f"checkpoint {self.storage}/{folder}: file {file.name} (state {part!r} of {uid})"
            try:
                data = self.storage.read(f"{folder}/{file.name}")
            except FileNotFoundError:
                raise CheckpointCorruptError(f"{label} is missing") from None
            if len(data) != file.size:
                raise CheckpointCorruptError(f"{label} has {len(data)} bytes instead of {file.size}")
            if hashlib.sha256(data).hexdigest() != file.sha256:
                raise CheckpointCorruptError(f"{label} does not match its checksum")
        return StoredCheckpoint(self, manifest)

    def load_latest(self) -> StoredCheckpoint | None:
        """The newest checkpoint that is whole, saying so where a newer one is not; None where there is none at all.

        Raises
        ------
        CheckpointCorruptError
            When there are checkpoints but none is whole, or the whole ones are of an earlier start of the job, whose
            input and output need not go with this one's.
        """
        ids = self.ids()
        broken: CheckpointCorruptError | None = None
        run: str | None = None
        for checkpoint_id in reversed(ids):
            try:
                found = self.load(checkpoint_id)
            except CheckpointCorruptError as error:
                broken = error
                run = run or self.run_of(checkpoint_id)
                log.warning("%s; falling back to the checkpoint before it", error)
                continue
            if run is not None and found.manifest.run != run:
                raise CheckpointCorruptError(
                    f"{broken}; the checkpoint before it, {found.path}, is of an earlier start of the job. To go on "
                    f"from there all the same, name it: --from {found.path}"
                )
            return found
        if broken is not None:
            raise CheckpointCorruptError(
                f"none of the {len(ids)} checkpoints in {self.storage} is whole; the oldest: {broken}"
            )
        return None

    def run_of(self, checkpoint_id: int) -> str | None:
        """Which start of the job a checkpoint belongs to, where at least its manifest is whole."""
        try:
            return self.read_manifest(checkpoint_id).run
        except CheckpointCorruptError:
            return None

    def publish(self, manifest: Manifest) -> None:
        """Make a checkpoint count: its files are all written, now its manifest appears."""
        self.storage.publish(f"{folder_of(manifest.checkpoint_id)}/{MANIFEST}", manifests.encode(manifest))

    def sweep(self) -> None:
        """Remove folders of checkpoints that were never completed. Only for who holds the directory's lock."""
        complete = set(self.ids())
        begun = {int(match.group(1)) for name in self.storage.list("chk-") if (match := _FOLDER.match(name))}
        for checkpoint_id in begun - complete:
            self.storage.delete_tree(folder_of(checkpoint_id))

    def delete(self, checkpoint_id: int) -> None:
        """Remove a checkpoint: first its manifest, so that a crash in between leaves no half of one."""
        self.storage.delete_tree(f"{folder_of(checkpoint_id)}/{MANIFEST}")
        self.storage.delete_tree(folder_of(checkpoint_id))
