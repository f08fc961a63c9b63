"""Window operators against the plain model: disorder, lateness, any batches, interruptions, restores, rescaling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.operators.row import window_model as model
from tests.operators.row.harness import Harness, Restored, written

from levada.operators.row.window import (
    EventTimeSessionWindows,
    EventTimeTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
    WindowRows,
)

END = 2**63 - 1

Row = tuple[str, tuple[int, ...]]
"""Key, and the record's number; reduced rows have several numbers."""


class AnyTrigger(EventTimeTrigger[Any]):
    """The default trigger under another name, so that the general operator runs."""


def told(key: Any, context: Any, elements: Iterable[Row]) -> list[Any]:
    """What fired: key, window, the numbers in it."""
    window = context.window()
    return [(key, (window.start, window.end), sorted(number for row in elements for number in row[1]))]


def joined(left: Row, right: Row) -> Row:
    return left[0], left[1] + right[1]


class Gather:
    """An aggregate function whose accumulators are changed in place."""

    def create_accumulator(self) -> list[int]:
        return []

    def add(self, value: Row, accumulator: list[int]) -> list[int]:
        accumulator.extend(value[1])
        return accumulator

    def get_result(self, accumulator: list[int]) -> Row:
        return "", tuple(accumulator)

    def merge(self, acc_a: list[int], acc_b: list[int]) -> list[int]:
        return [*acc_a, *acc_b]


FUNCTIONS: dict[str, Any] = {"list": None, "reduce": joined, "aggregate": Gather()}

ASSIGNERS: dict[str, tuple[Any, Callable[[int], Any], bool]] = {
    "tumbling": (TumblingEventTimeWindows(10, 3), model.tumbling(10, 3), False),
    "sliding": (SlidingEventTimeWindows(10, 5, 0), model.sliding(10, 5), False),
    "sliding, uneven": (SlidingEventTimeWindows(10, 4, 1), model.sliding(10, 4, 1), False),
    "sliding, gaps": (SlidingEventTimeWindows(5, 8, 0), model.sliding(5, 8), False),
    "session": (EventTimeSessionWindows(6), model.session(6), True),
}

CASES = [(name, contents, False) for name in ASSIGNERS for contents in FUNCTIONS]
CASES += [(name, contents, True) for name in ASSIGNERS for contents in FUNCTIONS]

records = st.tuples(st.just("record"), st.sampled_from("abc"), st.integers(-5, 60))
marks = st.tuples(st.just("watermark"), st.integers(0, 15))
drawn_events = st.lists(st.one_of(records, records, records, marks), max_size=40)


def numbered(drawn: list[Any]) -> list[model.Event]:
    """Records with numbers, and watermarks that rise to the end of time."""
    watermark = -10
    result: list[model.Event] = []
    for index, event in enumerate(drawn):
        if event[0] == "record":
            result.append(("record", event[1], index, event[2]))
        else:
            watermark += event[1]
            result.append(("watermark", watermark))
    return [*result, ("watermark", END)]


def spec_of(name: str, contents: Any, general: bool, lateness: int) -> WindowRows:
    return WindowRows(
        lambda row: row[0],
        ASSIGNERS[name][0],
        contents,
        FUNCTIONS[contents],
        told,
        "process",
        trigger=AnyTrigger() if general else None,
        allowed_lateness_ms=lateness,
        late_tag="late",
    )


def feed(harness: Harness, events: list[model.Event], cuts: set[int] = frozenset()) -> None:  # type: ignore[assignment]
    """Hand the events over; records between two watermarks are one batch, cut before the positions in ``cuts``."""
    values: list[Any] = []
    times: list[int] = []

    def push() -> None:
        if values:
            harness.push(values.copy(), times.copy())
            values.clear()
            times.clear()

    for position, event in enumerate(events):
        if position in cuts or event[0] == "watermark":
            push()
        if event[0] == "watermark":
            harness.watermark(event[1])
        else:
            values.append((event[1], (event[2],)))
            times.append(event[3])
    push()


def expected(name: str, lateness: int, events: list[model.Event]) -> model.WindowModel:
    _, assign, merging = ASSIGNERS[name]
    return model.WindowModel(assign, lateness, merging).run(events)


