"""Scripts as a user runs them: in an empty directory, by ``levada run`` or ``python``, without settings from around."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def clean_environment() -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LEVADA_")}
    return {**clean, "PYTHONWARNINGS": "error", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}


@pytest.fixture
def start(tmp_path: Path, clean_environment: dict[str, str]) -> Iterator[Start]:
    """Start a command line in the test's directory; keyword arguments are environment variables."""
    started: list[subprocess.Popen[str]] = []

    def begin(*command: str, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=tmp_path,
            env={**clean_environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def run(start: Start) -> Run:
    """Run a command line of Python to its end: ``run("-m", "levada", "run", "job.py")``, ``run("job.py")``."""

    def to_its_end(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        process = start(*command, **variables)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    return to_its_end


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., str]:
    """Write a script (``job.py`` unless named otherwise); its name."""

    def write(text: str, name: str = "job.py") -> str:
        (tmp_path / name).write_text(text)
        return name

    return write
