"""Checkpoint settings: what they say, what they do to a job, and what is accepted without effect."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from tests.runtime.jobs import Remembering, config, drive, pipeline, run, virtual

from levada.checkpoint.storage import MemoryStorage
from levada.checkpoint.store import CheckpointStore
from levada.cluster.embedded import EmbeddedJob, submit
from levada.common import Duration, config_sources, logs
from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError
from levada.common.job_status import JobStatus
from levada.datastream import CheckpointingMode, ExternalizedCheckpointRetention, StreamExecutionEnvironment
from levada.datastream.checkpoint_config import CheckpointConfig

ROWS = 4000
FREQUENT = {"execution.checkpointing.interval": "2 ms", "levada.batch.max-rows": "4", "restart-strategy.type": "none"}


class Failing(MemoryStorage):
    """Writing fails for the first so many of each ``turn`` checkpoints, until the twelfth."""

    def __init__(self, failures: int, turn: int) -> None:
        super().__init__()
        self._failures, self._turn = failures, turn
        self.failed: set[str] = set()

    def write(self, path: str, data: bytes) -> None:
        folder = path.split("/")[0]
        number = int(folder.rsplit("-", 1)[-1])
        if number <= 12 and (number - 1) % self._turn < self._failures:
            self.failed.add(folder)
            raise OSError("the disk is full")
        super().write(path, data)


def doubled(storage: MemoryStorage, **settings: str) -> tuple[EmbeddedJob, Remembering]:
    sink = Remembering()
    graph = pipeline(range(ROWS), lambda n: n * 2, sink)
    return run(graph, config(**FREQUENT, **settings), CheckpointStore(storage)), sink


def checkpoint_config() -> CheckpointConfig:
    return StreamExecutionEnvironment.get_execution_environment().get_checkpoint_config()


def test_a_failed_checkpoint_fails_the_job_by_default() -> None:
    job, sink = doubled(Failing(1, 1000))
    assert job.status is JobStatus.FAILED
    assert "the disk is full" in str(job.failure)
    assert sink.visible() == []


def test_so_many_failures_in_a_row_are_tolerated(caplog: pytest.LogCaptureFixture) -> None:
    key = "execution.checkpointing.tolerable-failed-checkpoints"
    storage = Failing(2, 4)
    with caplog.at_level(logging.WARNING, logger="levada"):
        job, sink = doubled(storage, **{key: "2"})
    assert job.status is JobStatus.FINISHED, job.failure
    assert sink.visible() == [n * 2 for n in range(ROWS)]
    assert job.stats.failed == 6, "more than two, though never more than two in a row"
    assert "checkpoint 1 failed, which is tolerated: the disk is full" in caplog.text
    assert not {path.split("/")[0] for path in storage.list("")} & storage.failed
    job, _ = doubled(Failing(3, 4), **{key: "2"})
    assert job.status is JobStatus.FAILED


def test_the_pause_begins_where_a_checkpoint_ends() -> None:
    def checkpoints(**settings: str) -> int:
        graph = pipeline(range(50), lambda n: n, Remembering(), endless=True)
        job = submit(graph, config(**FREQUENT, **settings), virtual(), CheckpointStore(MemoryStorage()))
        begun = job._services.clock.now_ms()
        while job._services.clock.now_ms() < begun + 1000:
            job.step(0)
        job.stop()
        return drive(job).stats.completed

    assert checkpoints(**{"execution.checkpointing.min-pause": "100 ms"}) in range(8, 13)
    assert checkpoints() > 100


def test_the_timeout_of_alignment_has_no_effect(caplog: pytest.LogCaptureFixture) -> None:
    checkpoints = checkpoint_config()
    with caplog.at_level(logging.WARNING, logger="levada"):
        checkpoints.set_aligned_checkpoint_timeout(timedelta(seconds=1)).set_alignment_timeout(Duration.of_seconds(1))
    assert "a timeout of alignment has no effect" in caplog.text
    assert checkpoints.get_aligned_checkpoint_timeout() == checkpoints.get_alignment_timeout() == Duration.of_millis(0)


def test_settings_reach_the_configuration() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    checkpoints = env.get_checkpoint_config()
    assert checkpoints.get_min_pause_between_checkpoints() == 0
    assert checkpoints.set_min_pause_between_checkpoints(500).get_min_pause_between_checkpoints() == 500
    checkpoints.set_min_pause_between_checkpoints(timedelta(seconds=2))
    assert env.get_configuration().get_string("execution.checkpointing.min-pause", "") == "2 s"
    assert checkpoints.set_min_pause_between_checkpoints(0).get_min_pause_between_checkpoints() == 0
    assert checkpoints.get_tolerable_checkpoint_failure_number() == 0
    assert checkpoints.is_fail_on_checkpointing_errors()
    checkpoints.set_tolerable_checkpoint_failure_number(3)
    assert checkpoints.get_tolerable_checkpoint_failure_number() == 3
    assert not checkpoints.is_fail_on_checkpointing_errors()
    assert checkpoints.set_fail_on_checkpointing_errors(True).is_fail_on_checkpointing_errors()
    assert checkpoints.set_fail_on_checkpointing_errors(False).get_tolerable_checkpoint_failure_number() > 10**9


def test_what_has_no_effect_says_so(caplog: pytest.LogCaptureFixture) -> None:
    checkpoints = checkpoint_config()
    with caplog.at_level(logging.WARNING, logger="levada"):
        checkpoints.set_max_concurrent_checkpoints(1)
        checkpoints.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
        checkpoints.disable_unaligned_checkpoints().enable_unaligned_checkpoints(False)
        assert caplog.text == ""
        checkpoints.set_max_concurrent_checkpoints(2)
        assert "one checkpoint is taken at a time" in caplog.text
        checkpoints.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.DELETE_ON_CANCELLATION)
        assert "checkpoints of a cancelled job are kept" in caplog.text
        checkpoints.enable_unaligned_checkpoints()
        assert "barriers are aligned" in caplog.text
        caplog.clear()
        logs.repeat_limit.reset()
        checkpoints.set_force_unaligned_checkpoints()
        assert "barriers are aligned" in caplog.text
    assert checkpoints.get_max_concurrent_checkpoints() == 1
    retention = checkpoints.get_externalized_checkpoint_retention()
    assert retention is ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION
    assert checkpoints.is_externalized_checkpoints_enabled()
    assert not checkpoints.is_unaligned_checkpoints_enabled()
    assert not checkpoints.is_force_unaligned_checkpoints()
    env = StreamExecutionEnvironment.get_execution_environment()
    assert not env.is_unaligned_checkpoints_enabled()
    assert not env.is_force_unaligned_checkpoints()
    assert env.get_checkpointing_consistency_mode() is env.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("unaligned.enabled", "Levada aligns barriers"),
        ("max-concurrent-checkpoints", "one checkpoint at a time"),
        ("externalized-checkpoint-retention", "Levada keeps checkpoints"),
    ],
)
def test_flinks_keys_for_the_same_are_accepted_with_a_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, key: str, reason: str
) -> None:
    monkeypatch.setattr(config_sources, "_announced", set())
    settings = Configuration()
    with caplog.at_level(logging.WARNING, logger="levada"):
        settings.set_string(f"execution.checkpointing.{key}", "1")
        StreamExecutionEnvironment.get_execution_environment(settings)
    assert reason in caplog.text


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda c: c.set_min_pause_between_checkpoints(-1), "-1 is not positive"),
        (lambda c: c.set_tolerable_checkpoint_failure_number(-1), "(-1): pass a number, 0 or more"),
        (lambda c: c.set_max_concurrent_checkpoints(0), "set_max_concurrent_checkpoints(0): pass 1"),
        (lambda c: c.set_externalized_checkpoint_retention("RETAIN"), "pass ExternalizedCheckpointRetention.RETAIN"),
    ],
)
def test_what_cannot_be_is_refused(call: Any, told: str) -> None:
    with pytest.raises(JobBuildError) as caught:
        call(checkpoint_config())
    assert told in str(caught.value)
