"""How elements get from one task to another: channels, made by a transport that is handed in."""

from __future__ import annotations

from typing import Protocol

from levada.common.elements import Element
from levada.runtime.channel import Channel


class Lane(Protocol):
    """One sender's way to one receiver. Order is kept, nothing is lost while the process lives."""

    @property
    def full(self) -> bool:
        """Whether the sender must wait."""
        ...

    def send(self, element: Element) -> None:
        """Take an element over."""
        ...

    def receive(self) -> Element | None:
        """The next element; None when there is none now."""
        ...


class Transport(Protocol):
    """Makes the lanes of a job."""

    def lane(self, exchange: int, sender: int, receiver: int, capacity: int) -> Lane:
        """The lane of an exchange between two subtasks, holding about ``capacity`` bytes."""
        ...


class LocalTransport:
    """Queues within the process."""

    def lane(self, exchange: int, sender: int, receiver: int, capacity: int) -> Lane:
        return Channel(capacity)
