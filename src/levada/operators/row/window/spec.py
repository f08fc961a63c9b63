"""Windows over rows as plain data: what is assigned, when it fires, what is kept and what is called."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import Any, Literal

from levada.common.errors import JobBuildError
from levada.operators.base import Operator
from levada.operators.row.user_function import bound_callable
from levada.operators.row.window.assigners import SlidingEventTimeWindows, TumblingEventTimeWindows
from levada.operators.row.window.contents import Contents, ContentsKind, contents_of
from levada.operators.row.window.evictors import Evictor
from levada.operators.row.window.session_assigners import DynamicEventTimeSessionWindows, EventTimeSessionWindows
from levada.operators.row.window.time_triggers import EventTimeTrigger
from levada.operators.row.window.trigger import Trigger
from levada.operators.row.window.windows import MergingWindowAssigner, WindowAssigner

WindowCall = Literal["process", "apply", "process_all", "apply_all"]
"""``process(key, context, elements)``, ``apply(key, window, inputs)``, and the same without ``key``."""


@dataclass(frozen=True, slots=True, eq=False)
class WindowRows:
    """``key_by(key_selector).window(assigner)...`` with its last call; ``window_all`` has no key selector.

    Attributes
    ----------
    key_selector : callable, KeySelector or None
        None gives all records one key (run it with parallelism 1).
    assigner : WindowAssigner
    contents : "reduce", "aggregate" or "list"
        What a window keeps: a reduced value, an accumulator, or all records.
    function : ReduceFunction, AggregateFunction, callable or None
        How records are folded; None for "list".
    window_function : object or callable, optional
        Called when a window fires, with all records or the one folded value; without it the folded value is emitted.
    window_call : "process", "apply", "process_all" or "apply_all"
        How ``window_function`` is called.
    trigger : Trigger, optional
        The assigner's default if None.
    allowed_lateness_ms : int
    late_tag : str, optional
        The id of the side output for late records; without it they are dropped and counted.
    evictor : Evictor, optional
        Takes records out of windows that fire; all records are then kept, whatever ``contents`` says.
    """

    key_selector: Any
    assigner: WindowAssigner[Any, Any]
    contents: ContentsKind = "list"
    function: Any = None
    window_function: Any = None
    window_call: WindowCall | None = None
    trigger: Trigger[Any, Any] | None = None
    allowed_lateness_ms: int = 0
    late_tag: str | None = None
    name: str = ""
    uid: str | None = None
    evictor: Evictor[Any, Any] | None = None
    firing: Trigger[Any, Any] = field(init=False)
    """The trigger that applies."""

    def __post_init__(self) -> None:
        if self.key_selector is not None:
            bound_callable(self.key_selector, "key_by", "key_by(key_selector)")
        if not isinstance(self.assigner, WindowAssigner):
            raise JobBuildError(
                f"window({self.assigner!r}): pass a WindowAssigner, such as TumblingEventTimeWindows.of(...)"
            )
        if self.trigger is not None and not isinstance(self.trigger, Trigger):
            raise JobBuildError(f"trigger({self.trigger!r}): pass a Trigger, such as CountTrigger.of(10)")
        if self.evictor is not None and not isinstance(self.evictor, Evictor):
            raise JobBuildError(f"evictor({self.evictor!r}): pass an Evictor, such as CountEvictor.of(10)")
        object.__setattr__(self, "firing", self.trigger or self.assigner.get_default_trigger(None))
        if isinstance(self.assigner, MergingWindowAssigner) and not self.firing.can_merge():
            raise JobBuildError(
                f"trigger({self.firing!r}): windows of {self.assigner!r} merge, and this trigger does not support it; "
                "use one whose can_merge() is true"
            )
        if self.allowed_lateness_ms < 0:
            raise JobBuildError(f"allowed_lateness({self.allowed_lateness_ms} ms): it must not be negative")
        contents_of(self.contents, self.function)
        if self.window_call is not None:
            window_callable(self.window_function, self.window_call)
        elif self.contents == "list":
            raise JobBuildError("a window without reduce or aggregate needs process(function) or apply(function)")

    @property
    def reads_timestamps(self) -> bool:
        """Event-time windows and triggers do; a trigger of one's own is given the timestamp, and so is an evictor."""
        return self.assigner.is_event_time() or self.trigger is not None or self.evictor is not None

    def make_contents(self) -> Contents:
        """How records are put into windows."""
        if self.evictor is not None:
            return contents_of("list", None)
        kept = self.allowed_lateness_ms > 0 or type(self.firing) is not EventTimeTrigger
        return contents_of(self.contents, self.function, kept=kept)

    def create(self) -> Operator:
        """An operator for one subtask: a fast one for built-in event-time windows that fire at their end."""
        from levada.operators.row.window.aligned import AlignedWindowOperator
        from levada.operators.row.window.evicting import EvictingWindowOperator
        from levada.operators.row.window.operator import WindowOperator
        from levada.operators.row.window.session import SessionWindowOperator

        if self.evictor is not None:
            return EvictingWindowOperator(self)
        if type(self.firing) is EventTimeTrigger:
            if type(self.assigner) in (TumblingEventTimeWindows, SlidingEventTimeWindows):
                return AlignedWindowOperator(self)
            if type(self.assigner) in (EventTimeSessionWindows, DynamicEventTimeSessionWindows):
                return SessionWindowOperator(self)
        return WindowOperator(self)


def window_callable(function: Any, call: WindowCall) -> Any:
    """The method or callable behind a window function.

    Raises
    ------
    JobBuildError
        It is neither.
    """
    method = call.removesuffix("_all")
    if inspect.isroutine(function):
        return function
    if inspect.isclass(function):
        raise JobBuildError(f"{method}({function.__name__}): a class; pass an instance: {function.__name__}()")
    bound = getattr(function, method, None)
    if callable(bound):
        return bound
    if callable(function):
        return function
    raise JobBuildError(f"{method}({function!r}): it is neither callable nor has a method {method}()")
