"""``levada run`` and ``levada info``: how a script is run, and how settings reach it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Cli = Callable[..., subprocess.CompletedProcess[str]]
Script = Callable[[str], str]

JOB = """\
import sys
from levada.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection([1, 2, 3]).map(lambda n: n * 10).print()
env.execute("tiny")
"""

SLEEPING = """\
import time
print("up", flush=True)
time.sleep(60)
"""

ENDLESS = """\
from levada.common.watermark_strategy import WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
source = DataGeneratorSource(lambda n: n, rate_limiter_strategy=RateLimiterStrategy.per_second(100))
env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers").print()
env.execute("endless")
"""


def test_a_job_runs(cli: Cli, script: Script) -> None:
    done = cli("run", script(JOB))
    assert (done.returncode, done.stdout.split()) == (0, ["10", "20", "30"]), done.stderr
    assert "hint" not in done.stderr


def test_info_shows_the_plan_and_runs_nothing(cli: Cli, script: Script) -> None:
    done = cli("info", script(JOB + "print('went on')"), "--parallelism", "3")
    assert done.returncode == 0, done.stderr
    assert "Collection" in done.stdout
    assert "10" not in done.stdout.split()
    assert "went on" not in done.stdout


def test_the_script_is_main_with_its_own_arguments_and_directory(cli: Cli, script: Script, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "helper.py").write_text("NAME = 'helped'\n")
    (tmp_path / "deep" / "job.py").write_text("import sys, helper\nprint(__name__, __file__, sys.argv, helper.NAME)\n")
    done = cli("run", "deep/job.py", "in.csv", "--parallelism", "2", "--own", "x", "--", "--parallelism", "7")
    own = "['deep/job.py', 'in.csv', '--own', 'x', '--parallelism', '7']"
    assert done.stdout == f"__main__ deep/job.py {own} helped\n", done.stderr


def test_settings_of_the_command_line_stand_above_the_script(cli: Cli, script: Script) -> None:
    text = """\
from levada.common.options import MAX_PARALLELISM, PARALLELISM, RECOVERY_PATH
from levada.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(2)
config = env.get_configuration()
for option in (PARALLELISM, MAX_PARALLELISM, RECOVERY_PATH):
    print(config.get(option), config.source_of(option))
"""
    name = script(text)
    given = ("--set", "parallelism.default=5", "--from", "latest")
    assert cli("run", name, *given, LEVADA_PIPELINE__MAX_PARALLELISM="64").stdout.splitlines() == [
        "5 --set",
        "64 LEVADA_PIPELINE__MAX_PARALLELISM",
        "latest --from",
    ]
    assert cli("run", name, "--parallelism", "4").stdout.splitlines()[0] == "4 --parallelism"
    assert cli("run", name).stdout.splitlines()[0] == "2 code"


def test_a_script_without_a_job_gets_a_hint(cli: Cli, script: Script) -> None:
    for command in ("run", "info"):
        done = cli(command, script("print('nothing to do')"))
        assert done.returncode == 0
        assert "hint: job.py ended without" in done.stderr
        assert "execute()" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "nowhere.py"), "'nowhere.py' does not exist"),
        (("run", "job.py", "--set", "paralelism.default=2"), "did you mean 'parallelism.default'?"),
        (("run", "job.py", "--set", "parallelism.default"), "write --set key=value"),
        (("run", "job.py", "--set", "parallelism.default=many"), "expected an integer"),
        (("run", "job.py", "--parallelism", "0"), "0 is not in the range x>=1"),
        (("fly",), "No such command 'fly'"),
    ],
)
def test_wrong_usage_is_exit_2(cli: Cli, script: Script, arguments: tuple[str, ...], message: str) -> None:
    script("print('must not run')")
    done = cli(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "must not run" not in done.stdout
    assert "Traceback" not in done.stderr


def test_a_wrong_variable_or_file_is_exit_2(cli: Cli, script: Script, tmp_path: Path) -> None:
    done = cli("run", script(JOB), LEVADA_PARALLELISM="2")
    assert (done.returncode, done.stdout) == (2, "")
    assert "LEVADA_PARALLELISM" in done.stderr
    (tmp_path / "levada.toml").write_text("[parallelism]\ndefalt = 2\n")
    done = cli("run", "job.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "(from levada.toml): did you mean 'parallelism.default'?" in done.stderr


@pytest.mark.parametrize(("ending", "code"), [("sys.exit()", 0), ("sys.exit(7)", 7), ("sys.exit('no input')", 1)])
def test_the_scripts_own_exit_code_is_kept(cli: Cli, script: Script, ending: str, code: int) -> None:
    done = cli("run", script(f"import sys\n{ending}\n"))
    assert done.returncode == code
    assert ("no input" in done.stderr) == (code == 1)


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(
    "text", ["import time\nprint('up', flush=True)\ntime.sleep(60)\n", ENDLESS], ids=["script", "job"]
)
def test_signals(
    script: Script, tmp_path: Path, environment: dict[str, str], signum: signal.Signals, code: int, text: str
) -> None:
    command = [sys.executable, "-u", "-m", "levada", "run", script(text)]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        started = time.monotonic()
        process.send_signal(signum)
        errors = process.stderr.read()
        assert process.wait(timeout=20) == code, errors
        assert time.monotonic() - started < 10
    assert "Traceback" not in errors
