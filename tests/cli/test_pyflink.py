"""``levada run --pyflink``: programs as PyFlink's documentation writes them run as they are."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import levada.datastream
from levada.cli.pyflink_alias import pyflink_is_levada

Cli = Callable[..., subprocess.CompletedProcess[str]]

PROGRAMS = Path(__file__).parent / "pyflink_programs"

EXPECTED = {
    "word_count": """\
('to', 1)
('be', 1)
('or', 1)
('not', 1)
('to', 2)
('be', 2)
('that', 1)
('is', 1)
('the', 1)
('question', 1)
""",
    "keyed_state": "(1, 4)\n(1, 5)\n",
    "windows_and_side_output": """\
('hi', 0, 5, 2)
yo has only 1
hi has only 1
yo has only 1
hi has only 1
""",
    "timers": "b has been quiet since 1500\na has been quiet since 9000\n",
    "number_sequence": "3 9 3\n6 36 6\n9 81 9\n",
    "for_a_jvm": "2\n4\n6\n",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_programs_run_as_they_are(cli: Cli, name: str) -> None:
    program = PROGRAMS / f"{name}.py"
    assert "levada" not in program.read_text()
    done = cli("run", "--pyflink", str(program))
    assert done.returncode == 0, done.stderr
    assert done.stdout == EXPECTED[name]


def test_files_are_read_and_written(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\ntwo\n")
    done = cli("run", "--pyflink", str(PROGRAMS / "files.py"), "in.txt", "out")
    assert done.returncode == 0, done.stderr
    (part,) = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert part.name.startswith("pre")
    assert part.name.endswith(".txt")
    assert part.read_text() == "ONE\nTWO\n"


def test_sql_prints(cli: Cli) -> None:
    done = cli("run", "--pyflink", str(PROGRAMS / "sql_print.py"))
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("+I[")] == ["+I[3, 24]", "+I[4, 26]"]
    assert "1 row in set" in done.stdout


def test_what_prepares_a_jvm_warns(cli: Cli) -> None:
    told = cli("run", "--pyflink", str(PROGRAMS / "for_a_jvm.py")).stderr
    for call in (
        "add_jars",
        "add_classpaths",
        "set_python_executable",
        "set_python_requirements",
        "add_python_archive",
    ):
        assert f"{call}() does nothing: " in told


def test_without_the_option_pyflink_is_pyflink(cli: Cli, script: Callable[[str], str]) -> None:
    done = cli("run", script("import pyflink_that_nobody_has\n"))
    assert done.returncode == 1
    assert "No module named 'pyflink_that_nobody_has'" in done.stderr


def test_both_names_give_the_same_objects_and_nothing_stays_behind() -> None:
    with pyflink_is_levada():
        stream = importlib.import_module("pyflink.datastream")
        assert stream.StreamExecutionEnvironment is levada.datastream.StreamExecutionEnvironment
        assert stream.window is importlib.import_module("pyflink.datastream.window")
        names: dict[str, object] = {}
        exec("from pyflink.datastream.functions import *", names)
        assert names["MapFunction"] is levada.datastream.MapFunction
        assert "MapFunction" in dir(stream)
        assert levada.datastream.__spec__ is not None
        assert levada.datastream.__spec__.name == "levada.datastream"
    assert not [name for name in sys.modules if name.split(".")[0] == "pyflink"]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("from pyflink.datastream import KeyedProcesFunction", "the nearest is 'KeyedProcessFunction'"),
        ("from pyflink.datastream import CountTrigger", "it is in pyflink.datastream.window"),
        ("from pyflink.common import Xylophone", "pyflink.common has no 'Xylophone' in Levada; docs/migrating"),
        ("import pyflink.datastream.windows", "pyflink.datastream.windows is not in Levada; the nearest is 'pyflink.d"),
        ("import pyflink.datastream.connectors.xyz", "below pyflink.datastream.connectors there are: "),
        ("import pyflink.java_gateway", "there is no JVM in Levada"),
        ("from pyflink.datastream.formats.avro import AvroSchema", "levada.formats reads and writes CSV"),
    ],
)
def test_what_is_not_there_is_named_with_the_nearest_thing(statement: str, told: str) -> None:
    with pyflink_is_levada(), pytest.raises(ImportError) as caught:
        exec(statement)
    assert told in str(caught.value)


def test_a_script_that_imports_what_is_not_there_says_so(cli: Cli, script: Callable[[str], str]) -> None:
    done = cli("run", "--pyflink", script("from pyflink.datastream import KeyedProcesFunction\n"))
    assert done.returncode == 1
    assert (
        "pyflink.datastream has no 'KeyedProcesFunction' in Levada; the nearest is 'KeyedProcessFunction'"
        in done.stderr
    )
    assert "Traceback" not in done.stderr
