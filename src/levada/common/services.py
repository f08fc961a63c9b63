"""What the outside world is to Levada: interfaces that are handed in, so that tests can own them.

Operators, runtime and checkpoint code take time, disk and pools from here and from nowhere else; a simulation hands in
its own and runs a whole cluster in one thread on virtual time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol


class Clock(Protocol):
    """Where time comes from."""

    def now_ms(self) -> int:
        """Wall-clock milliseconds since the epoch (processing time)."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go backwards, for durations."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a virtual clock advances instead."""
        ...


class Storage(Protocol):
    """Files of checkpoints, by ``/``-separated names relative to a root. All failures are ``StorageError``."""

    def write(self, name: str, data: bytes) -> None:
        """Store ``data`` under ``name`` durably; replaces what was there. Parents are made as needed."""
        ...

    def publish(self, name: str, data: bytes) -> None:
        """As ``write``, but atomic: a reader sees all of it or none, also after a crash."""
        ...

    def read(self, name: str) -> bytes:
        """The bytes under ``name``; ``FileNotFoundError`` when there are none."""
        ...

    def list(self, prefix: str) -> list[str]:
        """Names that start with ``prefix``, sorted."""
        ...

    def delete_tree(self, prefix: str) -> None:
        """Remove the name ``prefix``, or every name below that folder; nothing happens if there is none."""
        ...


class Executor(Protocol):
    """Pools for work that blocks. Completions come back through the loop, never on another thread."""

    def submit(self, work: Callable[[], object], done: Callable[[object, BaseException | None], None]) -> None:
        """Run ``work`` off the loop; then ``done(result, error)`` is called in the loop."""
        ...

    def poll(self) -> int:
        """Deliver finished work's callbacks in the calling thread; how many were delivered."""
        ...

    def close(self) -> None:
        """Wait until all that was submitted is done; callbacks are not called any more."""
        ...


class Cancellable(Protocol):
    """Something that was begun and can be given up."""

    def cancel(self) -> object:
        """Give it up; nothing happens if it has ended."""
        ...


class AsyncHost(Protocol):
    """Runs coroutines on an event loop of its own, in the thread of the engine's loop and only when that says so."""

    @property
    def active(self) -> bool:
        """Whether coroutines are under way: ``poll`` and ``wait`` do something then."""
        ...

    def time(self) -> float:
        """The event loop's seconds, which deadlines are counted in."""
        ...

    def start(self, coroutine: Coroutine[Any, Any, None]) -> Cancellable:
        """Begin a coroutine. It deals with its own errors, and calls ``wake`` when there is something to fetch."""
        ...

    def blocking(self, function: Callable[[Any], Any], value: Any) -> Awaitable[Any]:
        """Call a function that blocks, off the loop. Called by coroutines."""
        ...

    def call_at(self, time: float, callback: Callable[[], None]) -> Cancellable:
        """Call back once the event loop's ``time`` has come."""
        ...

    def run(self, awaitable: Awaitable[Any]) -> Any:
        """Run an awaitable to its end here and now (a function's asynchronous ``open``)."""
        ...

    def wake(self) -> None:
        """There is something to fetch: ``poll`` tells, ``wait`` ends."""
        ...

    def poll(self) -> bool:
        """Let every coroutine that can go on do so; whether any has called ``wake``."""
        ...

    def wait(self, seconds: float) -> None:
        """Let coroutines go on until one calls ``wake``, for at most so long."""
        ...

    def close(self) -> None:
        """Give up what is under way and release the event loop; a later ``start`` makes another."""
        ...
