"""What the pages show is what happens: programs run, commands answer, links lead somewhere."""

from __future__ import annotations

import logging
import os
import runpy
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from tests.docs.markdown import Block, anchors, blocks, links, pattern, tidy

ROOT = Path(__file__).parents[2]
PAGES = [
    "README.md",
    "docs/README.md",
    "docs/getting-started.md",
    "docs/event-time.md",
    "docs/windows.md",
    "docs/keyed-state.md",
    "docs/process-functions.md",
    "docs/batch-mode.md",
    "docs/two-inputs.md",
    "docs/async-io.md",
    "docs/checkpoints.md",
    "docs/sources-and-sinks.md",
    "docs/running-jobs.md",
    "docs/errors.md",
    "docs/testing-jobs.md",
    "docs/migrating-from-pyflink.md",
]
LINKING = [
    *PAGES,
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "examples/README.md",
    "src/levada/checkpoint/FORMAT.md",
]


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory in which somebody follows a page, with ``levada`` and ``python`` on the path."""
    tools, desk = tmp_path / "bin", tmp_path / "desk"
    tools.mkdir()
    desk.mkdir()
    for name, command in (("levada", f"{sys.executable} -m levada"), ("python", sys.executable)):
        (tools / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (tools / name).chmod(0o755)
    for name in [name for name in os.environ if name.startswith(("LEVADA_", "PYTEST_ADDOPTS"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.chdir(desk)
    return desk


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_true(name: str, reader: Path) -> None:
    wrong = []
    ran: str | None = None
    for block in blocks(ROOT / name):
        output, ran = ran if block.tag == "text" and block.follows else None, None
        try:
            if block.skip is not None:
                assert block.skip, "a skipped block says why: <!-- skip: reason -->"
            elif block.file is not None:
                Path(block.file).parent.mkdir(parents=True, exist_ok=True)
                Path(block.file).write_text(block.text, encoding="utf-8")
            elif block.tag == "python":
                ran = printed_by(block, reader)
            elif block.tag == "console":
                check_session(block)
            elif output is not None:
                check_output(block.text, output)
        except Exception as error:
            wrong.append(f"{name}:{block.line}: {type(error).__name__}: {error}")
    assert not wrong, "\n\n".join(wrong)


def printed_by(block: Block, folder: Path) -> str:
    """What a program prints when it is run as a script of its own."""
    file = folder / "program.py"
    file.write_text(block.text, encoding="utf-8")
    printed, root = StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        with redirect_stdout(printed):
            runpy.run_path(str(file), run_name="__main__")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    return printed.getvalue()


def check_session(block: Block) -> None:
    """Run each line behind ``$`` and compare what it answers, on both channels, with the lines below it."""
    commands = block.text.split("$ ")[1:]
    assert commands, "a console block begins with $ and a command"
    for each in commands:
        command, _, expected = each.partition("\n")
        done = subprocess.run(
            ["sh", "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        check_output(expected, done.stdout, f"$ {command}\n")


def check_output(expected: str, output: str, before: str = "") -> None:
    """Fail with both where they differ."""
    found = tidy(output)
    if not pattern(expected).fullmatch(found):
        raise AssertionError(f"{before}--- expected:\n{expected.strip()}\n--- but it is:\n{found}")


@pytest.mark.parametrize("name", LINKING)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    broken = []
    for target in links(page):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            broken.append(target)
    assert not broken


def test_every_page_is_tested_and_listed() -> None:
    index = {(ROOT / "docs" / target.partition("#")[0]).resolve() for target in links(ROOT / "docs/README.md")}
    assert {page.resolve() for page in (ROOT / "docs").glob("*.md")} - {ROOT / "docs/README.md"} <= index
