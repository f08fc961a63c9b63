"""Classes of the script itself as state, keys and records: they survive a crash, or are refused with the remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.behaviour.conftest import Run
from tests.behaviour.jobs import json_rows

Script = Callable[..., str]

JOB = """\
import enum
import glob
import os
import threading
from dataclasses import dataclass, field
from typing import NamedTuple
from levada.common.configuration import Configuration
from levada.common.watermark_strategy import WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from levada.datastream.connectors.file_system import FileSink
from levada.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor
from levada.formats.json import JsonFormat

class Color(enum.Enum):
    RED = 1

@dataclass
class Record:
    n: int
    tags: list = field(default_factory=list)

@dataclass(frozen=True)
class Key:
    value: int

class Point(NamedTuple):
    x: int
    y: int

class Plain:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return type(other) is Plain and other.n == self.n

def top_level(n):
    return n

def local_class(n):
    @dataclass
    class Local:
        n: int
    return Local(n)

def make(n):
    kind = os.environ["KIND"]
    if kind == "dataclass":
        return Record(n, [n, str(n)])
    if kind == "enum":
        return Color.RED
    if kind == "named tuple":
        return Point(n, -n)
    if kind == "plain class":
        return Plain(n)
    if kind == "nested":
        return {"a": [Record(n), (Plain(n), Color.RED)]}
    if kind == "function":
        return top_level
    if kind == "made by type()":
        return type("Made", (), {"n": n})()
    if kind == "class in a function":
        return local_class(n)
    if kind == "lambda":
        return lambda: n
    return threading.Lock()

class Remembering(KeyedProcessFunction):
    def open(self, runtime_context):
        self.value = runtime_context.get_state(ValueStateDescriptor("value", object))
        self.all = runtime_context.get_list_state(ListStateDescriptor("all", object))
        self.by_class = runtime_context.get_map_state(MapStateDescriptor("by_class", object, int))

    def process_element(self, value, ctx):
        n, key = value.n, ctx.get_current_key()
        before = self.value.value()
        right = before is None or before == make(n - 2)
        self.value.update(make(n))
        self.all.add(make(n))
        self.by_class.put(key, n)
        if os.environ.get("DIE") and n > 20 and glob.glob("ck/*/manifest.json"):
            os.kill(os.getpid(), 9)
        count = len(list(self.all.get()))
        yield {"n": n, "right": right and type(key) is Key and self.by_class.get(Key(n % 2)) == n, "count": count}

env = StreamExecutionEnvironment.get_execution_environment()
config = env.get_configuration()
config.set_string("execution.checkpointing.dir", "ck").set_string("restart-strategy.type", "none")
env.enable_checkpointing(10)
source = DataGeneratorSource(lambda n: Record(n), 400, rate_limiter_strategy=RateLimiterStrategy.per_second(300))
records = env.from_source(source, WatermarkStrategy.no_watermarks(), "records")
remembered = records.key_by(lambda record: Key(record.n % 2)).process(Remembering()).name("remembering")
remembered.sink_to(FileSink.for_row_format("out", JsonFormat()).build())
env.execute("remembering")
"""

KEPT = ["dataclass", "enum", "named tuple", "plain class", "nested", "function"]
BY = ["levada run", "python"]


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("kind", KEPT)
def test_classes_of_the_script_come_back_after_a_crash(
    kind: str, by: str, run: Run, script: Script, tmp_path: Path
) -> None:
    name = script(JOB)
    command = ("-m", "levada", "run", name) if by == "levada run" else (name,)
    died = run(*command, KIND=kind, DIE="yes")
    assert died.returncode == -9, died.stderr
    assert len(json_rows(tmp_path / "out")) < 400
    # By the other way than the one it was written by, too: __main__ has the script's name in both.
    if by == "levada run":
        done = run(name, KIND=kind, LEVADA_EXECUTION__STATE_RECOVERY__PATH="latest")
    else:
        done = run("-m", "levada", "run", name, "--from", "latest", KIND=kind)
    assert done.returncode == 0, done.stderr
    rows = json_rows(tmp_path / "out")
    assert sorted(row["n"] for row in rows) == list(range(400))
    assert all(row["right"] for row in rows)
    assert sorted(row["count"] for row in rows) == sorted([*range(1, 201)] * 2)


REFUSED = {
    "made by type()": "holds a value of type Made that cannot be written to a checkpoint",
    "class in a function": "holds a value of type Local that cannot be written to a checkpoint",
    "lambda": "holds a value of type function that cannot be written to a checkpoint",
    "lock": "a value of type lock",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_no_other_process_could_read_is_refused_with_the_remedy(kind: str, run: Run, script: Script) -> None:
    done = run("-m", "levada", "run", script(JOB), KIND=kind)
    assert done.returncode == 1
    assert REFUSED[kind] in done.stderr
    assert "Keep plain data in" in done.stderr
    assert "open files, connections and locks belong into open()" in done.stderr
    assert "'remembering'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_class_that_is_gone_or_has_other_fields_is_told(run: Run, script: Script, tmp_path: Path) -> None:
    name = script(JOB)
    assert run("-m", "levada", "run", name, KIND="dataclass", DIE="yes").returncode == -9
    script(JOB.replace("class Record:", "class Renamed:").replace("Record(", "Renamed("))
    done = run("-m", "levada", "run", name, "--from", "latest", KIND="dataclass")
    assert done.returncode == 1
    assert "the checkpoint holds values of Record from module 'job', where there is nothing of this name" in done.stderr
    assert "Keep the old name as an alias" in done.stderr


CHANGES = {
    # What becomes of the class, and what is told; nothing where it is read.
    "a field with a default more": ("    n: int\n    more: int = 7\n", None),
    "a field without a default more": (
        "    n: int\n    more: int\n",
        "without the field 'more', which the class has gained",
    ),
    "a field less": ("    other: int = 0\n", None),
    "no dataclass any more": ("", "holds job:Record as a dataclass, which it no longer is"),
}

SMALL = """\
from dataclasses import dataclass
from levada.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from levada.datastream.state import ValueStateDescriptor

@dataclass
class Record:
    n: int

class Keeping(KeyedProcessFunction):
    def open(self, runtime_context):
        self.value = runtime_context.get_state(ValueStateDescriptor("value", object))

    def process_element(self, value, ctx):
        self.value.update(Record(value))

env = StreamExecutionEnvironment.get_execution_environment()
env.get_configuration().set_string("execution.checkpointing.dir", "ck").set_string("restart-strategy.type", "none")
env.enable_checkpointing(60_000)
env.from_collection([1]).key_by(lambda n: n).process(Keeping()).print()
env.execute("keeping")
"""


def test_fields_that_change_between_two_runs(run: Run, script: Script, tmp_path: Path) -> None:
    name = script(SMALL)
    assert run("-m", "levada", "run", name).returncode == 0
    for change, (fields, told) in CHANGES.items():
        body = fields or "    pass\n"
        text = SMALL.replace("    n: int\n", body)
        script(text if fields else text.replace("@dataclass\n", ""))
        done = run("-m", "levada", "run", name, "--from", "ck/chk-000001")
        assert done.returncode == (0 if told is None else 1), (change, done.stderr)
        if told is not None:
            assert told in done.stderr
            assert "while opening operator 'KeyedProcess(Keeping)', subtask 1 of 1" in done.stderr
        assert "Traceback" not in done.stderr
