"""Tables that are data in memory: Arrow tables, data frames, anything with ``__arrow_c_stream__``."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from levada.common.errors import JobBuildError
from levada.connectors.arrow import ArrowSource, arrow_source
from levada.sql.connectors.definition import ScanSource
from levada.sql.types import RowField, RowType
from levada.sql.types.arrow import from_arrow, to_arrow_schema


@dataclass(frozen=True, eq=False)
class InlineSource:
    """Data as it is given to SQL: columns have the Arrow types that SQL's types stand for."""

    data: pa.Table
    row_type: RowType

    def scan(self, wanted: RowType) -> ScanSource:
        """A source of just these columns."""
        chosen = self.data.select(wanted.field_names())
        source = arrow_source(chosen)
        assert isinstance(source, ArrowSource)
        return ScanSource(source, wanted, parallelism=1)


def inline_source(name: str, data: object) -> InlineSource:
    """The data of a table named ``name``; its types become the nearest SQL types."""
    table = _table(name, data)
    fields = [RowField(field.name, from_arrow(field.type, field.nullable)) for field in table.schema]
    row_type = RowType(fields)
    wanted = to_arrow_schema(row_type)
    if table.schema.types != wanted.types:
        table = table.cast(wanted)
    return InlineSource(table.replace_schema_metadata(None), row_type)


def _table(name: str, data: object) -> pa.Table:
    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if isinstance(data, dict):
        return pa.table(data)
    if hasattr(data, "__arrow_c_stream__"):
        return pa.table(data)
    if type(data).__module__.partition(".")[0] == "pandas":
        return pa.Table.from_pandas(data, preserve_index=False)
    raise JobBuildError(
        f"{name}={type(data).__name__}: a table is a pandas or Polars data frame, an Arrow table, a dict of columns, "
        "or any object with __arrow_c_stream__"
    )
