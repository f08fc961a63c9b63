"""Turns frozen state into files: encodes in slices between the loop's steps, makes and writes files in the I/O pool."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from levada.checkpoint.manifest import FileEntry
from levada.common.logs import get_logger
from levada.common.services import Executor, Storage
from levada.state.snapshot import StatePart

if TYPE_CHECKING:
    import pyarrow as pa

log = get_logger(__name__)

SEGMENT_BYTES = 32 << 20
"""A part's file is written from this size on: bounds memory, and lets writing overlap encoding."""


def warm_up() -> None:
    """Load what encoding state needs now rather than in the middle of the first checkpoint.

    Arrow looks for pandas when it is first given a list, which takes a while where pandas is installed.
    """
    import pyarrow as pa

    import levada.state.encoding  # noqa: F401

    pa.array([0])


@dataclass(slots=True)
class PartJob:
    """One part to be written; ``done`` is called in the loop with its files, or an error."""

    folder: str
    uid: str
    subtask: int
    name: str
    part: StatePart
    done: Callable[[list[FileEntry], BaseException | None], None]
    files: list[FileEntry] = field(default_factory=list)
    unwritten: int = 0
    encoded: bool = False
    failed: BaseException | None = None


class SnapshotWriter:
    """Works off parts in the order they came.

    Parameters
    ----------
    storage : Storage
    executor : Executor
    """

    def __init__(self, storage: Storage, executor: Executor) -> None:
        self._storage = storage
        self._executor = executor
        self._jobs: deque[PartJob] = deque()
        self._encoding: Iterator[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether parts wait to be encoded."""
        return bool(self._jobs)

    def submit(self, job: PartJob) -> None:
        """Queue a part."""
        self._jobs.append(job)

    def step(self) -> bool:
        """Encode one slice (about a millisecond); False when there is nothing to encode."""
        if not self._jobs:
            return False
        job = self._jobs[0]
        if self._encoding is None:
            self._encoding = self._encode(job)
        try:
            next(self._encoding)
        except StopIteration:
            self._finish_encoding(job)
        except Exception as error:
            job.failed = error
            self._finish_encoding(job)
        return True

    def abandon(self) -> None:
        """Drop what is not yet encoded (the job is going down)."""
        self._encoding = None
        while self._jobs:
            job = self._jobs.popleft()
            if job.part.released is not None:
                job.part.released()

    def _finish_encoding(self, job: PartJob) -> None:
        self._encoding = None
        self._jobs.popleft()
        job.encoded = True
        if job.part.released is not None:
            job.part.released()
        self._maybe_done(job)

    def _maybe_done(self, job: PartJob) -> None:
        if job.encoded and job.unwritten == 0:
            job.done(sorted(job.files, key=lambda file: file.name), job.failed)

    def _encode(self, job: PartJob) -> Iterator[None]:
        batches: list[pa.RecordBatch] = []
        size = segment = 0
        for batch in job.part.batches():
            if not batch.num_rows:
                yield  # a pause of the encoder
                continue
            if batches and (not batch.schema.equals(batches[0].schema, check_metadata=True) or size > SEGMENT_BYTES):
                self._write(job, segment, batches)
                batches, size, segment = [], 0, segment + 1
            batches.append(batch)
            size += batch.nbytes
            yield
        if batches:
            self._write(job, segment, batches)

    def _write(self, job: PartJob, segment: int, batches: list[pa.RecordBatch]) -> None:
        name = f"{quote(job.uid, safe='')}.{job.subtask}.{quote(job.name, safe='')}.{segment}.arrow"
        job.unwritten += 1

        def work() -> FileEntry:
            # Putting the bytes together takes as long as encoding did: it is the pool's, too.
            data = memoryview(_as_file(batches))
            self._storage.write(f"{job.folder}/{name}", data)  # type: ignore[arg-type]
            rows = sum(batch.num_rows for batch in batches)
            return FileEntry(name, rows, len(data), hashlib.sha256(data).hexdigest())

        def done(entry: object, error: BaseException | None) -> None:
            job.unwritten -= 1
            if error is not None:
                job.failed = job.failed or error
            else:
                assert isinstance(entry, FileEntry)
                job.files.append(entry)
            self._maybe_done(job)

        self._executor.submit(work, done)


def _as_file(batches: list[pa.RecordBatch]) -> Any:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()
