"""A result that comes later."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

T = TypeVar("T")

__all__ = ["CompletableFuture"]


class CompletableFuture(Generic[T]):
    """A result that comes later: ``result()`` waits for it, ``await`` in a coroutine does too."""

    def __init__(self, future: Future[T] | None = None) -> None:
        self._future: Future[T] = Future() if future is None else future

    @staticmethod
    def of(compute: Callable[[], T]) -> CompletableFuture[T]:
        """A future that has ended already, with what ``compute()`` gives or raises."""
        future: Future[T] = Future()
        try:
            future.set_result(compute())
        except Exception as error:
            future.set_exception(error)
        return CompletableFuture(future)

    def cancel(self) -> bool:
        """Give up waiting, if the result is not there yet; whether that was so."""
        return self._future.cancel()

    def cancelled(self) -> bool:
        """Whether it was given up."""
        return self._future.cancelled()

    def done(self) -> bool:
        """Whether it has ended."""
        return self._future.done()

    def result(self, timeout: float | None = None) -> T:
        """The result, waited for; raises what the computation raised, ``TimeoutError`` after ``timeout`` seconds."""
        return self._future.result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What the computation raised, waited for; None where it gave a result."""
        return self._future.exception(timeout)

    def __await__(self) -> Generator[Any, None, T]:
        import asyncio  # costs 20 ms, and most programs never wait in a coroutine

        return asyncio.wrap_future(self._future).__await__()

    def __repr__(self) -> str:
        return f"CompletableFuture({'done' if self.done() else 'pending'})"
