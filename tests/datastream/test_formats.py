"""Formats under PyFlink's names: files written and read back, and messages."""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from levada.common import Row, Types, WatermarkStrategy
from levada.common.errors import JobBuildError, MalformedRecordError
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.connectors.file_system import FileSink, FileSource
from levada.datastream.formats.csv import (
    CsvBulkWriters,
    CsvReaderFormat,
    CsvRowDeserializationSchema,
    CsvRowSerializationSchema,
    CsvSchema,
)
from levada.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema
from levada.datastream.formats.parquet import ParquetBulkWriters, ParquetColumnarRowInputFormat
from levada.formats.parquet import ParquetFormat
from levada.table.types import DataTypes

PERSON = Types.ROW_NAMED(["name", "age", "tags"], [Types.STRING(), Types.INT(), Types.LIST(Types.STRING())])


def written(folder: Path, writer: Any, rows: list[Row]) -> bytes:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.enable_checkpointing(1000)
    env.from_collection(rows).sink_to(FileSink.for_bulk_format(folder, writer).build())
    env.execute()
    (path,) = [each for each in folder.rglob("part-*") if each.is_file()]
    return path.read_bytes()


def read(source: FileSource) -> list[Any]:
    env = StreamExecutionEnvironment.get_execution_environment()
    return list(env.from_source(source, WatermarkStrategy.no_watermarks(), "files"))


def test_csv_files_by_a_schema(tmp_path: Path) -> None:
    schema = (
        CsvSchema.builder()
        .add_string_column("name")
        .add_number_column("id")
        .add_number_column("price", DataTypes.DOUBLE())
        .add_boolean_column("sold")
        .add_array_column("sizes", "#", DataTypes.INT())
        .set_column_separator("|")
        .set_null_value("-")
        .set_line_separator("\n")
        .build()
    )
    assert schema.size() == len(schema) == 5
    rows = [Row(name="a|b", id=1, price=2.5, sold=True, sizes=[1, 2]), Row("c", 2, None, False, [3])]
    rows[1].set_field_names(["name", "id", "price", "sold", "sizes"])
    assert written(tmp_path, CsvBulkWriters.for_schema(schema), rows) == b'"a|b"|1|2.5|true|1#2\nc|2|-|false|3\n'
    source = FileSource.for_record_stream_format(CsvReaderFormat.for_schema(schema), tmp_path).build()
    assert [row.as_dict() for row in read(source)] == [row.as_dict() for row in rows]


