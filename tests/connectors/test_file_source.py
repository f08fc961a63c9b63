"""Files as sources: every way in which records stand in files, and every way in which files are wrong."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from levada.common.errors import JobBuildError, MalformedRecordError, StorageError
from levada.common.output_tag import OutputTag
from levada.common.types import Row
from levada.connectors.base import Boundedness
from levada.connectors.files import FileSource, stream_reader
from levada.formats.base import StreamFormat
from levada.formats.csv import CsvFormat
from levada.formats.json import JsonFormat
from levada.formats.parquet import ParquetFormat

from .compliance import check_source
from .harness import SourceRun, read

SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.string()), ("at", pa.timestamp("ms"))])
seeds = st.integers(0, 10**6)
on_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)


def text(*paths, **options):
    builder = FileSource.for_record_stream_format(StreamFormat.text_line_format(), *paths)
    return builder.build()


def csv(*paths, columnar=False, **options):
    return FileSource.for_record_stream_format(CsvFormat(**options), *paths).set_columnar(columnar).build()


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a few records, so that small files have many."""
    monkeypatch.setattr(stream_reader, "BLOCK_BYTES", 50)


def write_csv(path, rows, extra=""):
    lines = [f'{i},"na ""me"", {i}\nline 2",2013-01-01 05:00:{i % 60:02d}\n' for i in range(rows)]
    path.write_text("id,name,at\n" + "".join(lines) + extra)
    return [{"id": i, "name": f'na "me", {i}\nline 2', "at": datetime(2013, 1, 1, 5, 0, i % 60)} for i in range(rows)]


# --- every source complies


@given(seeds)
@on_files
def test_text_complies(tmp_path, small_blocks, seed):
    (tmp_path / "a.txt").write_text("".join(f"line {i} {'x' * (i % 90)}\n" for i in range(60)))
    (tmp_path / "b.txt").write_text("\n\nlast without end")
    expected = [f"line {i} {'x' * (i % 90)}" for i in range(60)] + ["", "", "last without end"]
    check_source(text(tmp_path), expected, seed)


@given(seeds, st.integers(1, 400))
@on_files
def test_text_splits_comply(tmp_path, small_blocks, seed, split_bytes):
    (tmp_path / "a.txt").write_text("".join(f"line {i} {'x' * (i % 40)}\r\n" for i in range(40)))
    builder = FileSource.for_record_stream_format(StreamFormat.text_line_format(), tmp_path / "a.txt")
    source = builder.set_split_size(split_bytes).build()
    check_source(source, [f"line {i} {'x' * (i % 40)}" for i in range(40)], seed)


@given(seeds, st.integers(1, 400))
@on_files
def test_csv_splits_comply(tmp_path, small_blocks, seed, split_bytes):
    (tmp_path / "a.csv").write_text("id,name\n" + "".join(f'{i},"a, {i}"\n' for i in range(40)))
    builder = FileSource.for_record_stream_format(CsvFormat(), tmp_path / "a.csv").set_columnar()
    source = builder.set_split_size(split_bytes).build()
    check_source(source, [{"id": i, "name": f"a, {i}"} for i in range(40)], seed)


@given(seeds)
@on_files
def test_csv_with_quoted_line_ends_complies(tmp_path, small_blocks, seed):
    expected = write_csv(tmp_path / "a.csv", 40)
    source = FileSource.for_record_stream_format(CsvFormat(SCHEMA), tmp_path).set_columnar().set_split_size(100).build()
    check_source(source, expected, seed)


@given(seeds)
@on_files
def test_json_with_malformed_lines_complies(tmp_path, small_blocks, seed):
    lines = [json.dumps({"id": i, "name": "n" * (i % 20)}) if i % 7 else f"bad {i}" for i in range(60)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    builder = FileSource.for_record_stream_format(JsonFormat(), tmp_path).set_split_size(200)
    source = builder.set_malformed_policy(OutputTag("bad")).build()
    check_source(source, [{"id": i, "name": "n" * (i % 20)} for i in range(60) if i % 7], seed)


@given(seeds)
@on_files
def test_gzip_complies(tmp_path, small_blocks, seed):
    with gzip.open(tmp_path / "a.csv.gz", "wt") as file:
        file.write("id,name\n" + "".join(f"{i},n{i}\n" for i in range(50)))
    source = FileSource.for_record_stream_format(CsvFormat(), tmp_path).set_split_size(10).build()
    check_source(source, [Row(id=i, name=f"n{i}") for i in range(50)], seed)


@given(seeds)
@on_files
def test_parquet_complies(tmp_path, seed):
    table = pa.table({"id": list(range(50)), "name": [f"n{i}" for i in range(50)]})
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=9)
    builder = FileSource.for_bulk_file_format(ParquetFormat(), tmp_path).set_columnar().set_split_size(300)
    check_source(builder.build(), table.to_pylist(), seed)


