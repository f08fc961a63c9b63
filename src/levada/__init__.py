"""Levada: a stateful stream processor for Python. Event time, exactly-once state, SQL on streams, no JVM.

What users write lives in ``levada.datastream`` and ``levada.table`` under PyFlink's names; the few names here are
shortcuts, loaded when they are first used so that ``import levada`` costs nothing.

Examples
--------
>>> import levada as lv
>>> env = lv.environment(parallelism=1)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from levada.common.version import VERSION as __version__
    from levada.shortcuts import environment, sql

__all__ = ["__version__", "environment", "sql"]


def __getattr__(name: str) -> Any:
    if name in ("environment", "sql"):
        from levada import shortcuts

        return getattr(shortcuts, name)
    if name == "__version__":
        from levada.common.version import VERSION

        return VERSION
    raise AttributeError(f"module 'levada' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
