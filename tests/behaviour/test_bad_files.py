"""Files that are malformed, missing, of the wrong types, cut off, or changed under a job: what a user is told."""

from __future__ import annotations

import gzip
import logging
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.behaviour.jobs import NO_TIME, FailOnce, checkpointed, environment

from levada.common.errors import JobBuildError, MalformedRecordError, StorageError, UserError, UserFunctionError
from levada.common.output_tag import OutputTag
from levada.connectors.files import MalformedRecord
from levada.connectors.rate import RateLimitedSource
from levada.datastream.connectors.file_system import FileSink, FileSource, StreamFormat
from levada.formats.csv import CsvFormat
from levada.formats.json import JsonFormat
from levada.formats.parquet import ParquetFormat

SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.string())])
REMEDY = "Mend the file, or let such records be skipped or put on a side output"

MALFORMED: dict[str, tuple[Any, bytes, int, str]] = {
    # The format; the file; the line that is wrong; what is wrong with it.
    "csv: too few fields": (CsvFormat(SCHEMA), b"a,b\n1,x\n2\n3,z\n", 3, "it has 1 fields where 2 are expected"),
    "csv: too many fields": (CsvFormat(SCHEMA), b"a,b\n1,x,y\n", 2, "it has 3 fields where 2 are expected"),
    "csv: wrong type": (CsvFormat(SCHEMA), b"a,b\n1,x\nfoo,y\n", 3, "column 'a': 'foo' is not a whole number (int64)"),
    "csv: an open quote": (CsvFormat(SCHEMA), b'a,b\n1,"x\n2,y\n3,z\n', 2, "a quote is not closed"),
    "csv: not UTF-8": (CsvFormat(SCHEMA), b"a,b\n1,\xff\xfe\n", 2, "can't decode byte 0xff"),
    "json: cut off": (JsonFormat(), b'{"a":1}\n{"a":\n{"a":3}\n', 2, "not JSON: Expecting value"),
    "json: wrong type": (JsonFormat(SCHEMA), b'{"a":1}\n\n{"a":"x"}\n', 3, "column 'a': 'x' is not a whole number"),
    "json: no object": (JsonFormat(SCHEMA), b"[1]\n", 1, "not a JSON object but list"),
    "text: not UTF-8": (StreamFormat.text_line_format(), b"abc\n\xff\n", 2, "can't decode byte 0xff"),
}


def reading(path: Path, form: Any, policy: Any = None) -> Any:
    builder = FileSource.for_record_stream_format(form, path)
    return (builder if policy is None else builder.set_malformed_policy(policy)).build()


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_record_fails_with_file_line_and_text(case: str, tmp_path: Path) -> None:
    form, content, line, wrong = MALFORMED[case]
    path = tmp_path / "in.txt"
    path.write_bytes(content)
    stream = environment().from_source(reading(path, form), NO_TIME, "input")
    with pytest.raises(MalformedRecordError) as caught:
        stream.execute_and_collect(limit=100)
    message = str(caught.value)
    assert message.startswith(f"{path}, line {line}: "), message
    assert wrong in message
    assert content.splitlines()[line - 1].decode("utf-8", "replace") in message
    assert REMEDY in message
    assert caught.value.__notes__ == ["in 'input -> Collect', subtask 1 of 1"]


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_records_are_skipped_and_counted(case: str, tmp_path: Path) -> None:
    form, content, _, _ = MALFORMED[case]
    path = tmp_path / "in.txt"
    path.write_bytes(content)
    env = environment()
    good: list[Any] = []
    env.from_source(reading(path, form, "skip"), NO_TIME, "input").add_sink(good.append)
    result = env.execute()
    assert result.get_all_accumulator_results() == {"input.malformed_records": 1}
    records = len([each for each in content.splitlines() if each]) - (1 if getattr(form, "header", False) else 0)
    assert len(good) == records - 1


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_records_go_to_a_side_output(case: str, tmp_path: Path) -> None:
    form, content, line, wrong = MALFORMED[case]
    path = tmp_path / "in.txt"
    path.write_bytes(content)
    env = environment()
    tag: OutputTag[MalformedRecord] = OutputTag("malformed")
    aside: list[MalformedRecord] = []
    stream = env.from_source(reading(path, form, tag), NO_TIME, "input")
    stream.get_side_output(tag).add_sink(aside.append)
    stream.add_sink(lambda value: None)
    env.execute()
    (record,) = aside
    assert (record.file, record.line) == (str(path), line)
    assert record.text == content.splitlines()[line - 1].decode("utf-8", "replace")
    assert wrong in record.error


