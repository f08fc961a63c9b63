"""The loop that puts a batch into tumbling or sliding event-time windows, generated for one kind of contents.

All times within one *slot* (a tumbling window; for sliding windows the greatest common divisor of size and slide)
belong to the same windows, so panes are looked up once per run of records in a slot.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import Any

from levada.operators.row.chain_source import Loop, LoopText
from levada.operators.row.user_errors import CallSite
from levada.operators.row.window.contents import Contents

FOLD = {
    "reduce": ("own(value)", "reduce(old, value)"),
    "aggregate": ("add(value, create())", "add(value, old)"),
    "list": ("[value]", None),
}
"""How a record becomes contents, and how it is added to contents; None where ``old`` is changed in place."""


def aligned_loop(
    contents: Contents,
    *,
    size: int,
    slide: int,
    offset: int,
    emits_time: bool,
    chunk_rows: int,
    fold_site: CallSite,
    fire_site: CallSite,
    calls: Mapping[str, Any],
) -> Loop:
    """``loop(keys, values, timestamps)``, a generator of chunks: what allowed late records make fire again.

    ``calls`` holds ``panes(slot) -> [(namespace, top, again), ...]``, ``late(value, time)``, ``below`` (the table's
    ``get``), ``fire(key, namespace, contents) -> rows``, ``put_tagged``, ``OutputTag`` and the folding functions.
    """
    slot = gcd(size, slide)
    first, add = FOLD[contents.kind]
    text = LoopText()
    text.add(0, "def loop(keys, values, timestamps):")
    text.add(1, "out, times = [], []")
    text.add(1, "start, end = 1, 0")
    text.add(1, "for key, value, time in zip(keys, values, timestamps):")
    text.add(2, "if not start <= time < end:")
    text.add(3, f"start = time - (time - {offset}) % {slot}")
    text.add(3, f"end = start + {slot}")
    text.add(3, "found = panes(start)")
    indent = 2
    if size == slide:
        text.add(3, "if found:")
        text.add(4, "(namespace, top, again), = found")
        text.add(4, "get = top.get")
        text.add(2, "if not found:")
        text.add(3, "late(value, time)")
        text.add(3, "continue")
    else:
        text.add(2, "if not found:")
        text.add(3, "late(value, time)")
        text.add(2, "for namespace, top, again in found:")
        text.add(3, "get = top.get")
        indent = 3
    text.add(indent, "old = get(key)")
    text.add(indent, "if old is None:")
    text.add(indent + 1, "old = below(namespace, key)")
    text.add(indent, "if old is None:")
    text.add(indent + 1, f"new = {first}", fold_site)
    if add is None:
        text.add(indent + 1, "top[key] = new")
        text.add(indent, "else:")
        text.add(indent + 1, "old.append(value)")
        text.add(indent + 1, "new = old")
    else:
        text.add(indent, "else:")
        text.add(indent + 1, f"new = {add}", fold_site)
        text.add(indent, "if new is None:")
        text.add(indent + 1, "delete(namespace, key)")
        text.add(indent + 1, "continue")
        text.add(indent, "top[key] = new")
    text.add(indent, "if again:")
    text.add(indent + 1, "fired = (key, value)")
    text.add(indent + 1, "for row in fire(key, namespace, new):", fire_site)
    text.add(indent + 2, "if type(row) is tuple and len(row) == 2 and type(row[0]) is OutputTag:")
    text.add(indent + 3, f"put_tagged(row[0].tag_id, row[1], namespace + {size - 1})")
    text.add(indent + 2, "else:")
    text.add(indent + 3, "out.append(row)")
    if emits_time:
        text.add(indent + 3, f"times.append(namespace + {size - 1})")
    text.add(indent + 2, f"if len(out) >= {chunk_rows}:")
    chunk = "out, times" if emits_time else "out, None"
    text.add(indent + 3, f"yield {chunk}")
    text.add(indent + 3, "out, times = [], []")
    text.add(1, f"yield {chunk}")
    return text.compile(calls, "window")
