"""Clocks and executors."""

from __future__ import annotations

import threading

from levada.runtime.clock import SystemClock, VirtualClock
from levada.runtime.executor import InlineExecutor, PoolExecutor


def test_virtual_time_moves_only_by_sleeping() -> None:
    clock = VirtualClock(start_ms=1000)
    assert clock.now_ms() == 1000
    clock.sleep(0.25)
    assert clock.now_ms() == 1250
    clock.advance(10)
    assert clock.now_ms() == 1260
    assert clock.monotonic_ns() == 1_260_000_000


def test_a_sleep_of_nothing_still_moves_virtual_time_so_that_loops_end() -> None:
    clock = VirtualClock()
    before = clock.monotonic_ns()
    clock.sleep(0)
    assert clock.monotonic_ns() > before


def test_system_clock_never_goes_backwards() -> None:
    clock = SystemClock()
    assert clock.monotonic_ns() <= clock.monotonic_ns()
    assert clock.now_ms() > 1_600_000_000_000


def test_pool_delivers_results_and_errors_in_the_polling_thread() -> None:
    executor = PoolExecutor()
    delivered: list[tuple[object, str, int]] = []

    def done(result: object, error: BaseException | None) -> None:
        delivered.append((result, str(error), threading.get_ident()))

    def fail() -> object:
        raise OSError("no disk")

    executor.submit(lambda: threading.get_ident(), done)
    executor.submit(fail, done)
    while len(delivered) < 2:
        executor.poll()
    executor.close()
    here = threading.get_ident()
    assert all(thread == here for _, _, thread in delivered)
    assert {error for _, error, _ in delivered} == {"None", "no disk"}
    assert all(result != here for result, error, _ in delivered if error == "None")


def test_a_pool_that_closes_still_does_what_was_submitted() -> None:
    executor = PoolExecutor(threads=1)
    done: list[int] = []
    for number in range(20):
        executor.submit(lambda number=number: done.append(number), lambda result, error: None)  # type: ignore[misc]
    executor.close()
    assert done == list(range(20))


def test_inline_executor_works_at_once_and_delivers_later() -> None:
    executor = InlineExecutor()
    seen: list[object] = []
    executor.submit(lambda: 7, lambda result, error: seen.append((result, error)))
    assert seen == []
    assert executor.poll() == 1
    assert seen == [(7, None)]
