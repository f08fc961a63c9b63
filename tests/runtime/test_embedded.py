"""A job's life in one process: ends, failures, restarts, stops, recovery."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from tests.runtime.jobs import Remembering, config, drive, pipeline, run, virtual

from levada.checkpoint.storage import LocalStorage, MemoryStorage
from levada.checkpoint.store import CheckpointStore
from levada.cluster.embedded import submit
from levada.common.errors import (
    CheckpointCorruptError,
    CheckpointDirectoryInUseError,
    CheckpointMismatchError,
    ConfigError,
    JobBuildError,
    JobCanceledError,
    StorageError,
    UserError,
    UserFunctionError,
)
from levada.common.job_status import JobStatus
from levada.datastream import StreamExecutionEnvironment
from levada.runtime.services import Services

SMALL = {"levada.batch.max-rows": "10", "execution.checkpointing.interval": "3 ms"}


def double(value: int) -> int:
    return value * 2


def test_a_bounded_job_finishes_and_commits_without_checkpoints() -> None:
    sink = Remembering()
    job = run(pipeline(range(100), double, sink), config())
    assert job.status is JobStatus.FINISHED
    assert sink.visible() == [value * 2 for value in range(100)]


def test_empty_input_finishes() -> None:
    sink = Remembering()
    assert run(pipeline([], double, sink), config(**SMALL)).status is JobStatus.FINISHED
    assert sink.visible() == []


def test_output_appears_with_checkpoints_and_all_of_it_at_the_end() -> None:
    sink = Remembering()
    job = run(pipeline(range(500), double, sink), config(**SMALL))
    assert job.stats.completed > 2
    assert len(sink.committed) > 1
    assert sink.visible() == [value * 2 for value in range(500)]


def test_a_failing_function_without_checkpoints_fails_at_once() -> None:
    def fail(value: int) -> int:
        raise ValueError("no good")

    job = run(pipeline(range(5), fail, Remembering()), config())
    assert job.status is JobStatus.FAILED
    assert isinstance(job.failure, UserFunctionError)
    assert "'work'" in str(job.failure)
    with pytest.raises(UserFunctionError, match="no good"):
        job.result()


def test_a_function_that_fails_once_is_restarted_and_nothing_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    failures = iter([True])

    def once(value: int) -> int:
        if value == 300 and next(failures, False):
            raise ConnectionError("service away")
        return value

    sink = Remembering()
    with caplog.at_level(logging.WARNING, logger="levada"):
        job = run(pipeline(range(500), once, sink), config(**SMALL))
    assert job.status is JobStatus.FINISHED
    assert job.progress().restarts == 1
    assert job.restored_from is not None
    assert sink.visible() == list(range(500))
    assert len(sink.written) > 500, "something was replayed"
    assert "attempt 1 failed" in caplog.text
    assert "restarting in 1000 ms (1 of 3 restarts)" in caplog.text


def test_restarts_are_counted_and_then_the_job_fails() -> None:
    attempts = []

    def fail(value: int) -> int:
        attempts.append(value)
        raise ValueError("always")

    settings = config(**SMALL, **{"restart-strategy.fixed-delay.attempts": "2"})
    job = run(pipeline(range(5), fail, Remembering()), settings)
    assert job.status is JobStatus.FAILED
    assert len(attempts) == 3


def test_restart_strategy_none_is_obeyed() -> None:
    def fail(value: int) -> int:
        raise ValueError("always")

    settings = config(**SMALL, **{"restart-strategy.type": "none"})
    assert run(pipeline(range(5), fail, Remembering()), settings).progress().restarts == 0


def test_a_canceled_job_says_so() -> None:
    job = submit(pipeline(range(5), double, Remembering(), endless=True), config(**SMALL), virtual())
    job.cancel()
    drive(job)
    assert job.status is JobStatus.CANCELED
    with pytest.raises(JobCanceledError):
        job.result()


def test_stop_and_go_on_from_latest_is_exactly_once() -> None:
    sink, store = Remembering(), CheckpointStore(MemoryStorage())
    settings = config(**SMALL)
    job = submit(pipeline(range(1000), double, sink), settings, virtual(), store)
    for _ in range(6):
        job.step(0)
    job.stop()
    drive(job)
    assert job.status is JobStatus.CANCELED
    kind = store.read_manifest(store.ids()[-1]).kind
    assert kind == "stop"
    so_far = len(sink.visible())
    assert 0 < so_far < 1000
    assert len(sink.written) == so_far, "behind the stop nothing was read"
    settings.set_string("execution.state-recovery.path", "latest")
    run(pipeline(range(1000), double, sink), settings, store)
    assert sink.visible() == [value * 2 for value in range(1000)]


def test_a_stop_without_checkpoints_ends_at_once() -> None:
    job = submit(pipeline(range(5), double, Remembering(transactional=False), endless=True), config(), virtual())
    job.step(0)
    job.stop()
    assert drive(job).status is JobStatus.CANCELED


def test_an_endless_source_into_a_transactional_sink_needs_checkpoints() -> None:
    with pytest.raises(JobBuildError, match=r"out: a transactional sink .* 'numbers' never ends.*enable_checkpointing"):
        submit(pipeline(range(5), double, Remembering(), endless=True), config())


def test_a_job_may_run_in_another_thread() -> None:
    sink = Remembering()
    job = submit(pipeline(range(100), double, sink), config())
    thread = threading.Thread(target=job.run)
    thread.start()
    thread.join(10)
    assert job.status is JobStatus.FINISHED


def test_folders_of_checkpoints_that_were_never_completed_are_cleared_away(tmp_path: Path) -> None:
    half = tmp_path / "chk-000041"
    half.mkdir()
    (half / "some.0.state.0.arrow").write_bytes(b"half of it")
    _finished_directory(tmp_path)
    assert not half.exists()
    assert min(CheckpointStore(LocalStorage(tmp_path)).ids()) > 41, "ids are never used again"


@pytest.mark.parametrize("kind", ["memory", "local"])
def test_only_so_many_checkpoints_are_kept(kind: str, tmp_path: Path) -> None:
    store = CheckpointStore(MemoryStorage() if kind == "memory" else LocalStorage(tmp_path))
    settings = config(**SMALL, **{"execution.checkpointing.num-retained": "2"})
    job = run(pipeline(range(2000), double, Remembering()), settings, store)
    assert job.stats.completed > 5
    assert len(store.ids()) == 2
    assert store.ids()[-1] == job.stats.last_id


def _finished_directory(path: Path, rows: int = 300) -> Remembering:
    sink = Remembering()
    settings = config(**SMALL, **{"execution.checkpointing.dir": str(path)})
    run(pipeline(range(rows), double, sink), settings)
    return sink


def test_a_second_start_is_fresh_and_says_how_to_continue(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _finished_directory(tmp_path)
    before = CheckpointStore(LocalStorage(tmp_path)).ids()
    with caplog.at_level(logging.WARNING, logger="levada"):
        second = _finished_directory(tmp_path)
    assert second.visible() == [value * 2 for value in range(300)]
    assert f"starting fresh, although {tmp_path} holds {len(before)} checkpoints" in caplog.text
    assert "--from latest" in caplog.text
    after = CheckpointStore(LocalStorage(tmp_path)).ids()
    assert set(before) < set(after), "an earlier run's checkpoints are left alone"


def test_a_finished_job_continued_from_latest_does_nothing_twice(tmp_path: Path) -> None:
    sink = _finished_directory(tmp_path)
    settings = config(
        **SMALL, **{"execution.checkpointing.dir": str(tmp_path), "execution.state-recovery.path": "latest"}
    )
    job = run(pipeline(range(300), double, sink), settings)
    assert job.restored_from is not None
    assert sink.visible() == [value * 2 for value in range(300)]


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "manifest"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _finished_directory(tmp_path)
    newest = sorted(tmp_path.glob("chk-*"))[-1]
    victim = newest / "manifest.json" if damage == "manifest" else sorted(newest.glob("*.arrow"))[0]
    data = bytearray(victim.read_bytes())
    if damage == "remove":
        victim.unlink()
    elif damage == "truncate":
        victim.write_bytes(data[:-5])
    else:
        data[len(data) // 2] ^= 1
        victim.write_bytes(data)
    settings = config(
        **SMALL, **{"execution.checkpointing.dir": str(tmp_path), "execution.state-recovery.path": "latest"}
    )
    with caplog.at_level(logging.WARNING, logger="levada"):
        job = run(pipeline(range(300), double, Remembering()), settings)
    assert job.status is JobStatus.FINISHED
    assert newest.name in caplog.text
    assert "falling back to the checkpoint before it" in caplog.text


def test_a_checkpoint_published_while_the_attempt_failed_counts() -> None:
    storage, sink, heard_of = MemoryStorage(), Remembering(), []

    def once(value: int) -> int:
        if not heard_of and any(name.endswith("chk-000002/manifest.json") for name in storage.files):
            heard_of.append(job.stats.completed)
            raise ConnectionError("service away")
        return value

    store = CheckpointStore(storage)
    settings = config(**SMALL, **{"execution.checkpointing.num-retained": "2"})
    job = submit(pipeline(range(500), once, sink), settings, virtual(), store)
    drive(job)
    assert heard_of == [1], "checkpoint 2 was there, but the job did not know it yet"
    assert job.status is JobStatus.FINISHED
    assert job.restored_from == 2
    assert sink.visible() == list(range(500))
    assert len(store.ids()) == 2


def test_falling_back_stops_at_an_earlier_start_of_the_job(tmp_path: Path) -> None:
    _finished_directory(tmp_path)
    earlier = CheckpointStore(LocalStorage(tmp_path)).ids()
    _finished_directory(tmp_path)
    for checkpoint_id in set(CheckpointStore(LocalStorage(tmp_path)).ids()) - set(earlier):
        victim = sorted((tmp_path / f"chk-{checkpoint_id:06d}").glob("*.arrow"))[0]
        victim.write_bytes(victim.read_bytes()[:-5])
    settings = config(
        **SMALL, **{"execution.checkpointing.dir": str(tmp_path), "execution.state-recovery.path": "latest"}
    )
    job = run(pipeline(range(300), double, Remembering()), settings)
    assert isinstance(job.failure, CheckpointCorruptError)
    assert f"chk-{earlier[-1]:06d}, is of an earlier start of the job" in str(job.failure)
    assert "--from" in str(job.failure)


def test_when_no_checkpoint_is_whole_the_job_is_refused(tmp_path: Path) -> None:
    _finished_directory(tmp_path)
    for manifest in tmp_path.glob("chk-*/manifest.json"):
        manifest.write_bytes(manifest.read_bytes()[:-20])
    settings = config(
        **SMALL, **{"execution.checkpointing.dir": str(tmp_path), "execution.state-recovery.path": "latest"}
    )
    job = run(pipeline(range(300), double, Remembering()), settings)
    assert isinstance(job.failure, CheckpointCorruptError)
    assert "is whole" in str(job.failure)


def test_a_damaged_checkpoint_that_was_named_is_refused_with_the_others(tmp_path: Path) -> None:
    _finished_directory(tmp_path)
    folders = sorted(tmp_path.glob("chk-*"))
    (folders[-1] / "manifest.json").write_text("{}")
    job = run(
        pipeline(range(300), double, Remembering()), config(**{"execution.state-recovery.path": str(folders[-1])})
    )
    assert isinstance(job.failure, CheckpointCorruptError)
    assert folders[0].name in str(job.failure)


def test_a_checkpoint_of_another_job_is_refused(tmp_path: Path) -> None:
    _finished_directory(tmp_path)
    other = pipeline(range(10), double, Remembering(), name="other", uid="other-source")
    job = run(other, config(**{"execution.state-recovery.path": str(tmp_path)}))
    assert isinstance(job.failure, CheckpointMismatchError)
    assert "belongs to another job: it was written by 'job'" in str(job.failure)


def test_a_missing_checkpoint_is_refused(tmp_path: Path) -> None:
    job = run(
        pipeline(range(10), double, Remembering()), config(**{"execution.state-recovery.path": str(tmp_path / "chk-9")})
    )
    assert isinstance(job.failure, UserError)
    assert "there is no checkpoint" in str(job.failure)


def test_latest_without_a_directory_is_refused() -> None:
    job = run(pipeline(range(10), double, Remembering()), config(**{"execution.state-recovery.path": "latest"}))
    assert isinstance(job.failure, ConfigError)


def test_a_second_live_job_on_the_directory_is_refused(tmp_path: Path) -> None:
    settings = config(**SMALL, **{"execution.checkpointing.dir": str(tmp_path)})
    first = submit(pipeline(range(5), double, Remembering(), endless=True), settings, virtual())
    first.step(0)
    second = run(pipeline(range(5), double, Remembering()), settings)
    assert isinstance(second.failure, CheckpointDirectoryInUseError)
    first.cancel()
    drive(first)
    assert run(pipeline(range(5), double, Remembering()), settings).status is JobStatus.FINISHED


class _FullDisk(MemoryStorage):
    def write(self, name: str, data: bytes) -> None:
        raise StorageError(f"cannot write {name}: no space left on the disk")


def test_a_full_disk_fails_the_job_after_its_restarts_and_says_so() -> None:
    sink = Remembering()
    job = run(pipeline(range(50), double, sink, endless=True), config(**SMALL), CheckpointStore(_FullDisk()))
    assert isinstance(job.failure, StorageError)
    assert "no space left on the disk" in str(job.failure)
    assert job.progress().restarts == 3
    assert sink.visible() == [], "nothing becomes visible without a checkpoint"


def test_a_checkpoint_that_takes_too_long_fails_the_attempt() -> None:
    class Never:
        def submit(self, work: object, done: object) -> None:
            """Nothing is ever done."""

        def poll(self) -> int:
            return 0

        def close(self) -> None:
            """Nothing to close."""

    services = Services(virtual().clock, Never(), None)
    settings = config(**SMALL, **{"execution.checkpointing.timeout": "50 ms", "restart-strategy.type": "none"})
    job = drive(submit(pipeline(range(50), double, Remembering(), endless=True), settings, services))
    assert "took longer than" in str(job.failure)


def test_collected_rows_come_once_through_a_restart() -> None:
    failures = iter([True])

    def once(value: int) -> int:
        if value == 700 and next(failures, False):
            raise ConnectionError("service away")
        return value

    settings = config(**SMALL, **{"restart-strategy.fixed-delay.delay": "1 ms"})
    env = StreamExecutionEnvironment.get_execution_environment(settings)
    stream = env.from_collection(list(range(1000))).map(once)
    with stream.execute_and_collect() as rows:
        assert list(rows) == list(range(1000))
    assert next(failures, None) is None, "it did fail"
