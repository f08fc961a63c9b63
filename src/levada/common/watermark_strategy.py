"""Watermark strategies: where a record's event time comes from, and how far behind the clock of the stream runs.

Reference: Flink documentation, "Generating Watermarks".
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from levada.common.errors import JobBuildError
from levada.common.time import Duration, to_millis

MIN_WATERMARK = -(2**63)


class TimestampAssigner(ABC):
    """Extracts a record's event time. A plain callable ``(value, record_timestamp) -> int`` may stand in its place."""

    @abstractmethod
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        """Milliseconds since the epoch; ``record_timestamp`` is what the source gave, or -2**63."""


class WatermarkOutput(Protocol):
    """Where a generator puts its watermarks."""

    def emit_watermark(self, timestamp: int) -> None:
        """Declare that no record at or below ``timestamp`` (ms) is expected any more."""
        ...


class WatermarkGenerator(ABC):
    """A custom generator: ``on_event`` sees each record (and may emit: *punctuated*), ``on_periodic_emit`` is called at
    split positions. One instance serves one split; its ``__dict__`` is checkpointed with the split."""

    @abstractmethod
    def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
        """Look at one record."""

    @abstractmethod
    def on_periodic_emit(self, output: WatermarkOutput) -> None:
        """Emit a watermark, if there is a new one."""


class WatermarkStrategy:
    """How timestamps and watermarks are made. Strategies are values: each ``with_*`` gives a new one.

    Examples
    --------
    >>> from datetime import timedelta
    >>> strategy = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(seconds=5))
    >>> strategy = strategy.with_timestamp_assigner(lambda event, _: event["ts"])
    >>> strategy.out_of_orderness_ms
    5000
    """

    def __init__(self) -> None:
        self.out_of_orderness_ms: int | None = None
        """The bound of a built-in strategy (0 for monotonous); None for custom generators and no watermarks."""
        self.generator_factory: Callable[[], WatermarkGenerator] | None = None
        self.timestamp_assigner: Callable[[Any, int], int] | None = None
        self.idleness_ms: int | None = None
        self.advances_when_idle = False
        """Whether the watermark goes on with the clock once every split is idle."""

    @staticmethod
    def for_monotonous_timestamps() -> WatermarkStrategy:
        """Timestamps only rise within a split."""
        return WatermarkStrategy.for_bounded_out_of_orderness(timedelta(0))

    @staticmethod
    def for_bounded_out_of_orderness(max_out_of_orderness: Duration | timedelta) -> WatermarkStrategy:
        """Records come at most this much later than the newest one seen: watermark = newest - bound - 1 ms."""
        bound = to_millis(max_out_of_orderness, "for_bounded_out_of_orderness(max_out_of_orderness)")
        if bound < 0:
            raise JobBuildError(f"for_bounded_out_of_orderness({bound} ms): the bound must not be negative")
        strategy = WatermarkStrategy()
        strategy.out_of_orderness_ms = bound
        return strategy

    @staticmethod
    def for_generator(factory: Callable[[], WatermarkGenerator]) -> WatermarkStrategy:
        """Watermarks from generators of one's own: ``factory()`` makes one per split."""
        if not callable(factory):
            raise JobBuildError(
                f"for_generator({factory!r}): pass a callable that makes a WatermarkGenerator, such as its class"
            )
        strategy = WatermarkStrategy()
        strategy.generator_factory = factory
        return strategy

    @staticmethod
    def no_watermarks() -> WatermarkStrategy:
        """Timestamps without watermarks (for jobs on processing time)."""
        return WatermarkStrategy()

    def with_timestamp_assigner(
        self, timestamp_assigner: TimestampAssigner | Callable[[Any, int], int]
    ) -> WatermarkStrategy:
        """Take event times from this assigner, or from a callable ``(value, record_timestamp) -> ms``."""
        extract: Callable[[Any, int], int]
        if isinstance(timestamp_assigner, TimestampAssigner):
            extract = timestamp_assigner.extract_timestamp
        elif callable(timestamp_assigner):
            extract = timestamp_assigner
        else:
            raise JobBuildError(
                f"with_timestamp_assigner({timestamp_assigner!r}): pass a TimestampAssigner or a callable "
                "(value, record_timestamp) -> milliseconds"
            )
        changed = copy.copy(self)
        changed.timestamp_assigner = extract
        return changed

    def with_idleness(self, idle_timeout: Duration | timedelta, advance: bool = False) -> WatermarkStrategy:
        """A split without records for this long does not hold the watermark back any more.

        Parameters
        ----------
        idle_timeout : Duration or timedelta
        advance : bool
            Once *every* split has been without records for so long, let the watermark go on as the clock does, from
            where it stood when the last record came: the last windows close without another record. Records that are
            behind it then are late. PyFlink has no such parameter.
        """
        timeout = to_millis(idle_timeout, "with_idleness(idle_timeout)")
        if timeout <= 0:
            raise JobBuildError(f"with_idleness({timeout} ms): the timeout must be positive")
        changed = copy.copy(self)
        changed.idleness_ms = timeout
        changed.advances_when_idle = advance
        return changed

    def with_watermark_alignment(
        self,
        watermark_group: str,
        max_allowed_watermark_drift: Duration | timedelta,
        update_interval: Duration | timedelta | None = None,
    ) -> WatermarkStrategy:
        """Not supported: no split is paused for others to catch up.

        Raises
        ------
        JobBuildError
            Always, with what to do instead.
        """
        raise JobBuildError(
            f"with_watermark_alignment({watermark_group!r}, ..): sources are not aligned; leave the call out. Results "
            "are the same without it, for the slowest split sets the watermark; only more state is open meanwhile"
        )
