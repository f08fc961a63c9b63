"""The job's results are verified by two programs, neither of which lets a wrong row pass."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from levada.cli.flights.drive import tamper_with

from .conftest import DEMO, DEPARTURES, VERIFIERS, Run

Undisturbed = tuple[Path, "subprocess.CompletedProcess[str]"]
verifiers = pytest.mark.parametrize("verifier", VERIFIERS, ids=["duckdb", "plain"])


@pytest.fixture
def results(undisturbed: Undisturbed, tmp_path: Path) -> Path:
    """A copy of the results, to be tampered with."""
    return shutil.copytree(undisturbed[0] / "results", tmp_path / "results")


def departures(undisturbed: Undisturbed) -> Path:
    return undisturbed[0] / f"departures-{DEPARTURES}.jsonl"


def test_an_undisturbed_run(undisturbed: Undisturbed) -> None:
    _, done = undisturbed
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = done.stdout.splitlines()[-1]
    assert "every result is there exactly once (20,000 departures" in verdict
    assert "killed" not in done.stdout
    assert "the worst hours" in done.stdout


@verifiers
def test_both_verifiers_agree(undisturbed: Undisturbed, results: Path, program: Run, verifier: Path) -> None:
    done = program(verifier, departures(undisturbed), results)
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = done.stdout.splitlines()
    assert "exactly once" in line
    counts = line.partition("(")[2]
    assert counts in undisturbed[1].stdout, "the same rows were compared"
    assert all(any(file.stat().st_size for file in output.iterdir()) for output in results.iterdir())


@verifiers
@pytest.mark.parametrize(("how", "complaint"), [("drop", "missing"), ("double", "too many")])
def test_a_row_dropped_or_doubled(
    undisturbed: Undisturbed, results: Path, program: Run, verifier: Path, how: str, complaint: str
) -> None:
    assert f"TAMPER={how}" in tamper_with(results, how)
    done = program(verifier, departures(undisturbed), results)
    assert done.returncode == 1
    verdict, difference = done.stdout.splitlines()
    assert verdict.startswith("WRONG")
    assert difference.startswith("  hours: ")
    assert complaint in difference


def _other_delay(line: str) -> str:
    alert = json.loads(line)
    alert["worst_delay"] += 1
    return json.dumps(alert) + "\n"


@verifiers
@pytest.mark.parametrize(
    ("output", "change"),
    [
        ("hours", lambda line: line.replace('"flights":', '"flights":1')),
        ("hours-late", lambda line: ""),
        ("alerts", _other_delay),
        ("alerts", lambda line: line.replace('"flights":["', '"flights":["X')),
        ("alerts-late", lambda line: line * 2),
    ],
)
def test_every_output_is_compared(
    undisturbed: Undisturbed,
    results: Path,
    program: Run,
    verifier: Path,
    output: str,
    change: Callable[[str], str],
) -> None:
    file = sorted((results / output).glob("part-*"))[0]
    first, *rest = file.read_text().splitlines(keepends=True)
    file.write_text("".join([change(first), *rest]))
    done = program(verifier, departures(undisturbed), results)
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].startswith(f"  {output}: ")


@verifiers
def test_no_results_are_no_success(undisturbed: Undisturbed, tmp_path: Path, program: Run, verifier: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    done = program(verifier, tmp_path / "empty.jsonl", tmp_path)
    assert done.returncode == 1
    assert "there are no results" in done.stdout


@verifiers
def test_the_verifiers_share_no_code_with_the_job(verifier: Path) -> None:
    assert "import levada" not in verifier.read_text()
    assert "from levada" not in verifier.read_text()


@pytest.mark.parametrize("how", ["drop", "double"])
def test_the_demo_fails_when_tampered_with(undisturbed: Undisturbed, program: Run, tmp_path: Path, how: str) -> None:
    shutil.copy(departures(undisturbed), tmp_path)
    options = ("--departures", str(DEPARTURES), "--seconds", "0.01", "--no-kill", "--work", tmp_path)
    done = program(DEMO / "flights.py", *options, TAMPER=how)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"TAMPER={how}" in done.stdout
    assert "WRONG" in done.stdout


def test_an_unknown_tampering(program: Run, tmp_path: Path) -> None:
    done = program(DEMO / "flights.py", "--work", tmp_path, TAMPER="burn")
    assert done.returncode == 2
    assert "TAMPER=burn: it can be drop or double" in done.stderr
    assert not list(tmp_path.iterdir())
