"""Parquet under PyFlink's names."""

from __future__ import annotations

from typing import Any

from levada.common.logs import get_logger
from levada.datastream.formats.row_types import schema_of
from levada.formats.parquet import ParquetFormat

__all__ = ["ParquetBulkWriters", "ParquetColumnarRowInputFormat"]

log = get_logger(__name__)


class ParquetColumnarRowInputFormat(ParquetFormat):
    """Parquet files for ``FileSource.for_bulk_file_format``: named rows of these columns.

    What is made is a ``ParquetFormat``. ``batch_size`` and ``is_utc_timestamp`` change nothing: batches are as large as
    the engine wants them, and Parquet files say themselves what their timestamps mean.
    """

    def __new__(  # type: ignore[misc]
        cls,
        row_type: Any,
        hadoop_config: object = None,
        batch_size: int = 2048,
        is_utc_timestamp: bool = False,
        is_case_sensitive: bool = True,
    ) -> ParquetFormat:
        call = "ParquetColumnarRowInputFormat(row_type)"
        _without_hadoop(hadoop_config, "ParquetColumnarRowInputFormat")
        if not is_case_sensitive:
            log.warning("is_case_sensitive=False has no effect: columns of Parquet are found by their names as written")
        return ParquetFormat(schema_of(row_type, call))


class ParquetBulkWriters:
    """Parquet files for ``FileSink.for_bulk_format``."""

    @staticmethod
    def for_row_type(row_type: Any, hadoop_config: object = None, utc_timestamp: bool = False) -> ParquetFormat:
        """The format that writes these columns; with ``utc_timestamp``, timestamps as points in time."""
        _without_hadoop(hadoop_config, "ParquetBulkWriters.for_row_type")
        schema = schema_of(row_type, "ParquetBulkWriters.for_row_type(row_type)")
        return ParquetFormat(_in_utc(schema) if utc_timestamp else schema)


def _without_hadoop(hadoop_config: object, call: str) -> None:
    if hadoop_config is not None:
        log.warning("%s(hadoop_config) has no effect: there is no Hadoop", call)


def _in_utc(schema: Any) -> Any:
    import pyarrow as pa

    return pa.schema(
        [
            item.with_type(pa.timestamp(item.type.unit, "UTC")) if pa.types.is_timestamp(item.type) else item
            for item in schema
        ]
    )
