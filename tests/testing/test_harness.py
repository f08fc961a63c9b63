"""A part of a job by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from levada.common import Types
from levada.common.errors import JobBuildError, UserFunctionError
from levada.datastream import AsyncDataStream, DataStream, KeyedProcessFunction, OutputTag, RuntimeContext
from levada.datastream.state import ValueStateDescriptor
from levada.datastream.window import TumblingEventTimeWindows, TumblingProcessingTimeWindows
from levada.testing import Snapshot, StreamHarness, keyed_process_harness, process_harness

LATE = OutputTag("late")
ODD = OutputTag("odd", Types.INT())


class CountAndRemind(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        timers = ctx.timer_service()
        if ctx.timestamp() is None:
            timers.register_processing_time_timer(timers.current_processing_time() + 100)
        else:
            timers.register_event_time_timer(ctx.timestamp() + 100)
        yield value, count

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield "timer", ctx.get_current_key(), timestamp


def first(value: str) -> str:
    return value[0]


def test_state_and_event_time_timers() -> None:
    harness = keyed_process_harness(CountAndRemind(), first)
    harness.process("a", 10)
    harness.process("b", 20)
    harness.process("a", 30)
    assert harness.take_timed() == [(("a", 1), 10), (("b", 1), 20), (("a", 2), 30)]
    harness.advance_watermark(120)
    assert harness.take() == [("timer", "a", 110), ("timer", "b", 120)]
    assert harness.watermark == 120
    harness.advance_watermark(100)  # never backwards
    assert harness.watermark == 120
    harness.finish()
    assert harness.take_timed() == [(("timer", "a", 130), 130)]


def test_processing_time_timers_fire_at_their_times() -> None:
    harness = keyed_process_harness(CountAndRemind(), first, now_ms=1000)
    harness.process("a")
    harness.advance_clock(timedelta(milliseconds=50))
    harness.process("b")
    assert harness.take() == [("a", 1), ("b", 1)]
    harness.advance_clock(49)
    assert harness.take() == []
    harness.advance_clock(1)
    assert harness.take() == [("timer", "a", 1100)]
    assert harness.now_ms == 1100
    harness.advance_clock(10_000)
    assert harness.take() == [("timer", "b", 1150)]


def test_state_goes_through_a_snapshot_as_often_as_wanted() -> None:
    harness = keyed_process_harness(CountAndRemind(), first)
    harness.process_all(["a", "a", "b"], [1, 2, 3])
    saved = harness.snapshot()
    harness.process("a", 4)
    assert harness.take() == [("a", 1), ("a", 2), ("b", 1), ("a", 3)]
    for _ in range(2):
        assert isinstance(saved, Snapshot)
        again = keyed_process_harness(CountAndRemind(), first, restored=saved)
        again.process("a", 4)
        assert again.take() == [("a", 3)]
        again.advance_watermark(101)
        assert again.take() == [("timer", "a", 101)]
        again.close()


def windows(words: DataStream[str]) -> DataStream[Any]:
    keyed = words.key_by(first).window(TumblingEventTimeWindows.of(timedelta(milliseconds=100)))
    return keyed.side_output_late_data(LATE).reduce(lambda one, other: one + other)


def test_windows_and_late_data() -> None:
    with StreamHarness(windows, side_outputs=[LATE]) as harness:
        harness.process("ab", 10)
        harness.process("ac", 20)
        harness.advance_watermark(98)
        assert harness.take() == []
        harness.advance_watermark(99)
        assert harness.take_timed() == [("abac", 99)]
        harness.process("late", 50)
        assert harness.take() == []
        assert harness.take_side_output(LATE) == ["late"]
        assert harness.take_side_output(LATE) == []


def test_windows_of_processing_time() -> None:
    harness: StreamHarness[int, int] = StreamHarness(
        lambda numbers: numbers.window_all(TumblingProcessingTimeWindows.of(timedelta(seconds=1))).reduce(max)
    )
    harness.process_all([3, 7])
    harness.advance_clock(timedelta(milliseconds=998))
    assert harness.take() == []
    harness.advance_clock(1)
    assert harness.take() == [7]


def test_side_outputs_of_a_process_function() -> None:
    def split(value: int, ctx: Any) -> Iterator[Any]:
        yield (ODD, value) if value % 2 else value

    harness = process_harness(split, side_outputs=[ODD])
    harness.process_all(range(5))
    assert harness.take() == [0, 2, 4]
    assert harness.take_side_output(ODD) == [1, 3]
    with pytest.raises(JobBuildError, match="side_outputs="):
        harness.take_side_output(LATE)


def test_requests_in_flight_wait_for_the_clock() -> None:
    async def ask(value: int) -> int:
        await asyncio.sleep(value / 1000)
        return value

    harness: StreamHarness[int, int] = StreamHarness(
        lambda values: AsyncDataStream.unordered_wait(values, ask, timedelta(seconds=9))
    )
    harness.process_all([300, 100, 200])
    assert harness.take() == []
    harness.advance_clock(150)
    assert harness.take() == [100]
    saved = harness.snapshot()
    harness.advance_clock(150)
    assert harness.take() == [200, 300]
    harness.close()
    again: StreamHarness[int, int] = StreamHarness(
        lambda values: AsyncDataStream.unordered_wait(values, ask, timedelta(seconds=9)), restored=saved
    )
    again.finish()
    assert again.take() == [200, 300]


def test_errors_come_out_of_the_call_that_caused_them() -> None:
    harness: StreamHarness[int, float] = StreamHarness(lambda values: values.map(lambda value: 1 / value))
    harness.process(1)
    with pytest.raises(UserFunctionError, match="ZeroDivisionError"):
        harness.process(0)
    with pytest.raises(JobBuildError, match="the harness has ended"):
        harness.process(1)


def test_mistakes_are_told() -> None:
    with pytest.raises(JobBuildError, match="a DataStream is wanted"):
        StreamHarness(lambda values: None)  # type: ignore[arg-type,return-value]
    harness: StreamHarness[int, int] = StreamHarness(lambda values: values.map(abs))
    with pytest.raises(JobBuildError, match="2 values, but 1 timestamps"):
        harness.process_all([1, 2], [1])
