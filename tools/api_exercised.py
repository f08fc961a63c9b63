"""Names of the API that no test runs: ``python tools/api_exercised.py [pytest argument ...]``.

Runs the tests of the API and notes which functions are entered. Then lists the public functions and methods of
``levada.common`` and ``levada.datastream`` that never were, and fails where there are any. Abstract methods are what
users write; they do not count. What only another process enters is not seen.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType

import pytest

ROOT = Path(__file__).parents[1]

PACKAGES = ("levada.common", "levada.datastream")

TESTS = (
    "tests/common",
    "tests/datastream",
    "tests/state",
    "tests/formats",
    "tests/connectors",
    "tests/operators/row",
    "tests/runtime",
    "tests/testing",
    "src/levada/common",
    "src/levada/datastream",
)

entered: set[int] = set()
"""The ``id`` of each code object that ran; those of the API live as long as the process."""


def main(arguments: list[str]) -> int:
    """Run the tests, print what they left out, and say by the exit code whether there was anything."""
    _watch()
    outcome = pytest.main(["-p", "no:cacheprovider", *(arguments or [str(ROOT / each) for each in TESTS])])
    sys.settrace(None)
    threading.settrace(None)
    names = public_functions()
    idle = sorted(name for name, code in names.items() if id(code) not in entered)
    print("".join(f"{name}\n" for name in idle), end="")
    print(f"{len(names) - len(idle)} of {len(names)} public functions and methods were run by a test")
    if outcome != pytest.ExitCode.OK:
        print(f"but tests failed (exit code {int(outcome)}): what they ran had a wrong result", file=sys.stderr)
    return 1 if idle or outcome != pytest.ExitCode.OK else 0


def _watch() -> None:
    note = entered.add

    # Called once per call of a function; giving None keeps lines from being traced, which would be slow.
    def enter(frame: FrameType, event: str, _: object) -> None:
        note(id(frame.f_code))

    threading.settrace(enter)
    sys.settrace(enter)


def public_functions() -> dict[str, CodeType]:
    """The code of each public function and method, by its first full name."""
    found: dict[int, tuple[str, CodeType]] = {}
    for module in _modules():
        for name in getattr(module, "__all__", None) or [each for each in vars(module) if not each.startswith("_")]:
            value = getattr(module, name)
            owner = getattr(value, "__module__", "")
            # A name imported for use is another floor's; what `__all__` shows is this floor's, wherever it lives.
            if not hasattr(module, "__all__") and owner != module.__name__:
                continue
            if str(owner).startswith("levada"):
                for path, code in _codes(value, f"{owner}.{name}"):
                    found.setdefault(id(code), (path, code))
    return dict(found.values())


def _modules() -> Iterator[ModuleType]:
    for package in map(importlib.import_module, PACKAGES):
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


def _codes(value: object, path: str) -> Iterator[tuple[str, CodeType]]:
    if isinstance(value, type):
        if getattr(value, "_is_protocol", False):
            return
        for name, member in vars(value).items():
            if not name.startswith("_"):
                yield from _codes(member, f"{path}.{name}")
        return
    if isinstance(value, property):
        value = value.fget
    function = inspect.unwrap(value) if callable(value) else getattr(value, "__func__", None)
    if isinstance(value, (staticmethod, classmethod)):
        function = inspect.unwrap(value.__func__)
    if not isinstance(function, FunctionType) or getattr(function, "__isabstractmethod__", False):
        return
    # What a decorator or `dataclass` made is not written in Levada's files.
    if Path(function.__code__.co_filename).is_relative_to(ROOT):
        yield path, function.__code__


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
