"""``FileSource``: records from files and directories."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from levada.common.errors import JobBuildError, MalformedRecordError
from levada.common.output_tag import OutputTag
from levada.common.time import Duration, to_millis
from levada.connectors.base import Boundedness, EnumeratorContext, ReaderContext, SourceReader
from levada.connectors.files.blocks import open_file, reading
from levada.connectors.files.enumerator import FileEnumerator, FilesFound
from levada.connectors.files.malformed import MalformedPolicy, MalformedRecord
from levada.connectors.files.parquet_reader import OpenParquetSplit
from levada.connectors.files.paths import check_exists, find_files, local_path
from levada.connectors.files.providers import SPLIT_BYTES, FileEnumeratorProvider, FileSplitAssignerProvider, check
from levada.connectors.files.splits import FileSplit, check_unchanged
from levada.connectors.files.stream_reader import OpenStreamSplit
from levada.connectors.splits import OpenSplit, SplitQueueReader
from levada.formats.base import BulkFormat, Format, StreamFormat

if TYPE_CHECKING:
    import pyarrow as pa

_SAMPLE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class FileSource:
    """Records of files, each file read once. Made by ``for_record_stream_format`` or ``for_bulk_file_format``.

    Files are taken as they are when they are found and must not be changed afterwards; to add one to a watched
    directory, write it under a hidden name (``.`` or ``_`` in front) and rename it. Compressed files (``.gz``,
    ``.bz2``, ``.xz``) are read as what they hold.

    Attributes
    ----------
    paths : tuple of str
        Files, directories (all files below them) or globs.
    format : StreamFormat or BulkFormat
    columnar : bool
        Whether batches are Arrow columns; otherwise Python rows: ``str`` of text, ``Row`` of CSV and Parquet, dicts of
        JSON.
    schema : pyarrow.Schema or None
    """

    paths: tuple[str, ...]
    format: Format
    columnar: bool = False
    discovery_interval_ms: int | None = None
    malformed: MalformedPolicy = field(default_factory=MalformedPolicy)
    split_bytes: int = SPLIT_BYTES

    @staticmethod
    def for_record_stream_format(stream_format: StreamFormat, *paths: str | os.PathLike[str]) -> FileSourceBuilder:
        """A source of ``StreamFormat.text_line_format()``, ``CsvFormat()`` or ``JsonFormat()``."""
        call = "FileSource.for_record_stream_format"
        if not isinstance(stream_format, StreamFormat):
            raise JobBuildError(
                f"{call}({stream_format!r}): pass a StreamFormat: StreamFormat.text_line_format(), CsvFormat(), ..."
            )
        return FileSourceBuilder(stream_format, paths, call)

    @staticmethod
    def for_bulk_file_format(bulk_format: BulkFormat, *paths: str | os.PathLike[str]) -> FileSourceBuilder:
        """A source of Parquet: ``ParquetFormat()``."""
        call = "FileSource.for_bulk_file_format"
        if not isinstance(bulk_format, BulkFormat):
            raise JobBuildError(f"{call}({bulk_format!r}): pass a BulkFormat, such as ParquetFormat()")
        return FileSourceBuilder(bulk_format, paths, call)

    @property
    def schema(self) -> pa.Schema | None:
        """The schema of the columns; None for text, and for JSON rows without one."""
        return self.format.schema

    @property
    def boundedness(self) -> Boundedness:
        """Unbounded where directories are watched."""
        return Boundedness.BOUNDED if self.discovery_interval_ms is None else Boundedness.CONTINUOUS_UNBOUNDED

    def create_enumerator(self, context: EnumeratorContext, restored: FilesFound | None) -> FileEnumerator:
        """A new enumerator."""
        return FileEnumerator(context, restored, self.paths, self.format, self.split_bytes, self.discovery_interval_ms)

    def create_reader(self, context: ReaderContext) -> SourceReader:
        """A new reader for one subtask."""

        def open_split(split: FileSplit) -> OpenSplit:
            check_unchanged(split)
            if isinstance(self.format, StreamFormat):
                return OpenStreamSplit(split, self.format, self.columnar, self.malformed, context)
            return OpenParquetSplit(split, self.format, self.columnar)

        return SplitQueueReader(context, open_split)


class FileSourceBuilder:
    """Options of a ``FileSource``; ``build`` checks that the files are there and fit the schema."""

    def __init__(self, form: Format, paths: tuple[str | os.PathLike[str], ...], call: str) -> None:
        if not paths:
            raise JobBuildError(f"{call}(...): there is no path; pass one or more files, directories or globs")
        self._call = call
        self._source = FileSource(tuple(local_path(path, call) for path in paths), form)

    def monitor_continuously(self, discovery_interval: Duration | timedelta) -> FileSourceBuilder:
        """Go on looking for new files, every ``discovery_interval``; the source never ends."""
        interval = to_millis(discovery_interval, "monitor_continuously(discovery_interval)")
        if interval <= 0:
            raise JobBuildError(f"monitor_continuously({interval} ms): the interval must be positive")
        self._source = replace(self._source, discovery_interval_ms=interval)
        return self

    def process_static_file_set(self) -> FileSourceBuilder:
        """Read the files that are there when the job starts, and end (the default)."""
        self._source = replace(self._source, discovery_interval_ms=None)
        return self

    def set_malformed_policy(self, policy: str | OutputTag[MalformedRecord]) -> FileSourceBuilder:
        """What to do with records that cannot be decoded.

        Parameters
        ----------
        policy : {"fail", "skip"} or OutputTag
            Fail the job naming file and line (the default); leave them out, counted in the metric
            ``malformed_records``; or put them on a side output as ``MalformedRecord(file, line, text, error)``, counted
            too.
        """
        self._source = replace(self._source, malformed=MalformedPolicy.of(policy, f"set_malformed_policy({policy!r})"))
        return self

    def set_columnar(self, columnar: bool = True) -> FileSourceBuilder:
        """Give Arrow columns in place of Python rows."""
        self._source = replace(self._source, columnar=columnar)
        return self

    def set_split_size(self, split_bytes: int) -> FileSourceBuilder:
        """Cut files that are larger into splits of about this size, if several readers share them (64 MiB)."""
        if split_bytes < 1:
            raise JobBuildError(f"set_split_size({split_bytes}): it must be 1 or more")
        self._source = replace(self._source, split_bytes=split_bytes)
        return self

    def set_file_enumerator(self, file_enumerator: FileEnumeratorProvider) -> FileSourceBuilder:
        """Let large files be read in parts by several readers, or not."""
        remedy = "default_non_splittable_file_enumerator"
        check(file_enumerator, FileEnumeratorProvider, "set_file_enumerator", remedy)
        self._source = replace(self._source, split_bytes=file_enumerator.split_bytes)
        return self

    def set_split_assigner(self, split_assigner: FileSplitAssignerProvider) -> FileSourceBuilder:
        """Accept the one assigner there is: all files are local, so any reader may read any."""
        check(split_assigner, FileSplitAssignerProvider, "set_split_assigner", "locality_aware_split_assigner")
        return self

    def build(self) -> FileSource:
        """The source.

        Raises
        ------
        JobBuildError
            A path does not exist, the first file does not fit the schema, or none can be guessed from it.
        """
        source = self._source
        for path in source.paths:
            check_exists(path, self._call)
        first = next(find_files(source.paths), None)
        try:
            form = _checked(source.format, first, source.columnar)
        except MalformedRecordError as error:
            raise JobBuildError(f"{self._call}: {error}") from None
        return replace(source, format=form)


def _checked(form: Format, first: str | None, columnar: bool) -> Format:
    """The format with a schema, which fits the first file if there is one."""
    if isinstance(form, StreamFormat):
        return _checked_stream(form, first, columnar)
    if first is None:
        if form.schema is None:
            raise JobBuildError(
                f"there is no file yet to take a schema from; give one: {type(form).__name__}(schema=...)"
            )
        return form
    opened = OpenParquetSplit(FileSplit(first, first, 0, 0), form, columnar)
    found = opened.file_schema()
    opened.close()
    return form.with_schema(found) if form.schema is None else form


def _checked_stream(form: StreamFormat, first: str | None, columnar: bool) -> Format:
    needs_schema = form.schema is None and form.needs_schema(columnar)
    sample, header = b"", None
    if first is not None and (needs_schema or form.has_header):
        with reading(first), open_file(first) as file:
            sample = file.read(_SAMPLE_BYTES).removeprefix(b"\xef\xbb\xbf")
            if len(sample) >= _SAMPLE_BYTES and b"\n" in sample:
                sample = sample[: sample.rfind(b"\n") + 1]
        header = sample.split(b"\n", 1)[0].rstrip(b"\r") if form.has_header and sample.strip() else None
    if needs_schema:
        if not sample.strip():
            raise JobBuildError(
                f"{first or 'no file yet'}: there are no records to guess a schema from; give one: "
                f"{type(form).__name__}(schema=...)"
            )
        try:
            schema = form.infer(sample)
        except ValueError as error:
            raise JobBuildError(
                f"{first}: no schema can be guessed from its first records ({error}); give one: "
                f"{type(form).__name__}(schema=...)"
            ) from None
        return form if schema is None else form.with_schema(schema)
    if first is not None:
        try:
            form.decoder(columnar, header)
        except MalformedRecordError as error:
            raise MalformedRecordError(f"{first}: {error}") from None
    return form


__all__: list[Any] = ["FileSource", "FileSourceBuilder"]
