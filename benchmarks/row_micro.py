"""The row operators' loops against bare Python loops that make the same calls of user functions.

``python benchmarks/row_micro.py`` prints, for each loop, records per second and the ratio to the bare loop. Bare and
framework runs alternate and the best of several counts, so that a busy machine disturbs both alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.common.configuration import Configuration
from levada.operators.base import Operator, OperatorContext
from levada.operators.row import KeyedProcess, KeyedReduce, RowStep, fuse
from levada.operators.row.window import SlidingEventTimeWindows, TumblingEventTimeWindows, WindowRows
from levada.operators.row.window.session_assigners import EventTimeSessionWindows
from levada.state import ValueStateDescriptor

ROWS = 400_000
BATCH = 8192
KEYS = 1000
ROUNDS = 5


class Drop:
    """An output that counts rows, and the rest of what an operator context needs."""

    exhausted = False

    def __init__(self) -> None:
        self.rows = 0

    def collect(self, batch: Batch) -> None:
        self.rows += len(batch)

    def emit_watermark(self, timestamp: int) -> None:
        pass

    def emit_status(self, idle: bool) -> None:
        pass

    def count(self, name: str, amount: int = 1) -> None:
        pass

    def now_ms(self) -> int:
        return 0

    def monotonic_ns(self) -> int:
        return 0

    def sleep(self, seconds: float) -> None:
        pass


def opened(spec: Any, *, timed: bool = False) -> tuple[Operator, Drop]:
    """An operator of ``spec`` that puts its rows nowhere."""
    drop = Drop()
    operator: Operator = spec.create()
    operator.open(
        OperatorContext(
            name="bench",
            uid="bench",
            output=drop,
            clock=drop,
            budget=drop,
            config=Configuration(),
            metrics=drop,
            schedule=lambda at: None,
            reads_timestamps=timed,
        )
    )
    return operator, drop


BIDS = [(i * 7919 % KEYS, i * 31 % 1000, i // 4) for i in range(ROWS)]
"""(bidder, price, event time in ms)."""
BATCHES = [BIDS[start : start + BATCH] for start in range(0, ROWS, BATCH)]
TIMES = [[bid[2] for bid in batch] for batch in BATCHES]


def to_pair(bid: tuple[int, int, int]) -> tuple[int, int]:
    return bid[0], bid[1] * 2


def is_even(pair: tuple[int, int]) -> bool:
    return pair[1] % 4 == 0


def bidder(bid: tuple[int, int, int]) -> int:
    return bid[0]


def bare_map_filter() -> int:
    rows = 0
    for batch in BATCHES:
        out = []
        for bid in batch:
            pair = to_pair(bid)
            if is_even(pair):
                out.append(pair)
        rows += len(out)
    return rows


def fused_map_filter(timed: bool) -> Callable[[], int]:
    def run() -> int:
        operator, drop = opened(fuse([RowStep("map", to_pair), RowStep("filter", is_even)]), timed=timed)
        for batch, times in zip(BATCHES, TIMES, strict=True):
            operator.process_batch(RowBatch(batch, times if timed else None))
        return drop.rows

    return run


def expand(bid: tuple[int, int, int]) -> Iterator[int]:
    yield bid[0]
    yield bid[1]


def bare_flat_map() -> int:
    rows = 0
    for batch in BATCHES:
        out = []
        for bid in batch:
            for row in expand(bid):
                out.append(row)
        rows += len(out)
    return rows


def fused_flat_map() -> int:
    operator, drop = opened(RowStep("flat_map", expand))
    for batch in BATCHES:
        operator.process_batch(RowBatch(batch))
    return drop.rows


class CountAndSum:
    """Count and sum per key in one value state."""

    def open(self, runtime_context: Any) -> None:
        self.state = runtime_context.get_state(ValueStateDescriptor("count-sum", tuple[int, int]))

    def process_element(self, value: tuple[int, int, int], ctx: Any) -> Iterator[tuple[int, int, int]]:
        count, total = self.state.value() or (0, 0)
        count += 1
        total += value[1]
        self.state.update((count, total))
        yield value[0], count, total


class DictState:
    """What the bare loop has in place of state: a dict and the current key."""

    def __init__(self) -> None:
        self.key: Any = None
        self.values: dict[Any, Any] = {}

    def value(self) -> Any:
        return self.values.get(self.key)

    def update(self, value: Any) -> None:
        self.values[self.key] = value


def bare_keyed_process() -> int:
    """The same function over a dict: selects the key, calls the function, iterates what it yields."""
    function = CountAndSum()
    state = function.state = DictState()
    rows = 0
    for batch in BATCHES:
        out = []
        for bid in batch:
            state.key = bidder(bid)
            for row in function.process_element(bid, None):
                out.append(row)
        rows += len(out)
    return rows


def bare_count_sum() -> int:
    """Count and sum by hand: a dict, no function calls but the key selector's."""
    totals: dict[int, tuple[int, int]] = {}
    rows = 0
    for batch in BATCHES:
        out = []
        for bid in batch:
            key = bidder(bid)
            count, total = totals.get(key) or (0, 0)
            count += 1
            total += bid[1]
            totals[key] = (count, total)
            out.append((key, count, total))
        rows += len(out)
    return rows


