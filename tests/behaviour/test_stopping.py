"""Ctrl-C and SIGTERM: a last checkpoint, exit codes as shells count, a second signal at once; then exactly once."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.behaviour.conftest import Run, Start
from tests.behaviour.jobs import json_rows

from levada.checkpoint import list_checkpoints

Script = Callable[..., str]

COUNTING = """\
import os
from dataclasses import dataclass
from levada.common.watermark_strategy import WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from levada.datastream.connectors.file_system import FileSink
from levada.datastream.state import ValueStateDescriptor
from levada.formats.json import JsonFormat

@dataclass
class Total:
    count: int
    total: int

class Summing(KeyedProcessFunction):
    def open(self, runtime_context):
        self.total = runtime_context.get_state(ValueStateDescriptor("total", object))

    def process_element(self, value, ctx):
        old = self.total.value() or Total(0, 0)
        new = Total(old.count + 1, old.total + value)
        self.total.update(new)
        if new.count % 50 == 0 and value % 5 == 0:
            print("under way", flush=True)
        yield {"key": value % 5, "count": new.count, "total": new.total}

env = StreamExecutionEnvironment.get_execution_environment()
config = env.get_configuration()
config.set_string("execution.checkpointing.dir", "ck")
env.enable_checkpointing(60_000)
source = DataGeneratorSource(lambda n: n, rate_limiter_strategy=RateLimiterStrategy.per_second(2000))
numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers")
sums = numbers.key_by(lambda n: n % 5).process(Summing())
sums.sink_to(FileSink.for_row_format("out", JsonFormat()).build())
env.execute("sums")
print("never reached")
"""

BLOCKING = """\
import time
from levada.datastream import StreamExecutionEnvironment

def block(value):
    print("under way", flush=True)
    time.sleep(60)

env = StreamExecutionEnvironment.get_execution_environment()
env.get_configuration().set_string("execution.checkpointing.dir", "ck")
env.enable_checkpointing(1000)
env.from_collection([1]).map(block).print()
env.execute("blocking")
"""

RESTARTING = """\
from levada.datastream import StreamExecutionEnvironment

def fail(value):
    print("under way", flush=True)
    raise ValueError("always")

env = StreamExecutionEnvironment.get_execution_environment()
config = env.get_configuration()
config.set_string("execution.checkpointing.dir", "ck").set_string("restart-strategy.fixed-delay.delay", "60 s")
env.enable_checkpointing(1000)
env.from_collection([1]).map(fail).print()
env.execute("restarting")
"""

BY = {"levada run": ("-m", "levada", "run", "job.py"), "python": ("job.py",)}
# Python passes a Ctrl-C that nobody handles on to the system, which shells show as 130.
CODES = {
    ("levada run", signal.SIGINT): 130,
    ("levada run", signal.SIGTERM): 143,
    ("python", signal.SIGINT): -signal.SIGINT,
    ("python", signal.SIGTERM): 143,
}


def under_way(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line == "under way\n":
            return
    assert process.stderr is not None
    pytest.fail(f"it ended by itself: {process.stderr.read()}")


def assert_exactly_once(rows: list[Any]) -> None:
    by_key: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        by_key[row["key"]].append((row["count"], row["total"]))
    assert set(by_key) == set(range(5))
    for key, found in by_key.items():
        total = 0
        for number, pair in enumerate(sorted(found)):
            total += key + 5 * number
            assert pair == (number + 1, total)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda number: signal.Signals(number).name)
@pytest.mark.parametrize("by", BY)
def test_a_signal_stops_at_a_last_checkpoint_and_the_job_goes_on_from_there(
    by: str, sent: signal.Signals, start: Start, script: Script, tmp_path: Path
) -> None:
    script(COUNTING)
    rows = 0
    for round_ in range(2):
        variables = {"LEVADA_EXECUTION__STATE_RECOVERY__PATH": "latest"} if round_ and by == "python" else {}
        more = ("--from", "latest") if round_ and by != "python" else ()
        process = start(*BY[by], *more, **variables)
        under_way(process)
        assert len(list_checkpoints(tmp_path / "ck")) == round_
        sent_at = time.monotonic()
        process.send_signal(sent)
        out, err = process.communicate(timeout=20)
        assert time.monotonic() - sent_at < 10
        assert process.returncode == CODES[by, sent], err
        assert "never reached" not in out
        checkpoints = list_checkpoints(tmp_path / "ck")
        assert checkpoints[-1].manifest is not None
        assert checkpoints[-1].manifest.kind == "stop"
        if by == "levada run":
            assert f"stopped at checkpoint {round_ + 1} in ck; --from latest continues there" in err
            assert "Traceback" not in err
        found = json_rows(tmp_path / "out")
        assert len(found) > rows
        rows = len(found)
        assert_exactly_once(found)


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM], ids=lambda number: signal.Signals(number).name)
def test_a_second_signal_ends_at_once(by: str, second: signal.Signals, start: Start, script: Script) -> None:
    script(BLOCKING)
    process = start(*BY[by])
    under_way(process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    sent_at = time.monotonic()
    process.send_signal(second)
    process.communicate(timeout=10)
    assert time.monotonic() - sent_at < 5
    assert process.returncode == CODES[by, second]


def test_a_stop_does_not_wait_for_the_next_restart(start: Start, script: Script) -> None:
    script(RESTARTING)
    process = start(*BY["levada run"])
    under_way(process)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "restarting in 60000 ms" in err
    assert "stopped without a last checkpoint: the job was waiting for its restart" in err


def test_a_second_process_on_the_directory_is_refused_with_the_pid(start: Start, run: Run, script: Script) -> None:
    script(COUNTING)
    first = start(*BY["python"])
    under_way(first)
    for by in BY:
        done = run(*BY[by])
        assert done.returncode == 1
        assert (
            f"the checkpoint directory ck is in use by process {first.pid}; stop that process (kill {first.pid}), or "
            "give this job a directory of its own with execution.checkpointing.dir"
        ) in done.stderr
    first.kill()
    first.communicate()
    # The lock went with its process.
    second = start(*BY["python"])
    under_way(second)


def test_a_stop_whose_last_checkpoint_fails_says_so(start: Start, script: Script, tmp_path: Path) -> None:
    # A state that no checkpoint can hold.
    opened = 'self.bad = runtime_context.get_state(ValueStateDescriptor("bad", object))\n        self.total ='
    script(COUNTING.replace("self.total =", opened).replace("update(new)", "update(new); self.bad.update(lambda: 0)"))
    process = start(*BY["levada run"])
    under_way(process)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert (
        "state 'bad' of operator 'KeyedProcess(Summing)' holds a value of type function that cannot be written" in err
    )
    assert list_checkpoints(tmp_path / "ck") == []
