"""The inside of a task: operators wired output to input, one call per batch.

A suspended operator (``pending``) gets nothing new: what its neighbour hands over meanwhile waits in its link.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from random import Random

from levada.common.batch import Batch
from levada.common.elements import Watermark, WatermarkStatus
from levada.common.services import Clock
from levada.operators.base import Operator, Output
from levada.runtime.exchange import ExchangeOutput


class StepBudget:
    """Time and room for one step of a task, shared by its operators."""

    __slots__ = ("_clock", "_deadline_ns", "_outputs", "_random", "unlimited")

    def __init__(self, clock: Clock, random: Random | None) -> None:
        self._clock = clock
        self._random = random
        self._deadline_ns = 0
        self._outputs: list[ExchangeOutput] = []
        self.unlimited = False
        """Set while a barrier waits: suspended work is then finished whatever it takes."""

    def watch(self, outputs: Sequence[ExchangeOutput]) -> None:
        """Whose fullness counts."""
        self._outputs = list(outputs)

    def begin(self, nanoseconds: int) -> None:
        """A new step that may last this long."""
        self._deadline_ns = self._clock.monotonic_ns() + nanoseconds

    def spent(self) -> bool:
        """Whether time is up or an output is full. A simulation also says so at random, to suspend work often."""
        if self.unlimited:
            return False
        if self._random is not None and self._random.random() < 0.2:
            return True
        return self._clock.monotonic_ns() >= self._deadline_ns or any(output.full for output in self._outputs)


class OperatorBudget:
    """The step's budget as one operator sees it: suspended operators downstream exhaust it too."""

    __slots__ = ("_downstream", "_step")

    def __init__(self, step: StepBudget, downstream: Sequence[Link]) -> None:
        self._step = step
        self._downstream = tuple(downstream)

    @property
    def exhausted(self) -> bool:
        if self._step.spent():
            return True
        return not self._step.unlimited and any(
            link.operator.pending or link.operator.blocked for link in self._downstream
        )


class Link:
    """Hands elements to one operator of the chain, holding them back while it is suspended."""

    __slots__ = ("_waiting", "operator")

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self._waiting: deque[Batch | Watermark | WatermarkStatus] = deque()

    def collect(self, batch: Batch) -> None:
        if self.operator.pending:
            self._waiting.append(batch)
        else:
            self.operator.process_batch(batch)

    def emit_watermark(self, timestamp: int) -> None:
        if self.operator.pending:
            self._waiting.append(Watermark(timestamp))
        else:
            self.operator.process_watermark(timestamp)

    def emit_status(self, idle: bool) -> None:
        if self.operator.pending:
            self._waiting.append(WatermarkStatus(idle))
        else:
            self.operator.process_status(idle)

    @property
    def settled(self) -> bool:
        """Nothing is suspended and nothing waits."""
        return not self.operator.pending and not self._waiting

    def settle(self) -> bool:
        """Go on with suspended work and what has waited behind it; True when nothing is left."""
        operator, waiting = self.operator, self._waiting
        if operator.pending:
            operator.resume()
        while waiting and not operator.pending:
            element = waiting.popleft()
            if isinstance(element, Watermark):
                operator.process_watermark(element.timestamp)
            elif isinstance(element, WatermarkStatus):
                operator.process_status(element.idle)
            else:
                operator.process_batch(element)
        return not operator.pending


class NoOutput:
    """The end of a chain that nobody reads."""

    def collect(self, batch: Batch) -> None:
        """Dropped."""

    def emit_watermark(self, timestamp: int) -> None:
        """Dropped."""

    def emit_status(self, idle: bool) -> None:
        """Dropped."""


class FanOut:
    """Several readers of one stream, each given every batch (batches are never changed in place)."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = tuple(outputs)

    def collect(self, batch: Batch) -> None:
        for output in self._outputs:
            output.collect(batch)

    def emit_watermark(self, timestamp: int) -> None:
        for output in self._outputs:
            output.emit_watermark(timestamp)

    def emit_status(self, idle: bool) -> None:
        for output in self._outputs:
            output.emit_status(idle)


class WithSides:
    """A main output whose watermarks and statuses also go to the side outputs; batches go there by tag only."""

    def __init__(self, main: Output, sides: Sequence[Output]) -> None:
        self.collect = main.collect
        self._all = (main, *sides)

    def emit_watermark(self, timestamp: int) -> None:
        for output in self._all:
            output.emit_watermark(timestamp)

    def emit_status(self, idle: bool) -> None:
        for output in self._all:
            output.emit_status(idle)


def join_outputs(outputs: Sequence[Output]) -> Output:
    """One output for any number of readers."""
    if not outputs:
        return NoOutput()
    return outputs[0] if len(outputs) == 1 else FanOut(outputs)
