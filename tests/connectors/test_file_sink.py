"""The file sink: every row once, whatever happens between a write and its commit."""

from __future__ import annotations

import csv
import errno
import gc
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from levada.common.batch import ColumnBatch, RowBatch
from levada.common.errors import JobBuildError, StorageError, UserError
from levada.common.serialization import Encoder
from levada.common.types import Row
from levada.connectors.files import BucketAssigner, FileSink, OutputFileConfig, RollingPolicy
from levada.formats.csv import CsvFormat
from levada.formats.json import JsonFormat
from levada.formats.parquet import ParquetFormat

from .compliance import check_sink
from .harness import open_writer


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch):
    """No test can tell whether bytes reached the disk; waiting for it takes nearly all of the time."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def lines(folder: Path) -> list[str]:
    """What is visible below a directory."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return [line for path in files for line in path.read_text().splitlines()]


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def text_sink(folder: Path) -> FileSink:
    return FileSink.for_row_format(folder, Encoder.simple_string_encoder()).build()


def abandon(writer) -> None:
    """The end of a process: files are closed as they are."""
    for file in writer._open.values():
        file._file.close()


def commit(sink: FileSink, committables: list[object]) -> None:
    committer = sink.create_committer()
    committer.commit(committables)
    committer.close()


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_sink_complies(seed):
    with TemporaryDirectory() as folder:
        values = [f"row {i}" for i in range(40)]
        batches = [RowBatch(values[i : i + 3]) for i in range(0, 40, 3)]
        check_sink(lambda: text_sink(Path(folder)), batches, lambda: lines(Path(folder)), values, seed, abandon)
        assert not [name for name in names(Path(folder)) if "." in name], "nothing is left behind"


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parquet_sink_in_buckets_complies(seed):
    with TemporaryDirectory() as folder:
        table = pa.table({"x": list(range(30)), "key": ["a", None, "c/d"] * 10})
        batches = [ColumnBatch(batch) for batch in table.to_batches(max_chunksize=4)]

        def make():
            return FileSink.for_bulk_format(folder, ParquetFormat()).with_bucket_assigner("key").build()

        def visible():
            files = [path for path in Path(folder).rglob("*") if path.is_file() and not path.name.startswith(".")]
            return [row for path in files for row in parquet.ParquetFile(path).read().to_pylist()]

        check_sink(make, batches, visible, table.to_pylist(), seed, abandon)


def test_names_are_hidden_until_the_commit(tmp_path):
    config = OutputFileConfig.builder().with_part_prefix("out").with_part_suffix(".txt").build()
    sink = FileSink.for_row_format(tmp_path, Encoder.simple_string_encoder()).with_output_file_config(config).build()
    writer = open_writer(sink, subtask=2, parallelism=3)
    writer.write(RowBatch(["a"]))
    assert names(tmp_path) == [".out-2-0.txt.inprogress"]
    committables = writer.prepare_commit(1)
    assert names(tmp_path) == [".out-2-0.txt.pending"]
    commit(sink, committables)
    assert names(tmp_path) == ["out-2-0.txt"]
    commit(sink, committables)
    assert names(tmp_path) == ["out-2-0.txt"]


def test_no_rows_no_files(tmp_path):
    sink = text_sink(tmp_path)
    writer = open_writer(sink)
    writer.write(RowBatch([]))
    assert writer.prepare_commit(1) == []
    assert names(tmp_path) == []


def test_a_second_run_adds_to_what_is_there(tmp_path):
    for value in ("first", "second"):
        sink = text_sink(tmp_path)
        writer = open_writer(sink)
        writer.write(RowBatch([value]))
        commit(sink, writer.prepare_commit(1))
    assert lines(tmp_path) == ["first", "second"]


def test_restore_keeps_finished_files_of_the_checkpoint_and_removes_others(tmp_path):
    sink = text_sink(tmp_path)
    writer = open_writer(sink)
    writer.write(RowBatch(["in checkpoint 1"]))
    committables, state = writer.prepare_commit(1), writer.snapshot_state(1)
    writer.write(RowBatch(["finished for checkpoint 2, which failed"]))
    writer.prepare_commit(2)
    writer.write(RowBatch(["in progress"]))
    assert len(names(tmp_path)) == 3
    abandon(writer)
    open_writer(sink, restored=state)
    assert names(tmp_path) == [".part-0-0.pending"]
    commit(sink, committables)
    assert lines(tmp_path) == ["in checkpoint 1"]


