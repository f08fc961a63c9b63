"""What both window operators share: opening functions, late records, and the watermark's walk."""

from __future__ import annotations

from typing import Any

from levada.common.elements import MAX_TIMESTAMP
from levada.operators.base import OperatorContext
from levada.operators.row.keyed_operator import KeyedRowOperator
from levada.operators.row.keys import KeySelection
from levada.operators.row.runtime_context import RuntimeContext
from levada.operators.row.user_errors import CallSite
from levada.operators.row.user_function import close_functions, open_function
from levada.operators.row.window.function_call import WindowFunctionCall
from levada.operators.row.window.spec import WindowRows
from levada.operators.row.window.window_state import WindowScope

LATE_RECORDS_DROPPED = "late_records_dropped"


class WindowOperatorBase(KeyedRowOperator):
    """Opens the functions of a window call and sorts out late records."""

    def __init__(self, spec: WindowRows) -> None:
        self.spec = spec
        self._opened: list[Any] = []

    def open(self, context: OperatorContext) -> None:
        """Open the folding function and the window function."""
        super().open(context)
        spec = self.spec
        self.name = spec.name or context.name
        self.keys = KeySelection(spec.key_selector, context, self.name)
        self.contents = spec.make_contents()
        self.runtime = RuntimeContext(context, self.name, self.backend)
        self.scope = WindowScope(self.key_context)
        self.call = None if spec.window_call is None else WindowFunctionCall(spec, self, self.scope, self.runtime)
        self._late_to_side = spec.late_tag is not None and self.side.consumed(spec.late_tag)
        for function in (spec.function, spec.window_function):
            if function is not None:
                self._opened.append(function)
                open_function(function, self.runtime)

    def site(self, kind: str, function: Any, variable: str, subject: str = "record") -> CallSite:
        """A call site of this operator."""
        return CallSite(kind, self.name, self.spec.uid, function, variable, subject)

    def late(self, value: Any, timestamp: int | None) -> None:
        """A record that no window took: late if its time says so, then to the side output or dropped and counted."""
        if timestamp is None or cleanup_time(timestamp, self.spec.allowed_lateness_ms) > self.current_watermark:
            return
        if self.spec.late_tag is None:
            self.context.metrics.count(LATE_RECORDS_DROPPED)
        elif self._late_to_side:
            self.side.add(self.spec.late_tag, value, timestamp)

    def close(self) -> None:
        """Close the functions."""
        super().close()
        close_functions(self._opened)


def cleanup_time(timestamp: int, lateness: int) -> int:
    """``timestamp + lateness``, at most the end of time."""
    return min(timestamp + lateness, MAX_TIMESTAMP)
