"""What functions see of time: the clocks, and timers of the key at hand."""

from __future__ import annotations

from abc import ABC, abstractmethod

__all__ = ["TimerService"]


class TimerService(ABC):
    """Clocks and timers. A timer fires once per key and time, however often it was registered."""

    @abstractmethod
    def current_processing_time(self) -> int:
        """Wall-clock time in ms."""

    @abstractmethod
    def current_watermark(self) -> int:
        """The watermark in ms; -2**63 before the first one."""

    @abstractmethod
    def register_processing_time_timer(self, timestamp: int) -> None:
        """Have ``on_timer`` called for this key when the clock reaches ``timestamp`` (ms)."""

    @abstractmethod
    def register_event_time_timer(self, timestamp: int) -> None:
        """Have ``on_timer`` called for this key when the watermark reaches ``timestamp`` (ms)."""

    @abstractmethod
    def delete_processing_time_timer(self, timestamp: int) -> None:
        """Forget this key's processing-time timer; nothing happens if there is none."""

    @abstractmethod
    def delete_event_time_timer(self, timestamp: int) -> None:
        """Forget this key's event-time timer; nothing happens if there is none."""
