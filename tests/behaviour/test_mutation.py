"""A value got from state that is changed in place: kept, over checkpoints too, and told where tests ask for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.behaviour.jobs import NO_TIME, FailOnce, checkpointed, environment, results, timed, timed_by

from levada.common.errors import StateError
from levada.common.time import Time
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.datastream import KeyedProcessFunction
from levada.datastream.window import EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows
from levada.state.descriptors import (
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    ValueStateDescriptor,
)


class Appending(KeyedProcessFunction):
    """Keeps a list in some kind of state and appends to what it gets from there, without storing it."""

    descriptor: StateDescriptor = ValueStateDescriptor("seen", object)

    def open(self, runtime_context: Any) -> None:
        getters = {
            ValueStateDescriptor: "get_state",
            MapStateDescriptor: "get_map_state",
            ListStateDescriptor: "get_list_state",
            ReducingStateDescriptor: "get_reducing_state",
        }
        self.state = getattr(runtime_context, getters[type(self.descriptor)])(self.descriptor)

    def process_element(self, value: Any, ctx: Any) -> Any:
        held = self.held()
        if held is None:
            self.begin([value])
        else:
            held.append(value)
        yield tuple(self.held())

    def held(self) -> Any:
        return self.state.value()

    def begin(self, value: Any) -> None:
        self.state.update(value)


class InMap(Appending):
    descriptor = MapStateDescriptor("seen", str, object)

    def held(self) -> Any:
        return self.state.get("here")

    def begin(self, value: Any) -> None:
        self.state.put("here", value)


class InList(Appending):
    descriptor = ListStateDescriptor("seen", object)

    def held(self) -> Any:
        return next(iter(self.state.get() or ()), None)

    def begin(self, value: Any) -> None:
        self.state.add(value)


class InReducing(Appending):
    descriptor = ReducingStateDescriptor("seen", lambda a, b: a + b, object)

    def held(self) -> Any:
        return self.state.get()

    def begin(self, value: Any) -> None:
        self.state.add(value)


class OnTimer(Appending):
    def process_element(self, value: Any, ctx: Any) -> Any:
        if self.held() is None:
            self.begin([])
        ctx.timer_service().register_event_time_timer(value)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        self.held().append(timestamp)
        yield tuple(self.held())


KINDS = [Appending, InMap, InList, InReducing, OnTimer]


def keyed(function: Appending) -> Callable[[Any], Any]:
    return lambda s: s.assign_timestamps_and_watermarks(timed()).key_by(lambda v: "key").process(function).name("op")


@pytest.mark.parametrize("kind", KINDS)
def test_in_memory_it_is_kept(kind: type[Appending]) -> None:
    assert results([1, 2, 3], keyed(kind())) == [(1,), (1, 2), (1, 2, 3)]


@pytest.mark.parametrize("kind", KINDS)
def test_where_asked_for_it_is_told_with_state_key_and_remedy(kind: type[Appending]) -> None:
    with pytest.raises(StateError) as caught:
        results([1, 2, 3], keyed(kind()), levada_state_detect__mutations="true")
    message = str(caught.value)
    assert message.startswith("state 'seen' of operator 'op', key 'key'"), message
    assert "the value got from it was changed in place and not stored" in message
    remedy = {InMap: "put(key, value)", InList: "update(values)", InReducing: "clear() and add(value)"}
    assert f"Call {remedy.get(kind, 'update(value)')} after changing it, or change a copy" in message
    assert ("map key 'here'" in message) is (kind is InMap)


@pytest.mark.parametrize("detect", ["false", "true"])
def test_what_is_stored_is_never_told(detect: str) -> None:
    class Storing(Appending):
        def process_element(self, value: Any, ctx: Any) -> Any:
            held = self.state.value() or []
            held.append(value)
            self.state.update(held)
            yield tuple(held)

    assert results([1, 2, 3], keyed(Storing()), levada_state_detect__mutations=detect) == [(1,), (1, 2), (1, 2, 3)]


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_over_checkpoints_and_a_restart_nothing_is_lost(kind: type[Appending], tmp_path: Path) -> None:
    fail = FailOnce(150)
    env = checkpointed(tmp_path, 5)
    source = DataGeneratorSource(lambda n: n, 200, rate_limiter_strategy=RateLimiterStrategy.per_second(1000))
    stream = env.from_source(source, NO_TIME, "numbers").map(fail).key_by(lambda n: n % 3).process(kind())
    with stream.execute_and_collect() as found:
        last = {rows[0]: rows for rows in found}
    assert fail.failed == 1
    assert last == {key: tuple(range(key, 200, 3)) for key in range(3)}


def test_a_job_finds_it_at_the_end_of_each_batch_also_with_few_rows() -> None:
    env = environment(levada_state_detect__mutations="true", levada_batch_max__rows=1)
    stream = keyed(Appending())(env.from_collection([1, 2]))
    with pytest.raises(StateError, match=r"it is now \[1, 2\]"), stream.execute_and_collect() as found:
        list(found)


# --- functions that change what they are given -----------------------------------------------------------------------


def add_in_place(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    left["n"] += right["n"]
    return left


def ones(count: int) -> list[dict[str, int]]:
    return [{"n": 1, "at": at} for at in range(count)]


@pytest.mark.parametrize("rows", [1, 3, 8192])
def test_a_reduce_function_may_change_its_first_argument(rows: int) -> None:
    given = ones(5)
    sums = results(
        given, lambda s: s.key_by(lambda v: 0).reduce(add_in_place).map(lambda v: v["n"]), levada_batch_max__rows=rows
    )
    assert sums == [1, 2, 3, 4, 5]
    assert given == ones(5)


@pytest.mark.parametrize(
    ("window", "sums"),
    [
        (SlidingEventTimeWindows.of(Time.milliseconds(4), Time.milliseconds(2)), [2, 4, 4, 4, 2]),
        (TumblingEventTimeWindows.of(Time.milliseconds(4)), [4, 4]),
        (EventTimeSessionWindows.with_gap(Time.milliseconds(3)), [8]),
    ],
    ids=["sliding", "tumbling", "session"],
)
def test_windows_do_not_share_what_a_reduce_function_changes(window: Any, sums: list[int]) -> None:
    given = ones(8)
    by_time = timed_by("at")
    found = results(
        given,
        lambda s: s.assign_timestamps_and_watermarks(by_time).key_by(lambda v: 0).window(window).reduce(add_in_place),
    )
    assert [each["n"] for each in found] == sums
    assert given == ones(8)


def test_a_window_that_fires_again_leaves_what_it_has_put_out() -> None:
    given = [{"n": 1, "at": at} for at in (0, 1, 20, 2, 3)]
    found = results(
        given,
        lambda s: (
            s.assign_timestamps_and_watermarks(timed_by("at"))
            .key_by(lambda v: 0)
            .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
            .allowed_lateness(1000)
            .reduce(add_in_place)
        ),
        levada_watermark_every__records=1,
    )
    assert [each["n"] for each in found] == [2, 3, 4, 1]


def test_count_windows_do_not_share_it_either() -> None:
    found = results(ones(8), lambda s: s.key_by(lambda v: 0).count_window(4, 2).reduce(add_in_place))
    assert [each["n"] for each in found] == [4, 4, 4]
