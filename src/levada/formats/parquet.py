"""Parquet: columns in row groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any

from levada.common.batch import Batch
from levada.formats.base import BulkFormat
from levada.formats.rows import to_record_batch

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ParquetFormat(BulkFormat):
    """Parquet files. As rows: a ``Row`` with named fields.

    Parameters
    ----------
    schema : pyarrow.Schema, optional
        The columns to read (others are not touched) or to write; the first file's or the first batch's when left out.
    compression : str, default "snappy"
        For writing.
    """

    schema: pa.Schema | None = None
    compression: str = "snappy"

    name = "Parquet"

    def with_schema(self, schema: pa.Schema) -> ParquetFormat:
        return replace(self, schema=schema)

    def create_writer(self, file: IO[bytes]) -> ParquetWriter:
        """Writes row groups into one file."""
        return ParquetWriter(file, self)


class ParquetWriter:
    """Gathers batches into row groups of a useful size."""

    _ROWS = 128 * 1024

    def __init__(self, file: IO[bytes], form: ParquetFormat) -> None:
        self._file = file
        self._form = form
        self._schema = form.schema
        self._writer: Any = None
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: Batch) -> None:
        data = to_record_batch(batch, self._schema, "Parquet")
        if self._schema is None:
            self._schema = data.schema
        self._waiting.append(data)
        self._rows += data.num_rows
        if self._rows >= self._ROWS:
            self._write_group()

    def finish(self) -> None:
        self._write_group()
        if self._writer is not None:
            self._writer.close()

    def _write_group(self) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        if self._writer is None:
            if self._schema is None:
                return
            self._writer = parquet.ParquetWriter(self._file, self._schema, compression=self._form.compression)
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema))
            self._waiting.clear()
            self._rows = 0
