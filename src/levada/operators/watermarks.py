"""Event time at its source: timestamps are extracted, watermarks are made, at positions that replay gives again.

A watermark is emitted behind every W-th record of a split, counted from the split's start (``levada.watermark.every-
records``); and, where a split has nothing to hand out and ``pipeline.auto-watermark-interval`` has passed, at once. The
first rule is deterministic, so a replay after a crash decides lateness as before; the second keeps slow streams alive.
Where a strategy says so, a stream that is quiet in all its splits goes on with the clock (``operators/quiet.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, cast

from levada.common import options
from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.elements import MAX_TIMESTAMP, MIN_TIMESTAMP
from levada.common.errors import UserFunctionError
from levada.common.logs import get_logger
from levada.common.watermark_strategy import WatermarkGenerator, WatermarkStrategy
from levada.operators.base import Operator, OperatorContext
from levada.operators.quiet import QuietGroup
from levada.state.snapshot import PartKind, StatePart

log = get_logger(__name__)

# Milliseconds that, read as seconds, lie between 2001 and 2065: nobody streams records of January 1970.
SECONDS_LOOKALIKE = range(1_000_000_000, 3_000_000_000)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAR_FUTURE_MS = 366 * 24 * 3600 * 1000


class _Captured:
    """Keeps the newest watermark a custom generator emits."""

    __slots__ = ("emitted",)

    def __init__(self) -> None:
        self.emitted: int | None = None

    def emit_watermark(self, timestamp: int) -> None:
        if self.emitted is None or timestamp > self.emitted:
            self.emitted = timestamp


class WatermarkTracker:
    """Timestamps and watermarks of one split.

    Parameters
    ----------
    strategy : WatermarkStrategy
    every_records : int
        A watermark is due behind each this-many records.
    interval_ms : int
        ... or when this long has passed and the split has nothing to hand out.
    label : str
        Names source and split in warnings and errors.
    """

    def __init__(self, strategy: WatermarkStrategy, every_records: int, interval_ms: int, label: str) -> None:
        self._assigner = strategy.timestamp_assigner
        self._bound = strategy.out_of_orderness_ms
        self._generator: WatermarkGenerator | None = (
            strategy.generator_factory() if strategy.generator_factory is not None else None
        )
        self._makes_watermarks = self._bound is not None or self._generator is not None
        self._idleness = strategy.idleness_ms
        self._every = max(1, every_records) if interval_ms > 0 else 1
        self._interval = interval_ms
        self._label = label
        self._since = 0
        self._warned: set[str] = set()
        self._emitted_at: int | None = None
        self._records_at: int | None = None
        self.newest = MIN_TIMESTAMP
        self.watermark = MIN_TIMESTAMP
        self.idle = False

    def advance(self, batch: RowBatch, now: int) -> Iterator[RowBatch | int]:
        """Yield the batch, cut where watermarks are due, and the watermarks (ms) at their positions."""
        self._records_at = now
        self.idle = False
        if self._emitted_at is None:
            self._emitted_at = now
        if self._assigner is None and batch.timestamps is None and self._generator is None:
            # Records without time, as Flink lets them be: what needs it downstream says so.
            yield batch
            return
        times = self._timestamps(batch)
        if times and not self._makes_watermarks:
            self._note_newest(max(times), now)
            yield RowBatch(batch.values, times)
            return
        if self._generator is not None:
            yield from self._advance_generator(batch.values, times, now)
            return
        values, start, count = batch.values, 0, len(batch.values)
        while start < count:
            stop = min(count, start + self._every - self._since)
            piece = times if stop - start == count else times[start:stop]
            self._note_newest(max(piece), now)
            yield RowBatch(values if stop - start == count else values[start:stop], piece)
            self._since += stop - start
            start = stop
            if self._since == self._every:
                self._since = 0
                moved = self._move(self.newest - cast("int", self._bound) - 1, now)
                if moved is not None:
                    yield moved

    def on_nothing(self, now: int) -> int | None:
        """The split has nothing to hand out at ``now``: the watermark that is due, if any."""
        if self._emitted_at is None or now - self._emitted_at < self._interval:
            return None
        if self._generator is not None:
            output = _Captured()
            try:
                self._generator.on_periodic_emit(output)
            except Exception as error:
                raise self._generator_failed(error) from error
            self._emitted_at = now
            return self._move(output.emitted, now)
        if self._bound is None or self.newest == MIN_TIMESTAMP:
            return None
        return self._move(self.newest - self._bound - 1, now)

    def check_idle(self, now: int) -> bool:
        """Whether the split has had no records for as long as ``with_idleness`` says."""
        if self._records_at is None:
            self._records_at = now
        self.idle = self._idleness is not None and now - self._records_at >= self._idleness
        return self.idle

    @property
    def quiet_since(self) -> int:
        """When the last record came, or the split began; meaningful once ``check_idle`` has been asked."""
        return 0 if self._records_at is None else self._records_at

    def last_watermark(self) -> int:
        """The watermark of a split that has ended, whether it was due or not."""
        if self._bound is not None and self.newest != MIN_TIMESTAMP:
            return max(self.watermark, self.newest - self._bound - 1)
        return self.watermark

    def idle_check_ms(self) -> int | None:
        """When ``check_idle`` may turn True; None where no idleness is declared, or the split is idle already."""
        if self._idleness is None or self.idle or self._records_at is None:
            return None
        return self._records_at + self._idleness

    def snapshot(self) -> dict[str, Any]:
        """What a replayed split needs to make the same watermarks at the same positions."""
        generator = None if self._generator is None else dict(vars(self._generator))
        return {"since": self._since, "newest": self.newest, "watermark": self.watermark, "generator": generator}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a snapshot."""
        self._since = state["since"]
        self.newest = state["newest"]
        self.watermark = state["watermark"]
        if self._generator is not None and state["generator"] is not None:
            vars(self._generator).update(state["generator"])

    def _move(self, watermark: int | None, now: int) -> int | None:
        if watermark is None or watermark <= self.watermark:
            return None
        self._emitted_at = now
        self.watermark = watermark
        return watermark

    def _advance_generator(self, values: list[Any], times: list[int], now: int) -> Iterator[RowBatch | int]:
        generator = cast("WatermarkGenerator", self._generator)
        output = _Captured()
        start = 0
        for position, (value, time) in enumerate(zip(values, times, strict=True), 1):
            try:
                generator.on_event(value, time, output)
                self._since += 1
                if self._since == self._every:
                    self._since = 0
                    generator.on_periodic_emit(output)
            except Exception as error:
                raise self._generator_failed(error, value) from error
            if time > self.newest:
                self._note_newest(time, now)
            if output.emitted is not None:
                moved = self._move(output.emitted, now)
                output.emitted = None
                if moved is not None:
                    yield RowBatch(values[start:position], times[start:position])
                    start = position
                    yield moved
        if start < len(values):
            yield RowBatch(values[start:], times[start:])

    def _timestamps(self, batch: RowBatch) -> list[int]:
        given, extract = batch.timestamps, self._assigner
        if extract is None:
            return [MIN_TIMESTAMP] * len(batch.values) if given is None else given
        try:
            if given is None:
                times = [extract(value, MIN_TIMESTAMP) for value in batch.values]
            else:
                times = [extract(value, time) for value, time in zip(batch.values, given, strict=True)]
        except Exception as error:
            raise self._assigner_failed(batch.values, error) from error
        if set(map(type, times)) - {int}:
            times = [self._as_millis(time, value) for time, value in zip(times, batch.values, strict=True)]
        return times

    def _assigner_failed(self, values: list[Any], error: BaseException) -> UserFunctionError:
        extract = cast("Callable[[Any, int], int]", self._assigner)
        culprit: Any = values[0]
        for value in values:
            try:
                extract(value, MIN_TIMESTAMP)
            except Exception:
                culprit = value
                break
        return UserFunctionError(
            f"{self._label}: the timestamp assigner raised {type(error).__name__}: {error} on record {culprit!r:.200}"
        )

    def _generator_failed(self, error: Exception, *record: Any) -> UserFunctionError:
        told = f" on record {record[0]!r:.200}" if record else ""
        return UserFunctionError(
            f"{self._label}: the watermark generator {type(self._generator).__qualname__} raised "
            f"{type(error).__name__}: {error}{told}"
        )

    def _as_millis(self, time: Any, value: Any) -> int:
        if isinstance(time, datetime):
            if time.tzinfo is None:
                self._warn_once(
                    "naive",
                    "%s: the timestamp assigner gives datetimes without a time zone (%s); they are read as UTC. "
                    "Attach the zone: value.replace(tzinfo=...)",
                    time,
                )
                time = time.replace(tzinfo=UTC)
            millis: int = (time - EPOCH) // timedelta(milliseconds=1)
            return millis
        if isinstance(time, (int, float)) and not isinstance(time, bool) and isfinite(time):
            return int(time)
        try:
            return int(time.__index__())
        except (AttributeError, TypeError):
            raise UserFunctionError(
                f"{self._label}: the timestamp assigner returned {time!r} ({type(time).__name__}) for record "
                f"{value!r:.200}; it must return integer milliseconds since the epoch, or a datetime with a time zone"
            ) from None

    def _note_newest(self, newest: int, now: int) -> None:
        if newest > self.newest:
            self._check_plausible(newest, now)
            self.newest = newest

    def _check_plausible(self, newest: int, now: int) -> None:
        if newest in SECONDS_LOOKALIKE:
            self._warn_once(
                "seconds",
                "%s: timestamp %s looks like seconds since the epoch, but milliseconds are expected. "
                "Multiply by 1000 in the timestamp assigner",
                newest,
            )
        elif newest > now + FAR_FUTURE_MS:
            self._warn_once(
                "future",
                "%s: timestamp %s lies more than a year in the future; one such record moves the watermark there and "
                "makes all later ones late. Are these micro- or nanoseconds? Filter it out or convert it",
                newest,
            )

    def _warn_once(self, kind: str, message: str, shown: object) -> None:
        if kind not in self._warned:
            self._warned.add(kind)
            log.warning(message, self._label, shown)