def test_restore_at_lower_parallelism_cleans_up_after_the_missing_subtask(tmp_path):
    sink = text_sink(tmp_path)
    writers = [open_writer(sink, subtask=index, parallelism=2) for index in range(2)]
    for writer in writers:
        writer.write(RowBatch(["kept"]))
    committables = [item for writer in writers for item in writer.prepare_commit(1)]
    states = [state for writer in writers for state in writer.snapshot_state(1)]
    for writer in writers:
        writer.write(RowBatch(["lost"]))
        writer.prepare_commit(2)
    open_writer(sink, restored=states)
    assert names(tmp_path) == [".part-0-0.pending", ".part-1-0.pending"]
    commit(sink, committables)
    assert lines(tmp_path) == ["kept", "kept"]


def test_a_new_subtask_never_takes_a_name_that_was_used(tmp_path):
    sink = text_sink(tmp_path)
    old = open_writer(sink, subtask=2, parallelism=3)
    old.write(RowBatch(["of subtask 2"]))
    commit(sink, old.prepare_commit(1))
    again = open_writer(sink, subtask=2, parallelism=3, attempt=1, restored=[])
    again.write(RowBatch(["of its successor"]))
    commit(sink, again.prepare_commit(2))
    assert lines(tmp_path) == ["of subtask 2", "of its successor"]


def test_a_crash_between_link_and_unlink_is_mended(tmp_path):
    sink = text_sink(tmp_path)
    writer = open_writer(sink)
    writer.write(RowBatch(["a"]))
    [item] = writer.prepare_commit(1)
    os.link(item.staged, item.final)
    commit(sink, [item])
    assert names(tmp_path) == ["part-0-0"]


def test_processes_that_commit_at_once_do_not_disturb_each_other(tmp_path, monkeypatch):
    sink = text_sink(tmp_path)
    writer = open_writer(sink)
    writer.write(RowBatch(["a"]))
    committables = writer.prepare_commit(1)
    link = os.link

    def link_after_another(staged, final):
        monkeypatch.setattr(os, "link", link)
        commit(sink, committables)
        link(staged, final)

    monkeypatch.setattr(os, "link", link_after_another)
    commit(sink, committables)
    assert names(tmp_path) == ["part-0-0"]


def test_without_links_files_are_renamed(tmp_path, monkeypatch):
    def refuse(staged, final):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    sink = text_sink(tmp_path)
    writer = open_writer(sink)
    writer.write(RowBatch(["a"]))
    committables = writer.prepare_commit(1)
    commit(sink, committables)
    commit(sink, committables)
    assert lines(tmp_path) == ["a"]


def test_a_writer_that_gives_up_leaves_its_successor_alone(tmp_path):
    old = open_writer(text_sink(tmp_path))
    old.write(RowBatch(["lost"]))
    new = open_writer(text_sink(tmp_path), attempt=1)
    new.write(RowBatch(["kept"]))
    old.close()
    assert names(tmp_path) == [".part-0-0.inprogress"]
    commit(text_sink(tmp_path), new.prepare_commit(1))
    assert lines(tmp_path) == ["kept"]


def test_committed_files_are_never_overwritten(tmp_path):
    sink = text_sink(tmp_path)
    writer = open_writer(sink)
    writer.write(RowBatch(["a"]))
    committables = writer.prepare_commit(1)
    (tmp_path / "part-0-0").write_text("another job's")
    with pytest.raises(StorageError, match=r"another job has written .* part prefix"):
        commit(sink, committables)
    assert (tmp_path / "part-0-0").read_text() == "another job's"


def test_output_removed_by_hand_is_an_error(tmp_path):
    sink = text_sink(tmp_path)
    writer = open_writer(sink)
    writer.write(RowBatch(["a"]))
    committables = writer.prepare_commit(1)
    (tmp_path / ".part-0-0.pending").unlink()
    with pytest.raises(StorageError, match=r"neither it nor \.part-0-0\.pending"):
        commit(sink, committables)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("form", [JsonFormat(), ParquetFormat()])
def test_a_full_disk_names_the_file_and_the_remedy(tmp_path, form):
    (tmp_path / ".part-0-0.inprogress").symlink_to("/dev/full")
    writer = open_writer(FileSink.for_bulk_format(tmp_path, form).build())
    # The writer has seen that the name is taken; put it back onto it.
    writer._counter = 0
    writer.write(RowBatch([{"x": 1}]))
    with pytest.raises(
        StorageError, match=r"part-0-0.inprogress cannot be written: no space is left on the disk. Free"
    ):
        writer.prepare_commit(1)
    writer.close()
    del writer
    gc.collect()


