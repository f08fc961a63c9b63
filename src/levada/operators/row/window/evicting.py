"""The window operator for windows with an evictor: all records are kept, and folded only when a window fires."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from levada.common.elements import MIN_TIMESTAMP
from levada.common.errors import UserFunctionError
from levada.operators.base import OperatorContext
from levada.operators.row.metric_group import MetricGroup
from levada.operators.row.window.contents import contents_of
from levada.operators.row.window.evictors import Evictor, TimestampedValue
from levada.operators.row.window.operator import Rows, WindowOperator


class EvictingWindowOperator(WindowOperator):
    """Keeps ``(record, timestamp)`` pairs."""

    def open(self, context: OperatorContext) -> None:
        """Open functions and contexts."""
        super().open(context)
        assert self.spec.evictor is not None
        self._evictor = self.spec.evictor
        self._evictor_context = _Context(self)
        self._folding = contents_of(self.spec.contents, self.spec.function)

    def _add(self, namespace: Any, key: Any, value: Any, time: int) -> None:
        super()._add(namespace, key, (value, time), time)

    def _rows(self, key: Any, window: Any, namespace: Any) -> Rows:
        held = self._held(namespace, key)
        return () if held is None else self._evicted(key, window, namespace, held)

    def _evicted(self, key: Any, window: Any, namespace: Any, held: list[tuple[Any, int]]) -> Iterator[Any]:
        """The window's results. What is evicted after them is so when the last result has been taken."""
        elements = [TimestampedValue(value, None if time == MIN_TIMESTAMP else time) for value, time in held]
        self._evict(self._evictor.evict_before, elements, window)
        yield from self._results(key, window, namespace, [element.value for element in elements])
        self._evict(self._evictor.evict_after, elements, window)
        self._keep(namespace, key, [(element.value, element.get_timestamp()) for element in elements])

    def _results(self, key: Any, window: Any, namespace: Any, values: list[Any]) -> Rows:
        """What the functions make of the records that are left; a reduction of none gives nothing."""
        folding = self._folding
        if folding.kind != "list":
            if folding.kind == "reduce" and not values:
                return ()
            folded = folding.first(values[0]) if values else folding.function.create_accumulator()
            for value in values[1:]:
                folded = folding.add(folded, value)
            values = [folding.result(folded)]
        return values if self.call is None else self.call.rows(key, window, namespace, values)

    def _evict(self, evict: Callable[..., None], elements: list[TimestampedValue[Any]], window: Any) -> None:
        try:
            evict(elements, len(elements), window, self._evictor_context)
        except Exception as error:
            name = type(self._evictor).__name__
            raise UserFunctionError(
                f"operator {self.name!r}: evictor {name} raised {type(error).__name__}: {error} on {window!r}"
            ) from error

    def _keep(self, namespace: Any, key: Any, kept: list[tuple[Any, int]]) -> None:
        """Replace the window's records."""
        if not kept:
            self._purge(namespace, key)
        elif self._merging is None:
            self._table.put(namespace, key, kept)
        else:
            windows = self._merging.windows()
            assert windows is not None
            windows[namespace] = kept


class _Context(Evictor.EvictorContext):
    """The operator as evictors see it."""

    def __init__(self, operator: WindowOperator) -> None:
        self._operator = operator

    def get_current_processing_time(self) -> int:
        return self._operator.context.clock.now_ms()

    def get_metric_group(self) -> MetricGroup:
        return self._operator.runtime.get_metrics_group()

    def get_current_watermark(self) -> int:
        return self._operator.current_watermark
