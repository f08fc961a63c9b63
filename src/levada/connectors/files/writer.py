"""Writing and committing the files of a ``FileSink``."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from levada.common.batch import Batch, ColumnBatch
from levada.common.errors import StorageError, UserError
from levada.connectors.base import Committer, SinkWriter, WriterContext
from levada.connectors.files.buckets import BucketAssigner
from levada.connectors.files.naming import OutputFileConfig, PartNames, StagedFile
from levada.connectors.files.rolling import RollingPolicy
from levada.formats.base import BatchWriter, Format


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn failures to write into errors that name the file and the remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"{path} cannot be written: no space is left on the disk. Free some, or write to another disk; the job "
                "goes on from its last checkpoint and nothing is written twice"
            ) from error
        raise StorageError(f"{path} cannot be written: {error.strerror or error}") from error


@dataclass(frozen=True, slots=True)
class WriterState:
    """What a writer's successor must know: the number of its next file, and which finished files await their commit."""

    subtask: int
    counter: int
    pending: tuple[str, ...]


class _OpenFile:
    """One file in progress."""

    def __init__(self, final: Path, form: Format, now_ms: int) -> None:
        self.final = final
        self.path = PartNames.in_progress(final)
        self.opened_ms = self.last_write_ms = now_ms
        with writing(self.path):
            final.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = self.path.open("wb")
            self._identity = os.fstat(self._file.fileno())
        self._writer: BatchWriter = form.create_writer(self._file)

    @property
    def size(self) -> int:
        return self._file.tell()

    def write(self, batch: Batch, now_ms: int) -> None:
        with writing(self.path):
            self._writer.write(batch)
        self.last_write_ms = now_ms

    def finish(self) -> None:
        """Everything is on the disk after this, though still in progress by name."""
        with writing(self.path):
            self._writer.finish()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def give_up(self) -> None:
        with suppress(OSError):
            # A successor may have taken the name already.
            if os.path.samestat(self._identity, self.path.stat()):
                self.path.unlink()
        with suppress(OSError):
            self._file.close()


class FileWriter(SinkWriter):
    """Writes one subtask's batches into hidden files, which ``prepare_commit`` finishes."""

    def __init__(
        self,
        base: Path,
        form: Format,
        buckets: BucketAssigner,
        rolling: RollingPolicy,
        config: OutputFileConfig,
        context: WriterContext,
    ) -> None:
        self._base = base
        self._format = form
        self._buckets = buckets
        self._rolling = rolling
        self._clock = context.clock
        self._names = PartNames(base, config, context.subtask_index, context.run)
        with writing(base):
            base.mkdir(parents=True, exist_ok=True)
            if context.restored or context.attempt:
                kept = {state.subtask: (state.counter, set(state.pending)) for state in context.restored}
                if context.run and not context.restoring:
                    kept = {context.subtask_index: (0, set())}  # begun anew: nothing that is pending counts
                self._names.remove_leftovers(kept, context.parallelism, cut=bool(context.run) and context.restoring)
            # Above all counters on disk too: state may have gone to another subtask, and directories outlive jobs.
            self._counter = max([self._names.next_counter(), *(state.counter for state in context.restored)])
        self._pending: list[str] = []
        self._open: dict[str, _OpenFile] = {}
        self._finished: list[_OpenFile] = []

    def write(self, batch: Batch) -> None:
        if isinstance(batch, ColumnBatch) and batch.kinds is not None:
            _refuse_changes(batch)
        if not len(batch):
            return
        now_ms = self._clock.now_ms()
        for folder, part in self._buckets.divide(batch, now_ms):
            current = self._open.get(folder)
            if current is not None and self._rolling.should_roll(
                current.size, current.opened_ms, current.last_write_ms, now_ms
            ):
                self._finish(folder)
                current = None
            if current is None:
                final = self._names.final(self._base / folder, self._counter)
                self._counter += 1
                current = self._open[folder] = _OpenFile(final, self._format, now_ms)
            current.write(part, now_ms)

    def _finish(self, folder: str) -> None:
        file = self._open[folder]
        file.finish()
        del self._open[folder]
        self._finished.append(file)

    def flush(self, end_of_input: bool) -> None:
        """Nothing: output is made visible by commits alone."""

    def prepare_commit(self, checkpoint_id: int) -> list[Any]:
        for folder in list(self._open):
            self._finish(folder)
        committables = []
        for file in self._finished:
            pending = PartNames.pending(file.final)
            with writing(pending):
                file.path.rename(pending)
            committables.append(StagedFile(str(pending), str(file.final)))
        with writing(self._base):
            for parent in {file.final.parent for file in self._finished}:
                sync_folder(parent)
        self._finished.clear()
        self._pending += [item.staged for item in committables]
        return committables

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        # What is committed by now has its final name.
        self._pending = [path for path in self._pending if Path(path).exists()]
        return [WriterState(self._names.subtask, self._counter, tuple(self._pending))]

    def close(self) -> None:
        for file in [*self._open.values(), *self._finished]:
            file.give_up()
        self._open.clear()
        self._finished.clear()


class FileCommitter(Committer):
    """Gives staged files their final names, by links and unlinks that can be repeated at any point."""

    def commit(self, committables: Sequence[StagedFile]) -> None:
        folders = set()
        for item in committables:
            staged, final = Path(item.staged), Path(item.final)
            with writing(final):
                self._commit(staged, final)
            folders.add(final.parent)
        for folder in folders:
            with writing(folder):
                sync_folder(folder)

    def _commit(self, staged: Path, final: Path) -> None:
        """Several processes may do this for the same file at once: each finds either its own step to do, or it done."""
        try:
            os.link(staged, final)
        except FileNotFoundError:
            _check_committed(staged, final)
            return
        except FileExistsError:
            # A crash between the link and the unlink leaves both names of the one file.
            if not _is_same(staged, final):
                raise StorageError(
                    f"{final} cannot be committed: another job has written a file of this name. Give each job a "
                    "directory or a part prefix of its own: OutputFileConfig.builder().with_part_prefix(...)"
                ) from None
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
                raise
            _rename(staged, final)  # a file system without links
        staged.unlink(missing_ok=True)


def _rename(staged: Path, final: Path) -> None:
    try:
        staged.rename(final)
    except FileNotFoundError:
        _check_committed(staged, final)


def _check_committed(staged: Path, final: Path) -> None:
    if not final.exists():
        raise StorageError(
            f"{final} cannot be committed: neither it nor {staged.name}, finished for it, exists. Somebody removed "
            "output of a checkpoint; start the job without this checkpoint, into an empty directory"
        )


def _is_same(staged: Path, final: Path) -> bool:
    try:
        return staged.samefile(final)
    except FileNotFoundError:
        return final.exists()  # another process has just unlinked the staged name


def sync_folder(folder: Path) -> None:
    """Make new names in a directory durable, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refuse_changes(batch: ColumnBatch) -> None:
    from pyarrow import compute as pc

    if pc.any(pc.not_equal(batch.kinds, 0)).as_py():
        raise UserError(
            "a file sink takes inserts only, and this stream also updates or deletes rows; write a stream without "
            "changes (a window's result, say), or print it"
        )
