"""Calls of window functions, in their four forms, with the context they are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from levada.common.errors import UserError
from levada.operators.row.runtime_context import KeyedStateStore, RuntimeContext
from levada.operators.row.window.spec import WindowRows, window_callable
from levada.operators.row.window.window_state import WindowScope, WindowStateStore
from levada.operators.row.window.windows import MergingWindowAssigner

if TYPE_CHECKING:
    from levada.operators.row.keyed_operator import KeyedRowOperator


class WindowContext:
    """The context of ``ProcessWindowFunction.process`` and ``clear``."""

    def __init__(self, operator: KeyedRowOperator, scope: WindowScope, runtime: RuntimeContext, merging: bool) -> None:
        self._operator = operator
        self._runtime = runtime
        self._merging = merging
        self._window_state = WindowStateStore(operator.backend, scope, "levada.window.")
        self.current: Any = None

    def window(self) -> Any:
        """The window being evaluated."""
        return self.current

    def current_processing_time(self) -> int:
        """The clock's time in milliseconds."""
        return self._operator.context.clock.now_ms()

    def current_watermark(self) -> int:
        """The operator's watermark."""
        return self._operator.current_watermark

    def window_state(self) -> KeyedStateStore:
        """State of this key and window; the function's ``clear`` must clear it."""
        if self._merging:
            raise UserError("window_state(): windows that merge have no state of their own; use global_state()")
        return self._window_state

    def global_state(self) -> KeyedStateStore:
        """State of this key, shared by its windows."""
        return self._runtime


class WindowFunctionCall:
    """Calls a window function for one key's window; the caller has set the key."""

    def __init__(
        self, spec: WindowRows, operator: KeyedRowOperator, scope: WindowScope, runtime: RuntimeContext
    ) -> None:
        merging = isinstance(spec.assigner, MergingWindowAssigner)
        self._scope = scope
        self._context = WindowContext(operator, scope, runtime, merging)
        assert spec.window_call is not None
        self._call: Callable[..., Iterable[Any] | None] = window_callable(spec.window_function, spec.window_call)
        self._form = spec.window_call
        clear = getattr(spec.window_function, "clear", None) if spec.window_call.startswith("process") else None
        self._clear = clear if callable(clear) else None

    def rows(self, key: Any, window: Any, namespace: Any, elements: list[Any]) -> Iterable[Any]:
        """What the function makes of a window."""
        self._scope.namespace = namespace
        self._context.current = window
        form = self._form
        if form == "process":
            rows = self._call(key, self._context, elements)
        elif form == "apply":
            rows = self._call(key, window, elements)
        elif form == "process_all":
            rows = self._call(self._context, elements)
        else:
            rows = self._call(window, elements)
        return () if rows is None else rows

    @property
    def clears(self) -> bool:
        """Whether the function wants to hear of windows that go."""
        return self._clear is not None

    def clear(self, window: Any, namespace: Any) -> None:
        """Tell the function that the current key's window is gone."""
        if self._clear is not None:
            self._scope.namespace = namespace
            self._context.current = window
            self._clear(self._context)
