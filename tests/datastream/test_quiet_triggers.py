"""What triggers and functions answer to events that do not concern them: nothing happens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from levada.datastream import KeyedBroadcastProcessFunction, KeyedCoProcessFunction, StreamExecutionEnvironment
from levada.datastream.window import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    CountTrigger,
    DeltaTrigger,
    EndOfStreamTrigger,
    EventTimeTrigger,
    NeverTrigger,
    ProcessingTimeoutTrigger,
    ProcessingTimeTrigger,
    TimeWindow,
    TriggerResult,
    TumblingEventTimeWindows,
    WindowAssigner,
)

SECOND = timedelta(seconds=1)
WINDOW = TimeWindow(0, 10)


class State:
    def __init__(self) -> None:
        self.held: Any = None

    def value(self) -> Any:
        return self.held

    def update(self, value: Any) -> None:
        self.held = value

    def clear(self) -> None:
        self.held = None


class Context:
    """One state, and the timers that were asked for."""

    def __init__(self) -> None:
        self.state = State()
        self.timers: set[int] = set()

    def get_partitioned_state(self, _: Any) -> State:
        return self.state

    def register_event_time_timer(self, time: int) -> None:
        self.timers.add(time)

    def delete_event_time_timer(self, time: int) -> None:
        self.timers.discard(time)


@pytest.mark.parametrize(
    ("trigger", "call"),
    [
        (EventTimeTrigger.create(), "on_processing_time"),
        (ProcessingTimeTrigger.create(), "on_event_time"),
        (ContinuousEventTimeTrigger.of(SECOND), "on_processing_time"),
        (ContinuousProcessingTimeTrigger.of(SECOND), "on_event_time"),
        (DeltaTrigger.of(1, lambda a, b: b - a), "on_event_time"),
        (DeltaTrigger.of(1, lambda a, b: b - a), "on_processing_time"),
        (EndOfStreamTrigger(), "on_processing_time"),
    ],
)
def test_another_clock_does_not_concern_a_trigger(trigger: Any, call: str) -> None:
    context = Context()
    assert getattr(trigger, call)(3, WINDOW, context) is TriggerResult.CONTINUE
    assert context.timers == set()


@pytest.mark.parametrize(
    "trigger",
    [
        NeverTrigger(),
        DeltaTrigger.of(1, lambda a, b: b - a),
        EndOfStreamTrigger(),
        ProcessingTimeoutTrigger.of(CountTrigger.of(2), SECOND),
    ],
)
def test_windows_that_merge_leave_these_triggers_alone(trigger: Any) -> None:
    context = Context()
    trigger.on_merge(WINDOW, context)
    assert not trigger.can_merge()
    assert (context.state.held, context.timers) == (None, set())


def test_a_timeout_fires_by_either_clock_as_in_flink() -> None:
    trigger: Any = ProcessingTimeoutTrigger.of(NeverTrigger(), SECOND)
    assert trigger.on_event_time(3, WINDOW, Context()) is TriggerResult.FIRE


def test_triggers_forget_when_their_window_goes() -> None:
    context: Any = Context()
    delta = DeltaTrigger.of(1, lambda a, b: b - a)
    assert delta.on_element(5, 0, WINDOW, context) is TriggerResult.CONTINUE
    assert context.state.held == 5
    delta.clear(WINDOW, context)
    assert context.state.held is None
    at_the_end: Any = EndOfStreamTrigger()
    at_the_end.on_element(5, 0, WINDOW, context)
    assert len(context.timers) == 1
    at_the_end.clear(WINDOW, context)
    assert context.timers == set()
    NeverTrigger[Any, Any]().clear(WINDOW, context)
    assert context.timers == set()


def test_windows_need_no_serializer() -> None:
    assert WindowAssigner.get_window_serializer(TumblingEventTimeWindows.of(SECOND)) is None


@pytest.mark.parametrize("kind", [KeyedCoProcessFunction, KeyedBroadcastProcessFunction])
def test_a_timer_that_a_function_does_not_answer_gives_nothing(kind: Any) -> None:
    assert kind.on_timer(object(), 5, None) is None


def test_jars_are_not_needed(caplog: pytest.LogCaptureFixture) -> None:
    StreamExecutionEnvironment.get_execution_environment().add_jars("file:///connector.jar")
    assert [record.message.split(":")[0] for record in caplog.records] == ["add_jars() does nothing"]
