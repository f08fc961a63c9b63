"""The loop over the records of one input of two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal, Protocol

from levada.common.batch import RowBatch
from levada.common.output_tag import OutputTag
from levada.operators.row.chain_source import Loop, LoopText, expanding_loop
from levada.operators.row.keys import KeySelection
from levada.operators.row.resumable import CHUNK_ROWS, Chunk, ChunkedOperator, Work
from levada.operators.row.user_errors import CallSite
from levada.state.backend import KeyContext

CallKind = Literal["map", "flat_map", "process"]


class ElementContext(Protocol):
    """A context whose record's time is set by the loop."""

    element_timestamp: int | None


class InputLoop:
    """Calls one function for each record of one input.

    Parameters
    ----------
    operator : ChunkedOperator
        Opened as far as its outputs.
    kind : "map", "flat_map" or "process"
        How the function is called; a map that gives None gives nothing.
    call : callable
        The user's method or function.
    site : CallSite
        What errors say of it.
    element_context : ElementContext
        Passed where ``kind`` is "process".
    keys : KeySelection, optional
        Gives the records' keys; then ``key_context`` is set for each record.
    key_context : KeyContext, optional
    """

    def __init__(
        self,
        operator: ChunkedOperator,
        kind: CallKind,
        call: Callable[..., Any],
        site: CallSite,
        element_context: ElementContext,
        keys: KeySelection | None = None,
        key_context: KeyContext | None = None,
    ) -> None:
        self._operator = operator
        self._kind = kind
        self._site = site
        self._element_context = element_context
        self._keys = keys
        self._calls = {
            "call_0": call,
            "ctx_0": element_context,
            "key_context": key_context,
            "OutputTag": OutputTag,
            "side": operator.side,
        }
        self._loops: dict[tuple[bool, bool], Loop] = {}

    def work(self, batch: RowBatch) -> Work:
        """Work that calls the function for each record of a batch."""
        values, timestamps = batch.values, batch.timestamps
        arguments: list[Any] = [values]
        emits = timestamps is not None and self._operator.context.reads_timestamps
        reads = emits or (timestamps is not None and self._kind == "process")
        if reads:
            arguments.append(timestamps)
        else:
            self._element_context.element_timestamp = None
        if self._keys is not None:
            arguments.append(self._keys.keys(values))
        loop = self._loops.get((reads, emits))
        if loop is None:
            loop = self._loops[reads, emits] = self._compiled(reads, emits)
        chunks: Iterator[Chunk] = loop.function(*arguments)
        return self._operator.hand_out(chunks, loop.code, loop.sites)

    def _compiled(self, reads: bool, emits: bool) -> Loop:
        keyed = self._keys is not None
        if self._kind == "map":
            return _map_loop(self._site, self._calls, emits, keyed)
        step = replace(self._site, kind=self._kind)
        loop = expanding_loop(
            [step], self._calls, reads_time=reads, emits_time=emits, chunk_rows=CHUNK_ROWS, keyed=keyed
        )
        told = replace(self._site, variable="v0")
        return Loop(loop.function, loop.code, dict.fromkeys(loop.sites, told), loop.source)


def _map_loop(site: CallSite, calls: dict[str, Any], timed: bool, keyed: bool) -> Loop:
    """One record in, one out; None is nothing, as in PyFlink."""
    inputs = {"values": "v0", **({"timestamps": "time"} if timed else {}), **({"keys": "key"} if keyed else {})}
    text = LoopText()
    text.add(0, f"def loop({', '.join(inputs)}):")
    text.add(1, "out = []")
    if timed:
        text.add(1, "times = []")
    each = "values" if len(inputs) == 1 else f"zip({', '.join(inputs)})"
    text.add(1, f"for {', '.join(inputs.values())} in {each}:")
    if keyed:
        text.add(2, "key_context.key = key")
    text.add(2, "v1 = call_0(v0)", replace(site, variable="v0"))
    text.add(2, "if v1 is not None:")
    text.add(3, "out.append(v1)")
    if timed:
        text.add(3, "times.append(time)")
    text.add(1, f"yield out, {'times' if timed else None}")
    return text.compile(calls, "chain")
