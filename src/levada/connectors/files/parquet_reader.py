"""Reading a split of a Parquet file: row groups, in batches, counted from the split's first row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.errors import MalformedRecordError, StorageError
from levada.connectors.files.splits import FileSplit
from levada.formats.base import Format
from levada.formats.casts import cast
from levada.formats.rows import to_row_values

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_ROWS = 32 * 1024


class OpenParquetSplit:
    """A split whose position is the number of rows read of it."""

    def __init__(self, split: FileSplit, form: Format, columnar: bool) -> None:
        from pyarrow import ArrowException, parquet

        self._split = split
        self._schema = form.schema
        self._columnar = columnar
        try:
            self._file = parquet.ParquetFile(split.path)
        except (ArrowException, OSError) as error:
            raise StorageError(f"{split.path} cannot be read as Parquet: {error}") from error
        names = self._file.schema_arrow.names
        missing = [name for name in (self._schema.names if self._schema else ()) if name not in names]
        if missing:
            raise MalformedRecordError(
                f"{split.path} has no column {missing[0]!r}; it has {', '.join(names)}. Leave it out of the schema, or "
                "read files of one kind"
            )
        for item in self._schema or ():
            self._check_castable(item)
        self._rows = split.rows
        self._data: pa.RecordBatch | None = None
        self._at = 0
        self._batches = self._read()

    def file_schema(self) -> pa.Schema:
        """The schema that the file itself has."""
        return self._file.schema_arrow

    def _check_castable(self, item: pa.Field) -> None:
        import pyarrow as pa

        found = self._file.schema_arrow.field(item.name).type
        try:
            cast(pa.array([], found), item.type)
        except pa.ArrowException:
            raise MalformedRecordError(
                f"{self._split.path}: column {item.name!r} is {found} in the file and {item.type} in the schema"
            ) from None

    def _read(self) -> Iterator[pa.RecordBatch]:
        """Batches from the position on: whole row groups before it are not read."""
        metadata = self._file.metadata
        skip = self._rows
        group = self._split.begin
        while group < self._split.end and skip >= metadata.row_group(group).num_rows:
            skip -= metadata.row_group(group).num_rows
            group += 1
        names = list(self._schema.names) if self._schema else None
        for batch in self._file.iter_batches(
            _BATCH_ROWS, row_groups=list(range(group, self._split.end)), columns=names, use_threads=False
        ):
            passed = min(skip, batch.num_rows)
            skip -= passed
            if passed < batch.num_rows:
                yield self._cast(batch.slice(passed) if passed else batch)

    def poll(self, max_rows: int) -> Batch | None:
        if self._data is None or self._at >= self._data.num_rows:
            self._data = self._next()
            self._at = 0
            if self._data is None:
                return None
        data = self._data.slice(self._at, max_rows)
        self._at += data.num_rows
        self._rows += data.num_rows
        return ColumnBatch(data) if self._columnar else RowBatch(to_row_values(data))

    def _next(self) -> pa.RecordBatch | None:
        from pyarrow import ArrowException

        try:
            return next(self._batches, None)
        except (ArrowException, OSError) as error:
            raise StorageError(f"{self._split.path} cannot be read as Parquet: {error}") from error

    def _cast(self, data: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow as pa

        if self._schema is None or data.schema.equals(self._schema):
            return data
        columns = []
        for item in self._schema:
            column = data.column(item.name)
            try:
                columns.append(cast(column, item.type))
            except (pa.ArrowException, ValueError) as error:
                row, value = _first_refused(column, item.type)
                raise MalformedRecordError(
                    f"{self._split.path}, row {self._row_number(row)}: column {item.name!r}: {value!r} ({column.type}) "
                    f"does not fit {item.type}: {error}"
                ) from None
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)

    def _row_number(self, row_of_batch: int) -> int:
        before = sum(self._file.metadata.row_group(group).num_rows for group in range(self._split.begin))
        return int(before) + self._rows + row_of_batch + 1

    def position(self) -> FileSplit:
        return replace(self._split, rows=self._rows)

    def close(self) -> None:
        self._file.close()


def _first_refused(column: pa.Array, kind: pa.DataType) -> tuple[int, object]:
    import pyarrow as pa

    for row in range(len(column)):
        try:
            cast(column.slice(row, 1), kind)
        except (pa.ArrowException, ValueError):
            return row, column[row].as_py()
    return 0, None
