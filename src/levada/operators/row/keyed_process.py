"""Keyed process functions: state and timers by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.common.output_tag import OutputTag
from levada.operators.base import OperatorContext
from levada.operators.row.chain_source import Loop, expanding_loop
from levada.operators.row.keys import KeySelection
from levada.operators.row.process_context import KeyedProcessContext, KeyedTimerService, OnTimerContext
from levada.operators.row.resumable import CHUNK_ROWS
from levada.operators.row.runtime_context import RuntimeContext
from levada.operators.row.timer_calls import TimerCallingOperator
from levada.operators.row.user_errors import CallSite
from levada.operators.row.user_function import bound_callable, close_functions, open_function


@dataclass(frozen=True, slots=True, eq=False)
class KeyedProcess:
    """``key_by(key_selector).process(function)``.

    Attributes
    ----------
    key_selector : callable, KeySelector or None
        None for one key for all.
    function : KeyedProcessFunction or callable
        A plain callable ``(value, ctx)`` has no timers' callback.
    """

    key_selector: Any
    function: Any
    name: str = ""
    uid: str | None = None

    def __post_init__(self) -> None:
        bound_callable(self.function, "process", "process(function)")
        if self.key_selector is not None:
            bound_callable(self.key_selector, "key_by", "key_by(key_selector)")

    @property
    def reads_timestamps(self) -> bool:
        """The function may ask for the record's timestamp."""
        return True

    def create(self) -> KeyedProcessOperator:
        """An operator for one subtask."""
        return KeyedProcessOperator(self)


class KeyedProcessOperator(TimerCallingOperator):
    """Calls a keyed process function for each record and each timer."""

    def __init__(self, spec: KeyedProcess) -> None:
        self.spec = spec
        self._opened: list[Any] = []

    def open(self, context: OperatorContext) -> None:
        """Open the function with its state."""
        super().open(context)
        spec = self.spec
        name = spec.name or context.name
        self._keys = KeySelection(spec.key_selector, context, name)
        timer_service = KeyedTimerService(self, self.key_context, self.timers)
        self._element_context = KeyedProcessContext(self.key_context, timer_service)
        self._timer_context = OnTimerContext(self.key_context, timer_service)
        self._on_timer = getattr(spec.function, "on_timer", None)
        self._site = CallSite("process", name, spec.uid, spec.function)
        self._timer_site = CallSite(
            "on_timer of process", name, spec.uid, spec.function, "timer", "timer (time, key, namespace)"
        )
        self._calls = {
            "call_0": bound_callable(spec.function, "process", "process(function)"),
            "ctx_0": self._element_context,
            "key_context": self.key_context,
            "OutputTag": OutputTag,
            "side": self.side,
        }
        self._loops: dict[tuple[bool, bool], Loop] = {}
        self._opened.append(spec.function)
        open_function(spec.function, RuntimeContext(context, name, self.backend))

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Call the function for each record."""
        assert isinstance(batch, RowBatch)
        values, timestamps = batch.values, batch.timestamps
        keys = self._keys.keys(values)
        reads = timestamps is not None
        emits = reads and self.context.reads_timestamps
        loop = self._loops.get((reads, emits))
        if loop is None:
            loop = self._loops[reads, emits] = expanding_loop(
                [self._site], self._calls, reads_time=reads, emits_time=emits, chunk_rows=CHUNK_ROWS, keyed=True
            )
        if reads:
            chunks = loop.function(values, timestamps, keys)
        else:
            self._element_context.element_timestamp = None
            chunks = loop.function(values, keys)
        self.run(self.hand_out(chunks, loop.code, loop.sites))

    def close(self) -> None:
        """Close the function."""
        super().close()
        close_functions(self._opened)
