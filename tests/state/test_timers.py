"""Timers: order, once each, deletion, and snapshots beside which they go on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from levada.state.timers import TimeDomain, TimerQueue, TimerService


def test_timers_fire_in_order_of_time_then_of_registration() -> None:
    queue = TimerQueue()
    for time, key in [(5, "b"), (3, "z"), (5, "a"), (3, "y"), (9, "c")]:
        queue.register(time, key)
    assert queue.next_timestamp() == 3
    assert queue.pop_due(5, 3) == [(3, "z", None), (3, "y", None), (5, "b", None)]
    assert queue.pop_due(5, 3) == [(5, "a", None)]
    assert queue.pop_due(8, 3) == []
    assert queue.next_timestamp() == 9


def test_a_timer_fires_once_and_again_after_it_fired() -> None:
    queue = TimerQueue()
    queue.register(1, "a")
    queue.register(1, "a")
    queue.register(1, "a", "window")
    assert queue.pop_due(1, 10) == [(1, "a", None), (1, "a", "window")]
    queue.register(1, "a")
    assert queue.pop_due(1, 10) == [(1, "a", None)]
    assert queue.next_timestamp() is None


def test_deleted_timers_do_not_fire() -> None:
    queue = TimerQueue()
    queue.register(1, "a")
    queue.register(1, "b")
    queue.register(2, "a")
    queue.delete(1, "a")
    queue.delete(1, "unknown")
    queue.delete(2, "a")
    queue.delete(3, "a")
    assert list(queue) == [(1, "b", None)]
    assert queue.next_timestamp() == 1
    queue.delete(1, "b")
    assert queue.next_timestamp() is None


def test_timers_moved_again_and_again_take_no_memory() -> None:
    queue = TimerQueue()
    for time in range(100_000):
        queue.delete(time - 1, "key")
        queue.register(time, "key")
    assert len(queue) == 1
    assert len(queue._heap) < 200


def test_the_extremes_of_time() -> None:
    queue = TimerQueue()
    queue.register(2**63 - 1, "last")
    queue.register(-(2**63), "first")
    assert [key for _, key, _ in queue.pop_due(2**63 - 1, 5)] == ["first", "last"]


def test_domains_are_separate() -> None:
    timers = TimerService()
    timers.register(TimeDomain.EVENT_TIME, 1, "a")
    timers.register(TimeDomain.PROCESSING_TIME, 2, "a")
    timers.delete(TimeDomain.EVENT_TIME, 2, "a")
    assert timers.next_timestamp(TimeDomain.PROCESSING_TIME) == 2
    assert timers.pop_due(TimeDomain.EVENT_TIME, 9, 9) == [(1, "a", None)]
    assert timers.queue(TimeDomain.PROCESSING_TIME) is timers.processing


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.sampled_from("rdpf")), max_size=60))
def test_frozen_timers_stay_as_they_were(steps: list[tuple[int, int, str]]) -> None:
    queue = TimerQueue()
    model: dict[tuple[int, int], None] = {}
    frozen = []
    for time, key, step in steps:
        if step == "r":
            queue.register(time, key)
            model.setdefault((time, key))
        elif step == "d":
            queue.delete(time, key)
            model.pop((time, key), None)
        elif step == "p":
            due = sorted((timer for timer in model if timer[0] <= time), key=lambda timer: timer[0])[: key + 1]
            assert [timer[:2] for timer in queue.pop_due(time, key + 1)] == due
            for timer in due:
                del model[timer]
        else:
            frozen.append((queue.freeze(), set(model)))
            if len(frozen) > 2:
                frozen.pop(0)[0].release()
        assert queue.next_timestamp() == min((time for time, _ in model), default=None)
    assert {timer[:2] for timer in queue} == set(model)
    for view, expected in frozen:
        view.set_rows(3)
        found = [(time, key) for chunk in view.chunks() for _, key, time, _ in zip(*chunk, strict=True)]
        assert len(found) == len(expected)
        assert set(found) == expected
