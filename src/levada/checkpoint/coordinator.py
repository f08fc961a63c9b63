"""Triggers checkpoints, gathers their parts, makes them count, and throws old ones away.

One checkpoint is on its way at a time. Order of a checkpoint (design, "A barrier's walk"): coordinators (enumerators)
are snapshot, sources are given the barrier, tasks hand in frozen state, the parts are written, the manifest is
published, and only then are the tasks told, so that sinks commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from levada.checkpoint.manifest import Manifest, OperatorEntry, PartEntry
from levada.checkpoint.store import CheckpointStore, folder_of
from levada.checkpoint.writer import PartJob, SnapshotWriter
from levada.common.elements import Barrier, BarrierKind
from levada.common.errors import CheckpointError
from levada.common.logs import get_logger
from levada.common.services import Clock, Executor
from levada.state.snapshot import StatePart

log = get_logger(__name__)

Snapshots = Mapping[str, Mapping[str, StatePart]]


class CheckpointTarget(Protocol):
    """The running job as the coordinator sees it."""

    def snapshot_coordinators(self) -> Mapping[str, StatePart]:
        """State of the operator coordinators, by the uid of their operator."""
        ...

    def inject(self, barrier: Barrier) -> None:
        """Give the barrier to all sources."""
        ...

    def task_count(self) -> int:
        """How many tasks must hand in their state."""
        ...

    def checkpoint_complete(self, checkpoint_id: int) -> None:
        """Tell every task that the checkpoint counts."""
        ...

    def describe_operators(self) -> dict[str, OperatorEntry]:
        """An entry, without parts, for each operator."""
        ...


@dataclass(slots=True)
class CheckpointSettings:
    """How often, how long, how many; ``tolerable_failures`` periodic checkpoints in a row may fail."""

    interval: timedelta | None
    timeout: timedelta
    retained: int
    min_pause: timedelta = timedelta(0)
    tolerable_failures: int = 0


@dataclass(slots=True)
class CheckpointStats:
    """What is known of the newest completed checkpoint, and how many there were."""

    completed: int = 0
    failed: int = 0
    last_id: int | None = None
    last_duration_ms: int = 0
    last_bytes: int = 0
    last_completed_at: int | None = None


@dataclass(slots=True)
class _Pending:
    barrier: Barrier
    kind: BarrierKind
    waiting_tasks: int
    operators: dict[str, OperatorEntry]
    unwritten: int = 0
    on_done: Callable[[bool], None] | None = None
    jobs: list[PartJob] = field(default_factory=list)


class CheckpointCoordinator:
    """Runs the checkpoints of one attempt of a job.

    Parameters
    ----------
    store : CheckpointStore
    target : CheckpointTarget
    settings : CheckpointSettings
    clock, executor
    job_name, run, max_parallelism, version
        Written into manifests.
    next_id : int
        Id of the first checkpoint.
    lineage : list of int
        Completed checkpoints this run descends from, oldest first: these are what retention counts.
    stats : CheckpointStats
        Kept over restarts by the caller.
    """

    def __init__(
        self,
        *,
        store: CheckpointStore,
        target: CheckpointTarget,
        settings: CheckpointSettings,
        clock: Clock,
        executor: Executor,
        job_name: str,
        run: str,
        max_parallelism: int,
        version: str,
        next_id: int,
        lineage: list[int],
        stats: CheckpointStats,
    ) -> None:
        self._store = store
        self._target = target
        self._settings = settings
        self._clock = clock
        self._executor = executor
        self._job_name = job_name
        self._run = run
        self._max_parallelism = max_parallelism
        self._version = version
        self._next_id = next_id
        self._lineage = lineage
        self._pending: _Pending | None = None
        self._last_begin = self._last_end = clock.now_ms()
        self._failed_in_a_row = 0
        self.stats = stats
        self.periodic = True
        """Turned off when the job comes to its end, so that the last checkpoint finds none on its way."""
        self.writer = SnapshotWriter(store.storage, executor)

    @property
    def in_flight(self) -> bool:
        """Whether a checkpoint is on its way."""
        return self._pending is not None

    @property
    def next_id(self) -> int:
        """The id the next checkpoint will have."""
        return self._next_id

    def next_trigger_ms(self) -> int | None:
        """When ``tick`` will have something to do."""
        if self._pending is not None:
            return self._pending.barrier.timestamp + _ms(self._settings.timeout)
        settings = self._settings
        if settings.interval is None or not self.periodic:
            return None
        return max(self._last_begin + _ms(settings.interval), self._last_end + _ms(settings.min_pause))

    def tick(self, now: int) -> None:
        """Trigger when due; give up what takes too long."""
        due = self.next_trigger_ms()
        if due is None or now < due:
            return
        if self._pending is not None:
            timeout = self._settings.timeout
            self._fail(CheckpointError(f"checkpoint {self._pending.barrier.checkpoint_id} took longer than {timeout}"))
        else:
            self.trigger()

    def trigger(self, kind: BarrierKind = BarrierKind.CHECKPOINT, on_done: Callable[[bool], None] | None = None) -> int:
        """Begin a checkpoint; ``on_done(completed)`` is called once. Returns its id."""
        if self._pending is not None:
            raise CheckpointError("a checkpoint is on its way already")
        barrier = Barrier(self._next_id, self._clock.now_ms(), kind)
        self._next_id += 1
        self._last_begin = self._last_end = barrier.timestamp
        pending = _Pending(barrier, kind, self._target.task_count(), self._target.describe_operators(), on_done=on_done)
        self._pending = pending
        for uid, part in self._target.snapshot_coordinators().items():
            self._write(pending, uid, 0, "coordinator", part)
        self._target.inject(barrier)
        return barrier.checkpoint_id

    def hand_in(self, barrier: Barrier, subtask_index: int, snapshots: Snapshots) -> None:
        """A task's frozen state."""
        pending = self._pending
        if pending is None or (pending.barrier is not barrier and pending.barrier != barrier):
            for parts in snapshots.values():
                for part in parts.values():
                    if part.released is not None:
                        part.released()
            return
        pending.waiting_tasks -= 1
        for uid, parts in snapshots.items():
            for name, part in parts.items():
                self._write(pending, uid, subtask_index, name, part)
        self._maybe_publish(pending)

    def abort(self) -> None:
        """The attempt is going down: forget what is on its way."""
        pending, self._pending = self._pending, None
        self.writer.abandon()
        if pending is not None and pending.on_done is not None:
            pending.on_done(False)

    def _write(self, pending: _Pending, uid: str, subtask: int, name: str, part: StatePart) -> None:
        entry = pending.operators[uid].parts.setdefault(name, PartEntry(part.kind.value))

        def done(files: list, error: BaseException | None) -> None:  # type: ignore[type-arg]
            if self._pending is not pending:
                return
            pending.unwritten -= 1
            if error is not None:
                self._fail(error)
                return
            if files:
                entry.subtasks[subtask] = files
            self._maybe_publish(pending)

        pending.unwritten += 1
        self.writer.submit(PartJob(folder_of(pending.barrier.checkpoint_id), uid, subtask, name, part, done))

    def _maybe_publish(self, pending: _Pending) -> None:
        if pending.waiting_tasks > 0 or pending.unwritten > 0:
            return
        barrier = pending.barrier
        now = self._clock.now_ms()
        manifest = Manifest(
            checkpoint_id=barrier.checkpoint_id,
            job_name=self._job_name,
            run=self._run,
            timestamp=barrier.timestamp,
            duration_ms=now - barrier.timestamp,
            kind=pending.kind.value,
            max_parallelism=self._max_parallelism,
            levada_version=self._version,
            operators=pending.operators,
        )

        def published(_: object, error: BaseException | None) -> None:
            if self._pending is not pending:
                return
            if error is not None:
                self._fail(error)
            else:
                self._complete(pending, manifest)

        self._executor.submit(lambda: self._store.publish(manifest), published)

    def _complete(self, pending: _Pending, manifest: Manifest) -> None:
        self._pending = None
        now = self._clock.now_ms()
        checkpoint_id = manifest.checkpoint_id
        stats = self.stats
        stats.completed += 1
        stats.last_id = checkpoint_id
        stats.last_duration_ms = now - manifest.timestamp
        stats.last_bytes = manifest.size
        stats.last_completed_at = self._last_end = now
        self._failed_in_a_row = 0
        log.debug("checkpoint %d complete: %d bytes in %d ms", checkpoint_id, stats.last_bytes, stats.last_duration_ms)
        self._lineage.append(checkpoint_id)
        self._target.checkpoint_complete(checkpoint_id)
        while len(self._lineage) > max(1, self._settings.retained):
            old = self._lineage.pop(0)
            if pending.on_done is None:
                self._executor.submit(lambda old=old: self._store.delete(old), _log_failure)  # type: ignore[misc]
            else:
                self._delete_now(old)
        if pending.on_done is not None:
            pending.on_done(True)

    def _delete_now(self, checkpoint_id: int) -> None:
        """After the last checkpoint nobody waits for the pool any more."""
        try:
            self._store.delete(checkpoint_id)
        except Exception as error:
            _log_failure(None, error)

    def _fail(self, error: BaseException) -> None:
        """A checkpoint that cannot be completed fails the attempt, unless some failures are tolerated."""
        pending, self._pending = self._pending, None
        self.stats.failed += 1
        if pending is not None:
            folder = folder_of(pending.barrier.checkpoint_id)
            self._executor.submit(lambda: self._store.storage.delete_tree(folder), _log_failure)
            if pending.on_done is not None:
                pending.on_done(False)
            elif pending.kind is BarrierKind.CHECKPOINT and self._failed_in_a_row < self._settings.tolerable_failures:
                self._failed_in_a_row += 1
                self._last_end = self._clock.now_ms()
                self.writer.abandon()
                log.warning("checkpoint %d failed, which is tolerated: %s", pending.barrier.checkpoint_id, error)
                return
        raise error


def _log_failure(_: object, error: BaseException | None) -> None:
    if error is not None:
        log.warning("an old checkpoint could not be deleted: %s", error)


def _ms(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)
