"""``pyflink`` as another name of ``levada``, for scripts that are run unmodified (``levada run --pyflink``).

Each module below ``pyflink`` is a stand-in that hands out the attributes of the module of the same place below
``levada``: classes are the same objects under both names. What is not there is refused with the nearest thing that is.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

PYFLINK, LEVADA = "pyflink", "levada"

HINTS = {
    "pyflink.java_gateway": "there is no JVM in Levada, and so no gateway to one",
    "pyflink.util.java_utils": "there is no JVM in Levada, and so nothing to convert",
    "pyflink.shell": "use levada in a Python shell or a notebook",
    "pyflink.fn_execution": "functions run in the calling process; there are no workers to speak to",
    "pyflink.datastream.formats": "levada.formats reads and writes CSV, JSON and Parquet",
}
"""What to say of modules that are missing on purpose or have another place; it holds for those below them too."""


class _StandIn(ModuleType):
    """A module under ``pyflink``: attributes come from its counterpart under ``levada``."""

    def __init__(self, name: str, target: ModuleType) -> None:
        super().__init__(name, target.__doc__)
        self._target = target
        if hasattr(target, "__all__"):
            self.__all__ = target.__all__
        if hasattr(target, "__path__"):
            self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name, self)
        if value is not self and not isinstance(value, ModuleType):
            return value
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if hasattr(self, "__path__") and find_spec(f"{self._target.__name__}.{name}") is not None:
            return importlib.import_module(f"{self.__name__}.{name}")
        raise ImportError(
            f"{self.__name__} has no {name!r} in Levada; {_nearest(name, self._target)}", name=self.__name__
        )

    def __dir__(self) -> list[str]:
        return dir(self._target)


class _Loader(Loader):
    """Makes stand-ins."""

    def __init__(self, target: str) -> None:
        self._target = target

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name, importlib.import_module(self._target))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: the counterpart has run."""


class PyFlinkFinder(MetaPathFinder):
    """Finds ``pyflink`` and all below it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The stand-in of a module; an error that tells what to do where there is no counterpart."""
        top, _, rest = fullname.partition(".")
        if top != PYFLINK:
            return None
        counterpart = f"{LEVADA}.{rest}" if rest else LEVADA
        found = find_spec(counterpart)
        if found is None:
            raise ModuleNotFoundError(f"{fullname} is not in Levada; {_nearest_module(fullname)}", name=fullname)
        return ModuleSpec(fullname, _Loader(counterpart), is_package=found.submodule_search_locations is not None)


@contextmanager
def pyflink_is_levada() -> Iterator[None]:
    """``import pyflink...`` gives Levada, also where PyFlink is installed; afterwards all is as before."""
    finder = PyFlinkFinder()
    hidden = {name: sys.modules.pop(name) for name in _loaded()}
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in _loaded():
            del sys.modules[name]
        sys.modules.update(hidden)


def _loaded() -> list[str]:
    return [name for name in sys.modules if name == PYFLINK or name.startswith(f"{PYFLINK}.")]


def _nearest(name: str, target: ModuleType) -> str:
    """Where a name is, or what is spelt like it."""
    from difflib import get_close_matches

    places = _public_names()
    if name in places:
        return f"it is in {PYFLINK}{places[name].removeprefix(LEVADA)}"
    here = [each for each in getattr(target, "__all__", dir(target)) if not each.startswith("_")]
    close = get_close_matches(name, here, 1, 0.7) or get_close_matches(name, places, 1, 0.7)
    return f"the nearest is {close[0]!r}" if close else _LIST


def _nearest_module(fullname: str) -> str:
    import pkgutil
    from difflib import get_close_matches

    for known, hint in HINTS.items():
        if fullname == known or fullname.startswith(f"{known}."):
            return hint
    parent, _, leaf = fullname.rpartition(".")
    package = importlib.import_module(f"{LEVADA}{parent.removeprefix(PYFLINK)}")
    modules = [each.name for each in pkgutil.iter_modules(getattr(package, "__path__", ()))]
    close = get_close_matches(leaf, modules, 1)
    if close:
        return f"the nearest is '{parent}.{close[0]}'"
    return f"below {parent} there are: {', '.join(modules)}" if modules else _LIST


_LIST = "docs/migrating-from-pyflink.md lists what is there"


def _public_modules() -> list[str]:
    import pkgutil

    names = []
    for top in ("common", "datastream", "table"):
        package = importlib.import_module(f"{LEVADA}.{top}")
        names.append(package.__name__)
        names += [each.name for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return names


def _public_names() -> dict[str, str]:
    """The shortest module that exports a name, by name."""
    places: dict[str, str] = {}
    for module in sorted(_public_modules(), key=lambda name: (name.count("."), name)):
        for name in getattr(importlib.import_module(module), "__all__", ()):
            places.setdefault(name, module)
    return places