def check(harnesses: list[Harness], wanted: model.WindowModel, *, dropped: bool = False) -> None:
    """Each firing once; result timestamps; late records once, on the side output."""
    timed = [pair for harness in harnesses for pair in harness.out.timed]
    assert sorted(value for value, _ in timed) == sorted(wanted.fired)
    assert all(time == window[1] - 1 for (_, window, _), time in timed)
    late = [number for harness in harnesses for _, (number,) in harness.sides["late"].values]
    assert sorted(late) == sorted(wanted.late)


@pytest.mark.parametrize(("name", "contents", "general"), CASES)
@settings(max_examples=25, deadline=None)
@given(drawn=drawn_events, lateness=st.sampled_from([0, 4, 20]), data=st.data())
def test_windows_are_those_of_the_model_whatever_the_batches(
    name: str, contents: str, general: bool, drawn: list[Any], lateness: int, data: st.DataObject
) -> None:
    events = numbered(drawn)
    cuts = set(data.draw(st.lists(st.integers(0, len(events)), max_size=5), label="cuts"))
    harness = Harness(
        spec_of(name, contents, general, lateness),
        tags=("late",),
        interrupt=data.draw(st.booleans(), label="interrupt"),
    )
    feed(harness, events, cuts)
    check([harness], expected(name, lateness, events))
    assert harness.out.events[-1] == ("watermark", END)


@pytest.mark.parametrize(("name", "contents", "general"), CASES)
@settings(max_examples=12, deadline=None)
@given(drawn=drawn_events, lateness=st.sampled_from([0, 7]), data=st.data())
def test_a_restored_operator_goes_on_as_if_nothing_had_been(
    name: str, contents: str, general: bool, drawn: list[Any], lateness: int, data: st.DataObject
) -> None:
    events = numbered(drawn)
    at = data.draw(st.integers(0, len(events)), label="snapshot before")
    spec = spec_of(name, contents, general, lateness)
    first = Harness(spec, tags=("late",))
    feed(first, events[:at])
    parts = first.late_snapshot()
    if data.draw(st.booleans(), label="go on before the snapshot is written"):
        probe = len(first.out.batches), len(first.sides["late"].batches)
        feed(first, events[at:])
        check([first], expected(name, lateness, events))
        del first.out.batches[probe[0] :], first.sides["late"].batches[probe[1] :]
    second = Harness(spec, tags=("late",), restored=Restored([written(parts)]))
    feed(second, events[at:])
    check([first, second], expected(name, lateness, events))


@pytest.mark.parametrize("name", ["tumbling", "sliding", "session"])
@settings(max_examples=12, deadline=None)
@given(drawn=drawn_events, data=st.data())
def test_a_snapshot_is_restored_at_another_parallelism(name: str, drawn: list[Any], data: st.DataObject) -> None:
    from levada._kernels import key_group

    events = numbered(drawn)
    at = data.draw(st.integers(0, len(events)), label="snapshot before")
    spec = spec_of(name, "list", False, 7)
    snapshots, harnesses = [], []

    def subtasks(parallelism: int, restored: list[Any], part: list[model.Event]) -> None:
        for subtask in range(parallelism):
            harness = Harness(
                spec,
                tags=("late",),
                restored=Restored(restored, subtask, parallelism) if restored else None,
                subtask=subtask,
                parallelism=parallelism,
            )
            own = [
                event
                for event in part
                if event[0] == "watermark" or key_group(event[1], 128) * parallelism // 128 == subtask
            ]
            feed(harness, own)
            harnesses.append(harness)
            snapshots.append(harness.snapshot())

    subtasks(3, [], events[:at])
    subtasks(2, snapshots[:3], events[at:])
    check(harnesses, expected(name, 7, events))


@pytest.mark.parametrize("general", [True, False])
def test_dropped_late_records_are_counted(general: bool) -> None:
    spec = WindowRows(
        None,
        TumblingEventTimeWindows(10, 0),
        "reduce",
        lambda a, b: a + b,
        trigger=AnyTrigger() if general else None,
    )
    harness = Harness(spec)
    harness.push([1, 2], [3, 12])
    harness.watermark(9)
    harness.push([4, 8, 16], [9, 10, 5])
    harness.watermark(END)
    assert harness.out.timed == [(1, 9), (10, 19)]
    assert harness.metrics.counts == {"late_records_dropped": 2}