def test_rolling_by_size_and_time(tmp_path):
    policy = RollingPolicy.default_rolling_policy(10, timedelta(minutes=1), timedelta(seconds=5))
    sink = FileSink.for_row_format(tmp_path, lambda value: value.encode()).with_rolling_policy(policy).build()
    writer = sink.create_writer(open_context())
    clock = writer._clock
    for value, pause in (("12345", 0), ("67890", 0), ("too big before", 0), ("a", 5), ("b", 4), ("c", 6)):
        clock.sleep(pause)
        writer.write(RowBatch([value]))
    commit(sink, writer.prepare_commit(1))
    assert [path.read_text() for path in sorted(tmp_path.iterdir())] == ["1234567890", "too big before", "ab", "c"]


def test_closing_gives_up_what_was_not_prepared(tmp_path):
    policy = RollingPolicy.default_rolling_policy(part_size=1)
    sink = FileSink.for_row_format(tmp_path, Encoder.simple_string_encoder()).with_rolling_policy(policy).build()
    writer = open_writer(sink)
    writer.write(RowBatch(["rolled"]))
    writer._open[""]._file.flush()
    writer.write(RowBatch(["open"]))
    assert len(names(tmp_path)) == 2
    writer.close()
    assert names(tmp_path) == []


def open_context():
    from levada.common.configuration import Configuration
    from levada.connectors.base import WriterContext

    from .harness import VirtualClock

    return WriterContext(0, 1, 0, VirtualClock(), Configuration(), [], lambda name, amount: None)


def written(sink: FileSink, *batches: object) -> None:
    writer = open_writer(sink)
    for batch in batches:
        writer.write(batch)
    commit(sink, writer.prepare_commit(1))


def test_buckets_by_time(tmp_path):
    assigner = BucketAssigner.date_time_bucket_assigner("yyyy/MM-dd--HHmm", "Asia/Tokyo")
    sink = FileSink.for_row_format(tmp_path, Encoder.simple_string_encoder()).with_bucket_assigner(assigner).build()
    written(sink, RowBatch([1]))
    assert names(tmp_path) == ["2023/11-15--0713/part-0-0"]


@pytest.mark.parametrize(
    "batch",
    [
        RowBatch([{"o": "JFK", "m": 1}, {"o": "EWR", "m": 1}, {"o": "JFK", "m": 1}]),
        RowBatch([Row(o="JFK", m=1), Row(o="EWR", m=1), Row(o="JFK", m=1)]),
        ColumnBatch(pa.record_batch({"o": ["JFK", "EWR", "JFK"], "m": [1, 1, 1]})),
    ],
)
def test_buckets_by_columns(tmp_path, batch):
    sink = FileSink.for_row_format(tmp_path, CsvFormat()).with_bucket_assigner(["o", "m"]).build()
    written(sink, batch)
    assert names(tmp_path) == ["o=EWR/m=1/part-0-1", "o=JFK/m=1/part-0-0"]
    assert lines(tmp_path) == ["o,m", "EWR,1", "o,m", "JFK,1", "JFK,1"]


def test_buckets_by_function(tmp_path):
    encoder = Encoder.simple_string_encoder()
    sink = FileSink.for_row_format(tmp_path, encoder).with_bucket_assigner(odd_or_even).build()
    written(sink, RowBatch([1, 2, 3]))
    assert names(tmp_path) == ["even/part-0-1", "odd/part-0-0"]
    assert lines(tmp_path) == ["2", "1", "3"]


def odd_or_even(value):
    return "odd" if value % 2 else "even"


def outside(value):
    return "../elsewhere"


def test_buckets_outside_are_refused(tmp_path):
    sink = FileSink.for_row_format(tmp_path, Encoder.simple_string_encoder()).with_bucket_assigner(outside).build()
    with pytest.raises(UserError, match="no relative path inside"):
        open_writer(sink).write(RowBatch([1]))


ROWS = RowBatch(
    [Row(id=1, name='a "b", c', at=datetime(2013, 1, 1, 5, 0, 0, 500_000, UTC)), Row(id=2, name="", at=None)]
)
COLUMNS = ColumnBatch(
    pa.record_batch(
        {
            "id": pa.array([1, 2]),
            "name": pa.array(['a "b", c', ""]),
            "at": pa.array([datetime(2013, 1, 1, 5, 0, 0, 500_000, UTC), None], pa.timestamp("ms", "UTC")),
        }
    )
)


