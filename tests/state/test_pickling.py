"""Names of classes that other processes find, also of what runs as a script."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import pytest

from levada.common.errors import StateError
from levada.state.pickling import dump_value, find_by_name, load_value, name_of

SCRIPT = """
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pyarrow as pa

from levada.state import PartKind
from levada.state.encoding import decode_part, list_part
from levada.state.pickling import dump_value, load_value

class Kind(Enum):
    A = "a"

@dataclass
class Plane:
    tail: str

class Odd:
    def __init__(self, of):
        self.of = of
    class Inner:
        pass

def values():
    return [Plane("N1"), Kind.A, Odd([Plane("N2"), Kind.A, Odd.Inner])]

def check(odd):
    assert type(odd) is Odd and odd.of == [Plane("N2"), Kind.A, Odd.Inner], odd.of

def read(folder):
    for name, expected in zip("012", values()):
        with pa.ipc.open_file(str(folder / name)) as reader:
            value, = decode_part(iter([reader.get_batch(0)]))
        check(value) if isinstance(value, Odd) else None
        assert isinstance(value, Odd) or value == expected, value

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, value in zip("012", values()):
        batch, = list_part([value], PartKind.LIST).batches()
        with pa.ipc.new_file(str(folder / name), batch.schema) as writer:
            writer.write_batch(batch)
    read(folder)
"""


def test_classes_of_a_script_are_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "planes_job.py").write_text(SCRIPT)
    for command in (
        ["planes_job.py", str(tmp_path)],
        ["-c", "import sys, pathlib, planes_job; planes_job.read(pathlib.Path(sys.argv[1]))", str(tmp_path)],
        ["-m", "planes_job", str(tmp_path)],
    ):
        done = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert b"__main__" not in b"".join((tmp_path / name).read_bytes() for name in "012")


def test_what_was_defined_at_a_prompt_is_refused() -> None:
    program = """
from levada.state.pickling import dump_value
class Plane: pass
dump_value([Plane()], "state 'planes'")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "state 'planes' holds Plane, which was defined in a notebook or at a prompt" in done.stderr


def test_a_text_that_looks_like_the_main_module_is_just_text() -> None:
    assert load_value(dump_value("__main__", "state 's'")) == "__main__"


def test_names() -> None:
    assert name_of(OrderedDict, "state 's'") == "collections:OrderedDict"
    assert find_by_name("collections:OrderedDict") is OrderedDict


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module_at_all:Plane", "'no_such_module_at_all', which cannot be imported"),
        ("collections:Plane", "nothing of this name any more. Keep the old name as an alias"),
    ],
)
def test_classes_that_are_gone(name: str, message: str) -> None:
    with pytest.raises(StateError, match=message):
        find_by_name(name)
