"""A job in the calling process: attempts, restarts, checkpoints, stopping. No thread, no server.

States: ``CREATED -> RUNNING -> FINISHED | CANCELED | FAILED``, with ``RESTARTING`` between attempts.
"""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from typing import Any

from levada.checkpoint.coordinator import CheckpointCoordinator, CheckpointSettings, CheckpointStats
from levada.checkpoint.lock import DirectoryLock
from levada.checkpoint.storage import LocalStorage, MemoryStorage
from levada.checkpoint.store import CheckpointStore, StoredCheckpoint
from levada.checkpoint.writer import warm_up
from levada.cluster import recovery_point, restart
from levada.cluster.collector import CalmCollector
from levada.cluster.progress import JobProgress, ProgressPrinter
from levada.cluster.signals import StopSignals
from levada.common import options
from levada.common.configuration import Configuration
from levada.common.elements import MIN_TIMESTAMP, BarrierKind
from levada.common.errors import CheckpointCorruptError, InternalError, JobCanceledError
from levada.common.job_execution_result import JobExecutionResult
from levada.common.job_status import JobStatus
from levada.common.logs import get_logger, task_context
from levada.common.version import VERSION
from levada.graph.job_graph import JobGraph
from levada.graph.plan import plan
from levada.graph.transformation import LogicalGraph
from levada.operators.row.accumulators import merged
from levada.runtime.execution import Execution
from levada.runtime.services import Services

log = get_logger(__name__)

STOP_LIMIT_MS = 9_000
"""A stop that has not completed its last checkpoint by then becomes a cancellation."""


