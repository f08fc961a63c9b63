"""BATCH or STREAMING: which of the two a job runs in, and what BATCH makes of its graph.

Reference: Flink documentation, "Execution Mode (Batch/Streaming)".
"""

from __future__ import annotations

from dataclasses import replace

from levada.common import options
from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError
from levada.common.watermark_strategy import WatermarkStrategy
from levada.connectors.base import Boundedness
from levada.graph.transformation import LogicalGraph, SinkSpec, SourceSpec, Transformation
from levada.operators.base import OperatorSpec
from levada.operators.watermarks import TimestampsAndWatermarks


def unbounded_sources(graph: LogicalGraph) -> list[str]:
    """The names of sources that never end."""
    return [
        transformation.name
        for transformation in graph.transformations
        if isinstance(transformation.spec, SourceSpec)
        and transformation.spec.source.boundedness is Boundedness.CONTINUOUS_UNBOUNDED
    ]


def runs_in_batch(graph: LogicalGraph, config: Configuration) -> bool:
    """Whether the job runs in BATCH mode.

    Raises
    ------
    JobBuildError
        BATCH was asked for and cannot be.
    """
    mode = config.get(options.RUNTIME_MODE)
    if mode == "STREAMING":
        return False
    unbounded = unbounded_sources(graph)
    if unbounded and mode == "AUTOMATIC":
        return False
    if unbounded:
        raise JobBuildError(
            f"execution.runtime-mode is BATCH, but the source {unbounded[0]!r} never ends; bound it, or call "
            "env.set_runtime_mode(RuntimeExecutionMode.STREAMING)"
        )
    start = config.get(options.RECOVERY_PATH)
    if start is not None:
        raise JobBuildError(
            f"execution.state-recovery.path ({start}): a job in BATCH mode neither takes nor reads checkpoints; call "
            "env.set_runtime_mode(RuntimeExecutionMode.STREAMING), or leave the path away"
        )
    return True


def in_batch(graph: LogicalGraph) -> LogicalGraph:
    """The same job for BATCH mode: no watermarks before the end, keyed operators over sorted input."""
    changed: dict[int, Transformation] = {}
    for transformation in graph.transformations:
        inputs = tuple(
            replace(given, transformation=changed[id(given.transformation)]) for given in transformation.inputs
        )
        changed[id(transformation)] = replace(transformation, spec=_spec_in_batch(transformation.spec), inputs=inputs)
    return LogicalGraph(graph.name, list(changed.values()))


def _spec_in_batch(spec: OperatorSpec | SourceSpec | SinkSpec) -> OperatorSpec | SourceSpec | SinkSpec:
    from levada.operators.row.sort_by_key import sorted_by_key

    if isinstance(spec, SourceSpec):
        strategy = spec.watermark_strategy
        return spec if strategy is None else SourceSpec(spec.source, _only_timestamps(strategy))
    if isinstance(spec, SinkSpec):
        return spec
    if isinstance(spec, TimestampsAndWatermarks):
        return replace(spec, strategy=_only_timestamps(spec.strategy))
    return sorted_by_key(spec)


def _only_timestamps(strategy: WatermarkStrategy) -> WatermarkStrategy:
    assigner = strategy.timestamp_assigner
    plain = WatermarkStrategy.no_watermarks()
    return plain if assigner is None else plain.with_timestamp_assigner(assigner)
