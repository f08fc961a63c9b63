"""A bench for one operator: a context with a clock and a budget that tests own, and an output that keeps everything."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from levada._kernels import key_groups
from levada.common.batch import Batch, ColumnBatch
from levada.common.configuration import Configuration
from levada.common.options import BATCH_MAX_ROWS
from levada.operators.base import Operator, OperatorContext, OperatorSpec
from levada.state.encoding import decode_values


class FakeClock:
    """Time stands still unless a test moves it."""

    now = 1_000

    def now_ms(self) -> int:
        return self.now

    def monotonic_ns(self) -> int:
        return self.now * 1_000_000

    def sleep(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


class FakeBudget:
    """Exhausted every ``every``-th time it is asked; never for 0."""

    def __init__(self, every: int = 0) -> None:
        self._every = every
        self._asked = 0

    @property
    def exhausted(self) -> bool:
        self._asked += 1
        return self._every > 0 and self._asked % self._every == 0


class NoMetrics:
    def __init__(self) -> None:
        self.accumulators: list[dict[str, Any]] = []

    def count(self, name: str, amount: int = 1) -> None:
        """Not kept."""


class Recorder:
    """What came out, in order."""

    def __init__(self) -> None:
        self.elements: list[Any] = []

    def collect(self, batch: Batch) -> None:
        if isinstance(batch, ColumnBatch):
            batch.data.validate(full=True)
        self.elements.append(batch)

    def emit_watermark(self, timestamp: int) -> None:
        self.elements.append(timestamp)

    def emit_status(self, idle: bool) -> None:
        self.elements.append(idle)


class Restored:
    """A checkpoint's parts, cut to one subtask's key groups."""

    def __init__(self, parts: dict[str, list[pa.RecordBatch]], index: int, parallelism: int, groups: int) -> None:
        self._parts = parts
        self._owned = {group for group in range(groups) if group * parallelism // groups == index}

    def keyed(self, name: str) -> Iterator[pa.RecordBatch]:
        for batch in self._parts.get(name, []):
            mask = pa.array([group in self._owned for group in batch.column(0).to_pylist()], pa.bool_())
            yield batch.filter(mask)

    def values(self, name: str) -> list[Any]:
        return [value for batch in self._parts.get(name, []) for value in decode_values(batch)]


class Bench:
    """An opened operator and everything around it."""

    def __init__(
        self,
        spec: OperatorSpec,
        *,
        max_rows: int = 8192,
        exhausted_every: int = 0,
        restored: dict[str, list[pa.RecordBatch]] | None = None,
        index: int = 0,
        parallelism: int = 1,
        groups: int = 128,
    ) -> None:
        config = Configuration()
        config.set(BATCH_MAX_ROWS, max_rows)
        self.out, self.clock, self.wakeups = Recorder(), FakeClock(), list[int]()
        self.operator: Operator = pickle.loads(pickle.dumps(spec)).create()
        self.operator.open(
            OperatorContext(
                name="tested",
                uid="tested",
                output=self.out,
                clock=self.clock,
                budget=FakeBudget(exhausted_every),
                config=config,
                metrics=NoMetrics(),
                schedule=self.wakeups.append,
                restored=None if restored is None else Restored(restored, index, parallelism, groups),
                subtask_index=index,
                parallelism=parallelism,
                max_parallelism=groups,
            )
        )

    def push(self, batch: Batch) -> None:
        """Hand a batch over and let the operator finish, in as many steps as it takes."""
        self.operator.process_batch(batch)
        self.settle()

    def watermark(self, timestamp: int) -> None:
        self.operator.process_watermark(timestamp)
        self.settle()

    def settle(self) -> int:
        steps = 0
        while self.operator.pending:
            self.operator.resume()
            steps += 1
        return steps

    def snapshot(self) -> dict[str, list[pa.RecordBatch]]:
        """Take a snapshot and write it at once."""
        return {name: write(part) for name, part in self.operator.snapshot(1).items()}

    def changes(self) -> list[tuple[Any, ...]]:
        """All column batches that came out, as rows of (kind, values ...)."""
        return [row for batch in self.out.elements if isinstance(batch, ColumnBatch) for row in rows_of(batch)]


def write(part: Any) -> list[pa.RecordBatch]:
    batches = list(part.batches())
    if part.released is not None:
        part.released()
    return batches


def rows_of(batch: ColumnBatch) -> list[tuple[Any, ...]]:
    kinds = [0] * len(batch) if batch.kinds is None else batch.kinds.to_pylist()
    assert len(kinds) == len(batch)
    return list(zip(kinds, *(column.to_pylist() for column in batch.data.columns), strict=True))


def split_by_key(batch: pa.RecordBatch, keys: Iterable[int], parallelism: int, groups: int) -> list[pa.RecordBatch]:
    """The share of each subtask, as an exchange deals them out."""
    columns = [batch.column(at) for at in keys]
    owners = [group * parallelism // groups for group in key_groups(columns, groups).to_pylist()]
    return [batch.filter(pa.array([owner == at for owner in owners], pa.bool_())) for at in range(parallelism)]
