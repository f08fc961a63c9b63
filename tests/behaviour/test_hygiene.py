"""Many jobs in one process leave nothing behind: no open files, no threads, no locks, no objects."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from tests.behaviour.jobs import NO_TIME, checkpointed, environment, timed

from levada.common.errors import UserFunctionError
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.datastream import KeyedProcessFunction, MapFunction
from levada.datastream.connectors.file_system import FileSink, FileSource
from levada.formats.json import JsonFormat
from levada.state.descriptors import ValueStateDescriptor

JOBS = 200


class Counting(KeyedProcessFunction):
    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", int))

    def process_element(self, value: Any, ctx: Any) -> Any:
        self.count.update((self.count.value() or 0) + 1)
        ctx.timer_service().register_event_time_timer(value)
        yield value


def open_files() -> list[str]:
    """What this process has open; on other systems than Linux, nothing is known."""
    if sys.platform != "linux":
        return []
    names = []
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208
        try:
            names.append(os.readlink(f"/proc/self/fd/{number}"))  # noqa: PTH115
        except OSError:
            continue
    return sorted(names)


def one_job(number: int, directory: Path) -> None:
    """Each kind of job in turn: plain, with checkpoints and files, failing, left early, in the background."""
    kind = number % 5
    if kind == 0:
        env = environment()
        env.from_collection([1, 2, 3]).map(lambda n: n + 1).add_sink(lambda value: None)
        env.execute()
    elif kind == 1:
        env = checkpointed(directory / "ck", 1000)
        (directory / "in.json").write_text('{"a":1}\n')
        source = FileSource.for_record_stream_format(JsonFormat(), directory / "in.json").build()
        keyed = env.from_source(source, timed().with_timestamp_assigner(lambda v, _: v["a"]), "in").map(
            lambda v: v["a"]
        )
        sink = FileSink.for_row_format(directory / f"out-{number}", JsonFormat()).build()
        keyed.key_by(lambda v: v).process(Counting()).sink_to(sink)
        env.execute()
    elif kind == 2:
        env = checkpointed(directory / "ck", 1000, restart__strategy_type="none")
        env.from_collection([1]).map(lambda n: n / 0).add_sink(lambda value: None)
        with pytest.raises(UserFunctionError):
            env.execute()
    elif kind == 3:
        env = checkpointed(directory / "ck", 10).set_parallelism(2)
        source = DataGeneratorSource(lambda n: n, rate_limiter_strategy=RateLimiterStrategy.per_second(1000))
        stream = env.from_source(source, NO_TIME, "endless").key_by(lambda n: n % 3)
        with stream.reduce(lambda a, b: b).execute_and_collect() as records:
            next(records)
    else:
        env = environment()
        env.from_collection([1]).add_sink(lambda value: None)
        env.execute_async().get_job_execution_result().result()


@pytest.mark.slow
def test_two_hundred_jobs_leave_no_files_threads_or_objects_behind(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    for number in range(10):
        one_job(number, tmp_path)
    gc.collect()
    files, threads, objects = open_files(), threading.active_count(), len(gc.get_objects())
    thresholds, handlers = gc.get_threshold(), len(logging.getLogger("levada").handlers)
    for number in range(JOBS):
        one_job(number, tmp_path)
    gc.collect()
    assert open_files() == files
    assert threading.active_count() <= threads
    assert gc.get_threshold() == thresholds
    assert len(logging.getLogger("levada").handlers) == handlers
    # Compiled loops are remembered by their text; a job itself must not be.
    assert len(gc.get_objects()) - objects < 20 * JOBS
    assert [str(each.message) for each in recwarn] == []


def test_an_environment_and_its_functions_can_be_collected() -> None:
    class Heavy(MapFunction):
        def map(self, value: Any) -> Any:
            return value

    function = Heavy()
    gone = weakref.ref(function)
    env = environment()
    env.from_collection([1]).map(function).add_sink(lambda value: None)
    env.execute()
    del function, env
    gc.collect()
    assert gone() is None


def test_a_job_of_many_operators() -> None:
    env = environment()
    stream = env.from_collection(range(10))
    for _ in range(300):
        stream = stream.map(lambda n: n + 1)
    for _ in range(30):
        stream = stream.key_by(lambda n: n).reduce(lambda a, b: b)
    assert stream.execute_and_collect(limit=10) == list(range(300, 310))
