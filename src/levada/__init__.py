"""Levada: a stateful stream processor for Python. Event time, exactly-once state, SQL on streams, no JVM.

What users write lives in ``levada.datastream`` and ``levada.table`` under PyFlink's names; the few names here are
shortcuts, loaded when they are first used so that ``import levada`` costs nothing.

Examples
--------
>>> import levada as lv
>>> env = lv.environment(parallelism=1)
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from levada.shortcuts import environment, sql

    __version__: str

__all__ = ["__version__", "environment", "sql"]


class _Package(ModuleType):
    """This module. ``sql`` is the shortcut here, also after the package ``levada.sql`` has been imported."""

    @property
    def sql(self) -> Any:
        from levada import shortcuts

        return shortcuts.sql

    @sql.setter
    def sql(self, package: ModuleType) -> None:
        """The import system puts a sub-package where its name is; this one is reached by import and by the shortcut."""


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name == "environment":
        from levada import shortcuts

        return shortcuts.environment
    if name == "__version__":
        from levada.common.version import VERSION

        return VERSION
    raise AttributeError(f"module 'levada' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
