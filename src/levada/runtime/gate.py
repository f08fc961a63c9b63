"""A task's input: takes elements from its channels, combines watermarks, aligns barriers.

The combined watermark is the lowest among channels that are not idle; it never goes back. A channel that has delivered
barrier n is not read on until all channels have (exactly-once alignment). Source: Flink documentation, "Stateful Stream
Processing", sections on watermarks of several inputs and on checkpointing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from levada.common.batch import ColumnBatch, RowBatch
from levada.common.elements import (
    MAX_TIMESTAMP,
    MIN_TIMESTAMP,
    Barrier,
    Element,
    EndOfInput,
    Watermark,
    WatermarkStatus,
)
from levada.runtime.transport import Lane


@dataclass(slots=True)
class _Input:
    """What the gate knows of one channel."""

    channel: Lane
    input_index: int
    watermark: int = MIN_TIMESTAMP
    idle: bool = False
    ended: bool = False
    barrier: Barrier | None = None


class InputGate:
    """All channels of one subtask.

    Parameters
    ----------
    channels : sequence of (Lane, int)
        Each with the index of the operator's input it belongs to.
    watermark : int
        The combined watermark to start from (restored).
    random : Random or None
        Chooses the channel to read next; round robin without.
    """

    def __init__(
        self, channels: Sequence[tuple[Lane, int]], watermark: int = MIN_TIMESTAMP, random: Random | None = None
    ) -> None:
        self._lanes = [_Input(channel, input_index) for channel, input_index in channels]
        self._next = 0
        self._random = random
        self._idle = False
        self._ready: deque[tuple[Element, int]] = deque()
        self.watermark = watermark

    def poll(self) -> tuple[Element, int] | None:
        """The next element for the task, with its input index; None when nothing can be taken now.

        Watermarks, statuses, barriers and the end come out only in their combined form.
        """
        if self._ready:
            return self._ready.popleft()
        lanes = self._lanes
        count = len(lanes)
        start = self._random.randrange(count) if self._random is not None else self._next
        for offset in range(count):
            position = (start + offset) % count
            lane = lanes[position]
            while self.may_read(lane):
                element = lane.channel.receive()
                if element is None:
                    break
                self._next = position + 1 if position + 1 < count else 0
                if isinstance(element, (RowBatch, ColumnBatch)):
                    return element, lane.input_index
                self._combine(lane, element)
                if self._ready:
                    return self._ready.popleft()
        return None

    def may_read(self, lane: _Input) -> bool:
        """A lane that waits for the others' barriers is left alone."""
        return lane.barrier is None

    def _combine(self, lane: _Input, element: Element) -> None:
        if isinstance(element, Watermark):
            lane.watermark = max(lane.watermark, element.timestamp)
            self._combine_watermarks()
        elif isinstance(element, WatermarkStatus):
            lane.idle = element.idle
            self._combine_watermarks()
            self._combine_status()
        elif isinstance(element, Barrier):
            self._align(lane, element)
        elif isinstance(element, EndOfInput):
            lane.ended = True
            if all(other.ended for other in self._lanes):
                self._ready.append((element, 0))
        else:
            self._ready.append((element, lane.input_index))

    def _align(self, lane: _Input, barrier: Barrier) -> None:
        lane.barrier = barrier
        if all(other.barrier == barrier for other in self._lanes):
            for other in self._lanes:
                other.barrier = None
            self._ready.append((barrier, 0))

    def _combine_watermarks(self) -> None:
        active = [lane.watermark for lane in self._lanes if not lane.idle]
        combined = min(active) if active else max(lane.watermark for lane in self._lanes)
        if combined == MAX_TIMESTAMP and any(lane.watermark != MAX_TIMESTAMP for lane in self._lanes):
            return  # an idle channel may wake up yet: only the end of all inputs is the end of time
        if combined > self.watermark:
            self.watermark = combined
            self._ready.append((Watermark(combined), 0))

    def _combine_status(self) -> None:
        idle = all(lane.idle for lane in self._lanes)
        if idle != self._idle:
            self._idle = idle
            self._ready.append((WatermarkStatus(idle), 0))
