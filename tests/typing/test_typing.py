"""The API's types, as mypy and pyright see them: ``programs`` hold what they must infer and what they must refuse."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(__file__).resolve().parents[2]
Errors = dict[str, dict[int, list[str]]]
"""Messages by file name and line."""


def with_mypy(cache: Path) -> Errors:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context", "--no-pretty"]
    command += ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(cache)]
    done = subprocess.run([*command, *map(str, programs())], capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode not in (0, 1):
        raise AssertionError(done.stdout + done.stderr)
    errors: Errors = {}
    for line in done.stdout.splitlines():
        told = re.match(r"(.+?):(\d+): error: (.*)", line)
        if told:
            errors.setdefault(Path(told[1]).name, {}).setdefault(int(told[2]), []).append(told[3])
    return errors


def with_pyright(_: Path) -> Errors:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run([*command, "-p", str(PROGRAMS.parent)], capture_output=True, text=True, cwd=ROOT, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        pytest.skip(f"pyright cannot start here: {(done.stderr or done.stdout).strip()[:200]}")
    assert report["summary"]["filesAnalyzed"] == len(programs())
    errors: Errors = {}
    for told in report["generalDiagnostics"]:
        if told["severity"] == "error":
            line = told["range"]["start"]["line"] + 1
            errors.setdefault(Path(told["file"]).name, {}).setdefault(line, []).append(told["message"])
    return errors


def programs() -> list[Path]:
    return sorted(PROGRAMS.glob("*.py"))


@pytest.fixture(scope="module", params=[with_mypy, with_pyright], ids=["mypy", "pyright"])
def errors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Errors:
    check: Callable[[Path], Errors] = request.param
    return check(tmp_path_factory.mktemp("cache"))


@pytest.mark.slow
@pytest.mark.parametrize("program", [path.name for path in programs() if path.name != "wrong.py"])
def test_types_are_inferred(errors: Errors, program: str) -> None:
    assert errors.get(program, {}) == {}


@pytest.mark.slow
def test_mistakes_are_found_where_they_are(errors: Errors) -> None:
    lines = (PROGRAMS / "wrong.py").read_text().splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if "# wrong:" in line}
    assert set(errors.get("wrong.py", {})) == wrong
