"""The loop that puts a batch into event-time sessions, generated for one kind of contents.

A key holds a flat list, four items per session: start, end, contents, and the time of its timer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from levada.operators.row.chain_source import Loop, LoopText
from levada.operators.row.user_errors import CallSite
from levada.operators.row.window.aligned_source import FOLD
from levada.operators.row.window.contents import Contents


def session_loop(
    contents: Contents,
    *,
    gap: int | None,
    lateness: int,
    emits_time: bool,
    chunk_rows: int,
    fold_site: CallSite,
    gap_site: CallSite,
    fire_site: CallSite,
    calls: Mapping[str, Any],
) -> Loop:
    """``loop(keys, values, timestamps, top, watermark)``, a generator of chunks: what fires again at once.

    ``gap`` is None where each record has its own (``gap_of`` in ``calls``). ``calls`` holds ``below(None, key)``,
    ``place(key, held, start, end)``, ``set_timer(time, key, namespace)``, ``late``, ``fire``, ``put_tagged``,
    ``OutputTag`` and the folding functions.
    """
    first, add = FOLD[contents.kind]
    text = LoopText()
    text.add(0, "def loop(keys, values, timestamps, top, watermark):")
    text.add(1, "out, times = [], []")
    text.add(1, "get = top.get")
    text.add(1, "for key, value, time in zip(keys, values, timestamps):")
    text.add(2, "end = time + " + ("gap_of(value)" if gap is None else str(gap)), gap_site if gap is None else None)
    text.add(2, "held = get(key)")
    text.add(2, "if held is None:")
    text.add(3, "held = below(None, key)")
    text.add(2, "at = 0")
    text.add(2, "if held is None:")
    text.add(3, f"if end - 1 + {lateness} <= watermark:")
    text.add(4, "late(value, time)")
    text.add(4, "continue")
    text.add(3, f"timer = end - 1 if end - 1 > watermark else end - 1 + {lateness}")
    text.add(3, "top[key] = held = [time, end, None, timer]")
    text.add(3, "set_timer(timer, key, None)")
    text.add(2, "elif len(held) == 4 and held[0] <= time <= held[1] and (end <= held[1] or held[3] < end):")
    text.add(3, "if end > held[1]:")
    text.add(4, "held[1] = end")
    text.add(2, "else:")
    text.add(3, "at = place(key, held, time, end)")
    text.add(3, "if at < 0:")
    text.add(4, "late(value, time)")
    text.add(4, "continue")
    text.add(2, "old = held[at + 2]")
    text.add(2, "if old is None:")
    text.add(3, f"held[at + 2] = {first}", fold_site)
    text.add(2, "else:")
    if add is None:
        text.add(3, "old.append(value)")
    else:
        text.add(3, f"held[at + 2] = {add}", fold_site)
    text.add(2, "if held[at + 1] - 1 <= watermark:")
    text.add(3, "last = held[at + 1] - 1")
    text.add(3, "fired = (key, value)")
    text.add(3, "for row in fire(key, held[at], held[at + 1], held[at + 2]):", fire_site)
    text.add(4, "if type(row) is tuple and len(row) == 2 and type(row[0]) is OutputTag:")
    text.add(5, "put_tagged(row[0].tag_id, row[1], last)")
    text.add(4, "else:")
    text.add(5, "out.append(row)")
    if emits_time:
        text.add(5, "times.append(last)")
    text.add(4, f"if len(out) >= {chunk_rows}:")
    chunk = "out, times" if emits_time else "out, None"
    text.add(5, f"yield {chunk}")
    text.add(5, "out, times = [], []")
    text.add(1, f"yield {chunk}")
    return text.compile(calls, "sessions")
