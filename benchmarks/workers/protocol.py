"""How a worker is asked to do something: one JSON object per line, in on standard input, out on standard output.

A request names a workload and its arguments; the answer is what the workload returned, or an error. Whatever else a
worker prints goes to standard error.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Workload = Callable[..., Mapping[str, Any]]


def serve(workloads: Mapping[str, Workload], about: Mapping[str, str]) -> None:
    """Say what this is, then answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answers.write(json.dumps({"about": dict(about)}) + "\n")
    answers.flush()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = dict(workloads[request.pop("workload")](**request))
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
        with contextlib.suppress(BrokenPipeError):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


def timed(run: Callable[[], object]) -> dict[str, Any]:
    """How long ``run`` takes."""
    gc.collect()
    started = time.perf_counter()
    run()
    return {"seconds": time.perf_counter() - started}


def digest(rows: Iterable[Any]) -> dict[str, Any]:
    """Output to be compared with other contenders', in whatever order it came."""
    lines = sorted(repr(tuple(row)) for row in rows)
    return {"digest": hashlib.sha256("\n".join(lines).encode()).hexdigest(), "rows": len(lines)}
