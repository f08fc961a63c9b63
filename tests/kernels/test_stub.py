"""The typed stub names what the native module has: functions, classes, methods and properties."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import levada
from levada import _kernels

STUB = ast.parse((Path(levada.__file__).parent / "_kernels.pyi").read_text(encoding="utf-8"))
SPECIAL = {"__init__", "__len__"}


def declared(body: list[ast.stmt]) -> set[str]:
    functions = {item.name for item in body if isinstance(item, ast.FunctionDef)}
    constants = {
        item.target.id for item in body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    }
    return {name for name in functions | constants if not name.startswith("_") or name in SPECIAL}


def present(owner: ModuleType | type) -> set[str]:
    return {name for name in vars(owner) if not name.startswith("_") or name in SPECIAL}


def test_stub_and_module_agree() -> None:
    classes = {
        item.name: item
        for item in STUB.body
        if isinstance(item, ast.ClassDef)
        and not any(isinstance(base, ast.Name) and base.id == "Protocol" for base in item.bases)
    }
    assert present(_kernels) == declared(STUB.body) | set(classes)
    for name, item in classes.items():
        native = getattr(_kernels, name)
        assert present(native) - {"__init__"} == declared(item.body) - {"__init__"}, name
