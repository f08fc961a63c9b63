"""The environment's settings, as PyFlink names them, over the configuration."""

from datetime import timedelta

import pytest

from levada.common import Configuration, Duration
from levada.common.config_sources import clear_overrides, set_overrides
from levada.common.errors import ConfigError, JobBuildError
from levada.common.options import CHECKPOINT_INTERVAL, MAX_PARALLELISM, PARALLELISM
from levada.datastream import CheckpointingMode, StreamExecutionEnvironment


def test_settings_are_options() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(3).set_max_parallelism(64).enable_checkpointing(500).disable_operator_chaining()
    config = env.get_configuration()
    assert (config.get(PARALLELISM), config.get(MAX_PARALLELISM)) == (3, 64)
    assert config.get(CHECKPOINT_INTERVAL) == timedelta(milliseconds=500)
    assert (env.get_parallelism(), env.get_max_parallelism(), env.is_chaining_enabled()) == (3, 64, False)
    assert env.get_checkpoint_interval() == 500


def test_a_configuration_is_taken_over() -> None:
    config = Configuration.from_dict({"parallelism.default": "2"})
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(4)
    assert config.get(PARALLELISM) == 2
    assert env.get_parallelism() == 4
    env.configure(Configuration.from_dict({"parallelism.default": "5"}))
    assert env.get_parallelism() == 5


def test_the_command_line_stands_above_the_program() -> None:
    set_overrides({PARALLELISM.key: "7"})
    try:
        env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(2)
        assert env.get_parallelism() == 7
    finally:
        clear_overrides()


def test_environments_do_not_share_settings() -> None:
    one = StreamExecutionEnvironment.get_execution_environment().set_parallelism(2)
    assert StreamExecutionEnvironment.get_execution_environment().get_parallelism() == 1
    assert one.get_parallelism() == 2


@pytest.mark.parametrize("interval", [1000, timedelta(seconds=1), Duration.of_seconds(1)])
def test_checkpoints_are_set_by_milliseconds_or_a_length_of_time(interval: int | timedelta | Duration) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    config = env.get_checkpoint_config()
    assert not config.is_checkpointing_enabled()
    assert config.get_checkpoint_interval() == -1
    env.enable_checkpointing(interval, CheckpointingMode.AT_LEAST_ONCE)
    assert config.get_checkpoint_interval() == 1000
    assert config.is_checkpointing_enabled()
    assert env.get_checkpointing_mode() is CheckpointingMode.AT_LEAST_ONCE
    assert config.set_checkpoint_timeout(interval).get_checkpoint_timeout() == 1000


def test_the_execution_config_is_a_view() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    view = env.get_config().set_parallelism(2).set_auto_watermark_interval(50)
    view.set_global_job_parameters({"since": 2013})
    assert env.get_parallelism() == 2
    assert env.get_config().get_auto_watermark_interval() == 50
    assert env.get_config().get_global_job_parameters() == {"since": "2013"}
    assert env.get_config() == view


def test_wrong_settings_are_refused_by_their_call() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    for call, told in (
        (lambda: env.set_parallelism(0), r"set_parallelism\(0\)"),
        (lambda: env.set_parallelism("4"), r"set_parallelism\('4'\)"),  # type: ignore[arg-type]
        (lambda: env.set_max_parallelism(-1), r"set_max_parallelism\(-1\)"),
        (lambda: env.enable_checkpointing(0), r"set_checkpoint_interval.*0 is not positive"),
        (lambda: env.enable_checkpointing("1s"), r"'1s' is not a length of time"),  # type: ignore[arg-type]
        (lambda: env.enable_checkpointing(5, "EXACTLY_ONCE"), r"set_checkpointing_mode"),  # type: ignore[arg-type]
        (lambda: StreamExecutionEnvironment.get_execution_environment({}), r"Configuration\.from_dict"),  # type: ignore[arg-type]
        (lambda: env.from_source([1], None, "x"), r"from_source\(\[1\].*from_collection"),  # type: ignore[arg-type]
    ):
        with pytest.raises(JobBuildError, match=told):
            call()
    with pytest.raises(ConfigError):
        env.configure(Configuration.from_dict({"parallelism.defalt": "5"}))


def test_leaving_the_environment_forgets_what_was_built() -> None:
    with StreamExecutionEnvironment.get_execution_environment() as env:
        env.from_collection([1]).map(str)
    with pytest.raises(JobBuildError, match="nothing was built"):
        env.execute()
