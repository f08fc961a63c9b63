"""Jobs inside other programs: on threads, in event loops, in notebooks, in the background, and read by iteration."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.behaviour.conftest import Run
from tests.behaviour.jobs import NO_TIME, checkpointed, environment

from levada.common.errors import JobBuildError, JobCanceledError, UserFunctionError
from levada.common.job_status import JobStatus
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.datastream import DataStream, StreamExecutionEnvironment


def endless(env: StreamExecutionEnvironment) -> DataStream[int]:
    source = DataGeneratorSource(lambda n: n, rate_limiter_strategy=RateLimiterStrategy.per_second(2000))
    return env.from_source(source, NO_TIME, "endless")


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_execute_on_another_thread() -> None:
    seen: list[int] = []
    ended: list[Any] = []

    def work() -> None:
        env = environment(2)
        env.from_collection([1, 2, 3]).key_by(lambda n: n).reduce(lambda a, b: a).add_sink(seen.append)
        ended.append(env.execute("threaded"))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(ended) == 3
    assert sorted(seen) == sorted([1, 2, 3] * 3)


def test_execute_inside_a_running_event_loop() -> None:
    async def program() -> tuple[list[int], list[int]]:
        seen: list[int] = []
        env = environment()
        env.from_collection([1, 2, 3]).add_sink(seen.append)
        env.execute("blocks the loop")
        collected = await asyncio.to_thread(lambda: list(environment().from_collection([7, 8])))
        return seen, collected

    assert asyncio.run(program()) == ([1, 2, 3], [7, 8])


def test_an_asyncio_program_goes_on_beside_a_job() -> None:
    async def program() -> None:
        seen: list[int] = []
        env = environment()
        endless(env).add_sink(seen.append)
        client = env.execute_async("beside")
        ticks = 0
        while len(seen) < 100:
            await asyncio.sleep(0.001)
            ticks += 1
        assert ticks > 3
        assert await client.get_job_status() is JobStatus.RUNNING
        await client.cancel()
        assert await client.get_job_status() is JobStatus.CANCELED
        rows = len(seen)
        await asyncio.sleep(0.05)
        assert len(seen) == rows
        with pytest.raises(JobCanceledError, match="job 'beside' was cancelled"):
            await client.get_job_execution_result()

    asyncio.run(program())


def test_a_job_in_the_background_ends_and_fails() -> None:
    env = environment()
    seen: list[int] = []
    env.from_collection([1, 2]).add_sink(seen.append)
    client = env.execute_async("ends")
    assert client.get_job_execution_result().result().get_job_id() == client.get_job_id()
    assert client.get_job_status().result() is JobStatus.FINISHED
    assert seen == [1, 2]
    env.from_collection([1]).map(lambda n: n / 0).add_sink(seen.append)
    client = env.execute_async("fails")
    with pytest.raises(UserFunctionError, match="ZeroDivisionError: division by zero; record: 1"):
        client.get_job_execution_result().result()
    assert client.get_job_status().result() is JobStatus.FAILED
    client.cancel().result()
    assert client.get_job_status().result() is JobStatus.FAILED


def test_several_jobs_in_the_background_at_once_leave_the_process_as_it_was() -> None:
    thresholds = gc.get_threshold()
    clients = []
    for number in range(4):
        env = environment()
        endless(env).add_sink(lambda value: None)
        clients.append(env.execute_async(f"job {number}"))
    for client in clients:
        wait_for(lambda client=client: client.get_job_status().result() is JobStatus.RUNNING)
    for client in clients:
        client.cancel().result()
    assert gc.get_threshold() == thresholds


def test_leaving_the_iteration_early_cancels_the_job_and_frees_its_directory(tmp_path: Path) -> None:
    closed: list[str] = []

    def through(stream: DataStream[int]) -> DataStream[int]:
        from levada.datastream import MapFunction

        class Mapping(MapFunction):
            def map(self, value: int) -> int:
                return value

            def close(self) -> None:
                closed.append("closed")

        return stream.map(Mapping())

    with through(endless(checkpointed(tmp_path / "ck"))).execute_and_collect("left early") as records:
        assert [next(records) for _ in range(5)] == [0, 1, 2, 3, 4]
        assert closed == []
    assert closed == ["closed"]
    with pytest.raises(StopIteration):
        next(records)
    # The next one neither waits nor is refused; an exception in the block frees it too, and so does a limit.
    found = through(endless(checkpointed(tmp_path / "ck"))).execute_and_collect()
    with pytest.raises(ZeroDivisionError), found:
        next(1 // 0 for _ in found)
    assert through(endless(checkpointed(tmp_path / "ck"))).execute_and_collect(limit=3) == [0, 1, 2]
    assert closed == ["closed"] * 3


def test_an_iterator_that_is_dropped_frees_what_it_held(tmp_path: Path) -> None:
    records = endless(checkpointed(tmp_path / "ck")).execute_and_collect("dropped")
    next(records)
    del records
    gc.collect()
    assert endless(checkpointed(tmp_path / "ck")).execute_and_collect(limit=1) == [0]


def test_an_endless_stream_is_not_iterated_over_without_an_end() -> None:
    with pytest.raises(
        JobBuildError, match=r"its source 'endless' never ends; write `with stream.execute_and_collect\(\)"
    ):
        iter(endless(environment()))


def test_execute_with_nothing_built() -> None:
    env = environment()
    env.from_collection([1]).add_sink(lambda value: None)
    env.execute()
    with pytest.raises(JobBuildError, match=r"execute\(\): nothing was built since the last job; add a source"):
        env.execute()


LEFT_BEHIND = """\
import time
from levada.common.watermark_strategy import WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.get_configuration().set_string("execution.checkpointing.dir", "ck")
env.enable_checkpointing(20)
source = DataGeneratorSource(lambda n: n, rate_limiter_strategy=RateLimiterStrategy.per_second(1000))
env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers").add_sink(lambda value: None)
client = env.execute_async("left behind")
time.sleep(0.3)
print("leaving", flush=True)
"""


def test_a_program_may_end_before_its_job_in_the_background(run: Run, script: Callable[..., str]) -> None:
    done = run(script(LEFT_BEHIND))
    assert (done.returncode, done.stdout, done.stderr) == (0, "leaving\n", "")


def test_execute_in_a_notebook(tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient: not installed")
    pytest.importorskip("ipykernel", reason="ipykernel: not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat: not installed")
    cells = [
        "from levada.datastream import StreamExecutionEnvironment\n"
        "env = StreamExecutionEnvironment.get_execution_environment()\n"
        "env.from_collection([1, 2, 3]).map(lambda n: n * 2).print()\n"
        "result = env.execute('cell')",
        "sums = env.from_collection([1, 2]).key_by(lambda n: 0).reduce(lambda a, b: a + b)\n"
        "with sums.execute_and_collect() as found:\n"
        "    print(list(found))",
        "client_env = StreamExecutionEnvironment.get_execution_environment()\n"
        "client_env.from_collection([1]).add_sink(print)\n"
        "await client_env.execute_async('awaited').get_job_execution_result()\n"
        "print('after')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = ["".join(out.text for out in cell.outputs if out.output_type == "stream") for cell in notebook.cells]
    assert printed[:2] == ["2\n4\n6\n", "[1, 3]\n"]
    assert sorted(printed[2].split()) == ["1", "after"]