@pytest.mark.parametrize("batch", [ROWS, COLUMNS])
def test_csv_and_json_of_rows_and_columns(tmp_path, batch):
    written(FileSink.for_row_format(tmp_path / "csv", CsvFormat()).build(), batch, batch)
    rows = [["1", 'a "b", c', "2013-01-01 05:00:00.5Z"], ["2", "", ""]]
    assert list(csv.reader(lines(tmp_path / "csv"))) == [["id", "name", "at"], *rows, *rows]
    written(FileSink.for_row_format(tmp_path / "json", JsonFormat(timestamp_format="ISO-8601")).build(), batch)
    assert lines(tmp_path / "json") == [
        '{"id":1,"name":"a \\"b\\", c","at":"2013-01-01T05:00:00.5Z"}',
        '{"id":2,"name":"","at":null}',
    ]


@pytest.mark.parametrize("batch", [ROWS, COLUMNS])
def test_parquet_of_rows_and_columns(tmp_path, batch):
    written(FileSink.for_bulk_format(tmp_path, ParquetFormat(COLUMNS.data.schema)).build(), batch, batch)
    table = parquet.ParquetFile(tmp_path / "part-0-0").read()
    assert table.to_pylist() == COLUMNS.data.to_pylist() * 2


def test_a_value_of_another_type_names_its_column(tmp_path):
    sink = FileSink.for_bulk_format(tmp_path, ParquetFormat(pa.schema([("id", pa.int64())]))).build()
    writer = open_writer(sink)
    with pytest.raises(UserError, match=r"Parquet: column 'id': .*x.*convert the values before"):
        writer.write(RowBatch([Row(id="x")]))
    writer.close()


def test_changes_are_refused(tmp_path):
    writer = open_writer(FileSink.for_row_format(tmp_path, CsvFormat()).build())
    changes = ColumnBatch(pa.record_batch({"x": [1, 2]}), pa.array([0, 2], pa.int8()))
    with pytest.raises(UserError, match="takes inserts only"):
        writer.write(changes)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda p: FileSink.for_row_format(p, 5), "pass Encoder.simple_string_encoder"),
        (lambda p: FileSink.for_bulk_format(p, 5), "pass a format such as ParquetFormat"),
        (lambda p: FileSink.for_row_format(p / "file" / "x", CsvFormat()), "is a file, not a directory"),
        (lambda p: FileSink.for_row_format(p, CsvFormat()).with_bucket_assigner(5), "name of a column"),
        (lambda p: FileSink.for_row_format(p, CsvFormat()).with_rolling_policy(5), "default_rolling_policy"),
        (lambda p: FileSink.for_row_format(p, CsvFormat()).with_output_file_config(5), "OutputFileConfig"),
        (lambda p: OutputFileConfig("_x"), "hidden"),
        (lambda p: OutputFileConfig("a/b"), "no '/'"),
        (lambda p: BucketAssigner.date_time_bucket_assigner("YYYY"), "'YYYY' is none of"),
        (lambda p: BucketAssigner.date_time_bucket_assigner(timezone_id="Mars/Base"), "no such time zone"),
        (lambda p: RollingPolicy.default_rolling_policy(0), "above zero"),
    ],
)
def test_wrong_arguments_are_refused_when_built(tmp_path, build, message):
    (tmp_path / "file").write_text("")
    with pytest.raises(JobBuildError, match=message):
        build(tmp_path)


def test_going_back_beyond_the_newest_checkpoint_takes_back_what_was_committed_since(tmp_path):
    sink = text_sink(tmp_path)
    other = open_writer(sink, run="earlier run")
    other.write(RowBatch(["of another run"]))
    commit(sink, other.prepare_commit(1))

    writer = open_writer(sink, run="this run")
    writer.write(RowBatch(["in checkpoint 1"]))
    first = writer.prepare_commit(1)
    state = writer.snapshot_state(1)
    commit(sink, first)
    writer.write(RowBatch(["in checkpoint 2"]))
    commit(sink, writer.prepare_commit(2))
    assert sorted(lines(tmp_path)) == ["in checkpoint 1", "in checkpoint 2", "of another run"]

    # Checkpoint 2 turns out to be damaged: its rows are read, and written, again.
    commit(sink, first)
    again = open_writer(sink, run="this run", restored=state)
    again.write(RowBatch(["in checkpoint 2"]))
    commit(sink, again.prepare_commit(3))
    assert sorted(lines(tmp_path)) == ["in checkpoint 1", "in checkpoint 2", "of another run"]
