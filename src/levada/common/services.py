"""What the outside world is to Levada: interfaces that are handed in, so that tests can own them.

Operators, runtime and checkpoint code take time, disk and pools from here and from nowhere else; a simulation hands in
its own and runs a whole cluster in one thread on virtual time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


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
