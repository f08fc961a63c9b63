"""``connect(other).map/flat_map/process``: one function object, a method for each input."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.common.errors import JobBuildError
from levada.operators.base import Operator, OperatorContext
from levada.operators.row.keys import KeySelection
from levada.operators.row.process_context import (
    KeyedProcessContext,
    KeyedTimerService,
    OnTimerContext,
    ProcessContext,
)
from levada.operators.row.resumable import ChunkedOperator
from levada.operators.row.runtime_context import RuntimeContext
from levada.operators.row.timer_calls import TimerCallingOperator
from levada.operators.row.two_inputs.input_loop import CallKind, InputLoop
from levada.operators.row.user_errors import CallSite
from levada.operators.row.user_function import close_functions, open_function

METHODS: dict[CallKind, tuple[str, str]] = {
    "map": ("map1", "map2"),
    "flat_map": ("flat_map1", "flat_map2"),
    "process": ("process_element1", "process_element2"),
}
"""The methods for the two inputs, by kind of call."""


@dataclass(frozen=True, slots=True, eq=False)
class CoProcess:
    """Two streams into one function.

    Attributes
    ----------
    kind : "map", "flat_map" or "process"
    function : object, or pair of callables
        A ``CoMapFunction`` and its like, or one callable for each input.
    first_inputs : int
        How many of the operator's inputs belong to the first stream.
    key_selectors : pair of callables, optional
        Where both streams are keyed: then the function has keyed state and timers.
    """

    kind: CallKind
    function: Any
    first_inputs: int
    key_selectors: tuple[Any, Any] | None = None
    name: str = ""
    uid: str | None = None

    def __post_init__(self) -> None:
        self.calls()

    @property
    def reads_timestamps(self) -> bool:
        """Process functions may ask for the record's timestamp."""
        return self.kind == "process"

    def calls(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """What is called for a record of the first input, and of the second."""
        first, second = METHODS[self.kind]
        if isinstance(self.function, tuple):
            one, two = self.function
            return method_or_itself(one, first), method_or_itself(two, second)
        return method_or_itself(self.function, first), method_or_itself(self.function, second)

    def functions(self) -> tuple[Any, ...]:
        """What is opened and closed."""
        return self.function if isinstance(self.function, tuple) else (self.function,)

    def create(self) -> Operator:
        """An operator for one subtask."""
        return CoProcessOperator(self) if self.key_selectors is None else KeyedCoProcessOperator(self)


def method_or_itself(function: Any, method: str) -> Callable[..., Any]:
    """The method of a function object; a plain callable itself."""
    if inspect.isroutine(function):
        return function
    if inspect.isclass(function) and hasattr(function, method):
        raise JobBuildError(f"connect(...): {function.__name__} is a class; pass an instance: {function.__name__}()")
    bound = getattr(function, method, None)
    if callable(bound):
        return bound  # type: ignore[no-any-return]
    if callable(function):
        return function  # type: ignore[no-any-return]
    raise JobBuildError(f"connect(...): {function!r} is neither callable nor an object with a method {method}()")


def input_site(kind: str, number: int, name: str, uid: str | None, call: Any) -> CallSite:
    """What errors say of the call for a record of input 1 or 2."""
    return CallSite(kind, name, uid, call, "value", f"record of input {number}")


class CoProcessOperator(ChunkedOperator):
    """Two streams without keys."""

    def __init__(self, spec: CoProcess) -> None:
        self.spec = spec
        self._opened: list[Any] = []

    def open(self, context: OperatorContext) -> None:
        """Open the function."""
        super().open(context)
        spec = self.spec
        name = spec.name or context.name
        element_context = ProcessContext(self)
        self._loops = tuple(
            InputLoop(self, spec.kind, call, input_site(method, number, name, spec.uid, call), element_context)
            for number, (call, method) in enumerate(zip(spec.calls(), METHODS[spec.kind], strict=True), 1)
        )
        for function in spec.functions():
            self._opened.append(function)
            open_function(function, RuntimeContext(context, name))

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Call the input's method for each record."""
        assert isinstance(batch, RowBatch)
        self.run(self._loops[input_index >= self.spec.first_inputs].work(batch))

    def close(self) -> None:
        """Close the function."""
        super().close()
        close_functions(self._opened)


class KeyedCoProcessOperator(TimerCallingOperator):
    """Two keyed streams: both inputs' records of a key share its state and timers."""

    def __init__(self, spec: CoProcess) -> None:
        self.spec = spec
        self._opened: list[Any] = []

    def open(self, context: OperatorContext) -> None:
        """Open the function with its state."""
        super().open(context)
        spec = self.spec
        assert spec.key_selectors is not None
        name = spec.name or context.name
        timer_service = KeyedTimerService(self, self.key_context, self.timers)
        element_context = KeyedProcessContext(self.key_context, timer_service)
        self._timer_context = OnTimerContext(self.key_context, timer_service)
        self._on_timer = getattr(spec.function, "on_timer", None)
        self._timer_site = CallSite(
            "on_timer", name, spec.uid, self._on_timer or spec.function, "timer", "timer (time, key, namespace)"
        )
        self._loops = tuple(
            InputLoop(
                self,
                spec.kind,
                call,
                input_site(method, number, name, spec.uid, call),
                element_context,
                KeySelection(selector, context, name),
                self.key_context,
            )
            for number, (call, method, selector) in enumerate(
                zip(spec.calls(), METHODS[spec.kind], spec.key_selectors, strict=True), 1
            )
        )
        for function in spec.functions():
            self._opened.append(function)
            open_function(function, RuntimeContext(context, name, self.backend))

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Call the input's method for each record."""
        assert isinstance(batch, RowBatch)
        self.run(self._loops[input_index >= self.spec.first_inputs].work(batch))

    def close(self) -> None:
        """Close the function."""
        super().close()
        close_functions(self._opened)
