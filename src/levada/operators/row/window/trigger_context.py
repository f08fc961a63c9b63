"""What triggers and assigners see of the operator that runs them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from levada.operators.row.metric_group import MetricGroup
from levada.operators.row.runtime_context import RuntimeContext
from levada.operators.row.window.trigger import Trigger
from levada.operators.row.window.window_state import WindowScope, WindowStateStore
from levada.operators.row.window.windows import WindowAssigner

if TYPE_CHECKING:
    from levada.operators.row.keyed_operator import KeyedRowOperator


class AssignerContext(WindowAssigner.WindowAssignerContext):
    """The clock, and state of the current key."""

    def __init__(self, operator: KeyedRowOperator, runtime: RuntimeContext) -> None:
        self._operator = operator
        self._runtime = runtime

    def get_current_processing_time(self) -> int:
        return self._operator.context.clock.now_ms()

    def get_runtime_context(self) -> RuntimeContext:
        return self._runtime


class OperatorTriggerContext(Trigger.OnMergeContext):
    """Timers and state of the current key and the window whose namespace is set in ``scope``."""

    def __init__(self, operator: KeyedRowOperator, scope: WindowScope, runtime: RuntimeContext) -> None:
        self._operator = operator
        self._scope = scope
        self._runtime = runtime
        self._timers = operator.timers
        self._states = WindowStateStore(operator.backend, scope, "levada.trigger.")
        self.merged: Iterable[Any] = ()
        """Namespaces of the windows that have been merged, during ``on_merge``."""

    def get_current_processing_time(self) -> int:
        return self._operator.context.clock.now_ms()

    def get_current_watermark(self) -> int:
        return self._operator.current_watermark

    def get_metric_group(self) -> MetricGroup:
        return self._runtime.get_metrics_group()

    def register_event_time_timer(self, time: int) -> None:
        self._timers.register_event(time, self._scope.key, self._scope.namespace)

    def register_processing_time_timer(self, time: int) -> None:
        self._timers.register_processing(time, self._scope.key, self._scope.namespace)

    def delete_event_time_timer(self, time: int) -> None:
        self._timers.delete_event(time, self._scope.key, self._scope.namespace)

    def delete_processing_time_timer(self, time: int) -> None:
        self._timers.delete_processing(time, self._scope.key, self._scope.namespace)

    def get_partitioned_state(self, state_descriptor: Any) -> Any:
        return self._states.handle(state_descriptor)

    def merge_partitioned_state(self, state_descriptor: Any) -> None:
        self._states.handle(state_descriptor).merge_from(self.merged)
