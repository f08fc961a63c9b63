"""Full and read-only disks: a tiny file system of its own where the tests run as root, otherwise skipped by name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.behaviour.conftest import Run
from tests.behaviour.jobs import json_rows

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="a tiny file system: only root may mount one"
)

JOB = """\
import os
from levada.common.watermark_strategy import WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from levada.datastream.connectors.file_system import FileSink
from levada.datastream.state import ValueStateDescriptor
from levada.formats.json import JsonFormat

class Padding(KeyedProcessFunction):
    def open(self, runtime_context):
        self.pad = runtime_context.get_state(ValueStateDescriptor("pad", str))

    def process_element(self, value, ctx):
        self.pad.update("x" * 50)
        yield {"n": value, "pad": "y" * 50}

count = int(os.environ["COUNT"])
env = StreamExecutionEnvironment.get_execution_environment()
config = env.get_configuration()
config.set_string("execution.checkpointing.dir", os.environ["CHECKPOINTS"])
config.set_string("restart-strategy.fixed-delay.delay", "10 ms")
config.set_string("restart-strategy.fixed-delay.attempts", "1")
env.enable_checkpointing(50)
source = DataGeneratorSource(lambda n: n, count, rate_limiter_strategy=RateLimiterStrategy.per_second(count * 2))
padded = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers").key_by(lambda n: n).process(Padding())
padded.sink_to(FileSink.for_row_format(os.environ["OUT"], JsonFormat()).build())
env.execute("padding")
"""


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a file system in memory with these options."""
    mounted: list[Path] = []

    def make(options: str) -> Path:
        path = tmp_path / "tiny"
        path.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"a tiny file system cannot be mounted here: {done.stderr.strip()}")
        mounted.append(path)
        return path

    yield make
    for path in mounted:
        subprocess.run(["umount", str(path)], check=True)


@pytest.mark.parametrize("full", ["CHECKPOINTS", "OUT"])
def test_a_full_disk_is_told_and_what_was_there_stays(
    full: str, mount: Callable[[str], Path], run: Run, script: Callable[..., str], tmp_path: Path
) -> None:
    tiny = mount("size=200k")
    places = {"CHECKPOINTS": str(tmp_path / "ck"), "OUT": str(tmp_path / "out"), full: str(tiny / "x")}
    name = script(JOB)
    # A small job fits: its checkpoint and its output are whole.
    assert run("-m", "levada", "run", name, COUNT="20", **places).returncode == 0
    done = run("-m", "levada", "run", name, "--set", "pipeline.name=large", COUNT="8000", **places)
    assert done.returncode == 1
    assert "no space" in done.stderr
    assert f"error: cannot write {tiny}/x/chk-" in done.stderr or f"error: {tiny}/x/" in done.stderr
    remedy = "point execution.checkpointing.dir at another" if full == "CHECKPOINTS" else "or write to another disk"
    assert remedy in done.stderr
    assert "Traceback" not in done.stderr
    assert "1 of 1 restarts" in done.stderr
    assert "fault in Levada" not in done.stderr
    listed = run("-m", "levada", "checkpoints", "list", places["CHECKPOINTS"])
    assert "damaged" not in listed.stdout
    rows = [row["n"] for row in json_rows(Path(places["OUT"]))]
    assert set(rows) >= set(range(20))
    # With room again it goes on where it was, and nothing is there twice.
    if full == "CHECKPOINTS":
        return
    subprocess.run(["mount", "-o", "remount,size=20m", str(tiny)], check=True)
    before = len(rows)
    again = run("-m", "levada", "run", name, "--from", "latest", "--set", "pipeline.name=large", COUNT="8000", **places)
    assert again.returncode == 0, again.stderr
    rows = [row["n"] for row in json_rows(Path(places["OUT"]))]
    assert len(rows) > before
    assert sorted(rows) == sorted([*range(20), *range(8000)])


@pytest.mark.parametrize("place", ["CHECKPOINTS", "OUT"])
def test_a_read_only_disk(
    place: str, mount: Callable[[str], Path], run: Run, script: Callable[..., str], tmp_path: Path
) -> None:
    tiny = mount("size=100k,ro")
    places = {"CHECKPOINTS": str(tmp_path / "ck"), "OUT": str(tmp_path / "out"), place: str(tiny / "x")}
    done = run("-m", "levada", "run", script(JOB), COUNT="20", **places)
    assert done.returncode == 1
    told = {
        "CHECKPOINTS": f"error: no checkpoints can be written to {tiny}/x: Read-only file system; point execut",
        "OUT": f"base_path='{tiny}/x'): there is no permission to write to '{tiny}'",
    }
    assert told[place] in done.stderr
    assert "Traceback" not in done.stderr
    assert "restarts" not in done.stderr
