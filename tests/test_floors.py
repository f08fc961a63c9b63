"""Imports run downwards only, and the row path starts without the columnar libraries."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src"
PACKAGE = SOURCE / "levada"

FLOORS = {
    floor: height
    for height, floors in enumerate(
        (
            ("_kernels",),
            ("common",),
            ("state",),
            ("connectors", "formats"),
            ("operators",),
            ("graph",),
            ("checkpoint",),
            ("runtime",),
            ("cluster",),
            ("sql",),
            ("datastream", "metrics", "table"),
            ("shortcuts", "testing"),
            ("cli",),
        )
    )
    for floor in floors
}
"""Height of each folder (or module) directly below ``levada``; the ground is 0."""

COLUMNAR_LIBRARIES = {"numpy", "pandas", "pyarrow"}

ROW_PATH = (
    "levada",
    "levada.cli",
    "levada.datastream",
    "levada.cluster",
    "levada.runtime",
    "levada.operators",
    "levada.operators.row",
    "levada.connectors",
    "levada.state",
    "levada.graph",
)
"""Front doors a job of Python functions goes through; what they load, it loads."""


@cache
def modules() -> dict[str, Path]:
    """Every module's file by dotted name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def named(node: ast.stmt, package: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of what one import statement imports; for ``from x import y`` both ``x`` and ``x.y``."""
    if isinstance(node, ast.Import):
        yield from ((node.lineno, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield node.lineno, base
        yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def package_of(module: str, path: Path) -> str:
    return module if path.name == "__init__.py" else module.rpartition(".")[0]


def floor_of(name: str) -> str | None:
    """The folder below ``levada`` that a dotted name belongs to; None for ``levada`` itself and for other packages."""
    parts = name.split(".")
    return parts[1] if parts[0] == "levada" and len(parts) > 1 and parts[1] in FLOORS else None


def climbing(tree: ast.AST, module: str, package: str) -> list[str]:
    """Imports of a module from floors above it, wherever in it they stand, as ``line: floor``."""
    own = floor_of(module)
    if own is None:
        return []
    statements = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    targets = {(line, floor_of(name)) for node in statements for line, name in named(node, package)}
    return [f"{line}: {floor}" for line, floor in sorted(targets, key=str) if floor and FLOORS[floor] > FLOORS[own]]


def at_import(body: list[ast.stmt], package: str) -> Iterator[tuple[int, str]]:
    """What loading a module imports: nothing inside functions or under ``if TYPE_CHECKING``."""
    for node in body:
        yield from named(node, package)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from at_import(node.orelse, package)
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            for part in ("body", "orelse", "finalbody"):
                yield from at_import(getattr(node, part, []), package)


def loaded_by(roots: tuple[str, ...], known: Mapping[str, Path]) -> dict[str, str]:
    """Every module of the package that loading ``roots`` loads, with the module that asks for it first."""
    reached: dict[str, str] = {}
    waiting = [(root, "the row path") for root in roots]
    while waiting:
        name, asked_by = waiting.pop()
        if name in reached or name not in known:
            continue
        reached[name] = asked_by
        parents = name.split(".")
        waiting += [(".".join(parents[:length]), name) for length in range(1, len(parents))]
        waiting += [(target, name) for _, target in at_import(tree_of(known[name]).body, package_of(name, known[name]))]
    return reached


def test_every_folder_has_a_floor() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    single = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert folders | single <= set(FLOORS)


def test_imports_run_downwards() -> None:
    found = {name: climbing(tree_of(path), name, package_of(name, path)) for name, path in modules().items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_the_row_path_loads_no_columnar_library() -> None:
    known = modules()
    found = []
    for name, asked_by in loaded_by(ROW_PATH, known).items():
        for line, imported in at_import(tree_of(known[name]).body, package_of(name, known[name])):
            if imported.partition(".")[0] in COLUMNAR_LIBRARIES:
                found.append(f"{name}:{line} imports {imported}; {name} is loaded by {asked_by}")
    assert found == []


def test_every_folder_says_what_it_is() -> None:
    doors = {name: path for name, path in modules().items() if path.name == "__init__.py"}
    texts = {name: ast.get_docstring(tree_of(path)) or "" for name, path in doors.items()}
    assert [name for name, text in texts.items() if text in ("", "To be described.")] == []


@pytest.mark.parametrize(
    ("source", "module", "package", "found"),
    [
        ("from levada.runtime import task", "levada.state.timers", "levada.state", ["1: runtime"]),
        ("import levada.cli", "levada.common.logs", "levada.common", ["1: cli"]),
        ("from levada import sql", "levada.graph.plan", "levada.graph", ["1: sql"]),
        ("def f():\n    from levada.graph.plan import p", "levada.operators.base", "levada.operators", ["2: graph"]),
        (
            "if TYPE_CHECKING:\n    from levada.graph import p",
            "levada.operators.base",
            "levada.operators",
            ["2: graph"],
        ),
        ("from ..runtime import task", "levada.state.timers", "levada.state", ["1: runtime"]),
        ("from ..runtime import task", "levada.state", "levada.state", ["1: runtime"]),
        ("from .timers import x", "levada.state", "levada.state", []),
        ("from levada.formats import csv", "levada.connectors.files", "levada.connectors", []),
        ("from levada.common import errors", "levada.state.timers", "levada.state", []),
        ("from levada import __version__", "levada.common.logs", "levada.common", []),
    ],
)
def test_the_check_finds_climbing_imports(source: str, module: str, package: str, found: list[str]) -> None:
    assert climbing(ast.parse(source), module, package) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import numpy as np", ["numpy"]),
        ("try:\n    import pyarrow.compute\nexcept ImportError:\n    pass", ["pyarrow.compute"]),
        ("class A:\n    import pandas", ["pandas"]),
        ("if TYPE_CHECKING:\n    import pyarrow", []),
        ("def f():\n    import pyarrow", []),
    ],
)
def test_the_check_finds_what_loading_imports(source: str, found: list[str]) -> None:
    assert [name for _, name in at_import(ast.parse(source).body, "levada")] == found


def test_the_check_follows_imports(tmp_path: Path) -> None:
    known = {name: tmp_path / f"{name}.py" for name in ("a", "b", "c", "d")}
    known["a"].write_text("import b\ndef f():\n    import d")
    known["b"].write_text("from c import thing")
    known["c"].write_text("")
    known["d"].write_text("")
    assert loaded_by(("a",), known) == {"a": "the row path", "b": "a", "c": "b"}
