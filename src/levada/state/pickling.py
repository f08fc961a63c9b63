"""Pickle, as far as state may use it: by value for data, by name for classes and functions.

A class is stored as the module and name it can be imported by. A script has the module name of its file, whether it
runs as ``__main__`` or is imported; what has no such name (a lambda, a class made inside a function or in a notebook)
is refused, because a later process could not find it.
"""

from __future__ import annotations

import importlib
import io
import pickle
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

from levada.common.errors import StateError

_REMEDY = (
    "Keep plain data in it (numbers, text, tuples, lists, dicts, Row, dataclasses defined at the top level of a module)"
)


def main_module_name() -> str | None:
    """The name by which other processes can import what runs as ``__main__`` here; None for a notebook or a prompt."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return str(spec.name)
    file = getattr(main, "__file__", None)
    return None if file is None else Path(file).stem


def name_of(found: type | Any, where: str) -> str:
    """``module:qualname`` of a class or function.

    Raises
    ------
    StateError
        It cannot be imported by a name; ``where`` says in which state it was found.
    """
    module, qualname = found.__module__, found.__qualname__
    if "<" in qualname or _lookup(module, qualname) is not found:
        raise StateError(
            f"{where} holds {qualname} of module {module}, which cannot be imported by its name, so it could not be "
            f"read back. Define it at the top level of a module. {_REMEDY}"
        )
    if module in ("__main__", "__mp_main__"):
        stable = main_module_name()
        if stable is None:
            raise StateError(
                f"{where} holds {qualname}, which was defined in a notebook or at a prompt, so no other process could "
                f"read it back. Put it into a module. {_REMEDY}"
            )
        module = stable
    return f"{module}:{qualname}"


def find_by_name(name: str) -> Any:
    """What ``name_of`` gave this name.

    Raises
    ------
    StateError
        There is no such module or name any more.
    """
    module, _, qualname = name.partition(":")
    runs_here = module == main_module_name()
    if runs_here:
        found = _lookup("__main__", qualname)
        if found is not None:
            return found
    try:
        if not runs_here:  # importing the program itself would run it once more
            importlib.import_module(module)
    except ImportError as error:
        raise StateError(
            f"the checkpoint holds values of {qualname} from module {module!r}, which cannot be imported ({error}). "
            "Run the program in the environment that wrote the checkpoint, or keep the module importable"
        ) from error
    found = _lookup(module, qualname)
    if found is None:
        raise StateError(
            f"the checkpoint holds values of {qualname} from module {module!r}, where there is nothing of this name "
            "any more. Keep the old name as an alias, or start without the checkpoint"
        )
    return found


def dump_value(value: Any, where: str) -> bytes:
    """Pickle one value.

    Raises
    ------
    StateError
        It cannot be pickled; ``where`` says in which state it is.
    """
    try:
        data = pickle.dumps(value, protocol=5)
        if b"__main__" in data or b"__mp_main__" in data:
            buffer = io.BytesIO()
            _MainPickler(buffer, where).dump(value)
            data = buffer.getvalue()
    except StateError:
        raise
    except Exception as error:
        raise StateError(
            f"{where} holds a value of type {type(value).__name__} that cannot be written to a checkpoint ({error}). "
            f"{_REMEDY}; open files, connections and locks belong into open()"
        ) from error
    return data


def load_value(data: bytes) -> Any:
    """A value from its pickle."""
    return pickle.loads(data)


class _MainPickler(pickle.Pickler):
    """Writes what is defined in ``__main__`` under the name other processes know it by."""

    def __init__(self, file: io.BytesIO, where: str) -> None:
        super().__init__(file, protocol=5)
        self._where = where

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, (type, FunctionType)) and obj.__module__ in ("__main__", "__mp_main__"):
            return find_by_name, (name_of(obj, self._where),)
        return NotImplemented


def _lookup(module: str, qualname: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found
