"""Restarts: how often, from where, with fresh function objects, and without doubling what a file sink shows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.behaviour.jobs import NO_TIME, FailAfterCheckpoint, FailOnce, checkpointed, environment, json_rows

from levada.common.errors import KeyTypeError, UserFunctionError
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.datastream import DataStream, KeyedProcessFunction, MapFunction
from levada.datastream.connectors.file_system import FileSink
from levada.formats.json import JsonFormat
from levada.state.descriptors import ValueStateDescriptor

lives: list[str] = []
"""What functions of all attempts have reported: deep copies share a module's global."""


@pytest.fixture(autouse=True)
def _no_lives_before() -> None:
    lives.clear()


class Watched(MapFunction):
    """Reports its life; counts in ``self``, which no checkpoint holds."""

    def __init__(self, name: str = "map", fail_in: str | None = None, times: int = 1) -> None:
        self.name = name
        self.fail_in = fail_in
        self.times = times
        self.seen = 0

    def _report(self, what: str) -> None:
        lives.append(f"{self.name} {what}")
        if what == self.fail_in and lives.count(f"{self.name} {what}") <= self.times:
            raise OSError(f"{what} failed")

    def open(self, runtime_context: Any) -> None:
        self._report("open")

    def map(self, value: Any) -> Any:
        self.seen += 1
        return (value, self.seen)

    def close(self) -> None:
        self._report("close")


class Counting(KeyedProcessFunction):
    def open(self, runtime_context: Any) -> None:
        lives.append("keyed open")
        self.count = runtime_context.get_state(ValueStateDescriptor("count", int))

    def process_element(self, value: Any, ctx: Any) -> Any:
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield {"value": value, "count": count}

    def close(self) -> None:
        lives.append("keyed close")


def paced(env: Any, count: int, rate: int = 1000) -> DataStream[int]:
    source = DataGeneratorSource(lambda n: n, count, rate_limiter_strategy=RateLimiterStrategy.per_second(rate))
    stream: DataStream[int] = env.from_source(source, NO_TIME, "numbers")
    return stream


@pytest.mark.parametrize("parallelism", [1, 2])
def test_a_function_that_fails_once_doubles_nothing_in_files(parallelism: int, tmp_path: Path) -> None:
    fail = FailOnce(150)
    env = checkpointed(tmp_path / "ck", 5).set_parallelism(parallelism)
    counted = paced(env, 200).map(fail).key_by(lambda n: n % 7).process(Counting())
    counted.sink_to(FileSink.for_row_format(tmp_path / "out", JsonFormat()).build())
    env.execute()
    assert fail.failed == 1
    rows = json_rows(tmp_path / "out")
    assert sorted(row["value"] for row in rows) == list(range(200))
    assert sorted((row["value"] % 7, row["count"]) for row in rows) == sorted(
        (key, count) for key in range(7) for count in range(1, len(range(key, 200, 7)) + 1)
    )
    assert [path.name for path in (tmp_path / "out").rglob(".*")] == []


