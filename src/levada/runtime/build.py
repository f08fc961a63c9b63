"""Makes the tasks of one attempt from the planned job: operators, links, exchanges, channels, gates."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from levada.checkpoint.recovery import RestoredOperator
from levada.checkpoint.store import StoredCheckpoint
from levada.common import options
from levada.common.configuration import Configuration
from levada.common.elements import Barrier
from levada.common.errors import JobBuildError
from levada.common.logs import get_logger
from levada.graph.job_graph import ChainNode, JobGraph, Stage
from levada.graph.transformation import SinkSpec, SourceSpec
from levada.operators.base import Operator, OperatorContext, OperatorSpec, Output
from levada.operators.quiet import QuietGroup
from levada.operators.sink import SinkOperator
from levada.operators.source import SourceOperator
from levada.operators.watermarks import TimestampsAndWatermarksOperator
from levada.runtime.chain import Link, OperatorBudget, StepBudget, WithSides, join_outputs
from levada.runtime.enumerators import EnumeratorHost
from levada.runtime.exchange import ExchangeOutput, Sender
from levada.runtime.gate import InputGate
from levada.runtime.metrics import OperatorMetrics
from levada.runtime.services import Services
from levada.runtime.task import Snapshots, Task
from levada.runtime.transport import Lane

if TYPE_CHECKING:
    from levada.operators.base import RestoredState

log = get_logger(__name__)

OnSnapshot = Callable[[Task, Barrier, Snapshots], None]


def _own_copy(spec: OperatorSpec, node: ChainNode, parallelism: int) -> OperatorSpec:
    """A copy for one subtask of one attempt: function objects keep handles and counters in ``self``.

    Plain functions are shared. An object that cannot be copied may still serve a single subtask.
    """
    try:
        return copy.deepcopy(spec)
    except Exception as error:
        if parallelism == 1:
            return spec
        raise JobBuildError(
            f"{node.name}: its function cannot be copied for {parallelism} subtasks ({type(error).__name__}: {error}); "
            "open connections, locks and files in open(runtime_context) instead of __init__"
        ) from error


def _close(operators: Sequence[Operator]) -> None:
    """Close the operators of a task that will not run."""
    for operator in operators:
        try:
            operator.close()
        except Exception as error:
            log.warning("closing failed: %s", error)


class TaskBuilder:
    """Builds every task of an attempt.

    Parameters
    ----------
    graph : JobGraph
    config : Configuration
    services : Services
    checkpoint : StoredCheckpoint or None
        What to restore.
    attempt : int
    run : str
    on_snapshot : callable
    """

    def __init__(
        self,
        graph: JobGraph,
        config: Configuration,
        services: Services,
        checkpoint: StoredCheckpoint | None,
        attempt: int,
        run: str,
        on_snapshot: OnSnapshot,
    ) -> None:
        self.graph = graph
        self.config = config
        self.services = services
        self.checkpoint = checkpoint
        self.attempt = attempt
        self.run = run
        self.on_snapshot = on_snapshot
        self.enumerators: dict[str, EnumeratorHost] = {}
        self.tasks: list[Task] = []
        self._quiet_groups: dict[str, QuietGroup] = {}
        capacity = config.get(options.CHANNEL_BYTES)
        # By exchange, then sender, then receiver.
        self._lanes = {
            exchange.number: [
                [
                    services.transport.lane(exchange.number, sender, receiver, capacity)
                    for receiver in range(graph.stages[exchange.target_stage].parallelism)
                ]
                for sender in range(graph.stages[exchange.source_stage].parallelism)
            ]
            for exchange in graph.exchanges
        }

    def build(self) -> None:
        """Make and open all tasks, sinks' side first, so that every receiver is there before its sender."""
        for stage in reversed(self.graph.stages):
            for index in range(stage.parallelism):
                self.tasks.append(self._task(stage, index))
        self.tasks.reverse()
        for host in self.enumerators.values():
            host.start(sorted(self._source_tasks(host.uid), key=lambda task: task.subtask_index))

    def _source_tasks(self, uid: str) -> list[Task]:
        return [task for task in self.tasks if task.nodes[0].uid == uid]

    def _task(self, stage: Stage, index: int) -> Task:
        operators = [self._operator(stage, node, index) for node in stage.nodes]
        links = [Link(operator) for operator in operators]
        budget = StepBudget(self.services.clock, self.services.random)
        outputs: list[ExchangeOutput] = []
        metrics = [OperatorMetrics() for _ in stage.nodes]
        random = self.services.random
        gate = None
        if not isinstance(stage.nodes[0].spec, SourceSpec):
            gate = InputGate(self._inputs(stage, index), random=random)
        wired = [self._wire(stage, node, index, links, outputs) for node in stage.nodes]
        budget.watch(outputs)
        task = Task(
            name=stage.name,
            stage=stage.number,
            subtask_index=index,
            nodes=stage.nodes,
            links=links,
            outputs=outputs,
            metrics=metrics,
            gate=gate,
            budget=budget,
            clock=self.services.clock,
            max_rows=self.config.get(options.BATCH_MAX_ROWS),
            step_ns=int(self.config.get(options.STEP_TIME).total_seconds() * 1e9),
            random=random,
            on_snapshot=self.on_snapshot,
        )
        # Opened tail first: an operator may already put something out while it opens.
        for position in reversed(range(len(stage.nodes))):
            node = stage.nodes[position]
            main, sides = wired[position]
            downstream = [links[link.target] for link in node.links if link.target is not None]
            context = OperatorContext(
                name=node.name,
                uid=node.uid,
                output=WithSides(main, list(sides.values())) if sides else main,
                side_outputs=sides,
                clock=self.services.clock,
                budget=OperatorBudget(budget, downstream),
                config=self.config,
                metrics=metrics[position],
                schedule=lambda timestamp, position=position: task.schedule(position, timestamp),  # type: ignore[misc]
                restored=self._restored(node, stage, index),
                subtask_index=index,
                parallelism=stage.parallelism,
                max_parallelism=node.max_parallelism,
                attempt=self.attempt,
                reads_timestamps=node.forwards_timestamps,
                run=self.run,
                asyncs=self.services.asyncs,
                order=task.order,
            )
            try:
                operators[position].open(context)
            except BaseException as error:
                if isinstance(error, Exception):
                    error.add_note(f"while opening operator {node.name!r}, subtask {index + 1} of {stage.parallelism}")
                _close(operators[position:])
                raise
        self._pass_restored_watermarks(stage, links)
        return task

    def _pass_restored_watermarks(self, stage: Stage, links: list[Link]) -> None:
        """Operators without state of their own stand where the operator before them stood.

        So do loops of row functions, of which only the functions have state.
        """
        if self.checkpoint is None:
            return
        for node, link in zip(stage.nodes, links, strict=True):
            for out in node.links:
                if out.target is None:
                    continue
                target = stage.nodes[out.target]
                if not target.stateful or target.kind == "rows":
                    links[out.target].operator.current_watermark = link.operator.current_watermark

    def _operator(self, stage: Stage, node: ChainNode, index: int) -> Operator:
        spec = node.spec
        if isinstance(spec, SourceSpec):
            host = self.enumerators.get(node.uid)
            if host is None:
                restored = [] if self.checkpoint is None else self.checkpoint.values(node.uid, "coordinator")
                host = EnumeratorHost(node.uid, spec.source, self.services.clock, stage.parallelism, restored)
                self.enumerators[node.uid] = host
            group = self._quiet_group(node.uid, stage.parallelism)
            return SourceOperator(spec.source, spec.watermark_strategy, lambda: host.request_split(index), group)
        if isinstance(spec, SinkSpec):
            return SinkOperator(spec.sink)
        operator = _own_copy(spec, node, stage.parallelism).create()
        if isinstance(operator, TimestampsAndWatermarksOperator):
            operator.share(self._quiet_group(node.uid, stage.parallelism))
        return operator

    def _quiet_group(self, uid: str, parallelism: int) -> QuietGroup:
        return self._quiet_groups.setdefault(uid, QuietGroup(parallelism))

    def _inputs(self, stage: Stage, index: int) -> list[tuple[Lane, int]]:
        return [
            (by_receiver[index], exchange.input_index)
            for exchange in self.graph.exchanges
            if exchange.target_stage == stage.number
            for by_receiver in self._lanes[exchange.number]
        ]

    def _wire(
        self, stage: Stage, node: ChainNode, index: int, links: list[Link], outputs: list[ExchangeOutput]
    ) -> tuple[Output, dict[str, Output]]:
        main: list[Output] = []
        sides: dict[str, list[Output]] = {}
        for link in node.links:
            target: Output
            if link.target is not None:
                target = links[link.target]
            else:
                exchange = self.graph.exchanges[link.exchange or 0]
                target = ExchangeOutput(
                    exchange.partitioner,
                    self._lanes[exchange.number][index],
                    index,
                    self.graph.stages[exchange.target_stage].nodes[0].max_parallelism,
                    Sender(node.name, node.uid, index, stage.parallelism),
                    self.services.random,
                )
                outputs.append(target)
            if link.side_output is None:
                main.append(target)
            else:
                sides.setdefault(link.side_output, []).append(target)
        return join_outputs(main), {tag: join_outputs(readers) for tag, readers in sides.items()}

    def _restored(self, node: ChainNode, stage: Stage, index: int) -> RestoredState | None:
        if self.checkpoint is None:
            return None
        return RestoredOperator(self.checkpoint, node.uid, index, stage.parallelism, node.max_parallelism)