# --- what records look like


def test_text_takes_windows_line_ends_bom_and_unicode(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeffolá\r\n\r\n水\x0b\u2028x\n".encode())
    assert read(text(tmp_path / "a.txt")) == ["olá", "", "水\x0b\u2028x"]


def test_text_in_another_charset(tmp_path):
    (tmp_path / "a.txt").write_bytes("olá\n".encode("latin-1"))
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format("ISO-8859-1"), tmp_path).build()
    assert read(source) == ["olá"]


def test_empty_file_and_header_only(tmp_path):
    (tmp_path / "a.csv").write_text("")
    (tmp_path / "b.csv").write_text("id,name,at")
    (tmp_path / "c.csv").write_text("id,name,at\n")
    assert read(csv(tmp_path, schema=SCHEMA)) == []
    assert read(csv(tmp_path, schema=SCHEMA, columnar=True)) == []
    assert read(text(tmp_path / "a.csv")) == []


def test_csv_with_bom_and_windows_line_ends(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'\xef\xbb\xbfid,name,at\r\n1,"a\r\nb",2013-01-01T05:00:00\r\n2,,\r\n')
    rows = read(csv(tmp_path, schema=SCHEMA))
    assert rows == [Row(id=1, name="a\r\nb", at=datetime(2013, 1, 1, 5)), Row(id=2, name="", at=None)]


def test_csv_guesses_its_schema(tmp_path):
    (tmp_path / "a.csv").write_text("id,name,rate,on,at\n1,x,0.5,2013-01-01,2013-01-01 05:00:00\n")
    source = csv(tmp_path)
    kinds = [pa.int64(), pa.string(), pa.float64(), pa.date32(), pa.timestamp("ms")]
    assert source.schema == pa.schema(list(zip(["id", "name", "rate", "on", "at"], kinds, strict=True)))
    assert read(source)[0].on == date(2013, 1, 1)


def test_csv_header_is_matched_by_name(tmp_path):
    (tmp_path / "a.csv").write_text("more,at,id,name\nm,,1,x\n")
    (tmp_path / "b.csv").write_text("id,name,at\n2,y,\n")
    assert read(csv(tmp_path, schema=SCHEMA)) == [Row(id=1, name="x", at=None), Row(id=2, name="y", at=None)]


def test_csv_without_header_goes_by_position(tmp_path):
    (tmp_path / "a.csv").write_text("1;x;\n")
    assert read(csv(tmp_path, schema=SCHEMA, header=False, delimiter=";")) == [Row(id=1, name="x", at=None)]