@pytest.mark.parametrize(("attempts", "restarts"), [(1, 1), (3, 3)])
def test_so_many_restarts_and_no_more(
    attempts: int, restarts: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    env = checkpointed(tmp_path, restart__strategy_fixed__delay_attempts=attempts)
    env.from_collection([1]).map(Watched()).map(lambda value: 1 / 0).add_sink(print)
    with caplog.at_level(logging.WARNING, "levada"), pytest.raises(UserFunctionError, match="ZeroDivisionError"):
        env.execute()
    assert lives == ["map open", "map close"] * (restarts + 1)
    assert "attempt 1 failed: UserFunctionError: operator 'Map'" in caplog.text
    assert f"restarting in 1 ms (1 of {attempts} restarts)" in caplog.text


def test_without_checkpoints_or_with_none_there_is_no_restart(tmp_path: Path) -> None:
    for env in (environment(), checkpointed(tmp_path, restart__strategy_type="none")):
        env.from_collection([1]).map(Watched()).map(lambda value: 1 / 0).add_sink(print)
        with pytest.raises(UserFunctionError):
            env.execute()
    assert lives == ["map open", "map close"] * 2


def test_an_error_that_no_retry_can_mend_is_not_retried(tmp_path: Path) -> None:
    env = checkpointed(tmp_path)
    env.from_collection([[1]]).map(Watched()).key_by(lambda v: v[0]).process(Counting()).add_sink(print)
    with pytest.raises(KeyTypeError):
        env.execute()
    assert lives == ["keyed open", "map open", "map close", "keyed close"]


def test_function_objects_are_fresh_after_a_restart(tmp_path: Path) -> None:
    fail = FailOnce(3)
    env = checkpointed(tmp_path, 60_000)
    function = Watched()
    rows: list[Any] = []
    env.from_collection(range(6)).map(fail).map(function).add_sink(rows.append)
    env.execute()
    assert rows[-6:] == [(n, n + 1) for n in range(6)]
    assert lives == ["map open", "map close"] * 2
    assert function.seen == 0


@pytest.mark.parametrize("place", ["head", "tail"])
def test_open_that_fails_once_is_tried_again_and_what_was_open_is_closed(place: str, tmp_path: Path) -> None:
    env = checkpointed(tmp_path)
    failing, other = Watched("failing", "open"), Watched("other")
    first, second = (failing, other) if place == "head" else (other, failing)
    rows: list[Any] = []
    env.from_collection([1]).map(first).key_by(lambda v: v[0]).map(second).add_sink(rows.append)
    env.execute()
    assert rows == [((1, 1), 1)]
    # Operators are opened from the end of the chain; what was never opened is not closed.
    opened = ["other open"] if place == "head" else []
    closed = ["failing close", "other close"] if place == "head" else ["failing close"]
    assert lives[: len(opened) + 1 + len(closed)] == [*opened, "failing open", *closed]
    assert lives.count("failing open") == lives.count("failing close") == 2
    assert lives.count("other open") == lives.count("other close")


def test_open_that_always_fails_fails_the_job_with_its_error(tmp_path: Path) -> None:
    env = checkpointed(tmp_path, restart__strategy_fixed__delay_attempts=2)
    env.from_collection([1]).map(Watched("lookup", "open", times=99)).name("lookup").add_sink(print)
    with pytest.raises(OSError, match="open failed") as caught:
        env.execute()
    assert lives == ["lookup open", "lookup close"] * 3
    assert any("while opening operator 'lookup" in note for note in caught.value.__notes__)


def test_close_that_fails_at_the_end_is_told_and_nothing_runs_twice(tmp_path: Path) -> None:
    env = checkpointed(tmp_path / "ck")
    stream = env.from_collection([1, 2]).map(Watched("first", "close")).map(Watched("second")).map(lambda v: [*v])
    stream.sink_to(FileSink.for_row_format(tmp_path / "out", JsonFormat()).build())
    with pytest.raises(OSError, match="close failed") as caught:
        env.execute()
    assert any("while closing operator 'Map(Watched)" in note for note in caught.value.__notes__)
    # The output is whole: closing came after the last checkpoint. The other function was closed all the same.
    assert len(json_rows(tmp_path / "out")) == 2
    assert sorted(lives) == ["first close", "first open", "second close", "second open"]
    # The directory is free again.
    env = checkpointed(tmp_path / "ck")
    env.from_collection([1]).add_sink(lambda value: None)
    env.execute()


def test_close_after_a_failure_does_not_hide_the_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    env = environment()
    env.from_collection([1]).map(Watched("m", "close")).map(lambda value: 1 / 0).add_sink(print)
    with pytest.raises(UserFunctionError, match="ZeroDivisionError"):
        env.execute()
    assert "closing failed: close failed" in caplog.text


@pytest.mark.parametrize("parallelism", [1, 3])
def test_each_subtask_has_a_function_object_of_its_own_opened_and_closed_once(parallelism: int) -> None:
    env = environment(parallelism)
    rows: list[Any] = []
    env.from_collection(range(60)).key_by(lambda n: n).map(Watched()).add_sink(rows.append)
    env.execute()
    assert lives.count("map open") == lives.count("map close") == parallelism
    assert sorted(n for n, _ in rows) == list(range(60))
    # Each counts for itself.
    assert max(seen for _, seen in rows) < 60 or parallelism == 1


def test_a_function_that_cannot_be_copied(tmp_path: Path) -> None:
    import threading

    class Locking(Watched):
        def __init__(self) -> None:
            super().__init__()
            self.lock = threading.Lock()

    env = environment()
    rows: list[Any] = []
    env.from_collection([1]).map(Locking()).add_sink(rows.append)
    env.execute()
    assert rows == [(1, 1)]
    env = environment(2)
    env.from_collection([1]).key_by(lambda n: n).map(Locking()).add_sink(rows.append)
    with pytest.raises(
        Exception, match=r"its function cannot be copied for 2 subtasks .*; open connections, locks and"
    ):
        env.execute()


def test_a_restored_job_that_had_ended_adds_nothing(tmp_path: Path) -> None:
    for start in (None, "latest", "latest"):
        more = {} if start is None else {"execution_state__recovery_path": start}
        env = checkpointed(tmp_path / "ck", 60_000, **more)
        counted = env.from_collection(range(10)).key_by(lambda n: n % 2).process(Counting())
        counted.sink_to(FileSink.for_row_format(tmp_path / "out", JsonFormat()).build())
        env.execute("ends")
        assert len(json_rows(tmp_path / "out")) == 10


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 2), (2, 1)])
def test_a_job_goes_on_at_another_parallelism(before: int, after: int, tmp_path: Path) -> None:
    """Also where an operator has a number of key groups of its own."""

    def run(parallelism: int, fail: Callable[[Any], Any], **more: Any) -> None:
        env = checkpointed(tmp_path / "ck", 5, restart__strategy_type="none", **more).set_parallelism(parallelism)
        counted = paced(env, 400, 500).map(fail).key_by(lambda n: n % 11).process(Counting()).set_max_parallelism(7)
        counted.sink_to(FileSink.for_row_format(tmp_path / "out", JsonFormat()).build())
        env.execute("rescaled")

    with pytest.raises(UserFunctionError):
        run(before, FailAfterCheckpoint(tmp_path / "ck", 50))
    assert len(json_rows(tmp_path / "out")) < 400
    run(after, FailOnce(None), execution_state__recovery_path="latest")
    rows = json_rows(tmp_path / "out")
    assert sorted(row["value"] for row in rows) == list(range(400))
    assert sorted((row["value"] % 11, row["count"]) for row in rows) == sorted(
        (key, count) for key in range(11) for count in range(1, len(range(key, 400, 11)) + 1)
    )