def test_csv_options(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    more = CsvSchema.builder().add_string_column("b").build()
    builder = CsvSchema.builder().add_string_column("x").clear_columns()
    assert builder.size() == len(builder) == 0
    builder.add_string_column("a").add_columns_from(more).set_use_header().set_quote_char("'").set_escape_char("\\")
    file = tmp_path / "some.csv"
    file.write_text("b,a\n'1,2',3\\,4\n")
    source = FileSource.for_record_stream_format(CsvReaderFormat.for_schema(builder.build()), file).build()
    assert [row.as_dict() for row in read(source)] == [{"a": "3,4", "b": "1,2"}]
    plain = builder.disable_quote_char().disable_escape_char().set_array_element_separator("/").build().format
    assert (plain.quote_char, plain.escape_char, plain.array_delimiter) == (None, None, "/")
    with caplog.at_level(logging.WARNING):
        assert builder.set_strict_headers() is builder
    assert "set_strict_headers() has no effect" in caplog.text
    assert builder.set_skip_first_data_row(False) is builder


def test_csv_schemas_that_cannot_be() -> None:
    with pytest.raises(JobBuildError, match="there is no column"):
        CsvSchema.builder().build()
    with pytest.raises(JobBuildError, match="a column 'a' already"):
        CsvSchema.builder().add_string_column("a").add_boolean_column("a")
    with pytest.raises(JobBuildError, match="no type of numbers"):
        CsvSchema.builder().add_number_column("a", DataTypes.STRING())
    with pytest.raises(JobBuildError, match="set_use_header"):
        CsvSchema.builder().set_skip_first_data_row()
    with pytest.raises(JobBuildError, match="end with"):
        CsvSchema.builder().set_line_separator(";")
    with pytest.raises(JobBuildError, match="pass CsvSchema"):
        CsvReaderFormat.for_schema("a,b")  # type: ignore[arg-type]


def test_csv_messages() -> None:
    encode = (
        CsvRowSerializationSchema.Builder(PERSON)
        .set_field_delimiter(";")
        .set_array_element_delimiter("/")
        .set_quote_character("'")
        .set_null_literal("n/a")
        .set_line_delimiter("\r\n")
        .build()
    )
    line = encode.serialize(Row(name="A;B", age=None, tags=["x", "y"]))
    assert line == b"'A;B';n/a;x/y\r\n"
    decode = (
        CsvRowDeserializationSchema.Builder(PERSON)
        .set_field_delimiter(";")
        .set_array_element_delimiter("/")
        .set_quote_character("'")
        .set_null_literal("n/a")
        .set_allow_comments(True)
        .build()
    )
    row = decode.deserialize(line)
    assert row is not None
    assert row.as_dict() == {"name": "A;B", "age": None, "tags": ["x", "y"]}
    assert decode.deserialize(b"# no person") is None
    with pytest.raises(MalformedRecordError, match="old"):
        decode.deserialize(b"Eve;old;x")
    with pytest.raises(JobBuildError, match="set_line_delimiter"):
        CsvRowSerializationSchema.Builder(PERSON).set_line_delimiter("; ")


def test_csv_messages_with_escapes_and_without_errors() -> None:
    pair = Types.ROW_NAMED(["a", "b"], [Types.STRING(), Types.INT()])
    encode = CsvRowSerializationSchema.Builder(pair).disable_quote_character().set_escape_character("\\").build()
    assert encode.serialize(Row(a="1,2", b=3)) == b"1\\,2,3\n"
    decode = CsvRowDeserializationSchema.Builder(pair).set_escape_character("\\").set_ignore_parse_errors(True).build()
    row = decode.deserialize(b"1\\,2,3\n")
    assert row is not None
    assert list(row) == ["1,2", 3]
    assert decode.deserialize(b"1,many") is None


def test_json_messages() -> None:
    encode = JsonRowSerializationSchema.builder().with_type_info(PERSON).build()
    message = encode.serialize(Row("Ann", 7, ["x"]))
    assert message == b'{"name":"Ann","age":7,"tags":["x"]}'
    decode = JsonRowDeserializationSchema.builder().type_info(PERSON).build()
    row = decode.deserialize(b'{"age": 7,\n "name": "Ann", "tags": ["x"], "more": 1}')
    assert row is not None
    assert row.as_dict() == {"name": "Ann", "age": 7, "tags": ["x"]}
    lacking = decode.deserialize(b'{"name": "Ann"}')
    assert lacking is not None
    assert lacking["age"] is None
    for message in (b'{"age": "many"}', b"", b"[1]"):
        with pytest.raises(MalformedRecordError, match="no such JSON object"):
            decode.deserialize(message)


def test_json_messages_with_fields_missing_or_wrong() -> None:
    strict = JsonRowDeserializationSchema.builder().type_info(PERSON).fail_on_missing_field()
    with pytest.raises(MalformedRecordError, match="lacks the field 'age'"):
        strict.build().deserialize(b'{"name": "Ann", "tags": []}')
    assert strict.ignore_parse_errors().build().deserialize(b'{"name": "Ann"}') is None
    for builder in (JsonRowDeserializationSchema.builder(), JsonRowSerializationSchema.builder()):
        with pytest.raises(JobBuildError, match="rows' type"):
            builder.build()


def test_a_json_schema() -> None:
    text = """{"type": "object", "properties": {"id": {"type": "integer"}, "ok": {"type": ["boolean", "null"]},
        "list": {"type": "array", "items": {"type": "string"}},
        "in": {"type": "object", "properties": {"x": {"type": "number"}}}}}"""
    row = (
        JsonRowDeserializationSchema.builder()
        .json_schema(text)
        .build()
        .deserialize(b'{"id": 5, "ok": null, "list": ["a"], "in": {"x": 0.5}}')
    )
    assert row is not None
    assert row.as_dict(recursive=True) == {"id": 5, "ok": None, "list": ["a"], "in": {"x": Decimal("0.5")}}
    with pytest.raises(JobBuildError, match="the type 'date'"):
        JsonRowDeserializationSchema.builder().json_schema('{"type": "date"}')
    with pytest.raises(JobBuildError, match="no JSON"):
        JsonRowDeserializationSchema.builder().json_schema("{")


def test_parquet_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kind = DataTypes.ROW([DataTypes.FIELD("id", DataTypes.BIGINT()), DataTypes.FIELD("at", DataTypes.TIMESTAMP(6))])
    rows = [Row(id=1, at=dt.datetime(2024, 1, 2, 3, 4, 5, 6)), Row(id=2, at=None)]
    with caplog.at_level(logging.WARNING):
        written(tmp_path, ParquetBulkWriters.for_row_type(kind, hadoop_config={}), rows)
    assert "there is no Hadoop" in caplog.text
    ids = ParquetColumnarRowInputFormat(Types.ROW_NAMED(["id"], [Types.LONG()]), is_case_sensitive=False)
    assert isinstance(ids, ParquetFormat)
    assert "is_case_sensitive" in caplog.text
    assert [row.as_dict() for row in read(FileSource.for_bulk_file_format(ids, tmp_path).build())] == [
        {"id": 1},
        {"id": 2},
    ]
    both = FileSource.for_bulk_file_format(ParquetColumnarRowInputFormat(kind), tmp_path).build()
    assert [row.as_dict() for row in read(both)] == [row.as_dict() for row in rows]
    points = ParquetBulkWriters.for_row_type(kind, utc_timestamp=True)
    assert points.schema is not None
    assert points.schema.field("at").type == pa.timestamp("us", "UTC")


def test_types_that_are_no_columns() -> None:
    with pytest.raises(JobBuildError, match="no type of rows"):
        ParquetBulkWriters.for_row_type(Types.STRING())
    with pytest.raises(JobBuildError, match="has no column type"):
        ParquetBulkWriters.for_row_type(Types.ROW_NAMED(["a"], [Types.PICKLED_BYTE_ARRAY()]))
    nested = Types.ROW_NAMED(
        ["m", "r", "b"],
        [Types.MAP(Types.STRING(), Types.LONG()), Types.ROW_NAMED(["x"], [Types.DOUBLE()]), Types.SQL_DATE()],
    )
    assert ParquetBulkWriters.for_row_type(nested).schema == pa.schema(
        [("m", pa.map_(pa.string(), pa.int64())), ("r", pa.struct([("x", pa.float64())])), ("b", pa.date32())]
    )