def test_a_policy_that_does_not_exist() -> None:
    with pytest.raises(JobBuildError, match=r"set_malformed_policy\('ignore'\): 'ignore' is none of 'fail', 'skip'"):
        FileSource.for_record_stream_format(JsonFormat(), "x").set_malformed_policy("ignore")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("absent.json", "there is no file or directory '{dir}/absent.json'; the nearest existing directory is '{dir}'"),
        ("absent/*.json", "no file matches '{dir}/absent/*.json'; the nearest existing directory is '{dir}'"),
    ],
)
def test_a_missing_file_is_told_when_the_job_is_built(path: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(JobBuildError, match=re.escape(told.format(dir=tmp_path))):
        reading(tmp_path / path, JsonFormat())


def test_another_file_system_is_refused() -> None:
    with pytest.raises(JobBuildError, match=r"'s3://bucket/x\.json' is not on the local file system"):
        FileSource.for_record_stream_format(JsonFormat(), "s3://bucket/x.json")


def test_a_header_without_the_column(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,c\n1,x\n")
    with pytest.raises(JobBuildError, match=r"in.csv: the header has no column 'b'; it has a, c"):
        reading(tmp_path / "in.csv", CsvFormat(SCHEMA))


def test_no_records_to_guess_a_schema_from(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("")
    with pytest.raises(JobBuildError, match=r"no records to guess a schema from; give one: CsvFormat\(schema="):
        reading(tmp_path / "in.csv", CsvFormat())
    assert (
        environment()
        .from_source(reading(tmp_path / "in.csv", CsvFormat(SCHEMA)), NO_TIME, "x")
        .execute_and_collect(limit=1)
        == []
    )


def test_what_is_no_parquet_and_what_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "in.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(StorageError, match=r"in.parquet cannot be read as Parquet"):
        FileSource.for_bulk_file_format(ParquetFormat(), tmp_path / "in.parquet").build()
    whole = gzip.compress(b'{"a":1}\n' * 10_000)
    (tmp_path / "in.json.gz").write_bytes(whole[: len(whole) // 2])
    stream = environment().from_source(reading(tmp_path / "in.json.gz", JsonFormat()), NO_TIME, "x")
    with pytest.raises(MalformedRecordError, match=r"in.json.gz: the compressed file is damaged or cut off"):
        stream.execute_and_collect(limit=20_000)


def test_values_that_a_sink_cannot_write(tmp_path: Path) -> None:
    for form, value, told in (
        (JsonFormat(), {"a": object()}, r"JSON: <object object at .*> \(object\) cannot be written as JSON; map the"),
        (CsvFormat(SCHEMA), ("y", "x"), "CSV: column 'a': .*; convert the values before"),
        (CsvFormat(SCHEMA), (1, "x", 2), "has 3 values where 2 columns are written: a, b"),
    ):
        env = environment()
        env.from_collection([value]).sink_to(FileSink.for_row_format(tmp_path / "out", form).build())
        with pytest.raises(UserError, match=told):
            env.execute()
    assert [path.name for path in (tmp_path / "out").rglob("*")] == []


# --- a file that is not what it was when the checkpoint was taken ----------------------------------------------------


def interrupted(path: Path, checkpoints: Path, start: str | None = None) -> list[Any]:
    """Read a file slowly; fails at 600 unless it starts from a checkpoint."""
    more = {} if start is None else {"execution_state__recovery_path": start}
    env = checkpointed(checkpoints, **{"restart__strategy_type": "none", **more})
    source = RateLimitedSource(reading(path, JsonFormat()), 4000)
    fail = FailOnce(600 if start is None else None)
    rows: list[Any] = []
    env.from_source(source, NO_TIME, "input").map(lambda record: fail(record["a"])).add_sink(rows.append)
    env.execute("reader")
    return rows


def a_thousand(path: Path) -> str:
    content = "".join(f'{{"a":{n}}}\n' for n in range(1000))
    path.write_text(content)
    return content


@pytest.mark.parametrize("change", ["none", "shrunk", "grown", "rewritten", "gone"])
def test_a_source_file_that_changes_between_crash_and_restore(
    change: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, checkpoints = tmp_path / "in.json", tmp_path / "checkpoints"
    content = a_thousand(path)
    with pytest.raises(UserFunctionError):
        interrupted(path, checkpoints)
    if change == "gone":
        path.rename(tmp_path / "away.json")
        with pytest.raises(JobBuildError, match="there is no file or directory"):
            interrupted(path, checkpoints, "latest")
        return
    changed = {"shrunk": content[:1000], "grown": content + '{"a":1000}\n', "rewritten": content.replace("9", "8")}
    if change in changed:
        path.write_text(changed[change])
    with caplog.at_level(logging.WARNING, "levada"):
        if change == "shrunk":
            with pytest.raises(
                UserError, match=r"in.json has shrunk from 9890 to 1000 bytes since it was found.* put the"
            ):
                interrupted(path, checkpoints, "latest")
            return
        rows = interrupted(path, checkpoints, "latest")
    warned = [record for record in caplog.records if "has changed since it was found" in record.getMessage()]
    assert len(warned) == (change != "none")
    if change != "rewritten":
        # It goes on where it was, and ends where the file ended when it was found.
        assert rows == list(range(rows[0], 1000))
        assert 0 < rows[0] <= 600


def test_fields_that_are_renamed_between_crash_and_restore(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a,b\n" + "".join(f"{n},x\n" for n in range(10)))
    env = checkpointed(tmp_path / "checkpoints", restart__strategy_type="none")
    env.from_source(reading(path, CsvFormat(SCHEMA)), NO_TIME, "input").map(FailOnce(None)).print()
    path.write_text("a,c\n" + "".join(f"{n},x\n" for n in range(10)))
    with pytest.raises(MalformedRecordError, match=r"in.csv, line 1: the header has no column 'b'; it has a, c"):
        env.execute()
