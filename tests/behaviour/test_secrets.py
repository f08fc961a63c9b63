"""A secret in the configuration appears nowhere: not in output, logs, plans or errors, and not in any file of a job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.behaviour.conftest import Run

CANARY = "canary-7f3a9c21"

JOB = f"""\
from levada.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from levada.common.logs import get_logger
from levada.common.watermark_strategy import WatermarkStrategy
from levada.datastream.connectors.file_system import FileSink
from levada.datastream.state import ValueStateDescriptor
from levada.formats.json import JsonFormat
import os

env = StreamExecutionEnvironment.get_execution_environment()
config = env.get_configuration()
config.set_string("user.db-password", "{CANARY}-code")
config.set_string("user.url", "postgres://me:{CANARY}-url@host/db")
config.set_string("execution.checkpointing.dir", "ck").set_string("restart-strategy.fixed-delay.delay", "1 ms")
env.enable_checkpointing(60_000)
password = config.get_string("user.db-password", None)

class Connecting(KeyedProcessFunction):
    def __init__(self):
        self.password = password

    def open(self, runtime_context):
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", int))
        get_logger("levada.job").warning("connecting with %s", self.password)

    def process_element(self, value, ctx):
        self.seen.update(value)
        if value == 2 and os.environ.get("FAIL"):
            raise RuntimeError(f"refused {{self.password}} of {{config}}")
        yield {{"value": value}}

stream = env.from_collection([1, 2]).key_by(lambda n: n).process(Connecting()).name("connecting " + password)
stream.sink_to(FileSink.for_row_format("out", JsonFormat()).build())
print(config, repr(config))
env.execute("job")
"""


@pytest.mark.parametrize("fail", ["", "yes"])
@pytest.mark.parametrize(
    "more",
    [(), ("--traceback",), ("--log-format", "json"), ("--log-level", "debug")],
    ids=lambda more: " ".join(more) or "plain",
)
def test_a_secret_is_in_no_output(more: tuple[str, ...], fail: str, run: Run, script: Callable[..., str]) -> None:
    done = run("-m", "levada", "run", script(JOB), *more, FAIL=fail)
    assert done.returncode == (1 if fail else 0), done.stderr
    assert "connecting with ***" in done.stderr
    if fail:
        assert "refused ***" in done.stderr
    assert CANARY not in done.stdout + done.stderr
    shown = run("-m", "levada", "info", "job.py")
    assert "connecting ***" in shown.stdout
    assert CANARY not in shown.stdout + shown.stderr


def test_a_secret_is_in_no_file_of_a_job(run: Run, script: Callable[..., str], tmp_path: Path) -> None:
    text = JOB.replace('.name("connecting " + password)', "")
    assert run("-m", "levada", "run", script(text)).returncode == 0
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "job.py"]
    assert any(path.name == "manifest.json" for path in files)
    assert any(path.suffix == ".arrow" for path in files)
    for path in files:
        assert CANARY.encode() not in path.read_bytes(), path
    for command in (("list", "ck"), ("show", "ck")):
        assert CANARY not in run("-m", "levada", "checkpoints", *command).stdout


def test_a_file_and_a_variable_hold_the_secret(run: Run, script: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(CANARY + "-file\n")
    (tmp_path / "levada.toml").write_text('[user]\nfirst-token = "${file:secret}"\nsecond-key = "${env:HIDDEN}"\n')
    text = """\
from levada.datastream import StreamExecutionEnvironment
config = StreamExecutionEnvironment.get_execution_environment().get_configuration()
first, second = (config.get_string(f"user.{name}", None) for name in ("first-token", "second-key"))
assert first.endswith("-file") and second.endswith("-env"), "not read"
raise ValueError(f"{first} and {second} of {config}")
"""
    for more in ((), ("--traceback",)):
        done = run("-m", "levada", "run", script(text), *more, HIDDEN=f"{CANARY}-env")
        assert done.returncode == 1
        assert "*** and ***" in done.stderr
        assert CANARY not in done.stdout + done.stderr
    shown = run("-m", "levada", "config", HIDDEN=f"{CANARY}-env")
    assert shown.stdout.count("***") == 2
    assert CANARY not in shown.stdout + shown.stderr
    absent = run("-m", "levada", "config")
    assert absent.returncode != 0
    assert "HIDDEN" in absent.stderr
