"""The programs of ``demo/``, and one undisturbed run of its job over the first days of the year."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from levada.cli import flights

DEMO = Path(__file__).resolve().parents[2] / "demo"
VERIFIERS = (DEMO / "verify.py", Path(flights.__file__).with_name("verify.py"))
DEPARTURES = 20_000

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def run(*command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program; keyword arguments are environment variables."""
    clean = {name: value for name, value in os.environ.items() if name != "TAMPER" and not name.startswith("LEVADA_")}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        env={**clean, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="session")
def program() -> Run:
    """Run a Python program."""
    return run


@pytest.fixture(scope="session")
def prepare() -> ModuleType:
    """``demo/prepare.py`` as a module."""
    spec = spec_from_file_location("demo_prepare", DEMO / "prepare.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The work directory of a run without a kill, as fast as it goes, and what it said."""
    work = tmp_path_factory.mktemp("demo")
    options = ("--departures", str(DEPARTURES), "--seconds", "0.01", "--no-kill", "--work", work)
    return work, run(DEMO / "flights.py", *options)
