"""JSON lines: one value per line."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.errors import JobBuildError
from levada.formats import convert, rows, timestamps
from levada.formats.base import BlockDecoder, LineWriter, StreamFormat, line_spans
from levada.formats.casts import cast
from levada.formats.json_writer import encode_columns, encode_values

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class JsonFormat(StreamFormat):
    """One JSON value per line. As rows: with a schema a dict of its fields, without one whatever ``json.loads`` gives.

    Parameters
    ----------
    schema : pyarrow.Schema, optional
        Fields that are not in it are left out; fields that a line lacks are null. Needed (or guessed from the first
        file) for columns.
    timestamp_format : {"SQL", "ISO-8601"}, default "SQL"
        How timestamps are written: ``2013-01-01 05:30:00.5`` or ``2013-01-01T05:30:00.5``. Both are read.
    """

    schema: pa.Schema | None = None
    timestamp_format: str = "SQL"

    name = "JSON"

    def __post_init__(self) -> None:
        timestamps.check_standard(self.timestamp_format, "JsonFormat(timestamp_format)")
        for item in self.schema or ():
            try:
                convert.converter(item.type)
            except ValueError as error:
                raise JobBuildError(f"JsonFormat(schema): column {item.name!r}: {error}") from None

    def with_schema(self, schema: pa.Schema) -> JsonFormat:
        return replace(self, schema=schema)

    def decoder(self, columnar: bool, header: bytes | None = None) -> BlockDecoder[Any]:
        return _ValueDecoder() if self.schema is None else _ColumnDecoder(self.schema, columnar)

    def needs_schema(self, columnar: bool) -> bool:
        return columnar

    def infer(self, sample: bytes) -> pa.Schema | None:
        from pyarrow import json as arrow_json

        options = arrow_json.ReadOptions(use_threads=False, block_size=len(sample) + 1)
        return _without_nulls(arrow_json.read_json(_file(sample), read_options=options).schema)

    def create_writer(self, file: IO[bytes]) -> LineWriter:
        """Writes one object per row."""
        return LineWriter(file, self.encode)

    def encode(self, batch: Batch) -> bytes:
        """A line for each row."""
        if isinstance(batch, ColumnBatch):
            return encode_columns(batch.data, self.timestamp_format)
        if self.schema is None:
            return encode_values(batch.values, self.timestamp_format)
        return encode_columns(rows.to_record_batch(batch, self.schema, "JSON"), self.timestamp_format)


class _ValueDecoder(BlockDecoder[list[Any]]):
    """Without a schema: all lines as one JSON array, in a single call."""

    def fast(self, block: bytes) -> list[Any]:
        lines = [line for line in block.split(b"\n") if line and not line.isspace()]
        values: list[Any] = json.loads((b"[" + b",".join(lines) + b"]").decode())
        if len(values) != len(lines):
            raise ValueError("a line does not hold one value")
        return values

    def one(self, record: bytes) -> Any:
        return _loads(record)

    def gather(self, values: list[Any]) -> list[Any]:
        return values

    def finish(self, parts: list[list[Any]]) -> Batch:
        return RowBatch(parts[0] if len(parts) == 1 else [value for part in parts for value in part])


class _ColumnDecoder(BlockDecoder["pa.RecordBatch"]):
    """With a schema: Arrow reads the block in types it knows for JSON, which are then cast to the schema's."""

    def __init__(self, schema: pa.Schema, columnar: bool) -> None:
        import pyarrow as pa
        from pyarrow import json as arrow_json

        self._schema = schema
        self._columnar = columnar
        wire = [_wire_type(item.type) for item in schema]
        self._parse: Any = None
        if None not in wire:
            self._parse = arrow_json.ParseOptions(
                explicit_schema=pa.schema(list(zip(schema.names, wire, strict=True))),
                unexpected_field_behavior="ignore",
            )
        self._converters = {item.name: convert.nullable(convert.converter(item.type)) for item in schema}

    def fast(self, block: bytes) -> pa.RecordBatch:
        import pyarrow as pa
        from pyarrow import json as arrow_json

        if self._parse is None:
            raise ValueError("the schema has types that Arrow does not read from JSON")
        if not block.isascii():
            block.decode()  # Arrow does not look whether strings are UTF-8
        if not block.strip():
            return pa.RecordBatch.from_arrays([pa.array([], item.type) for item in self._schema], schema=self._schema)
        options = arrow_json.ReadOptions(use_threads=False, block_size=len(block) + 1)
        table = arrow_json.read_json(_file(block), read_options=options, parse_options=self._parse)
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        if table.num_rows != lines and table.num_rows != len(line_spans(block)):
            raise ValueError("a line does not hold one object")
        columns = []
        for item in self._schema:
            column = table.column(item.name)
            column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
            columns.append(cast(column, item.type))
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)

    def one(self, record: bytes) -> list[Any]:
        value = _loads(record, parse_float=Decimal)
        if not isinstance(value, dict):
            raise ValueError(f"not a JSON object but {type(value).__name__}")  # noqa: TRY004
        fields = []
        for name, of in self._converters.items():
            try:
                fields.append(of(value.get(name)))
            except ValueError as error:
                raise ValueError(f"column {name!r}: {error}") from None
        return fields

    def gather(self, values: list[Any]) -> pa.RecordBatch:
        import pyarrow as pa

        columns = zip(*values, strict=True)
        arrays = [pa.array(column, item.type) for column, item in zip(columns, self._schema, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def finish(self, parts: list[pa.RecordBatch]) -> Batch:
        import pyarrow as pa

        data = parts[0] if len(parts) == 1 else pa.concat_batches(parts or [self.fast(b"")])
        return ColumnBatch(data) if self._columnar else RowBatch(rows.to_dict_values(data))


def _loads(record: bytes, **options: Any) -> Any:
    try:
        return json.loads(record.decode(), **options)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: {error}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from None


def _wire_type(kind: pa.DataType, nested: bool = False) -> pa.DataType | None:
    """The type in which Arrow is asked to read values of type ``kind``; None where it cannot."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_timestamp(kind):
        # Inside other values nothing cuts off digits towards the past, so there Arrow refuses what has too many.
        return kind if nested or kind.unit == "ns" else pa.timestamp("us", kind.tz)
    if types.is_date(kind) or types.is_time(kind):
        return None if nested and types.is_time(kind) else pa.string()
    if types.is_struct(kind):
        inner = [(kind.field(i).name, _wire_type(kind.field(i).type, True)) for i in range(kind.num_fields)]
        return None if any(wire is None for _, wire in inner) else pa.struct(inner)
    if types.is_list(kind):
        wire = _wire_type(kind.value_type, True)
        return None if wire is None else pa.list_(wire)
    if types.is_map(kind) or types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return None
    return kind


def _file(data: bytes) -> Any:
    import pyarrow as pa

    return pa.BufferReader(data)


def _without_nulls(schema: pa.Schema) -> pa.Schema:
    """Columns of nothing but nulls become strings: any value fits them."""
    import pyarrow as pa

    return pa.schema([(item.name, pa.string() if pa.types.is_null(item.type) else item.type) for item in schema])