@dataclass(frozen=True, slots=True)
class TimestampsAndWatermarks:
    """Spec: assign event times and watermarks in the middle of a stream (``assign_timestamps_and_watermarks``)."""

    strategy: WatermarkStrategy
    reads_timestamps: bool = True

    def create(self) -> TimestampsAndWatermarksOperator:
        """A fresh operator."""
        return TimestampsAndWatermarksOperator(self.strategy)


class TimestampsAndWatermarksOperator(Operator):
    """Replaces its input's timestamps and watermarks by those of a strategy."""

    def __init__(self, strategy: WatermarkStrategy, group: QuietGroup | None = None) -> None:
        self._strategy = strategy
        self._group = group if strategy.advances_when_idle else None

    def share(self, group: QuietGroup) -> None:
        """Go quiet together with the other subtasks."""
        self._group = group if self._strategy.advances_when_idle else None

    def open(self, context: OperatorContext) -> None:
        super().open(context)
        label = f"operator {context.name!r}, subtask {context.subtask_index + 1} of {context.parallelism}"
        self.tracker = make_tracker(self._strategy, context, label)
        self._was_idle = False
        self._wake_ms = wake_ms(context)
        if context.restored is not None:
            states = context.restored.values("tracker")
            if states:
                self.tracker.restore(min(states, key=lambda state: state["watermark"]))
                self.current_watermark = self.tracker.watermark
        self.tracker.check_idle(context.clock.now_ms())
        self._watch_idleness()

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        if isinstance(batch, ColumnBatch):
            self.output.collect(batch)
            return
        if not batch.values:
            return
        now = self.context.clock.now_ms()
        if self._was_idle:
            self._was_idle = False
            if self._group is not None:
                self._group.wake(self.context.subtask_index)
            self.output.emit_status(False)
            self.context.schedule(now)
        for piece in self.tracker.advance(batch, now):
            if isinstance(piece, int):
                super().process_watermark(piece)
            else:
                self.output.collect(piece)

    def process_watermark(self, timestamp: int) -> None:
        # Upstream's watermarks are replaced; only the end of all time comes through.
        if timestamp == MAX_TIMESTAMP:
            super().process_watermark(timestamp)

    def on_quiet(self, now: int) -> None:
        moved = self.tracker.on_nothing(now)
        if moved is not None:
            super().process_watermark(moved)
        if self._group is not None and self._was_idle:
            self._group.rest(self.context.subtask_index, self.current_watermark, self.tracker.quiet_since)
            advanced = self._group.watermark(now)
            if advanced is not None and advanced > self.current_watermark:
                super().process_watermark(advanced)

    def on_processing_time(self, now: int) -> None:
        if self.tracker.check_idle(now) and not self._was_idle:
            self._was_idle = True
            self.output.emit_status(True)
        self._watch_idleness()

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        from levada.state.encoding import list_part

        state = self.tracker.snapshot()
        if self._group is not None and self.current_watermark != MAX_TIMESTAMP:
            state["watermark"] = max(self.tracker.watermark, self.current_watermark)
        return {"tracker": list_part([state], PartKind.LIST)}

    def _watch_idleness(self) -> None:
        due = self.tracker.idle_check_ms()
        if due is not None:
            self.context.schedule(due)
        elif self._group is not None and self._was_idle:
            self.context.schedule(self.context.clock.now_ms() + self._wake_ms)


def wake_ms(context: OperatorContext) -> int:
    """How often a watermark that goes on with the clock is moved."""
    return max(1, int(context.config.get(options.AUTO_WATERMARK_INTERVAL).total_seconds() * 1000))


def make_tracker(strategy: WatermarkStrategy, context: OperatorContext, label: str) -> WatermarkTracker:
    """A tracker configured by the operator's options."""
    interval = int(context.config.get(options.AUTO_WATERMARK_INTERVAL).total_seconds() * 1000)
    return WatermarkTracker(strategy, context.config.get(options.WATERMARK_EVERY_RECORDS), interval, label)
