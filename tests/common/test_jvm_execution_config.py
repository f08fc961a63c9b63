"""What PyFlink's ``ExecutionConfig`` sets for a JVM: told back, warned of once, without effect."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from levada.common import Configuration, config_sources
from levada.datastream import StreamExecutionEnvironment


@pytest.mark.parametrize(
    ("name", "shown", "at_first"),
    [
        ("object_reuse", "is_object_reuse_enabled", False),
        ("closure_cleaner", "is_closure_cleaner_enabled", True),
        ("force_kryo", "is_force_kryo_enabled", False),
        ("force_avro", "is_force_avro_enabled", False),
    ],
)
def test_switches(name: str, shown: str, at_first: bool) -> None:
    config: Any = StreamExecutionEnvironment.get_execution_environment().get_config()
    assert getattr(config, shown)() is at_first
    assert getattr(config, f"enable_{name}")() is config
    assert getattr(config, shown)() is True
    assert getattr(config, f"disable_{name}")() is config
    assert getattr(config, shown)() is False


def test_generic_types_and_compression() -> None:
    config = StreamExecutionEnvironment.get_execution_environment().get_config()
    assert not config.has_generic_types_disabled()
    assert config.disable_generic_types().has_generic_types_disabled()
    assert not config.enable_generic_types().has_generic_types_disabled()
    assert not config.is_use_snapshot_compression()
    assert config.set_use_snapshot_compression(True).is_use_snapshot_compression()


def test_numbers_and_lists() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    config = env.get_config()
    assert config.get_latency_tracking_interval() == 0
    assert config.get_task_cancellation_interval() == 30_000
    assert config.get_task_cancellation_timeout() == 180_000
    config.set_latency_tracking_interval(5).set_task_cancellation_interval(6).set_task_cancellation_timeout(7)
    config = env.get_config()
    assert config.get_latency_tracking_interval() == 5
    assert config.get_task_cancellation_interval() == 6
    assert config.get_task_cancellation_timeout() == 7
    assert config.get_registered_kryo_types() == config.get_registered_pojo_types() == []
    assert config.get_default_kryo_serializer_classes() == {}


def test_a_job_runs_with_them_and_the_log_says_once_that_they_have_no_effect(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_sources, "_announced", set())
    with caplog.at_level(logging.WARNING, logger="levada"):
        env = StreamExecutionEnvironment.get_execution_environment(Configuration())
        env.get_config().enable_force_kryo().set_task_cancellation_timeout(1)
        with env.from_collection([1, 2]).map(lambda n: n + 1).execute_and_collect() as results:
            assert list(results) == [2, 3]
    assert "pipeline.force-kryo (from code) has no effect: Levada has no Kryo" in caplog.text
