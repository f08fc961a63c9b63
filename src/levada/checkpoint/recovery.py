"""From a stored checkpoint to the operators of a job: does it fit, and what is whose share.

State is addressed by uid. What no operator of the job takes is never dropped silently, and a generated uid whose
operator is not the one that wrote it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from levada.checkpoint.manifest import Manifest, OperatorEntry
from levada.checkpoint.store import StoredCheckpoint
from levada.common.errors import CheckpointMismatchError
from levada.state.snapshot import PartKind

if TYPE_CHECKING:
    import pyarrow as pa


def check_fits(
    manifest: Manifest, job_name: str, operators: Mapping[str, OperatorEntry], max_parallelism: int, label: str
) -> None:
    """Refuse a checkpoint whose state does not fit this job.

    Raises
    ------
    CheckpointMismatchError
        With the list of operators that do not fit, and what to do.
    """
    holding = {uid: entry for uid, entry in manifest.operators.items() if entry.parts}
    missing = [entry for uid, entry in holding.items() if uid not in operators]
    if holding and len(missing) == len(holding):
        raise CheckpointMismatchError(
            f"{label} belongs to another job: it was written by {manifest.job_name!r} and none of its operators is in "
            f"this job, {job_name!r}. Give this job a checkpoint directory of its own, or start it without --from"
        )
    problems = [
        f"  {uid} ({entry.name!r}): its state has no operator in this job"
        for uid, entry in holding.items()
        if uid not in operators
    ]
    for uid, entry in holding.items():
        now = operators.get(uid)
        if now is not None and now.generated_uid and now.identity != entry.identity:
            problems.append(f"  {uid}: written by {entry.identity} ({entry.name!r}); now {now.identity} stands there")
    if problems:
        raise CheckpointMismatchError(
            f"{label} does not fit this job; these operators have moved, changed or gone:\n"
            + "\n".join(problems)
            + "\nOperators without .uid(...) are found by their position in the job. Give the operator that shall take "
            'the state its old address, .uid("<the uid above>"), or start without --from'
        )
    if manifest.max_parallelism != max_parallelism:
        raise CheckpointMismatchError(
            f"{label} was written with max parallelism {manifest.max_parallelism}, this job has {max_parallelism}; "
            f"key groups differ, so set pipeline.max-parallelism={manifest.max_parallelism}"
        )
    for uid, entry in holding.items():
        wanted = operators[uid].max_parallelism if uid in operators else 0
        keyed = any(part.kind == PartKind.KEYED.value for part in entry.parts.values())
        if keyed and entry.max_parallelism and wanted and entry.max_parallelism != wanted:
            raise CheckpointMismatchError(
                f"{label}: the state of {uid} ({entry.name!r}) was written with max parallelism "
                f"{entry.max_parallelism}, now it has {wanted}; key groups differ, so call "
                f".set_max_parallelism({entry.max_parallelism}) on that operator"
            )


@dataclass(frozen=True, slots=True)
class RestoredOperator:
    """One subtask's share of an operator's state (``operators.base.RestoredState``)."""

    checkpoint: StoredCheckpoint
    uid: str
    subtask_index: int
    parallelism: int
    max_parallelism: int

    def keyed(self, name: str) -> Iterator[pa.RecordBatch]:
        first, last = key_group_range(self.subtask_index, self.parallelism, self.max_parallelism)
        for batch in self.checkpoint.batches(self.uid, name):
            if self.parallelism == 1:
                yield batch
                continue
            import pyarrow.compute as pc

            groups = batch.column(0)
            mine = batch.filter(pc.and_(pc.greater_equal(groups, first), pc.less_equal(groups, last)))
            if mine.num_rows:
                yield mine

    def values(self, name: str) -> list[Any]:
        entry = self.checkpoint.manifest.operators.get(self.uid)
        part = None if entry is None else entry.parts.get(name)
        if part is None:
            return []
        values = self.checkpoint.values(self.uid, name)
        if part.kind == PartKind.UNION.value:
            return values
        return values[self.subtask_index :: self.parallelism]


def key_group_range(subtask_index: int, parallelism: int, max_parallelism: int) -> tuple[int, int]:
    """First and last key group of a subtask: those g with ``g * parallelism // max_parallelism == subtask_index``."""
    first = -(-subtask_index * max_parallelism // parallelism)
    last = -(-(subtask_index + 1) * max_parallelism // parallelism) - 1
    return first, last
