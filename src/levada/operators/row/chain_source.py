"""The source text of the one loop that runs a chain of row functions.

The text is meant to be read: a traceback through a fused chain shows its lines, each naming the step it belongs to.
Values are numbered by depth: ``v0`` is the input record, ``v1`` what the first step makes of it, and so on.
"""

from __future__ import annotations

import hashlib
import linecache
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from levada.operators.row.user_errors import CallSite
from levada.state.copying import ATOMIC, own

PLAIN = ATOMIC | {tuple}
"""Exact types that are handed on as they are. (A tuple of things that change is left to its author.)"""

EXPANDING = frozenset({"flat_map", "process"})


@dataclass(slots=True)
class Loop:
    """A compiled loop, and which of its lines calls which step."""

    function: Any
    code: CodeType
    sites: dict[int, CallSite]
    source: str


class LoopText:
    """Lines of a loop under construction, with the call sites among them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.sites: dict[int, CallSite] = {}

    def add(self, depth: int, text: str, site: CallSite | None = None) -> None:
        comment = "" if site is None else f"  # {site.kind} {site.name!r}".replace("\n", " ")
        self.lines.append("    " * depth + text + comment)
        if site is not None:
            self.sites[len(self.lines)] = site

    def compile(self, calls: Mapping[str, Any], kind: str) -> Loop:
        """The function ``loop`` of these lines, with ``calls`` as its globals."""
        source = "\n".join(self.lines) + "\n"
        digest = hashlib.sha256(source.encode("utf-8", "backslashreplace")).hexdigest()[:10]
        filename = f"<levada {kind} {digest}>"
        namespace: dict[str, Any] = dict(calls)
        exec(compile(source, filename, "exec"), namespace)
        # An entry without a modification time stays in linecache, so that tracebacks can show the loop's lines.
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        function: FunctionType = namespace["loop"]
        return Loop(function, function.__code__, self.sites, source)


def simple_loop(steps: Sequence[CallSite], calls: Mapping[str, Any], timed: bool) -> Loop:
    """A loop over maps and filters: ``loop(values) -> values``, or with timestamps both ways where ``timed``.

    ``calls`` holds what the text refers to: ``call_<i>`` for the i-th step. A comprehension would be 3 % faster, but
    since Python 3.12 its variables are gone when an error arrives, and with them the record.
    """
    text = LoopText()
    text.add(0, "def loop(values, timestamps):" if timed else "def loop(values):")
    _fresh_chunk(text, 1, timed)
    text.add(1, "for v0, time in zip(values, timestamps):" if timed else "for v0 in values:")
    depth, indent = 0, 2
    for index, step in enumerate(steps):
        site = _at(step, f"v{depth}")
        if step.kind == "filter":
            text.add(indent, f"if call_{index}(v{depth}):", site)
            indent += 1
        else:
            text.add(indent, f"v{depth + 1} = call_{index}(v{depth})", site)
            depth += 1
    text.add(indent, f"put(v{depth})")
    if timed:
        text.add(indent, "put_time(time)")
    text.add(1, "return out, times" if timed else "return out")
    return text.compile(calls, "chain")


def expanding_loop(
    steps: Sequence[CallSite],
    calls: Mapping[str, Any],
    *,
    reads_time: bool,
    emits_time: bool,
    chunk_rows: int,
    keyed: bool = False,
) -> Loop:
    """A loop over a chain with expanding steps: a generator of chunks ``(values, timestamps or None)``.

    It stops whenever ``chunk_rows`` rows are ready (or wait on side outputs), inside a user's generator too. Its
    parameters are ``values``, then ``timestamps`` where ``reads_time``, then ``keys`` where ``keyed``. ``calls`` holds
    ``call_<i>``, for process steps ``ctx_<i>``, ``key_context`` where ``keyed``, and ``side``, the ``SideOutputs`` of
    the last step (tagged rows of other steps are dropped: a chain ends behind a step whose side outputs are consumed).
    """
    text = LoopText()
    inputs = {"values": "v0", **({"timestamps": "time"} if reads_time else {}), **({"keys": "key"} if keyed else {})}
    text.add(0, f"def loop({', '.join(inputs)}):")
    _fresh_chunk(text, 1, emits_time)
    if len(inputs) == 1:
        text.add(1, "for v0 in values:")
    else:
        text.add(1, f"for {', '.join(inputs.values())} in zip({', '.join(inputs)}):")
    if keyed:
        text.add(2, "key_context.key = key")
    indent, depth, expanded = 2, 0, False
    last = len(steps) - 1
    for index, step in enumerate(steps):
        value, made = f"v{depth}", f"v{depth + 1}"
        site = _at(step, value)
        if step.kind == "filter":
            text.add(indent, f"if not call_{index}({value}):", site)
            text.add(indent + 1, "continue")
            continue
        depth += 1
        if step.kind == "map":
            text.add(indent, f"{made} = call_{index}({value})", site)
            continue
        if step.kind == "process":
            if reads_time:
                text.add(indent, f"ctx_{index}.element_timestamp = time")
            text.add(indent, f"rows = call_{index}({value}, ctx_{index})", site)
        else:
            text.add(indent, f"rows = call_{index}({value})", site)
        text.add(indent, "if rows is None:")
        text.add(indent + 1, "continue")
        text.add(indent, f"for {made} in rows:", site)
        indent, expanded = indent + 1, True
        text.add(indent, f"if type({made}) is tuple and len({made}) == 2 and type({made}[0]) is OutputTag:")
        if index == last:
            aside = f"own({made}[1])" if keyed else f"{made}[1]"
            text.add(indent + 1, f"side.add({made}[0].tag_id, {aside}, {'time' if emits_time else None})")
            text.add(indent + 1, f"if side.rows >= {chunk_rows}:")
            _hand_out(text, indent + 2, emits_time)
        text.add(indent + 1, "continue")
    if keyed and expanded:
        # What a function hands on may be what its state holds, and change with the next record.
        text.add(indent, f"if type(v{depth}) not in PLAIN and getrefcount(v{depth}) > 2:")
        text.add(indent + 1, f"v{depth} = own(v{depth})")
        calls = {**calls, "PLAIN": PLAIN, "getrefcount": sys.getrefcount, "own": own}
    text.add(indent, f"put(v{depth})")
    if emits_time:
        text.add(indent, "put_time(time)")
    if expanded:
        text.add(indent, f"if len(out) >= {chunk_rows}:")
        _hand_out(text, indent + 1, emits_time)
    text.add(1, f"yield out, {'times' if emits_time else None}")
    return text.compile(calls, "chain")


def _fresh_chunk(text: LoopText, indent: int, timed: bool) -> None:
    text.add(indent, "out = []")
    text.add(indent, "put = out.append")
    if timed:
        text.add(indent, "times = []")
        text.add(indent, "put_time = times.append")


def _hand_out(text: LoopText, indent: int, timed: bool) -> None:
    text.add(indent, f"yield out, {'times' if timed else None}")
    _fresh_chunk(text, indent, timed)


def _at(step: CallSite, variable: str) -> CallSite:
    return CallSite(step.kind, step.name, step.uid, step.function, variable)
