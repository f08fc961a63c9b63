"""Rolling reduce: one value per key, handed on with every record; in BATCH mode with the last one only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.operators.base import OperatorContext
from levada.operators.row.keyed_operator import KeyedRowOperator
from levada.operators.row.keys import KeySelection
from levada.operators.row.resumable import Work
from levada.operators.row.runtime_context import RuntimeContext
from levada.operators.row.user_errors import CallSite, raise_user_error
from levada.operators.row.user_function import bound_callable, close_functions, open_function
from levada.state.backend import ObjectTable
from levada.state.copying import ATOMIC, own

_TABLE = "levada.reduce"


@dataclass(frozen=True, slots=True, eq=False)
class KeyedReduce:
    """``key_by(key_selector).reduce(function)``: emits the reduced value for every record."""

    key_selector: Any
    function: Any
    name: str = ""
    uid: str | None = None

    def __post_init__(self) -> None:
        bound_callable(self.function, "reduce", "reduce(function)")
        if self.key_selector is not None:
            bound_callable(self.key_selector, "key_by", "key_by(key_selector)")

    @property
    def reads_timestamps(self) -> bool:
        """Timestamps only pass through."""
        return False

    def create(self) -> KeyedReduceOperator:
        """An operator for one subtask."""
        return KeyedReduceOperator(self)


class KeyedReduceOperator(KeyedRowOperator):
    """Keeps the reduced value of each key."""

    def __init__(self, spec: KeyedReduce) -> None:
        self.spec = spec
        self._opened: list[Any] = []

    def open(self, context: OperatorContext) -> None:
        """Open the function."""
        super().open(context)
        spec = self.spec
        name = spec.name or context.name
        self._keys = KeySelection(spec.key_selector, context, name)
        self._reduce = bound_callable(spec.function, "reduce", "reduce(function)")
        self._site = CallSite("reduce", name, spec.uid, spec.function)
        self._table = self.backend.table(_TABLE)
        self._final: RowBatch | None = None
        self._opened.append(spec.function)
        open_function(spec.function, RuntimeContext(context, name, self.backend))

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Reduce each record into its key's value and hand the value on."""
        assert isinstance(batch, RowBatch)
        keys = self._keys.keys(batch.values)
        try:
            out = _reduced(self._table, self._reduce, keys, batch.values)
        except Exception as error:
            raise_user_error(error, self.context, _reduced.__code__, self._site)
        reduced = RowBatch(out, batch.timestamps if self.context.reads_timestamps else None)
        if self.one_key:
            self._final = reduced.slice(len(out) - 1, len(out))
        else:
            self.output.collect(reduced)
        self.maintain()

    def event_timers(self, watermark: int) -> Work:
        """There are none. Where a key has come to its end, its value is final."""
        final, self._final = self._final, None
        if final is not None:
            self.output.collect(final)
            yield

    def clock_timers(self, now: int) -> Work:
        """There are none."""
        yield from ()

    def close(self) -> None:
        """Close the function."""
        super().close()
        close_functions(self._opened)


def _reduced(table: ObjectTable, reduce: Callable[[Any, Any], Any], keys: list[Any], values: list[Any]) -> list[Any]:
    top = table.top(None)
    get, below = top.get, table.get
    out: list[Any] = []
    put = out.append
    for key, value in zip(keys, values, strict=True):
        old = get(key)
        if old is None:
            old = below(None, key)
        new = value if old is None else reduce(old, value)
        if new is None:
            table.delete(None, key)
            put(None)
        elif new is value and type(new) not in ATOMIC:
            # The record belongs to the stream: a function that changes its first argument shall not change it there.
            top[key] = own(new)
            put(new)
        else:
            top[key] = new
            put(new if new is not old or type(new) in ATOMIC else own(new))
    return out