class EmbeddedJob:
    """One job. ``step`` and ``run`` drive it in the caller's thread; ``cancel`` and ``stop`` work from any.

    Parameters
    ----------
    graph : JobGraph
    config : Configuration
    services : Services
    store : CheckpointStore or None
        Where checkpoints go; None takes what the configuration says.
    """

    def __init__(
        self, graph: JobGraph, config: Configuration, services: Services, store: CheckpointStore | None = None
    ) -> None:
        self.graph = graph
        self.status = JobStatus.CREATED
        self.failure: BaseException | None = None
        self.stats = CheckpointStats()
        self.restored_from: int | None = None
        self._config = config
        self._services = services
        self._store = None if graph.batch else store or _configured_store(config)
        if graph.batch:
            _warn_of_checkpoints(config)
        self._restart = restart.from_configuration(config, self._store is not None)
        self._execution: Execution | None = None
        self._lock: DirectoryLock | None = None
        self._lineage: list[int] = []
        self._next_id = 1
        self._run = uuid.uuid4().hex if services.random is None else f"{services.random.getrandbits(64):016x}"
        self.job_id = self._run
        self._attempt = 0
        self._restart_at = 0
        self._cancel = threading.Event()
        self._stop = threading.Event()
        self._stop_by: int | None = None
        self._last_checkpoint_begun = False
        self._started_ms = 0
        self._collector = CalmCollector()
        self._rows_before = 0
        self._printer = ProgressPrinter.from_configuration(config)
        self._last_counters: Counter[str] = Counter()
        self._last_accumulators: dict[str, Any] = {}

    # --- driving -----------------------------------------------------------------------------------------------------

    def run(self) -> JobExecutionResult:
        """Drive the job to its end.

        In the main thread, SIGINT and SIGTERM stop it at a last checkpoint; a second signal ends it at once.

        Raises
        ------
        Exception
            What the job failed with.
        JobCanceledError
            When it was cancelled.
        KeyboardInterrupt, SystemExit
            After a stop by SIGINT, or by SIGTERM (code 143); where the stop itself failed, that error.
        """
        with StopSignals(self) as signals:
            try:
                while self.step(1.0):
                    pass
            except BaseException:
                self._finish(JobStatus.CANCELED)
                raise
        if self.failure is None:
            signals.raise_if_stopped()
        return self.result()

    def result(self) -> JobExecutionResult:
        """The ended job's result; raises what ``run`` raises."""
        if self.failure is not None:
            raise self.failure
        if self.status is JobStatus.CANCELED:
            raise JobCanceledError(f"job {self.graph.name!r} was cancelled")
        found = {**self.counters(), **self.accumulators()}
        return JobExecutionResult(self.job_id, self._services.clock.now_ms() - self._started_ms, found)

    def step(self, max_seconds: float) -> bool:
        """Run for about ``max_seconds``; True while the job has not ended. Failures end up in ``failure``."""
        clock = self._services.clock
        until = clock.monotonic_ns() + int(max_seconds * 1e9)
        with task_context(job=self.graph.name):
            while not self.status.is_terminal_state():
                self._turn()
                if clock.monotonic_ns() >= until:
                    break
        return not self.status.is_terminal_state()

    def cancel(self) -> None:
        """End at once, without a last checkpoint. From any thread; takes effect in the loop's next turn."""
        self._cancel.set()

    def stop(self) -> None:
        """End at a last checkpoint (at once where there are none). From any thread."""
        self._stop.set()

    def progress(self) -> JobProgress:
        """Figures for a progress display; rows count from the start of this process."""
        rows, watermark = self._rows_before, MIN_TIMESTAMP
        if self._execution is not None:
            tasks = self._execution.tasks
            rows += sum(task.source.rows_out for task in tasks if task.source is not None)
            watermark = min((link.operator.current_watermark for task in tasks for link in task.links[-2:]), default=0)
        stats = self.stats
        return JobProgress(
            rows,
            watermark,
            stats.completed,
            stats.last_id,
            stats.last_duration_ms,
            stats.last_bytes,
            self.restored_from,
            self._attempt,
        )

    def counters(self) -> Counter[str]:
        """The operators' counters in the newest attempt, added up over subtasks: ``"operator.counter"``."""
        if self._execution is None:
            return self._last_counters
        found: Counter[str] = Counter()
        for task in self._execution.tasks:
            for node, metrics in zip(task.nodes, task.metrics, strict=True):
                for name, amount in metrics.counters.items():
                    found[f"{node.name}.{name}"] += amount
        return found

    def accumulators(self) -> dict[str, Any]:
        """The results of the functions' accumulators in the newest attempt, merged over subtasks."""
        return self._last_accumulators if self._execution is None else _accumulators(self._execution)

    # --- one turn ----------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        if self._cancel.is_set():
            self._finish(JobStatus.CANCELED)
            return
        try:
            if self.status is JobStatus.CREATED:
                self._begin()
            elif self.status is JobStatus.RESTARTING:
                self._begin_again()
            else:
                self._go_on()
        except Exception as error:
            self._fail(error)

    def _begin(self) -> None:
        self._started_ms = self._services.clock.now_ms()
        store = self._store
        if store is not None and isinstance(store.storage, LocalStorage):
            self._lock = DirectoryLock(store.storage.root)
        checkpoint = recovery_point.choose(self._config.get(options.RECOVERY_PATH), store, self.graph)
        if store is not None:
            self._next_id = store.highest_id() + 1
            store.sweep()
            if checkpoint is not None and checkpoint.store.storage is store.storage:
                restored = checkpoint.manifest
                self._run = restored.run
                self._lineage = [number for number in store.ids() if number <= restored.checkpoint_id]
        self._collector.begin()
        self._execute(checkpoint)

    def _begin_again(self) -> None:
        if self._stop.is_set():
            self._say_stopped(None, "the job was waiting for its restart")
            self._finish(JobStatus.CANCELED)
            return
        now = self._services.clock.now_ms()
        if now < self._restart_at:
            self._services.clock.sleep(min(self._restart_at - now, 50) / 1000)
            return
        self._attempt += 1
        self._execute(self._newest_of_run())

    def _newest_of_run(self) -> StoredCheckpoint | None:
        """The newest whole checkpoint of this run, or what the run began from."""
        store = self._store
        if store is not None:
            self._adopt_published(store)
        if store is not None and self._lineage:
            for checkpoint_id in reversed(self._lineage):
                try:
                    return store.load(checkpoint_id)
                except CheckpointCorruptError as error:
                    log.warning("%s; falling back to the checkpoint before it", error)
            raise CheckpointCorruptError(f"no checkpoint of this run in {store.storage} is whole")
        wanted = self._config.get(options.RECOVERY_PATH)
        if wanted is None or wanted == recovery_point.LATEST:
            return None
        return recovery_point.choose(wanted, store, self.graph)

    def _adopt_published(self, store: CheckpointStore) -> None:
        """A checkpoint whose manifest was on its way when the attempt failed counts, once it is there."""
        self._services.executor.close()  # waits for it
        newest = self._lineage[-1] if self._lineage else 0
        for checkpoint_id in store.ids():
            if checkpoint_id > newest and store.run_of(checkpoint_id) == self._run:
                self._lineage.append(checkpoint_id)

    def _execute(self, checkpoint: StoredCheckpoint | None) -> None:
        self.restored_from = None if checkpoint is None else checkpoint.manifest.checkpoint_id
        self._last_checkpoint_begun = False
        if self._store is not None:
            warm_up()  # before the clocks of paced sources run
        # From here on a failure is one of an attempt (a function's open(), say): restarts apply.
        self.status = JobStatus.RUNNING
        execution = Execution(self.graph, self._config, self._services, checkpoint, self._attempt, self._run)
        self._execution = execution
        if self._store is not None:
            execution.coordinator = self._coordinator(execution, self._store)

    def _coordinator(self, execution: Execution, store: CheckpointStore) -> CheckpointCoordinator:
        config = self._config
        return CheckpointCoordinator(
            store=store,
            target=execution,
            settings=CheckpointSettings(
                config.get(options.CHECKPOINT_INTERVAL),
                config.get(options.CHECKPOINT_TIMEOUT),
                config.get(options.RETAINED_CHECKPOINTS),
                config.get(options.MIN_PAUSE),
                config.get(options.TOLERABLE_FAILURES),
            ),
            clock=self._services.clock,
            executor=self._services.executor,
            job_name=self.graph.name,
            run=self._run,
            max_parallelism=self.graph.max_parallelism,
            version=VERSION,
            next_id=self._next_id,
            lineage=self._lineage,
            stats=self.stats,
        )

    def _go_on(self) -> None:
        execution = self._execution
        if execution is None:
            raise InternalError("a running job without an attempt")
        execution.step()
        self._collector.look(sum(task.rows_in for task in execution.tasks))
        if self._printer is not None:
            self._printer.look(self._services.clock.now_ms(), self.progress)
        if self._stop.is_set():
            self._stopping(execution)
        elif execution.ended:
            self._ending(execution)

    def _ending(self, execution: Execution) -> None:
        """All input is read: what sinks hold becomes visible with a last checkpoint."""
        coordinator = execution.coordinator
        if coordinator is None:
            execution.commit_without_checkpoint()
            self._finish(JobStatus.FINISHED)
            return
        coordinator.periodic = False
        if not coordinator.in_flight and not self._last_checkpoint_begun:
            self._last_checkpoint_begun = True
            coordinator.trigger(on_done=lambda completed: self._finished_after(completed))

    def _finished_after(self, completed: bool) -> None:
        if completed:
            self._finish(JobStatus.FINISHED)

    def _stopping(self, execution: Execution) -> None:
        coordinator, now = execution.coordinator, self._services.clock.now_ms()
        if self._stop_by is None:
            self._stop_by = now + STOP_LIMIT_MS
        if coordinator is None or now >= self._stop_by:
            if coordinator is not None:
                self._say_stopped(None, f"it did not complete within {STOP_LIMIT_MS // 1000} s")
            self._finish(JobStatus.CANCELED)
            return
        coordinator.periodic = False
        if not coordinator.in_flight and not self._last_checkpoint_begun:
            self._last_checkpoint_begun = True
            coordinator.trigger(BarrierKind.STOP, on_done=self._stopped_after)

    def _stopped_after(self, completed: bool) -> None:
        if completed:
            self._say_stopped(self.stats.last_id, "")
            self._cancel.set()

    def _say_stopped(self, checkpoint_id: int | None, why_without: str) -> None:
        """One line on what a stop leaves behind; nothing where checkpoints end with the process."""
        store = self._store
        if store is None or not isinstance(store.storage, LocalStorage):
            return
        if checkpoint_id is not None:
            log.info("stopped at checkpoint %d in %s; --from latest continues there", checkpoint_id, store.storage)
        else:
            log.warning(
                "stopped without a last checkpoint: %s; --from latest continues from the newest one in %s",
                why_without,
                store.storage,
            )

    # --- ends --------------------------------------------------------------------------------------------------------

    def _fail(self, error: Exception) -> None:
        self._leave_attempt(quietly=True)
        delay = None if self.status is JobStatus.CREATED else self._restart.next_delay_ms(error)
        if delay is None or self._stop.is_set():
            self.failure = error
            self._finish(JobStatus.FAILED)
            return
        log.warning(
            "attempt %d failed: %s: %s; restarting in %d ms (%d of %d restarts)",
            self._attempt + 1,
            type(error).__name__,
            error,
            delay,
            self._restart.used,
            self._restart.attempts,
        )
        self._restart_at = self._services.clock.now_ms() + delay
        self.status = JobStatus.RESTARTING

    def _finish(self, status: JobStatus) -> None:
        if self.status.is_terminal_state():
            return
        try:
            self._leave_attempt(quietly=status is not JobStatus.FINISHED)
        except Exception as error:
            # All is committed by now: a restart would help nobody, but the program must hear of it.
            self.failure, status = error, JobStatus.FAILED
        finally:
            self.status = status
            self._services.executor.close()
            self._services.asyncs.close()
            if self._lock is not None:
                self._lock.release()
                self._lock = None
            self._collector.end()

    def _leave_attempt(self, quietly: bool) -> None:
        execution = self._execution
        if execution is None:
            return
        if execution.coordinator is not None:
            self._next_id = execution.coordinator.next_id
        self._rows_before += sum(task.source.rows_out for task in execution.tasks if task.source is not None)
        self._last_counters = self.counters()
        self._execution = None
        execution.close(quietly)
        if not quietly:
            self._last_accumulators = _accumulators(execution)


