"""Executors: a pool of threads for blocking work, and one that works at once for simulations."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue

Done = Callable[[object, BaseException | None], None]


class PoolExecutor:
    """Runs blocking work (disk, network) on a few threads; results are delivered by ``poll`` in the loop's thread.

    The pool is made with the first piece of work, so jobs without any pay nothing.
    """

    def __init__(self, threads: int = 2) -> None:
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._finished: SimpleQueue[tuple[Done, Future[object]]] = SimpleQueue()

    def submit(self, work: Callable[[], object], done: Done) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="levada-io")
        future = self._pool.submit(work)
        future.add_done_callback(lambda finished: self._finished.put((done, finished)))

    def poll(self) -> int:
        delivered = 0
        while True:
            try:
                done, future = self._finished.get_nowait()
            except Empty:
                return delivered
            delivered += 1
            if future.cancelled():
                continue
            error = future.exception()
            done(None if error is not None else future.result(), error)

    def close(self) -> None:
        if self._pool is not None:
            # What was submitted is still done: deleting old checkpoints, for one.
            self._pool.shutdown(wait=True)
            self._pool = None


class InlineExecutor:
    """Does the work in ``submit`` and delivers in the next ``poll``: one thread, repeatable."""

    def __init__(self) -> None:
        self._finished: deque[tuple[Done, object, BaseException | None]] = deque()

    def submit(self, work: Callable[[], object], done: Done) -> None:
        try:
            self._finished.append((done, work(), None))
        except Exception as error:
            self._finished.append((done, None, error))

    def poll(self) -> int:
        delivered = len(self._finished)
        for _ in range(delivered):
            done, result, error = self._finished.popleft()
            done(result, error)
        return delivered

    def close(self) -> None:
        self._finished.clear()
