"""The event loop beside the engine's: real and virtual, from inside other loops and outside of them."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from levada.runtime.async_host import AsyncioHost, VirtualAsyncHost
from levada.runtime.clock import VirtualClock


def test_waiting_ends_when_there_is_something_to_fetch() -> None:
    host, done = AsyncioHost(), []

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.append(1)
        host.wake()

    host.start(work())
    assert host.active
    began = time.perf_counter()
    host.wait(10)
    assert time.perf_counter() - began < 1
    assert done == [1]
    assert host.poll()
    assert not host.poll()
    assert not host.active
    host.close()


def test_blocking_work_is_done_elsewhere() -> None:
    host, threads = AsyncioHost(), []

    async def work() -> None:
        threads.append(await host.blocking(lambda _: threading.get_ident(), None))
        host.wake()

    host.start(work())
    host.wait(10)
    assert threads[0] != threading.get_ident()
    host.close()


def test_it_runs_inside_another_loop_and_leaves_it_as_it_was() -> None:
    async def inner() -> str:
        await asyncio.sleep(0)
        return "inner"

    async def outer() -> None:
        host, loop, task = AsyncioHost(), asyncio.get_running_loop(), asyncio.current_task()
        assert host.run(inner()) == "inner"
        assert asyncio.get_running_loop() is loop
        assert asyncio.current_task() is task
        host.close()
        await asyncio.sleep(0)

    asyncio.run(outer())


def test_virtual_time() -> None:
    clock = VirtualClock()
    host, log = VirtualAsyncHost(clock), []

    async def work(milliseconds: int) -> None:
        await asyncio.sleep(milliseconds / 1000)
        log.append(await host.blocking(lambda value: value, milliseconds))
        host.wake()

    for milliseconds in (3_600_000, 1000):
        host.start(work(milliseconds))
    host.poll()
    clock.advance(999)
    assert not host.poll()
    clock.advance(1)
    host.poll()
    host.poll()
    assert log == [1000]
    host.wait(3600)
    for _ in range(3):
        host.poll()
    assert log == [1000, 3_600_000]
    host.close()


@pytest.mark.parametrize("virtual", [False, True])
def test_closing_gives_up_what_is_under_way(virtual: bool) -> None:
    host = VirtualAsyncHost(VirtualClock()) if virtual else AsyncioHost()
    given_up = []

    async def never() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            given_up.append(1)

    host.start(never())
    host.poll()
    host.close()
    assert given_up == [1]
    assert not host.active
    host.close()  # again: nothing happens