def _accumulators(execution: Execution) -> dict[str, Any]:
    return merged(each for task in execution.tasks for metrics in task.metrics for each in metrics.accumulators)


def submit(
    graph: LogicalGraph,
    config: Configuration,
    services: Services | None = None,
    store: CheckpointStore | None = None,
) -> EmbeddedJob:
    """Plan a job for this process; nothing runs yet.

    Raises
    ------
    JobBuildError
        What is wrong with the job.
    """
    return EmbeddedJob(plan(graph, config), config, services or Services(), store)


def _warn_of_checkpoints(config: Configuration) -> None:
    """BATCH mode takes none: what sinks have written becomes visible when all is done."""
    for option in (options.CHECKPOINT_INTERVAL, options.CHECKPOINT_DIR):
        if config.get(option) is not None:
            log.warning("%s has no effect: a job in BATCH mode takes no checkpoints", option.key)


def _configured_store(config: Configuration) -> CheckpointStore | None:
    directory = config.get(options.CHECKPOINT_DIR)
    if directory is not None:
        return recovery_point.local_store(directory)
    if config.get(options.CHECKPOINT_INTERVAL) is None:
        return None
    log.info("no execution.checkpointing.dir: checkpoints are kept in memory and survive restarts of the job only")
    return CheckpointStore(MemoryStorage())
