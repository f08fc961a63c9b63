"""What an environment does beside streams: listeners, files, restart strategies, uids, functions as sources."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from levada.common import Duration, JobClient, JobExecutionResult, RestartStrategies, RestartStrategyConfiguration
from levada.common.errors import JobBuildError, UserError
from levada.common.options import RESTART_ATTEMPTS, RESTART_DELAY, RESTART_STRATEGY
from levada.datastream import (
    JobListener,
    MapFunction,
    RuntimeContext,
    SourceFunction,
    StreamExecutionEnvironment,
)
from levada.datastream.connectors.number_seq import NumberSequenceSource


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment()


class Told(JobListener):
    def __init__(self) -> None:
        self.calls: list[tuple[str, Any, Any]] = []

    def on_job_submitted(self, job_client: JobClient | None, error: BaseException | None) -> None:
        self.calls.append(("submitted", type(job_client), type(error)))

    def on_job_executed(self, job_execution_result: JobExecutionResult | None, error: BaseException | None) -> None:
        self.calls.append(("executed", type(job_execution_result), type(error)))


NONE = type(None)


def test_listeners_are_told_of_jobs(env: StreamExecutionEnvironment) -> None:
    told = Told()
    env.register_job_listener(told)
    env.register_job_listener(JobListener())
    env.from_collection([1]).add_sink(lambda n: None)
    env.execute()
    assert told.calls == [("submitted", NONE, NONE), ("executed", JobExecutionResult, NONE)]
    told.calls.clear()
    env.from_collection([1]).add_sink(lambda n: None)
    env.execute_async().get_job_execution_result().result()
    assert told.calls == [("submitted", JobClient, NONE)]


def test_listeners_are_told_of_failures(env: StreamExecutionEnvironment) -> None:
    told = Told()
    env.register_job_listener(told)
    env.register_job_listener(JobListener())
    with pytest.raises(JobBuildError):
        env.execute()
    assert told.calls == [("submitted", NONE, JobBuildError)]
    env.from_collection([0]).map(lambda n: 1 // n).print()
    with pytest.raises(UserError) as failed:
        env.execute()
    assert told.calls[1:] == [("submitted", NONE, NONE), ("executed", NONE, failed.type)]
    env.clear_job_listeners()
    env.from_collection([1]).add_sink(lambda n: None)
    env.execute()
    assert len(told.calls) == 3
    with pytest.raises(JobBuildError, match="JobListener"):
        env.register_job_listener(print)  # type: ignore[arg-type]


class Lookup(MapFunction[int, str]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.words = runtime_context.get_distributed_cache().get_file("words").read_text().split()

    def map(self, value: int) -> str:
        return self.words[value]


def test_files_for_functions(env: StreamExecutionEnvironment, tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("zero one two")
    env.register_cached_file(file, "words")
    env.register_cached_file(tmp_path, "folder")
    assert list(env.from_collection([2, 0]).map(Lookup())) == ["two", "zero"]
    with pytest.raises(JobBuildError, match="no such file"):
        env.register_cached_file(tmp_path / "none", "none")
    with pytest.raises(JobBuildError, match="not executable"):
        env.register_cached_file(file, "program", executable=True)


def test_a_file_that_nobody_registered(env: StreamExecutionEnvironment) -> None:
    with pytest.raises(UserError, match="there are: none"):
        list(env.from_collection([2, 0]).map(Lookup()))


def test_restart_strategies(env: StreamExecutionEnvironment) -> None:
    config = env.get_configuration()
    fixed = RestartStrategies.fixed_delay_restart(5, timedelta(milliseconds=20))
    assert (fixed.get_restart_attempts(), fixed.get_delay_between_attempts_interval()) == (5, Duration.of_millis(20))
    env.get_config().set_restart_strategy(fixed)
    assert (config.get(RESTART_STRATEGY), config.get(RESTART_ATTEMPTS)) == ("fixed-delay", 5)
    assert config.get(RESTART_DELAY) == timedelta(milliseconds=20)
    env.get_config().set_restart_strategy(RestartStrategies.fall_back_restart())
    assert config.get(RESTART_ATTEMPTS) == 5
    env.get_config().set_restart_strategy(RestartStrategies.no_restart())
    assert config.get(RESTART_STRATEGY) == "none"
    with pytest.raises(JobBuildError, match="set_restart_strategy"):
        env.get_config().set_restart_strategy("none")  # type: ignore[arg-type]


def test_a_restart_strategy_is_followed(env: StreamExecutionEnvironment) -> None:
    tries = []

    def fail_twice(n: int) -> int:
        tries.append(n)
        if len(tries) < 3:
            raise ValueError("again")
        return n

    env.get_config().set_restart_strategy(RestartStrategies.fixed_delay_restart(2, 1))
    assert list(env.from_collection([7]).map(fail_twice)) == [7]
    assert tries == [7, 7, 7]


def test_restart_strategies_are_values() -> None:
    one, same = RestartStrategies.fixed_delay_restart(5, 20), RestartStrategies.fixed_delay_restart(5, 20)
    assert one == same
    assert hash(one) == hash(same)
    assert one != RestartStrategies.fixed_delay_restart(5, 21)
    assert one != RestartStrategies.no_restart()
    assert one.get_description() == "Restart with fixed delay (20 ms). #5 restart attempts."
    assert repr(RestartStrategies.no_restart()) == "<Restart deactivated.>"
    assert RestartStrategyConfiguration().get_description() == "What the configuration says."
    for attempts, delay in ((0, 1), (1, -1)):
        with pytest.raises(JobBuildError, match="fixed_delay_restart"):
            RestartStrategies.fixed_delay_restart(attempts, delay)


def test_uids_may_have_to_be_given(env: StreamExecutionEnvironment) -> None:
    config = env.get_config()
    assert config.has_auto_generated_uids_enabled()
    assert not config.disable_auto_generated_uids().has_auto_generated_uids_enabled()
    source = env.from_collection([1])
    mapped = source.map(str, output_type=str)
    with pytest.raises(JobBuildError, match=r"2 operators have no uid: Collection, Map\(str\)"):
        mapped.execute_and_collect()
    env = StreamExecutionEnvironment.get_execution_environment()
    config = env.get_config().disable_auto_generated_uids()
    mapped = env.from_collection([1]).uid("numbers").map(str, output_type=str).uid("texts")
    assert list(mapped) == ["1"]
    assert config.enable_auto_generated_uids().has_auto_generated_uids_enabled()
    assert list(mapped.map(lambda text: text + "!")) == ["1!"]


class Countdown(SourceFunction[int]):
    def run(self) -> Iterator[int]:
        yield from (3, 2, 1)


def test_functions_as_sources(env: StreamExecutionEnvironment) -> None:
    assert list(env.add_source(Countdown())) == [3, 2, 1]
    assert list(env.add_source(Countdown().run, "countdown", int).map(lambda n: n * 2)) == [6, 4, 2]
    assert list(env.add_source([5])) == [5]
    assert list(env.add_source(NumberSequenceSource(1, 3))) == [1, 2, 3]
    with pytest.raises(JobBuildError, match="generator function"):
        env.add_source(5)  # type: ignore[arg-type]


def test_calls_about_a_changelog(env: StreamExecutionEnvironment, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert env.enable_changelog_state_backend(False).enable_changelog_state_backend(True) is env
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "enable_changelog_state_backend() does nothing"
    ]
    assert not env.is_changelog_state_backend_enabled()
    assert env.is_chaining_of_operators_with_different_max_parallelism_enabled()