def test_json_rows_are_dicts_and_columns_follow_a_schema(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": 1, "name": "x", "at": "2013-01-01 05:00:00"}\n\n{"id": 2, "more": [1]}\n')
    rows = FileSource.for_record_stream_format(JsonFormat(), tmp_path).build()
    assert read(rows) == [{"id": 1, "name": "x", "at": "2013-01-01 05:00:00"}, {"id": 2, "more": [1]}]
    columns = FileSource.for_record_stream_format(JsonFormat(SCHEMA), tmp_path).set_columnar().build()
    assert read(columns) == [
        {"id": 1, "name": "x", "at": datetime(2013, 1, 1, 5)},
        {"id": 2, "name": None, "at": None},
    ]


def test_json_columns_guess_their_schema(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": 1, "in": {"x": [1.5]}}\n')
    source = FileSource.for_record_stream_format(JsonFormat(), tmp_path).set_columnar().build()
    assert source.schema.names == ["id", "in"]
    assert read(source) == [{"id": 1, "in": {"x": [1.5]}}]


def test_a_record_longer_than_many_blocks(tmp_path, small_blocks):
    (tmp_path / "a.txt").write_text("a\n" + "x" * 100_000 + "\nb\n")
    assert [len(line) for line in read(text(tmp_path))] == [1, 100_000, 1]


def test_other_compressions(tmp_path):
    with bz2.open(tmp_path / "a.bz2", "wt") as file:
        file.write("a\n")
    with lzma.open(tmp_path / "b.xz", "wt") as file:
        file.write("b\n")
    assert read(text(tmp_path)) == ["a", "b"]


def test_parquet_reads_the_schemas_columns_as_rows(tmp_path):
    parquet.write_table(pa.table({"b": ["x"], "id": pa.array([1], pa.int32()), "c": [None]}), tmp_path / "a.parquet")
    schema = pa.schema([("id", pa.int64()), ("b", pa.string())])
    assert read(FileSource.for_bulk_file_format(ParquetFormat(schema), tmp_path).build()) == [Row(id=1, b="x")]


# --- which files are read


def test_directories_are_read_whole_without_hidden_files(tmp_path):
    for name in ("b.txt", "sub/a.txt", "sub/.hidden", "_SUCCESS", ".git/x.txt", "_tmp/y.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name + "\n")
    assert read(text(tmp_path)) == ["b.txt", "sub/a.txt"]
    assert read(text(f"file://{tmp_path}/sub")) == ["sub/a.txt"]


def test_globs(tmp_path):
    for name in ("a1.txt", "a2.txt", "b.txt"):
        (tmp_path / name).write_text(name + "\n")
    assert read(text(tmp_path / "a*.txt")) == ["a1.txt", "a2.txt"]


def test_a_directory_is_watched(tmp_path):
    (tmp_path / "a.txt").write_text("a\n")
    builder = FileSource.for_record_stream_format(StreamFormat.text_line_format(), tmp_path)
    source = builder.monitor_continuously(timedelta(seconds=1)).build()
    assert source.boundedness is Boundedness.CONTINUOUS_UNBOUNDED
    run = SourceRun(source, parallelism=2)
    assert run.rows(stop_when_idle=True) == ["a"]
    (tmp_path / "b.txt").write_text("b\n")
    assert run.rows(stop_when_idle=True) == []
    run.advance(1000)
    assert run.rows(stop_when_idle=True) == ["b"]
    snapshot = run.snapshot()
    (tmp_path / "c.txt").write_text("c\n")
    again = SourceRun(source, 1, snapshot)
    assert again.rows(stop_when_idle=True) == ["c"], "files seen before the snapshot are not read again"


# --- what is wrong with them


def test_malformed_csv_fails_with_file_and_line(tmp_path):
    write_csv(tmp_path / "a.csv", 40, "x,y,z\n")
    with pytest.raises(MalformedRecordError) as error:
        read(csv(tmp_path, schema=SCHEMA))
    message = str(error.value)
    assert f"{tmp_path}/a.csv, line 82: column 'id': 'x' is not a whole number (int64)" in message
    assert "x,y,z" in message
    assert ".set_malformed_policy('skip')" in message


def test_malformed_line_is_found_in_a_later_split(tmp_path):
    lines = [f'{{"id": {i}}}' for i in range(100)]
    lines[77] = '{"id": "seventy-seven"}'
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    schema = pa.schema([("id", pa.int64())])
    source = FileSource.for_record_stream_format(JsonFormat(schema), tmp_path).set_split_size(100).build()
    with pytest.raises(MalformedRecordError, match=r"a\.jsonl, line 78: column 'id': 'seventy-seven' is not a whole"):
        read(source, parallelism=3)


def test_malformed_records_are_skipped_and_counted(tmp_path):
    expected = write_csv(tmp_path / "a.csv", 10, "1,2\n" + "9,z,\n")
    builder = FileSource.for_record_stream_format(CsvFormat(SCHEMA), tmp_path).set_columnar()
    run = SourceRun(builder.set_malformed_policy("skip").build())
    assert run.rows() == [*expected, {"id": 9, "name": "z", "at": None}]
    assert run.counters == {"malformed_records": 1}


def test_malformed_records_go_to_a_side_output(tmp_path):
    write_csv(tmp_path / "a.csv", 2, "1,2\n" + 'x,"open,\n')
    builder = FileSource.for_record_stream_format(CsvFormat(SCHEMA), tmp_path)
    run = SourceRun(builder.set_malformed_policy(OutputTag("bad")).build())
    assert len(run.rows()) == 2
    path = str(tmp_path / "a.csv")
    first, second = run.side["bad"]
    assert first == (path, 6, "1,2", "it has 2 fields where 3 are expected")
    assert second == (path, 7, 'x,"open,', "a quote is not closed")
    assert run.counters == {"malformed_records": 2}


def test_missing_path_names_the_nearest_parent(tmp_path):
    with pytest.raises(JobBuildError, match=f"no file or directory .*nope/x.csv'; the nearest.* '{tmp_path}'"):
        text(tmp_path / "nope" / "x.csv")
    with pytest.raises(JobBuildError, match=r"no file matches .*\*.csv'; the nearest existing directory"):
        text(tmp_path / "*.csv")


def test_missing_column_is_refused_when_built(tmp_path):
    (tmp_path / "a.csv").write_text("id,name\n1,x\n")
    with pytest.raises(JobBuildError, match=r"a\.csv: the header has no column 'at'; it has id, name"):
        csv(tmp_path, schema=SCHEMA)


def test_missing_column_of_a_later_file_names_it(tmp_path):
    (tmp_path / "a.csv").write_text("id,name,at\n1,x,\n")
    (tmp_path / "b.csv").write_text("id,nom,at\n1,x,\n")
    with pytest.raises(MalformedRecordError, match=r"b\.csv, line 1: the header has no column 'name'"):
        read(csv(tmp_path, schema=SCHEMA))


def test_parquet_of_another_type_is_refused_when_built(tmp_path):
    parquet.write_table(pa.table({"id": [[1]]}), tmp_path / "a.parquet")
    with pytest.raises(JobBuildError, match="'id' is list<element: int64> in the file and int64 in the schema"):
        FileSource.for_bulk_file_format(ParquetFormat(pa.schema([("id", pa.int64())])), tmp_path).build()


def test_parquet_value_that_does_not_fit_names_column_value_file_and_row(tmp_path):
    parquet.write_table(pa.table({"id": ["1", "2", "three"]}), tmp_path / "a.parquet")
    source = FileSource.for_bulk_file_format(ParquetFormat(pa.schema([("id", pa.int64())])), tmp_path).build()
    with pytest.raises(MalformedRecordError, match=r"a\.parquet, row 3: column 'id': 'three' \(string\) does not fit"):
        read(source)


def test_damaged_files(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"line\n" * 10_000)[:-20])
    with pytest.raises(MalformedRecordError, match=r"a\.gz: the compressed file is damaged or cut off"):
        read(text(tmp_path / "a.gz"))
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(StorageError, match=r"a\.parquet cannot be read as Parquet"):
        FileSource.for_bulk_file_format(ParquetFormat(), tmp_path / "a.parquet").build()


def test_file_that_vanished_after_it_was_found(tmp_path):
    (tmp_path / "a.txt").write_text("a\n")
    run = SourceRun(text(tmp_path))
    (tmp_path / "a.txt").unlink()
    with pytest.raises(StorageError, match=r"a\.txt cannot be read: No such file"):
        run.rows()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda p: FileSource.for_record_stream_format("csv", p), "pass a StreamFormat"),
        (lambda p: FileSource.for_bulk_file_format(CsvFormat(), p), "pass a BulkFormat"),
        (lambda p: FileSource.for_record_stream_format(CsvFormat()), "there is no path"),
        (lambda p: FileSource.for_record_stream_format(CsvFormat(), 5), "is not a path"),
        (lambda p: FileSource.for_record_stream_format(CsvFormat(), "s3://b/x"), "not on the local file system"),
        (lambda p: csv(p), "no records to guess a schema from; give one"),
        (lambda p: CsvFormat(delimiter=", "), "one ASCII character"),
        (lambda p: CsvFormat(pa.schema([("x", pa.struct([("y", pa.int64())]))])), "has no form in CSV; use JSON"),
        (lambda p: JsonFormat(timestamp_format="ISO"), "'SQL' .* and 'ISO-8601'"),
        (lambda p: StreamFormat.text_line_format("UTF-16"), "no line end in this charset"),
        (lambda p: StreamFormat.text_line_format("nope"), "no charset of this name"),
        (lambda p: text_builder(p).monitor_continuously(5), "is not a length of time"),
        (lambda p: text_builder(p).monitor_continuously(timedelta(0)), "must be positive"),
        (lambda p: text_builder(p).set_malformed_policy("ignore"), "'fail', 'skip'"),
    ],
)
def test_wrong_arguments_are_refused_when_built(tmp_path, build, message):
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(JobBuildError, match=message):
        build(tmp_path)


def text_builder(path):
    return FileSource.for_record_stream_format(StreamFormat.text_line_format(), path)
