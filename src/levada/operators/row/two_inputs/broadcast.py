"""``connect(broadcast_stream).process``: a stream beside one that reaches every subtask, with state from the latter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from levada.common.batch import Batch, RowBatch
from levada.operators.base import Operator, OperatorContext
from levada.operators.row.keys import KeySelection
from levada.operators.row.process_context import KeyedTimerService
from levada.operators.row.resumable import ChunkedOperator
from levada.operators.row.runtime_context import RuntimeContext
from levada.operators.row.timer_calls import TimerCallingOperator
from levada.operators.row.two_inputs.broadcast_contexts import (
    BroadcastContext,
    BroadcastOnTimerContext,
    KeyedBroadcastContext,
    KeyedReadOnlyBroadcastContext,
    NoKey,
    ReadOnlyBroadcastContext,
)
from levada.operators.row.two_inputs.co_process import input_site, method_or_itself
from levada.operators.row.two_inputs.input_loop import InputLoop
from levada.operators.row.user_errors import CallSite
from levada.operators.row.user_function import close_functions, open_function
from levada.state.broadcast import BroadcastStates

if TYPE_CHECKING:
    from levada.state.descriptors import MapStateDescriptor
    from levada.state.snapshot import StatePart

_ELEMENT, _BROADCAST = "process_element", "process_broadcast_element"


@dataclass(frozen=True, slots=True, eq=False)
class BroadcastProcess:
    """A stream and a broadcast stream into one function.

    Attributes
    ----------
    function : BroadcastProcessFunction or KeyedBroadcastProcessFunction
    descriptors : tuple of MapStateDescriptor
        The broadcast states.
    first_inputs : int
        How many of the operator's inputs belong to the stream that is not broadcast.
    key_selector : callable, optional
        Where that stream is keyed.
    """

    function: Any
    descriptors: tuple[MapStateDescriptor[Any, Any], ...]
    first_inputs: int
    key_selector: Any = None
    name: str = ""
    uid: str | None = None

    def __post_init__(self) -> None:
        method_or_itself(self.function, _ELEMENT)
        method_or_itself(self.function, _BROADCAST)

    @property
    def reads_timestamps(self) -> bool:
        """The function may ask for the record's timestamp."""
        return True

    def create(self) -> Operator:
        """An operator for one subtask."""
        return BroadcastOperator(self) if self.key_selector is None else KeyedBroadcastOperator(self)


class BroadcastOperator(ChunkedOperator):
    """The stream that is not broadcast has no keys."""

    def __init__(self, spec: BroadcastProcess) -> None:
        self.spec = spec
        self._opened: list[Any] = []

    def open(self, context: OperatorContext) -> None:
        """Take the broadcast state over, and open the function."""
        super().open(context)
        spec = self.spec
        name = spec.name or context.name
        self._states = BroadcastStates(spec.descriptors, name)
        if context.restored is not None:
            self._states.restore(context.restored)
        element = method_or_itself(spec.function, _ELEMENT)
        broadcast = method_or_itself(spec.function, _BROADCAST)
        self._elements = InputLoop(
            self,
            "process",
            element,
            input_site(_ELEMENT, 1, name, spec.uid, element),
            ReadOnlyBroadcastContext(self, self._states),
        )
        self._broadcast = InputLoop(
            self,
            "process",
            broadcast,
            input_site(_BROADCAST, 2, name, spec.uid, broadcast),
            BroadcastContext(self, self._states),
        )
        self._opened.append(spec.function)
        open_function(spec.function, RuntimeContext(context, name))

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Call the input's method for each record."""
        assert isinstance(batch, RowBatch)
        loop = self._elements if input_index < self.spec.first_inputs else self._broadcast
        self.run(loop.work(batch))

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        """The broadcast state, once for all subtasks."""
        return self._states.snapshot(self.context.subtask_index)

    def close(self) -> None:
        """Close the function."""
        super().close()
        close_functions(self._opened)


class KeyedBroadcastOperator(TimerCallingOperator):
    """The stream that is not broadcast is keyed: the function has keyed state and timers too."""

    def __init__(self, spec: BroadcastProcess) -> None:
        self.spec = spec
        self._opened: list[Any] = []

    def open(self, context: OperatorContext) -> None:
        """Take broadcast and keyed state over, and open the function."""
        super().open(context)
        spec = self.spec
        name = spec.name or context.name
        self._no_key = NoKey(_BROADCAST)
        self._states = BroadcastStates(spec.descriptors, name)
        if context.restored is not None:
            self._states.restore(context.restored)
        timer_service = KeyedTimerService(self, self.key_context, self.timers)
        self._timer_context = BroadcastOnTimerContext(self, self._states, self.key_context, timer_service)
        self._on_timer = getattr(spec.function, "on_timer", None)
        self._timer_site = CallSite(
            "on_timer", name, spec.uid, self._on_timer or spec.function, "timer", "timer (time, key, namespace)"
        )
        element = method_or_itself(spec.function, _ELEMENT)
        broadcast = method_or_itself(spec.function, _BROADCAST)
        self._elements = InputLoop(
            self,
            "process",
            element,
            input_site(_ELEMENT, 1, name, spec.uid, element),
            KeyedReadOnlyBroadcastContext(self, self._states, self.key_context, timer_service),
            KeySelection(spec.key_selector, context, name),
            self.key_context,
        )
        self._broadcast = InputLoop(
            self,
            "process",
            broadcast,
            input_site(_BROADCAST, 2, name, spec.uid, broadcast),
            KeyedBroadcastContext(self, self._states, self.backend),
        )
        self._opened.append(spec.function)
        open_function(spec.function, RuntimeContext(context, name, self.backend))

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Call the input's method for each record."""
        assert isinstance(batch, RowBatch)
        if input_index < self.spec.first_inputs:
            self.run(self._elements.work(batch))
        else:
            self.key_context.key = self._no_key
            self.run(self._broadcast.work(batch))

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        """Keyed state, timers and the watermark, and the broadcast state once for all subtasks."""
        return {**super().snapshot(checkpoint_id), **self._states.snapshot(self.context.subtask_index)}

    def close(self) -> None:
        """Close the function."""
        super().close()
        close_functions(self._opened)
