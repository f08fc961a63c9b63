"""Stable addresses for state: generated uids depend only on the logical graph.

A generated uid hashes an operator's kind, the uids of its inputs and its ordinal among operators alike in both.
Chaining, parallelism and execution mode do not enter, so the same script exchanges checkpoints with itself under any of
them.
"""

from __future__ import annotations

import hashlib
from collections import Counter

from levada.common.errors import JobBuildError
from levada.connectors.collect import CollectSink
from levada.graph.partitioner import KeyByColumns
from levada.graph.transformation import Input, LogicalGraph, SinkSpec, SourceSpec, Transformation


def assign_uids(graph: LogicalGraph) -> dict[int, str]:
    """The uid of every transformation, keyed by ``id(transformation)``.

    Raises
    ------
    JobBuildError
        Where two transformations were given the same uid.
    """
    uids: dict[int, str] = {}
    taken: dict[str, Transformation] = {}
    alike: Counter[str] = Counter()
    for transformation in graph.transformations:
        uid = transformation.uid
        if uid is None:
            inputs = "|".join(_describe(given, uids) for given in transformation.inputs)
            shape = f"{transformation.kind}({inputs})"
            ordinal = alike[shape]
            alike[shape] += 1
            digest = hashlib.blake2b(f"{shape}#{ordinal}".encode(), digest_size=8).hexdigest()
            uid = f"{transformation.kind}-{digest}"
        if uid in taken:
            raise JobBuildError(
                f"uid {uid!r} is given to two operators, {taken[uid].name!r} and {transformation.name!r}; "
                "state is stored by uid, so each needs its own"
            )
        taken[uid] = transformation
        uids[id(transformation)] = uid
    return uids


def refuse_missing_uids(graph: LogicalGraph) -> None:
    """Every operator needs a uid of the user's, but for those that a program has no handle on: they keep no state.

    Raises
    ------
    JobBuildError
        Names the operators without one.
    """
    without = [each.name for each in graph.transformations if each.uid is None and not _is_implied(each)]
    if without:
        raise JobBuildError(
            f"pipeline.auto-generate-uids is false, but {len(without)} operators have no uid: {', '.join(without)}; "
            "call .uid('...') on each, or enable_auto_generated_uids()"
        )


def _is_implied(transformation: Transformation) -> bool:
    spec = transformation.spec
    return transformation.kind == "as-type" or (isinstance(spec, SinkSpec) and isinstance(spec.sink, CollectSink))


def identity(transformation: Transformation) -> str:
    """What an operator is, beyond its position: guards generated uids against siblings that changed places."""
    spec = transformation.spec
    if isinstance(spec, SourceSpec):
        subject: object = type(spec.source)
    elif isinstance(spec, SinkSpec):
        subject = type(spec.sink)
    else:
        subject = getattr(spec, "function", None) or type(spec)
    if not hasattr(subject, "__qualname__"):
        subject = type(subject)
    return f"{transformation.kind}:{getattr(subject, '__qualname__', '?')}"


def _describe(given: Input, uids: dict[int, str]) -> str:
    partitioner = given.partitioner
    how = type(partitioner).__name__
    if isinstance(partitioner, KeyByColumns):
        how += str(partitioner.columns)
    side = "" if given.side_output is None else f"@{given.side_output}"
    return f"{uids[id(given.transformation)]}{side}/{how}"
