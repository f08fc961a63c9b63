"""The package as a whole: what loading it costs, that its pages are up to date, that its tools hold together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import levada

ROOT = Path(__file__).resolve().parent.parent

TINY_JOB = """
from levada.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
with env.from_collection([1, 2]).map(lambda n: n + 1).execute_and_collect() as results:
    assert list(results) == [2, 3]
"""


def loaded_after(program: str) -> set[str]:
    """Top-level modules that are loaded once ``program`` has run in a fresh interpreter."""
    tail = "\nimport json, sys\nprint(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", program + tail], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def seconds_of(program: str) -> float:
    """Processor time of a fresh interpreter with ``program``, the best of three: what it takes on an idle machine."""

    def once() -> float:
        before = os.times()
        subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    return min(once() for _ in range(3))


@pytest.mark.parametrize("program", ["import levada", "import levada.datastream", "import levada.cli", TINY_JOB])
def test_the_row_path_loads_no_columnar_library(program: str) -> None:
    assert loaded_after(program) & {"pyarrow", "numpy", "pandas"} == set()


def test_importing_costs_little() -> None:
    assert seconds_of("import levada") < 0.25


def test_a_trivial_job_starts_fast() -> None:
    assert seconds_of(TINY_JOB) < 0.5


def test_the_shortcuts_are_lazy() -> None:
    assert set(levada.__all__) <= set(dir(levada))
    with pytest.raises(AttributeError, match="module 'levada' has no attribute 'stream'"):
        levada.stream  # type: ignore[attr-defined]  # noqa: B018


def test_an_environment_with_settings(tmp_path: Path) -> None:
    from levada.common.options import CHECKPOINT_DIR

    env = levada.environment(parallelism=2, checkpoint_dir=tmp_path)
    assert env.get_parallelism() == 2
    assert env.get_configuration().get(CHECKPOINT_DIR) == str(tmp_path)


def test_the_configuration_page_is_up_to_date() -> None:
    page = ROOT / "docs" / "configuration.md"
    program = "import configuration_page; print(configuration_page.page(), end='')"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert page.read_text(encoding="utf-8") == done.stdout, "run tools/configuration_page.py"


def test_make_knows_the_promised_targets() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    for target in ("demo", "test", "check", "services", "test-services", "bench", "soak", "sanitize", "wheel"):
        assert f"make {target} " in done.stdout


def test_no_service_is_no_failure() -> None:
    done = subprocess.run(
        [sys.executable, "tools/services.py", "status"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("services: none")


def test_the_changelog_knows_this_version() -> None:
    assert f"## {levada.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_dependencies_of_the_row_path_are_few() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {text.partition(">")[0] for text in project["dependencies"]}
    assert names == {"pyarrow", "numpy", "click", "rich", "cloudpickle"}


def test_sql_is_the_shortcut_and_the_package() -> None:
    program = """
import levada, levada.sql, levada.table
import levada.sql.parser as by_alias
from levada.sql import parser as by_name
assert by_alias is by_name is levada.sql.parser
result = levada.sql("SELECT SUM(price) AS total FROM bids", bids={"price": [1, 2]}).to_arrow()
assert result.to_pylist() == [{"total": 3}], result
"""
    loaded_after(program)