def keyed_process() -> int:
    operator, drop = opened(KeyedProcess(bidder, CountAndSum()))
    for batch in BATCHES:
        operator.process_batch(RowBatch(batch))
    return drop.rows


class TimerPerRecord:
    """Sets one timer per record."""

    def process_element(self, value: tuple[int, int, int], ctx: Any) -> None:
        ctx.timer_service().register_event_time_timer(value[2] + 1000)

    def on_timer(self, timestamp: int, ctx: Any) -> list[int]:
        return [timestamp]


def timers() -> int:
    operator, _ = opened(KeyedProcess(bidder, TimerPerRecord()), timed=True)
    for batch, times in zip(BATCHES, TIMES, strict=True):
        operator.process_batch(RowBatch(batch, times))
        operator.process_watermark(times[-1] - 1)
    operator.process_watermark(2**63 - 1)
    return ROWS


def add(left: tuple[int, int, int], right: tuple[int, int, int]) -> tuple[int, int, int]:
    return left[0], left[1] + right[1], right[2]


def bare_reduce() -> int:
    held: dict[int, Any] = {}
    rows = 0
    for batch in BATCHES:
        out = []
        for bid in batch:
            key = bidder(bid)
            old = held.get(key)
            held[key] = new = bid if old is None else add(old, bid)
            out.append(new)
        rows += len(out)
    return rows


def keyed_reduce() -> int:
    operator, drop = opened(KeyedReduce(bidder, add))
    for batch in BATCHES:
        operator.process_batch(RowBatch(batch))
    return drop.rows


def bare_window_reduce() -> int:
    panes: dict[int, dict[int, Any]] = {}
    rows = 0
    for batch in BATCHES:
        for bid in batch:
            start = bid[2] - bid[2] % 10_000
            pane = panes.setdefault(start, {})
            key = bidder(bid)
            old = pane.get(key)
            pane[key] = bid if old is None else add(old, bid)
        mark = batch[-1][2] - 1
        for start in [start for start in panes if start + 9_999 <= mark]:
            rows += len(list(panes.pop(start).values()))
    return rows + sum(map(len, panes.values()))


def windowed(assigner: Any) -> Callable[[], int]:
    def run() -> int:
        operator, drop = opened(WindowRows(bidder, assigner, "reduce", add), timed=True)
        for batch, times in zip(BATCHES, TIMES, strict=True):
            operator.process_batch(RowBatch(batch, times))
            operator.process_watermark(times[-1] - 1)
        operator.process_watermark(2**63 - 1)
        return drop.rows

    return run


COMPARED: list[tuple[str, Callable[[], int], Callable[[], int] | None]] = [
    ("map + filter", fused_map_filter(False), bare_map_filter),
    ("map + filter, timed", fused_map_filter(True), bare_map_filter),
    ("flat_map, 2 rows each", fused_flat_map, bare_flat_map),
    ("keyed count+sum, same function over a dict", keyed_process, bare_keyed_process),
    ("keyed count+sum, against inlined code", keyed_process, bare_count_sum),
    ("keyed reduce", keyed_reduce, bare_reduce),
    ("keyed process, a timer per record", timers, None),
    ("tumbling 10 s, reduce", windowed(TumblingEventTimeWindows(10_000, 0)), bare_window_reduce),
    ("sliding 10 s / 2.5 s, reduce", windowed(SlidingEventTimeWindows(10_000, 2_500, 0)), None),
    ("sessions of one record, reduce", windowed(EventTimeSessionWindows(200)), None),
    ("sessions of many records, reduce", windowed(EventTimeSessionWindows(1000)), None),
]


def main() -> None:
    for name, run, bare in COMPARED:
        own, other = [], []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            rows = run()
            own.append(time.perf_counter() - started)
            if bare is not None:
                started = time.perf_counter()
                expected = bare()
                other.append(time.perf_counter() - started)
                assert rows == expected, f"{name}: {rows} rows, the bare loop has {expected}"
        ratio = f"{min(other) / min(own):6.0%} of the bare loop" if other else ""
        print(f"{name:45} {ROWS / min(own):12,.0f} records/s {ratio}")


if __name__ == "__main__":
    main()
