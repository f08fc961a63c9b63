"""What a user sees when something fails: one block, their own line of code, and nothing secret."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Cli = Callable[..., subprocess.CompletedProcess[str]]
Script = Callable[[str], str]

FUNCTION_FAILS = """\
from levada.datastream import StreamExecutionEnvironment

def parse(record):
    return record["x"]

env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection([{"x": 1}, {"y": 2}]).map(parse).print()
env.execute("fails")
"""


def test_a_function_that_raises(cli: Cli, script: Script) -> None:
    done = cli("run", script(FUNCTION_FAILS))
    assert done.returncode == 1
    assert "job.py:4, in parse" in done.stderr
    assert '4 | return record["x"]' in done.stderr
    assert "KeyError" in done.stderr
    assert "{'y': 2}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "levada/" not in done.stderr


def test_the_traceback_on_request(cli: Cli, script: Script) -> None:
    done = cli("run", script(FUNCTION_FAILS), "--traceback")
    assert "Traceback (most recent call last)" in done.stderr
    assert "KeyError: 'x'" in done.stderr
    assert done.returncode == 1


def test_a_wrong_call_shows_the_whole_statement(cli: Cli, script: Script) -> None:
    text = """\
from levada.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(
    0
)
"""
    done = cli("run", script(text))
    assert done.returncode == 1
    assert "job.py:4" in done.stderr
    assert "4 | env.set_parallelism(" in done.stderr
    assert "set_parallelism(0)" in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("x = 1\nprint(undefined)\n", "NameError: name 'undefined' is not defined", "job.py:2"),
        ("def f(:\n", "SyntaxError", "job.py:1"),
        ("import not_there\n", "No module named 'not_there'", "job.py:1"),
        ("import json\njson.loads('{')\n", "JSONDecodeError", "job.py:2"),
    ],
)
def test_a_script_that_is_wrong_itself(cli: Cli, script: Script, text: str, message: str, place: str) -> None:
    done = cli("run", script(text))
    assert done.returncode == 1
    assert message in done.stderr
    assert f"at {place}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cause_is_told(cli: Cli, script: Script) -> None:
    text = """\
def load():
    try:
        open("/not/there")
    except OSError as error:
        raise RuntimeError("no settings") from error
load()
"""
    done = cli("run", script(text))
    assert "error: RuntimeError: no settings" in done.stderr
    assert "because FileNotFoundError: [Errno 2] No such file or directory: '/not/there'" in done.stderr


CANARY = "canary-0d9e77c1"

SECRETS = f"""\
import logging
from levada.common.configuration import Configuration
from levada.common.logs import get_logger
from levada.datastream import StreamExecutionEnvironment

config = Configuration().set_string("user.db-password", "{CANARY}-code")
env = StreamExecutionEnvironment.get_execution_environment(config)
secrets = [env.get_configuration().get_string(f"user.{{name}}", None) for name in
           ("db-password", "set-token", "env-key", "file-secret")]
assert all(each.startswith("{CANARY}") for each in secrets), secrets
print(env.get_configuration(), repr(config))
get_logger("levada.job").warning("using %s", secrets)
env.from_collection([1]).map(lambda n: n).print()
print(env.get_execution_plan())

def fail(n):
    raise RuntimeError(f"refused: {{secrets}}")

env.from_collection(secrets[:0] + [1]).map(fail).print()
env.execute("secrets " + secrets[0])
"""


@pytest.mark.parametrize("more", [(), ("--traceback",), ("--log-format", "json"), ("--log-level", "debug")])
def test_no_secret_is_ever_shown(cli: Cli, script: Script, tmp_path: Path, more: tuple[str, ...]) -> None:
    name = script(SECRETS)
    (tmp_path / "secret").write_text(CANARY + "-file\n")
    given = ("--set", f"user.set-token={CANARY}-set", "--set", "user.file-secret=${file:secret}")
    done = cli("run", name, *given, *more, LEVADA_USER__ENV_KEY=f"{CANARY}-env")
    assert done.returncode == 1
    assert "refused: ['***', '***', '***', '***']" in done.stderr
    assert "using ['***'" in done.stderr
    assert CANARY not in done.stdout + done.stderr
    shown = cli("config", *given, LEVADA_USER__ENV_KEY=f"{CANARY}-env")
    assert shown.returncode == 0
    assert shown.stdout.count("***") == 3
    assert CANARY not in shown.stdout + shown.stderr
    refused = cli("config", "--set", f"user.db.key={CANARY}", "--set", f"secret.token={CANARY}")
    assert refused.returncode == 2
    assert CANARY not in refused.stdout + refused.stderr
