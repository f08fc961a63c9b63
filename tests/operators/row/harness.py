"""Runs one row operator by hand: collecting outputs, a clock the test owns, a budget that runs out when told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from levada.common.batch import Batch, RowBatch
from levada.common.configuration import Configuration
from levada.operators.base import Operator, OperatorContext
from levada.state.snapshot import PartKind, StatePart


class VirtualClock:
    """Time that moves when the test says so."""

    def __init__(self, now: int = 0) -> None:
        self.now = now

    def now_ms(self) -> int:
        return self.now

    def monotonic_ns(self) -> int:
        return self.now * 1_000_000

    def sleep(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


class Collected:
    """An output that keeps everything, in order."""

    def __init__(self) -> None:
        self.batches: list[RowBatch] = []
        self.events: list[Any] = []
        """Values, and watermarks as ``("watermark", t)``."""

    def collect(self, batch: Batch) -> None:
        assert isinstance(batch, RowBatch)
        assert batch.values, "an empty batch was handed on"
        assert batch.timestamps is None or len(batch.timestamps) == len(batch.values)
        self.batches.append(batch)
        self.events.extend(batch.values)

    def emit_watermark(self, timestamp: int) -> None:
        self.events.append(("watermark", timestamp))

    def emit_status(self, idle: bool) -> None:
        self.events.append(("idle", idle))

    @property
    def values(self) -> list[Any]:
        return [value for batch in self.batches for value in batch.values]

    @property
    def timed(self) -> list[tuple[Any, int | None]]:
        """Values with their timestamps."""
        return [
            pair
            for batch in self.batches
            for pair in zip(batch.values, batch.timestamps or [None] * len(batch), strict=True)
        ]


class Chunks:
    """A budget: exhausted at every question (``always``), or never."""

    def __init__(self, always: bool = False) -> None:
        self.always = always
        self.asked = 0

    @property
    def exhausted(self) -> bool:
        self.asked += 1
        return self.always


class Counters:
    """Metrics as a dict."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.accumulators: list[dict[str, Any]] = []

    def count(self, name: str, amount: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + amount


Written = dict[str, tuple[PartKind, list[pa.RecordBatch]]]


class Restored:
    """A snapshot read back by a subtask: its range of key groups, its share of lists."""

    def __init__(self, snapshots: list[Written], subtask: int = 0, parallelism: int = 1, groups: int = 128) -> None:
        self._snapshots = snapshots
        self._subtask, self._parallelism, self._groups = subtask, parallelism, groups

    def keyed(self, name: str) -> Iterator[pa.RecordBatch]:
        import pyarrow.compute as pc

        first = -(-self._subtask * self._groups // self._parallelism)
        last = -(-(self._subtask + 1) * self._groups // self._parallelism) - 1
        for snapshot in self._snapshots:
            for batch in snapshot.get(name, (None, []))[1]:
                group = pc.cast(batch.column("key_group"), pa.int64())
                yield batch.filter(pc.and_(pc.greater_equal(group, first), pc.less_equal(group, last)))

    def values(self, name: str) -> list[Any]:
        from levada.state.encoding import decode_part

        values: list[Any] = []
        for snapshot in self._snapshots:
            if name in snapshot:
                values.extend(decode_part(iter(snapshot[name][1])))
        return values


class Harness:
    """One operator, opened."""

    def __init__(
        self,
        spec: Any,
        *,
        clock: VirtualClock | None = None,
        tags: tuple[str, ...] = (),
        restored: Restored | None = None,
        interrupt: bool = False,
        reads_timestamps: bool = True,
        config: Mapping[str, str] | None = None,
        subtask: int = 0,
        parallelism: int = 1,
    ) -> None:
        self.clock = clock or VirtualClock()
        self.out = Collected()
        self.sides = {tag: Collected() for tag in tags}
        self.budget = Chunks(always=interrupt)
        self.metrics = Counters()
        self.wake_ups: list[int] = []
        settings = Configuration()
        for key, value in (config or {}).items():
            settings.set_string(key, value)
        self.context = OperatorContext(
            name="op",
            uid="op-uid",
            output=self.out,
            clock=self.clock,
            budget=self.budget,
            config=settings,
            metrics=self.metrics,
            schedule=lambda at: self.wake_ups.append(at),
            side_outputs=self.sides,
            restored=restored,
            subtask_index=subtask,
            parallelism=parallelism,
            reads_timestamps=reads_timestamps,
        )
        self.operator: Operator = spec.create()
        self.operator.open(self.context)
        self.resumed = 0

    def push(self, values: list[Any], timestamps: list[int] | None = None) -> None:
        """One batch, to the end of the work it makes."""
        self.operator.process_batch(RowBatch(values, timestamps))
        self._finish()

    def watermark(self, timestamp: int) -> None:
        self.operator.process_watermark(timestamp)
        self._finish()

    def advance_to(self, now: int) -> None:
        """Move the clock, waking the operator at the times it asked for."""
        while due := [at for at in self.wake_ups if at <= now]:
            at = min(due)
            self.wake_ups = [other for other in self.wake_ups if other > at]
            self.clock.now = max(self.clock.now, at)
            self.operator.on_processing_time(self.clock.now)
            self._finish()
        self.clock.now = now

    def snapshot(self) -> Written:
        """A snapshot, encoded at once."""
        return written(self.operator.snapshot(1))

    def late_snapshot(self) -> dict[str, StatePart]:
        """A snapshot to be encoded later, by ``written``."""
        return self.operator.snapshot(1)

    def _finish(self) -> None:
        while self.operator.pending:
            self.resumed += 1
            self.operator.resume()


def written(parts: dict[str, StatePart]) -> Written:
    """What is written of a snapshot."""
    result: Written = {}
    for name, part in parts.items():
        result[name] = (part.kind, list(part.batches()))
        if part.released is not None:
            part.released()
    return result
