"""Checkpoints that are damaged, of another job, or in use; directories that cannot be written to."""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.behaviour.jobs import NO_TIME, checkpointed, environment, json_rows

from levada.checkpoint import list_checkpoints
from levada.common.errors import (
    CheckpointCorruptError,
    CheckpointDirectoryInUseError,
    CheckpointMismatchError,
    ConfigError,
    JobBuildError,
    StateError,
    StorageError,
    UserError,
)
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.datastream import DataStream, KeyedProcessFunction
from levada.datastream.connectors.file_system import FileSink
from levada.formats.json import JsonFormat
from levada.state.descriptors import ListStateDescriptor, ValueStateDescriptor

Stream = DataStream[Any]


class Counting(KeyedProcessFunction):
    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", int))

    def process_element(self, value: Any, ctx: Any) -> Any:
        n = (self.count.value() or 0) + 1
        self.count.update(n)
        yield value, n


def counting(stream: Stream) -> Stream:
    return stream.key_by(lambda value: value % 2).process(Counting())


def job(
    directory: Path,
    start: str | Path | None = None,
    build: Callable[[Stream], Stream] = counting,
    name: str = "counts",
    **settings: Any,
) -> None:
    """A job that ends with a checkpoint."""
    more = {} if start is None else {"execution_state__recovery_path": start}
    env = checkpointed(directory, 60_000, **{**more, **settings})
    build(env.from_collection([1, 2, 3])).add_sink(lambda value: None).uid("out")
    env.execute(name)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A directory with two whole checkpoints."""
    job(tmp_path / "ck")
    job(tmp_path / "ck", "latest")
    assert [each.checkpoint_id for each in list_checkpoints(tmp_path / "ck")] == [1, 2]
    return tmp_path / "ck"


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-5])


DAMAGES: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "state flipped": (
        "*count.0.arrow",
        flip,
        r"file \S+count.0.arrow \(state 'state.count' of \S+\) does not match its",
    ),
    "state cut off": ("*count.0.arrow", cut, r"file \S+count.0.arrow \(state 'state.count' of \S+\) has \d+ bytes in"),
    "state gone": ("*count.0.arrow", Path.unlink, r"file \S+count.0.arrow \(state 'state.count' of \S+\) is missing"),
    "manifest flipped": ("manifest.json", flip, r"the manifest (does not match its checksum|is not readable)"),
    "manifest cut off": ("manifest.json", cut, r"the manifest is not readable"),
    "manifest empty": ("manifest.json", lambda file: file.write_bytes(b"") and None, r"the manifest is not readable"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_told_and_the_one_before_it_is_taken(
    damage: str, two: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pattern, harm, told = DAMAGES[damage]
    (file,) = (two / "chk-000002").glob(pattern)
    harm(file)
    with caplog.at_level(logging.INFO, "levada"):
        job(two, "latest")
    messages = [record.getMessage() for record in caplog.records]
    assert any(re.search(rf"{re.escape(str(two))}/chk-000002: {told}.*; falling back to", text) for text in messages)
    assert f"restoring {two}/chk-000001 (checkpoint 1)" in messages
    # Named, it is not silently replaced by another.
    with pytest.raises(CheckpointCorruptError, match=rf"{told}.*; others in {re.escape(str(two))}: chk-000001"):
        job(two, two / "chk-000002")


def test_where_no_checkpoint_is_whole_the_job_does_not_start(two: Path) -> None:
    for file in two.glob("chk-*/*count.0.arrow"):
        flip(file)
    with pytest.raises(
        CheckpointCorruptError, match=r"none of the 2 checkpoints in .*/ck is whole; the oldest: .*chk-000001"
    ):
        job(two, "latest")


@pytest.mark.parametrize(
    ("start", "error", "told"),
    [
        ("absent", UserError, "there is no checkpoint directory absent"),
        ("ck/chk-000009", UserError, "there is no checkpoint ck/chk-000009; see: levada checkpoints list ck"),
        ("empty", UserError, "empty holds no completed checkpoint"),
    ],
)
def test_a_checkpoint_that_is_not_there(
    start: str, error: type[Exception], told: str, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(two.parent)
    Path("empty").mkdir()
    with pytest.raises(error, match=told):
        job(two, start)


def test_latest_without_a_directory_and_in_an_empty_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    env = environment(execution_state__recovery_path="latest")
    env.from_collection([1]).add_sink(lambda value: None)
    with pytest.raises(ConfigError, match=r"--from latest: this job has no checkpoint directory; set execution.check"):
        env.execute()
    with caplog.at_level(logging.WARNING, "levada"):
        job(tmp_path / "new", "latest")
    assert "holds no checkpoint, so the job starts fresh" in caplog.text


def test_a_fresh_start_in_a_used_directory_says_so_in_one_line(two: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "levada"):
        job(two)
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line == (
        f"starting fresh, although {two} holds 2 checkpoints; to continue from the newest, pass --from latest or set "
        "execution.state-recovery.path=latest"
    )


# --- a checkpoint that does not fit ----------------------------------------------------------------------------------


def test_a_checkpoint_of_another_job_is_refused(two: Path, tmp_path: Path) -> None:
    env = environment(execution_checkpointing_dir=two, execution_state__recovery_path="latest")
    env.from_collection(["x"]).uid("words").key_by(lambda w: w).reduce(lambda a, b: a).uid("r").add_sink(print).uid("p")
    with pytest.raises(
        CheckpointMismatchError, match="belongs to another job: it was written by 'counts' and none of its"
    ):
        env.execute("words")


def test_a_job_of_another_name_with_operators_alike_is_warned(two: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "levada"):
        job(two, "latest", name="other")
    assert "was written by the job 'counts'; this is 'other', whose operators are alike" in caplog.text


def test_an_operator_that_moved_without_a_uid_is_refused_with_the_list(two: Path) -> None:
    with pytest.raises(CheckpointMismatchError) as caught:
        job(two, "latest", lambda s: s.map(lambda v: v).key_by(lambda v: v % 2).process(Counting()))
    message = str(caught.value)
    assert "these operators have moved, changed or gone:\n  keyed_process-" in message
    assert "('KeyedProcess(Counting)'): its state has no operator in this job" in message
    assert '.uid("<the uid above>")' in message
    address = re.search(r"keyed_process-\w+", message)
    assert address is not None
    # The remedy works.
    job(two, "latest", lambda s: counting(s.map(lambda v: v)).uid(address[0]))


def test_another_function_in_the_same_place_is_refused(two: Path) -> None:
    class Summing(Counting):
        pass

    with pytest.raises(
        CheckpointMismatchError, match=r"written by keyed_process:Counting .*; now keyed_process:.*Summing st"
    ):
        job(two, "latest", lambda s: s.key_by(lambda value: value % 2).process(Summing()))


def test_two_operators_that_changed_places_are_refused(tmp_path: Path) -> None:
    class One(Counting):
        pass

    class Two(Counting):
        pass

    def both(first: type[Counting], second: type[Counting]) -> Callable[[Stream], Stream]:
        def build(stream: Stream) -> Stream:
            keyed = stream.key_by(lambda value: value)
            return keyed.process(first()).union(keyed.process(second()))

        return build

    job(tmp_path / "ck", build=both(One, Two))
    job(tmp_path / "ck", "latest", both(One, Two))
    with pytest.raises(
        CheckpointMismatchError, match=r"written by .*One .*; now .*Two stands there\n.*written by .*Two "
    ):
        job(tmp_path / "ck", "latest", both(Two, One))


def test_another_max_parallelism_is_refused_with_the_setting(two: Path) -> None:
    with pytest.raises(
        CheckpointMismatchError, match=r"max parallelism 128, this job has 64; .*set pipeline.max-paral"
    ):
        job(two, "latest", pipeline_max__parallelism=64)


def test_another_kind_of_state_under_the_same_name_is_refused(two: Path) -> None:
    class Other(Counting):
        def open(self, runtime_context: Any) -> None:
            self.count = runtime_context.get_list_state(ListStateDescriptor("count", int))

    Other.__qualname__ = Counting.__qualname__
    with pytest.raises(
        StateError, match="state 'count' is asked for as a ListState, but it is a ValueState, declared ear"
    ):
        job(two, "latest", lambda s: s.key_by(lambda value: value % 2).process(Other()), restart__strategy_type="none")


# --- directories -----------------------------------------------------------------------------------------------------


def test_a_second_job_on_the_directory_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    env = checkpointed(tmp_path / "ck")
    endless = DataGeneratorSource(lambda n: n, rate_limiter_strategy=RateLimiterStrategy.per_second(1000))
    with env.from_source(endless, NO_TIME, "endless").execute_and_collect() as records:
        next(records)
        with pytest.raises(
            CheckpointDirectoryInUseError,
            match=rf"is in use by another job of this process \({os.getpid()}\); let that",
        ):
            job(tmp_path / "ck")
        next(records)
    job(tmp_path / "ck")


@pytest.mark.parametrize("where", ["afile", "afile/below"])
def test_a_checkpoint_directory_that_is_none(where: str, tmp_path: Path) -> None:
    (tmp_path / "afile").write_text("")
    with pytest.raises(
        StorageError, match=rf"no checkpoints can be written to .*{where}: .*; point execution.checkpointing"
    ):
        job(tmp_path / where)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match=r"Permission denied; point execution.checkpointing.dir at a directory"):
        job(tmp_path / "ck")
    with pytest.raises(JobBuildError, match="there is no permission to write to"):
        FileSink.for_row_format(tmp_path / "out", JsonFormat())


def test_a_sink_on_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "afile").write_text("")
    with pytest.raises(JobBuildError, match=r"base_path='.*afile/out'\): '.*afile' is a file, not a directory"):
        FileSink.for_row_format(tmp_path / "afile" / "out", JsonFormat())


def test_so_many_checkpoints_are_kept(tmp_path: Path) -> None:
    for keep in (1, 2):
        env = checkpointed(tmp_path / "ck", 10, execution_checkpointing_num__retained=keep)
        source = DataGeneratorSource(lambda n: n, 100, rate_limiter_strategy=RateLimiterStrategy.per_second(500))
        sink = FileSink.for_row_format(tmp_path / "out", JsonFormat()).build()
        env.from_source(source, NO_TIME, "numbers").sink_to(sink)
        env.execute()
        kept = list_checkpoints(tmp_path / "ck")
        assert len(kept) == keep
        assert all(each.problem is None for each in kept)
        assert sorted(json_rows(tmp_path / "out")) == list(range(100))
        shutil.rmtree(tmp_path / "ck")
        shutil.rmtree(tmp_path / "out")


def test_another_max_parallelism_of_one_operator_is_refused(tmp_path: Path) -> None:
    def grouped(groups: int) -> Callable[[Stream], Stream]:
        return lambda stream: counting(stream).set_max_parallelism(groups)

    job(tmp_path / "ck", build=grouped(7))
    job(tmp_path / "ck", "latest", grouped(7))
    with pytest.raises(
        CheckpointMismatchError, match=r"\('KeyedProcess\(Counting\)'\) was written with max parallelism 7, now"
    ):
        job(tmp_path / "ck", "latest", grouped(9))
