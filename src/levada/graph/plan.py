"""From the logical graph to stages: what is chained into one task, what is fused into one loop, what is exchanged."""

from __future__ import annotations

from dataclasses import replace

from levada.common import options
from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError
from levada.graph.execution_mode import in_batch, runs_in_batch, unbounded_sources
from levada.graph.job_graph import ChainLink, ChainNode, Exchange, JobGraph, Stage
from levada.graph.partitioner import Broadcast, Forward, Rebalance
from levada.graph.transformation import Chaining, Input, LogicalGraph, SinkSpec, SourceSpec, Transformation
from levada.graph.uids import assign_uids, identity, refuse_missing_uids
from levada.operators.row.checkpointed import is_checkpointed
from levada.operators.row.fused import RowStep, fuse


def plan(graph: LogicalGraph, config: Configuration) -> JobGraph:
    """Plan a job.

    Raises
    ------
    JobBuildError
        For an empty graph, equal uids, bad parallelism, a transactional sink that could never commit, or BATCH mode
        over a source that never ends.
    """
    batch = runs_in_batch(graph, config)
    planned = _Planner(in_batch(graph) if batch else graph, config).plan()
    planned.batch = batch
    return planned


class _Planner:
    def __init__(self, graph: LogicalGraph, config: Configuration) -> None:
        if not graph.transformations:
            raise JobBuildError("execute(): the job is empty; add a source and a sink first")
        self.graph = graph
        self.config = config
        if not config.get(options.AUTO_GENERATE_UIDS):
            refuse_missing_uids(graph)
        self.uids = assign_uids(graph)
        self.default_parallelism = config.get(options.PARALLELISM)
        self.max_parallelism = config.get(options.MAX_PARALLELISM)
        self.consumers: dict[int, list[tuple[Transformation, Input]]] = {id(t): [] for t in graph.transformations}
        for transformation in graph.transformations:
            for given in transformation.inputs:
                self.consumers[id(given.transformation)].append((transformation, given))
        self.needs_time: dict[int, bool] = {}
        for transformation in reversed(graph.transformations):
            self.needs_time[id(transformation)] = any(
                self._reads_time(consumer) or self.needs_time[id(consumer)]
                for consumer, _ in self.consumers[id(transformation)]
            )

    def plan(self) -> JobGraph:
        self._check()
        stages: list[Stage] = []
        exchanges: list[Exchange] = []
        placed: dict[int, tuple[Stage, int]] = {}
        for transformation in self.graph.transformations:
            parallelism = self._parallelism(transformation)
            if self._chains(transformation):
                given = transformation.inputs[0]
                stage, upstream = placed[id(given.transformation)]
                if self._fuses(transformation, stage, upstream):
                    self._fuse_into(stage.nodes[upstream], transformation)
                    placed[id(transformation)] = (stage, upstream)
                    continue
                stage.nodes.append(self._node(transformation))
                stage.nodes[upstream].links.append(ChainLink(len(stage.nodes) - 1, side_output=given.side_output))
                placed[id(transformation)] = (stage, len(stage.nodes) - 1)
                continue
            stage = Stage(len(stages), [self._node(transformation)], parallelism, self._max_parallelism(transformation))
            stages.append(stage)
            placed[id(transformation)] = (stage, 0)
            for index, given in enumerate(transformation.inputs):
                source_stage, node = placed[id(given.transformation)]
                partitioner = given.partitioner
                if isinstance(partitioner, Forward) and source_stage.parallelism != parallelism:
                    partitioner = Rebalance()
                exchange = Exchange(len(exchanges), source_stage.number, stage.number, partitioner, index)
                exchanges.append(exchange)
                source_stage.nodes[node].links.append(ChainLink(None, exchange.number, given.side_output))
        return JobGraph(self.graph.name, stages, exchanges, self.max_parallelism)

    def _parallelism(self, transformation: Transformation) -> int:
        return transformation.parallelism or self.default_parallelism

    def _max_parallelism(self, transformation: Transformation) -> int:
        return transformation.max_parallelism or self.max_parallelism

    def _chains(self, transformation: Transformation) -> bool:
        """Whether the operator joins its input's task."""
        if len(transformation.inputs) != 1 or transformation.chaining is not Chaining.ALWAYS:
            return False
        if not self.config.get(options.CHAINING):
            return False
        given = transformation.inputs[0]
        upstream = given.transformation
        if upstream.chaining is Chaining.NEVER or self._parallelism(upstream) != self._parallelism(transformation):
            return False
        # With one subtask on both sides every way of spreading rows is the same: straight on.
        return isinstance(given.partitioner, Forward) or (
            self._parallelism(transformation) == 1 and not isinstance(given.partitioner, Broadcast)
        )

    def _fuses(self, transformation: Transformation, stage: Stage, upstream: int) -> bool:
        """Whether a row function joins the generated loop before it.

        A step whose side outputs are consumed may end a loop; nothing joins behind it, as it has several consumers. A
        function with state of its own stays alone: its state is addressed by its own uid.
        """
        given = transformation.inputs[0]
        node = stage.nodes[upstream]
        return (
            isinstance(transformation.spec, RowStep)
            and given.side_output is None
            and len(self.consumers[id(given.transformation)]) == 1
            and node.kind == "rows"
            and not node.stateful
            and not is_checkpointed(transformation.spec.function)
        )

    def _fuse_into(self, node: ChainNode, transformation: Transformation) -> None:
        assert isinstance(transformation.spec, RowStep)
        node.spec = fuse([*node.spec.steps, self._step(transformation, transformation.spec)])  # type: ignore[union-attr]
        node.members = (*node.members, transformation.name)
        node.name = f"{node.name} -> {transformation.name}"
        node.forwards_timestamps = self.needs_time[id(transformation)]

    def _node(self, transformation: Transformation) -> ChainNode:
        spec = transformation.spec
        kind = transformation.kind
        stateful = transformation.stateful or isinstance(spec, (SourceSpec, SinkSpec))
        if isinstance(spec, RowStep):
            stateful = stateful or is_checkpointed(spec.function)
            spec = fuse([self._step(transformation, spec)])
            kind = "rows"
        return ChainNode(
            uid=self.uids[id(transformation)],
            name=transformation.name,
            kind=kind,
            identity=identity(transformation),
            spec=spec,
            generated_uid=transformation.uid is None,
            stateful=stateful,
            forwards_timestamps=self.needs_time[id(transformation)],
            reads_timestamps=self._reads_time(transformation),
            max_parallelism=self._max_parallelism(transformation),
            members=(transformation.name,),
        )

    def _step(self, transformation: Transformation, step: RowStep) -> RowStep:
        """The step under the name and uid its operator has now: errors tell them."""
        return replace(step, name=transformation.name, uid=self.uids[id(transformation)])

    def _reads_time(self, transformation: Transformation) -> bool:
        spec = transformation.spec
        if isinstance(spec, SourceSpec):
            return False
        if isinstance(spec, SinkSpec):
            return bool(getattr(spec.sink, "reads_timestamps", False))
        return spec.reads_timestamps

    def _check(self) -> None:
        for transformation in self.graph.transformations:
            parallelism, most = self._parallelism(transformation), self._max_parallelism(transformation)
            if parallelism < 1:
                raise JobBuildError(f"{transformation.name}: set_parallelism({parallelism}): it must be 1 or more")
            if parallelism > most:
                raise JobBuildError(
                    f"{transformation.name}: parallelism {parallelism} is above max parallelism {most}; "
                    "lower it, or raise set_max_parallelism (existing checkpoints then no longer fit)"
                )
            if isinstance(transformation.spec, SourceSpec):
                check = getattr(transformation.spec.source, "check_settings", None)
                if check is not None:
                    check(self.config, transformation.name)
        unbounded = unbounded_sources(self.graph)
        for transformation in self.graph.transformations:
            if isinstance(transformation.spec, SinkSpec) and transformation.spec.sink.transactional and unbounded:
                self._require_checkpoints(transformation, unbounded)

    def _require_checkpoints(self, sink: Transformation, unbounded: list[str]) -> None:
        if self.config.get(options.CHECKPOINT_INTERVAL) is None:
            raise JobBuildError(
                f"{sink.name}: a transactional sink shows its output only when a checkpoint completes, and the source "
                f"{unbounded[0]!r} never ends, so nothing would ever appear; call env.enable_checkpointing(10_000) "
                "or set execution.checkpointing.interval"
            )
