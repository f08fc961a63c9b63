"""One attempt to run a job in this process: the loop that steps its tasks.

Nothing here waits but ``Clock.sleep`` when there is no work; nothing here starts a thread. A step of the loop goes over
all tasks once, delivers what pools have finished, encodes a slice of a snapshot, and looks at what is due.
"""

from __future__ import annotations

from collections.abc import Mapping

from levada.checkpoint.coordinator import CheckpointCoordinator
from levada.checkpoint.manifest import OperatorEntry
from levada.checkpoint.store import StoredCheckpoint
from levada.common import options
from levada.common.configuration import Configuration
from levada.common.elements import Barrier
from levada.common.logs import get_logger
from levada.graph.job_graph import JobGraph
from levada.operators.sink import SinkOperator
from levada.runtime.build import TaskBuilder
from levada.runtime.services import Services
from levada.runtime.task import Snapshots, Task
from levada.runtime.watch import StalledWatermarks
from levada.state.snapshot import StatePart

log = get_logger(__name__)

ENCODING_NS = 1_000_000
"""How long a turn of the loop encodes state."""
LONGEST_SLEEP_S = 0.05
"""Orders from other threads (cancel, stop) are seen at least this often."""


class Execution:
    """A running attempt.

    Parameters
    ----------
    graph, config, services
    checkpoint : StoredCheckpoint or None
        What to start from.
    attempt : int
        0 for the first.
    run : str
        Names the line of checkpoints.
    """

    def __init__(
        self,
        graph: JobGraph,
        config: Configuration,
        services: Services,
        checkpoint: StoredCheckpoint | None,
        attempt: int,
        run: str = "",
    ) -> None:
        self.graph = graph
        self.services = services
        self.coordinator: CheckpointCoordinator | None = None
        self._builder = TaskBuilder(graph, config, services, checkpoint, attempt, run, self._hand_in)
        self._committed = False
        try:
            self._builder.build()
        except BaseException:
            self.close(quietly=True)
            raise
        self.tasks = self._builder.tasks
        self._enumerators = self._builder.enumerators
        patience = config.get(options.STALLED_WATERMARK_WARNING)
        # In BATCH mode watermarks stand still until the end.
        watched = [] if graph.batch else self.tasks
        self._stalled = StalledWatermarks(watched, int(patience.total_seconds() * 1000), services.clock.now_ms())

    @property
    def ended(self) -> bool:
        """Whether every task has seen the end of its input."""
        return all(task.ended for task in self.tasks)

    def step(self) -> None:
        """Go round the loop once; sleeps when there was nothing to do.

        Raises
        ------
        Exception
            Whatever failed: a user's function, a connector, a checkpoint.
        """
        services = self.services
        now = services.clock.now_ms()
        worked = services.executor.poll() > 0
        if services.asyncs.active:
            worked |= services.asyncs.poll()
        for host in self._enumerators.values():
            worked |= host.step(now)
        tasks = self.tasks
        if services.random is not None:
            tasks = services.random.sample(tasks, len(tasks))
        for task in tasks:
            with task.log_context:
                try:
                    worked |= task.step(now)
                except Exception as error:
                    self._locate(error, task)
                    raise
        coordinator = self.coordinator
        if coordinator is not None:
            worked |= self._encode(coordinator)
            coordinator.tick(now)
        self._stalled.look(now)
        # A reader that has just asked for a split is answered in the next turn: no sleep comes before it.
        worked |= any(host.asked for host in self._enumerators.values())
        if not worked:
            for task in tasks:
                if task.source is None:
                    task.on_quiet(now)
            self._sleep(now)

    def _encode(self, coordinator: CheckpointCoordinator) -> bool:
        """A slice of a snapshot: a big one, or as many small ones as go into its time; a simulation takes one."""
        worked = coordinator.writer.step()
        if worked and self.services.random is None:
            until = self.services.clock.monotonic_ns() + ENCODING_NS
            while self.services.clock.monotonic_ns() < until and coordinator.writer.step():
                pass
        return worked

    def _locate(self, error: Exception, task: Task) -> None:
        """Let an error say where it happened, unless it does."""
        if not any("subtask " in said for said in (str(error), *getattr(error, "__notes__", ()))):
            parallelism = self.graph.stages[task.stage].parallelism
            error.add_note(f"in {task.name!r}, subtask {task.subtask_index + 1} of {parallelism}")

    def commit_without_checkpoint(self) -> None:
        """At the end of a job that takes no checkpoints: what sinks have prepared becomes visible."""
        if self._committed:
            return
        self._committed = True
        for task in self.tasks:
            for link in task.links:
                if isinstance(link.operator, SinkOperator):
                    link.operator.commit_everything()

    def close(self, quietly: bool = False) -> None:
        """Release everything; with ``quietly`` failures are only logged (there is a worse one already)."""
        if self.coordinator is not None:
            self.coordinator.abort()
        failure: Exception | None = None
        closers = [task.close for task in self._builder.tasks]
        closers += [host.close for host in self._builder.enumerators.values()]
        for close in closers:
            try:
                close()
            except Exception as error:
                log.warning("closing failed: %s", error)
                failure = failure or error
        if failure is not None and not quietly:
            raise failure

    # The coordinator's view of this attempt (checkpoint.coordinator.CheckpointTarget).

    def snapshot_coordinators(self) -> Mapping[str, StatePart]:
        """State of the split enumerators."""
        return {uid: host.snapshot() for uid, host in self._enumerators.items()}

    def inject(self, barrier: Barrier) -> None:
        """Give a barrier to all source tasks."""
        for task in self.tasks:
            if task.source is not None:
                task.inject(barrier)

    def task_count(self) -> int:
        """Tasks of this attempt."""
        return len(self.tasks)

    def checkpoint_complete(self, checkpoint_id: int) -> None:
        """A checkpoint counts: sinks commit."""
        for task in self.tasks:
            for link in task.links:
                link.operator.notify_checkpoint_complete(checkpoint_id)

    def describe_operators(self) -> dict[str, OperatorEntry]:
        """The operators of the job, without state."""
        return describe_operators(self.graph)

    def _hand_in(self, task: Task, barrier: Barrier, snapshots: Snapshots) -> None:
        if self.coordinator is not None:
            self.coordinator.hand_in(barrier, task.subtask_index, snapshots)

    def _sleep(self, now: int) -> None:
        due = [task.next_wake_ms() for task in self.tasks]
        due += [host.next_wake_ms() for host in self._enumerators.values()]
        if self.coordinator is not None:
            due.append(self.coordinator.next_trigger_ms())
            if self.coordinator.in_flight:
                due.append(now + 1)
        wake = min((time for time in due if time is not None), default=None)
        seconds = LONGEST_SLEEP_S if wake is None else min(max(wake - now, 1) / 1000, LONGEST_SLEEP_S)
        if self.services.asyncs.active:
            self.services.asyncs.wait(seconds)
        else:
            self.services.clock.sleep(seconds)


def describe_operators(graph: JobGraph) -> dict[str, OperatorEntry]:
    """Every operator of a planned job as a manifest entry without state."""
    return {
        node.uid: OperatorEntry(
            node.name,
            node.kind,
            node.identity,
            node.generated_uid,
            stage.parallelism,
            max_parallelism=node.max_parallelism,
        )
        for stage in graph.stages
        for node in stage.nodes
    }
