"""Interval joins: pairs of one key whose times lie within bounds of each other.

Reference: Flink documentation, "Joining", section "Interval Join". A pair is made as soon as both records are there; it
bears the greater of their times. A record behind the watermark is late and makes no pairs. State is kept as long as a
record that is not late may still find it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.common.errors import UserError
from levada.common.output_tag import OutputTag
from levada.operators.base import OperatorContext
from levada.operators.row.keyed_operator import KeyedRowOperator
from levada.operators.row.keys import KeySelection
from levada.operators.row.resumable import CHUNK_ROWS, Chunk, Work
from levada.operators.row.runtime_context import RuntimeContext
from levada.operators.row.two_inputs.co_process import method_or_itself
from levada.operators.row.user_errors import CallSite, short_repr
from levada.operators.row.user_function import close_functions, open_function

LATE_RECORDS_DROPPED = "late_records_dropped"
_TIME = itemgetter(0)
_SIDES = ("left", "right")


@dataclass(frozen=True, slots=True, eq=False)
class IntervalJoin:
    """``a.interval_join(b).between(lower, upper).process(function)``.

    Attributes
    ----------
    function : ProcessJoinFunction or callable
    first_inputs : int
        How many of the operator's inputs belong to the left stream.
    key_selectors : pair of callables
    lower_ms, upper_ms : int
        A pair has ``left + lower_ms <= right <= left + upper_ms``: both bounds are inclusive here.
    late_tags : pair of str or None
        Side outputs for late records of the left and the right; dropped and counted without.
    """

    function: Any
    first_inputs: int
    key_selectors: tuple[Any, Any]
    lower_ms: int
    upper_ms: int
    late_tags: tuple[str | None, str | None] = (None, None)
    name: str = ""
    uid: str | None = None

    def __post_init__(self) -> None:
        method_or_itself(self.function, "process_element")

    @property
    def reads_timestamps(self) -> bool:
        """It joins by them."""
        return True

    def create(self) -> IntervalJoinOperator:
        """An operator for one subtask."""
        return IntervalJoinOperator(self)


class ProcessJoinContext:
    """The context of ``ProcessJoinFunction.process_element``."""

    __slots__ = ("left_timestamp", "right_timestamp")

    def __init__(self) -> None:
        self.left_timestamp = self.right_timestamp = 0

    def get_left_timestamp(self) -> int:
        """The left record's event time in ms."""
        return self.left_timestamp

    def get_right_timestamp(self) -> int:
        """The right record's event time in ms."""
        return self.right_timestamp

    def get_timestamp(self) -> int:
        """The pair's event time in ms: the greater of the two."""
        return max(self.left_timestamp, self.right_timestamp)


class IntervalJoinOperator(KeyedRowOperator):
    """Keeps both sides' records by key, in the order of their times, and pairs each new one with the other side's."""

    def __init__(self, spec: IntervalJoin) -> None:
        self.spec = spec
        self._opened: list[Any] = []

    def open(self, context: OperatorContext) -> None:
        """Open the function."""
        super().open(context)
        spec = self.spec
        self._name = spec.name or context.name
        self._tables = tuple(self.backend.table(side) for side in _SIDES)
        self._keys = tuple(KeySelection(selector, context, self._name) for selector in spec.key_selectors)
        self._call = method_or_itself(spec.function, "process_element")
        self._sites = tuple(
            CallSite("interval join", self._name, spec.uid, self._call, "value", f"record of input {number}")
            for number in (1, 2)
        )
        # Relative to a left record: where its right partners are; and the other way round.
        self._bounds = ((spec.lower_ms, spec.upper_ms), (-spec.upper_ms, -spec.lower_ms))
        self._opened.append(spec.function)
        open_function(spec.function, RuntimeContext(context, self._name))

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Pair each record with those of the other side."""
        assert isinstance(batch, RowBatch)
        side = int(input_index >= self.spec.first_inputs)
        values, timestamps = batch.values, batch.timestamps
        if timestamps is None:
            raise UserError(
                f"operator {self._name!r}: records of input {side + 1} have no event time, which an interval join goes "
                "by; call assign_timestamps_and_watermarks(...) with a timestamp assigner before key_by. "
                f"Record: {short_repr(values[0])}"
            )
        pairs = self._pairs(values, timestamps, self._keys[side].keys(values), side)
        self.run(self.hand_out(pairs, IntervalJoinOperator._pairs.__code__, self._sites[side]))

    def _pairs(self, values: list[Any], timestamps: list[int], keys: list[Any], side: int) -> Iterator[Chunk]:
        call, aside, timed = self._call, self.side, self.context.reads_timestamps
        own, other = self._tables[side], self._tables[1 - side]
        lower, upper = self._bounds[side]
        keep_for = max(upper, 0)
        register = self.timers.register_event
        namespace, context, watermark = _SIDES[side], ProcessJoinContext(), self.current_watermark
        out: list[Any] = []
        times: list[int] = []
        for value, timestamp, key in zip(values, timestamps, keys, strict=True):
            if timestamp < watermark:
                self._late(value, timestamp, side)
                continue
            kept = own.get(None, key)
            if kept is None:
                own.put(None, key, [(timestamp, value)])
                register(timestamp + keep_for, key, namespace)
            elif timestamp >= kept[-1][0]:
                kept.append((timestamp, value))
            else:
                insort(kept, (timestamp, value), key=_TIME)
                if kept[0][0] == timestamp:
                    register(timestamp + keep_for, key, namespace)
            partners = other.get(None, key)
            if partners is None:
                continue
            first = bisect_left(partners, timestamp + lower, key=_TIME)
            last = bisect_right(partners, timestamp + upper, key=_TIME)
            for partner_time, partner in partners[first:last]:
                time = timestamp if timestamp > partner_time else partner_time
                if side == 0:
                    context.left_timestamp, context.right_timestamp = timestamp, partner_time
                    rows = call(value, partner, context)
                else:
                    context.left_timestamp, context.right_timestamp = partner_time, timestamp
                    rows = call(partner, value, context)
                for row in rows or ():
                    if type(row) is tuple and len(row) == 2 and type(row[0]) is OutputTag:
                        aside.add(row[0].tag_id, row[1], time if timed else None)
                    else:
                        out.append(row)
                        if timed:
                            times.append(time)
                    if len(out) >= CHUNK_ROWS or aside.rows >= CHUNK_ROWS:
                        yield out, times if timed else None
                        out, times = [], []
        yield out, times if timed else None

    def _late(self, value: Any, timestamp: int, side: int) -> None:
        tag = self.spec.late_tags[side]
        if tag is None:
            self.context.metrics.count(LATE_RECORDS_DROPPED)
        else:
            self.side.add(tag, value, timestamp)

    def event_timers(self, watermark: int) -> Work:
        """Forget records that nothing can be paired with any more.

        A key and side has a timer for its earliest record; what remains then gets the next one.
        """
        for due, (_, key, namespace) in enumerate(self.timers.due_event(watermark), 1):
            side = _SIDES.index(namespace)
            table, keep_for = self._tables[side], max(self._bounds[side][1], 0)
            kept = table.get(None, key)
            if kept is not None:
                over = bisect_right(kept, watermark - keep_for, key=_TIME)
                if over == len(kept):
                    table.delete(None, key)
                else:
                    del kept[:over]
                    self.timers.register_event(kept[0][0] + keep_for, key, namespace)
            if due % CHUNK_ROWS == 0:
                yield

    def clock_timers(self, now: int) -> Work:
        """There are none."""
        return
        yield

    def close(self) -> None:
        """Close the function."""
        super().close()
        close_functions(self._opened)
