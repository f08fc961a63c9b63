"""Coroutines beside the engine's loop: an asyncio event loop that the engine drives in its own thread.

The event loop is private to the job. A program that runs an asyncio loop of its own (a server, a notebook) may run a
job inside it: the outer loop is set aside while the inner one takes its turn.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from levada.common.services import Clock

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

BLOCKING_THREADS = 64
"""Blocking calls at a time; threads are made as they are needed."""


class AsyncioHost:
    """Runs coroutines on an asyncio event loop. Loop and threads are made with the first piece of work."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = False
        self._waiting = False

    @property
    def active(self) -> bool:
        return bool(self._tasks)

    def time(self) -> float:
        return self._event_loop().time()

    def start(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._event_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def blocking(self, function: Callable[[Any], Any], value: Any) -> Awaitable[Any]:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(BLOCKING_THREADS, thread_name_prefix="levada-blocking")
        return self._event_loop().run_in_executor(self._pool, function, value)

    def call_at(self, time: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return self._event_loop().call_at(time, callback)

    def run(self, awaitable: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await awaitable

        loop = self._event_loop()
        with _no_loop_outside():
            return loop.run_until_complete(awaited())

    def wake(self) -> None:
        self._woken = True
        if self._waiting:
            self._waiting = False
            self._event_loop().stop()

    def poll(self) -> bool:
        self._turn()
        woken, self._woken = self._woken, False
        return woken

    def wait(self, seconds: float) -> None:
        if self._woken:
            return
        loop = self._event_loop()
        self._waiting = True
        limit = loop.call_later(seconds, self.wake)
        try:
            with _no_loop_outside():
                loop.run_forever()
        finally:
            self._waiting = False
            limit.cancel()

    def close(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            self._end(loop)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        import asyncio

        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        try:
            with _no_loop_outside():
                if tasks:
                    # One that will not be cancelled is not waited for for ever.
                    loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
                loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            self._tasks.clear()
            loop.close()

    def _turn(self) -> None:
        """Once round the event loop, without waiting."""
        loop = self._event_loop()
        loop.call_soon(loop.stop)
        with _no_loop_outside():
            loop.run_forever()

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = self._new_loop()
        return self._loop

    def _new_loop(self) -> asyncio.AbstractEventLoop:
        import asyncio

        return asyncio.new_event_loop()


class VirtualAsyncHost(AsyncioHost):
    """Runs coroutines by a clock that tests own: waiting takes no time, blocking calls are made at once."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def blocking(self, function: Callable[[Any], Any], value: Any) -> Awaitable[Any]:
        async def called() -> Any:
            return function(value)

        return called()

    def run(self, awaitable: Awaitable[Any]) -> Any:
        import asyncio

        task = asyncio.ensure_future(awaitable, loop=self._event_loop())
        while not task.done():
            self._turn()
            self._clock.sleep(0.001)
        return task.result()

    def wait(self, seconds: float) -> None:
        if not self._woken:
            self._turn()
        if not self._woken:
            self._clock.sleep(seconds)

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        for task in list(self._tasks):
            task.cancel()
        for _ in range(100):
            if not self._tasks:
                break
            loop.call_soon(loop.stop)
            with _no_loop_outside():
                loop.run_forever()
        self._tasks.clear()
        loop.close()

    def _new_loop(self) -> asyncio.AbstractEventLoop:
        import asyncio

        clock = self._clock
        # Counted from here: as seconds since the epoch, times would be too coarse to be compared with sums of them.
        begun = clock.monotonic_ns()

        class VirtualLoop(asyncio.SelectorEventLoop):
            def time(self) -> float:
                return (clock.monotonic_ns() - begun) / 1e9

        return VirtualLoop()


@contextmanager
def _no_loop_outside() -> Iterator[None]:
    """Set the thread's running event loop aside, if there is one, with the task in which this was called."""
    import asyncio

    outer = asyncio._get_running_loop()
    if outer is None:
        yield
        return
    task = asyncio.current_task(outer)
    if task is not None:
        asyncio.tasks._leave_task(outer, task)
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(outer)
        if task is not None:
            asyncio.tasks._enter_task(outer, task)
