"""The other commands: config, checkpoints, demo, bench, and the help."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import levada

Cli = Callable[..., subprocess.CompletedProcess[str]]


def test_version(cli: Cli) -> None:
    assert cli("--version").stdout == f"levada {levada.__version__}\n"


@pytest.mark.parametrize(
    "command",
    [(), ("run",), ("info",), ("demo",), ("config",), ("bench",), ("checkpoints",)],
    ids=lambda command: " ".join(command) or "levada",
)
def test_help_has_examples(cli: Cli, command: tuple[str, ...]) -> None:
    done = cli(*command, "--help")
    assert done.returncode == 0
    assert "Examples:" in done.stdout
    assert f"levada {' '.join(command)}".strip() in done.stdout.partition("Examples:")[2]


def test_config_shows_where_values_come_from(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "levada.toml").write_text("[pipeline]\nmax-parallelism = 16\n")
    done = cli("config", "--set", "parallelism.default=3", LEVADA_LEVADA__STEP_TIME="9 ms")
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert lines["parallelism.default"] == ["3", "--set"]
    assert lines["pipeline.max-parallelism"] == ["16", "levada.toml"]
    assert lines["levada.step-time"] == ["9", "ms", "LEVADA_LEVADA__STEP_TIME"]
    assert lines["levada.channel.bytes"] == ["4", "mb", "default"]


def test_config_of_one_prefix_and_of_changes_only(cli: Cli) -> None:
    keys = [line.split()[0] for line in cli("config", "restart-strategy").stdout.splitlines()]
    assert keys
    assert all(key.startswith("restart-strategy.") for key in keys)
    assert [line.split()[0] for line in cli("config", "--changed", "--parallelism", "2").stdout.splitlines()] == [
        "parallelism.default"
    ]


CHECKPOINTED = """\
from levada.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.get_configuration().set_string("execution.checkpointing.dir", "ckpt")
env.enable_checkpointing(1000)
numbers = env.from_collection([1, 2, 3, 4]).key_by(lambda n: n % 2)
numbers.reduce(lambda a, b: a + b).uid("sums").print()
env.execute("counted")
"""


def test_checkpoints_are_listed_and_shown(cli: Cli, script: Callable[[str], str], tmp_path: Path) -> None:
    assert cli("run", script(CHECKPOINTED)).returncode == 0
    listed = cli("checkpoints", "list", "ckpt")
    assert listed.returncode == 0, listed.stderr
    name = listed.stdout.splitlines()[-1].split()[0]
    assert "counted" in listed.stdout
    for path in (f"ckpt/{name}", "ckpt"):
        shown = cli("checkpoints", "show", path)
        assert shown.returncode == 0, shown.stderr
        assert "sums" in shown.stdout
        assert "counted" in shown.stdout
    damaged = next(path for path in (tmp_path / "ckpt" / name).rglob("*") if path.is_file())
    damaged.write_bytes(b"not what was written")
    assert "damaged" in cli("checkpoints", "list", "ckpt").stdout
    shown = cli("checkpoints", "show", f"ckpt/{name}")
    assert shown.returncode == 1
    assert "damaged" in shown.stderr


def test_checkpoints_of_nothing(cli: Cli, tmp_path: Path) -> None:
    done = cli("checkpoints", "list", "nowhere")
    assert done.returncode == 1
    assert "there is no directory nowhere" in done.stderr
    assert "Traceback" not in done.stderr
    (tmp_path / "empty").mkdir()
    assert "holds no completed checkpoint" in cli("checkpoints", "list", "empty").stdout


def test_the_demo_survives_its_kill(cli: Cli, tmp_path: Path) -> None:
    done = cli("demo", "--departures", "5000", "--keep", "kept")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "killed with SIGKILL at" in done.stdout
    assert "restored from" in done.stdout
    assert "every result is there exactly once (5,000 departures" in done.stdout.splitlines()[-1]
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"departures.jsonl", "results", "checkpoints"}


def test_the_demo_overwrites_nothing(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    done = cli("demo", "--keep", ".")
    assert done.returncode == 2
    assert "it is not empty; name a new directory" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_the_short_benchmark(cli: Cli) -> None:
    done = cli("bench", "--quick", "--records", "1000")
    assert done.returncode == 0, done.stderr
    assert "map + filter" in done.stdout
    assert "keyed reduce" in done.stdout
