"""``'connector' = 'filesystem'``: CSV, JSON lines and Parquet files."""

from __future__ import annotations

from levada.common.errors import SqlError
from levada.connectors.base import Sink
from levada.connectors.files import FileSink, FileSource
from levada.formats.base import BulkFormat, Format, StreamFormat
from levada.formats.csv import CsvFormat
from levada.formats.json import JsonFormat
from levada.formats.parquet import ParquetFormat
from levada.sql.catalog import CatalogTable
from levada.sql.connectors.definition import ScanSource, TableConnector, TableOptions
from levada.sql.physical.nodes import Accepts
from levada.sql.types import RowType
from levada.sql.types.arrow import to_arrow_schema

_FORMATS = ("csv", "json", "parquet")
_KEYS = frozenset(
    {
        "path",
        "format",
        "source.monitor-interval",
        "csv.header",
        "csv.field-delimiter",
        "csv.quote-character",
        "csv.disable-quote-character",
        "csv.escape-character",
        "csv.null-literal",
        "csv.array-element-delimiter",
        "csv.ignore-parse-errors",
        "json.ignore-parse-errors",
        "json.timestamp-format.standard",
        "parquet.compression",
    }
)


def _source(table: CatalogTable, wanted: RowType, options: TableOptions) -> ScanSource:
    _unpartitioned(table)
    path = options.required("path")
    form = _format(options)
    # Without a header a CSV file's columns are found by position, so all of them are read.
    row_type = table.physical_type if isinstance(form, CsvFormat) and not form.header else wanted
    form = form.with_schema(to_arrow_schema(row_type))
    if isinstance(form, StreamFormat):
        builder = FileSource.for_record_stream_format(form, path)
        if options.boolean(f"{options.required('format')}.ignore-parse-errors"):
            builder = builder.set_malformed_policy("skip")
    else:
        assert isinstance(form, BulkFormat)
        builder = FileSource.for_bulk_file_format(form, path)
    interval = options.duration("source.monitor-interval")
    if interval is not None:
        builder = builder.monitor_continuously(interval)
    return ScanSource(builder.set_columnar().build(), row_type)


def _sink(table: CatalogTable, options: TableOptions) -> Sink:
    _unpartitioned(table)
    path = options.required("path")
    form = _format(options).with_schema(to_arrow_schema(table.physical_type))
    if isinstance(form, StreamFormat):
        return FileSink.for_row_format(path, form).build()
    return FileSink.for_bulk_format(path, form).build()


def _unpartitioned(table: CatalogTable) -> None:
    if table.partition_keys:
        raise SqlError(f"table `{table.name}`: not supported yet: PARTITIONED BY")


def _format(options: TableOptions) -> Format:
    match options.choice("format", _FORMATS):
        case "csv":
            return _csv(options)
        case "json":
            standard = options.choice("json.timestamp-format.standard", ("SQL", "ISO-8601"), "SQL")
            return JsonFormat(timestamp_format=standard)
        case _:
            return ParquetFormat(compression=options.text("parquet.compression", "snappy") or "snappy")


def _csv(options: TableOptions) -> Format:
    quote = options.text("csv.quote-character", '"')
    delimiter = options.text("csv.field-delimiter", ",") or ","
    return CsvFormat(
        header=options.boolean("csv.header"),
        delimiter=delimiter.replace("\\t", "\t"),
        quote_char=None if options.boolean("csv.disable-quote-character") else quote,
        escape_char=options.text("csv.escape-character"),
        null_literal=options.text("csv.null-literal"),
        array_delimiter=options.text("csv.array-element-delimiter", ";") or ";",
    )


CONNECTOR = TableConnector("filesystem", _KEYS, _source, _sink, Accepts.APPEND)
