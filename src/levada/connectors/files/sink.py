"""``FileSink``: rows into files, each exactly once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from levada.common.batch import Batch, RowBatch
from levada.common.errors import JobBuildError, UserError
from levada.common.logs import get_logger
from levada.common.serialization import Encoder
from levada.connectors.base import WriterContext
from levada.connectors.files.buckets import BucketAssigner
from levada.connectors.files.naming import OutputFileConfig
from levada.connectors.files.paths import local_path
from levada.connectors.files.rolling import OnCheckpointRollingPolicy, RollingPolicy
from levada.connectors.files.writer import FileCommitter, FileWriter
from levada.connectors.user_calls import call_each
from levada.formats.base import BulkFormat, Format, LineWriter, StreamFormat

log = get_logger(__name__)


@dataclass(frozen=True)
class EncoderFormat(StreamFormat):
    """Values written one by one by an ``Encoder`` or a callable."""

    encode_value: Callable[[Any], bytes]

    name = "encoder"
    schema = None

    def with_schema(self, schema: Any) -> EncoderFormat:
        return self

    def decoder(self, columnar: bool, header: bytes | None = None) -> Any:
        raise UserError("an Encoder only writes; read with a StreamFormat")

    def infer(self, sample: bytes) -> None:
        return None

    def create_writer(self, file: IO[bytes]) -> LineWriter:
        return LineWriter(file, self._encode)

    def _encode(self, batch: Batch) -> bytes:
        if not isinstance(batch, RowBatch):
            raise UserError(
                "an Encoder takes Python rows; write columns with CsvFormat(), JsonFormat() or ParquetFormat()"
            )
        lines = call_each(self.encode_value, batch.values, "encoder")
        try:
            return b"".join(lines)
        except TypeError:
            raise _not_bytes(lines, batch.values) from None


def _not_bytes(lines: list[Any], values: list[Any]) -> UserError:
    at = next((at for at, line in enumerate(lines) if not isinstance(line, bytes | bytearray | memoryview)), 0)
    return UserError(
        f"the encoder of a file sink gave {lines[at]!r:.100} ({type(lines[at]).__name__}) for {values[at]!r:.100}; it "
        "must give bytes: text.encode()"
    )


@dataclass(frozen=True)
class FileSink:
    """Writes rows to files below ``base_path``, each exactly once. Made by ``for_row_format`` or ``for_bulk_format``.

    Rows become visible when the checkpoint that covers them is complete (or the job ends): until then their files have
    hidden names. A file is called ``part-<subtask>-<counter>``, with the configured prefix and suffix.
    """

    base_path: str
    format: Format
    bucket_assigner: BucketAssigner = field(default_factory=BucketAssigner)
    rolling_policy: RollingPolicy = field(default_factory=OnCheckpointRollingPolicy)
    output_file_config: OutputFileConfig = field(default_factory=OutputFileConfig)

    @staticmethod
    def for_row_format(
        base_path: str | os.PathLike[str], encoder: Encoder | StreamFormat | Callable[[Any], bytes]
    ) -> FileSink.RowFormatBuilder:
        """Rows one after the other: by an ``Encoder``, a callable to bytes, ``CsvFormat()``, ``JsonFormat()``."""
        call = "FileSink.for_row_format"
        form: Format
        if isinstance(encoder, StreamFormat):
            form = encoder
        elif callable(getattr(encoder, "encode", None)):
            form = EncoderFormat(encoder.encode)  # type: ignore[union-attr]
        elif callable(encoder):
            form = EncoderFormat(encoder)
        else:
            raise JobBuildError(
                f"{call}(encoder={encoder!r}): pass Encoder.simple_string_encoder(), CsvFormat(), JsonFormat(), or a "
                "callable from a value to bytes"
            )
        return FileSink.RowFormatBuilder(FileSink(_base(base_path, call), form))

    @staticmethod
    def for_bulk_format(base_path: str | os.PathLike[str], writer_factory: Format) -> FileSink.BulkFormatBuilder:
        """Whole batches at a time: ``ParquetFormat()``."""
        call = "FileSink.for_bulk_format"
        if not isinstance(writer_factory, BulkFormat | StreamFormat):
            raise JobBuildError(f"{call}(writer_factory={writer_factory!r}): pass a format such as ParquetFormat()")
        return FileSink.BulkFormatBuilder(FileSink(_base(base_path, call), writer_factory))

    @property
    def transactional(self) -> bool:
        """Output becomes visible by commits."""
        return True

    def create_writer(self, context: WriterContext) -> FileWriter:
        """A new writer for one subtask."""
        return FileWriter(
            Path(self.base_path),
            self.format,
            self.bucket_assigner,
            self.rolling_policy,
            self.output_file_config,
            context,
        )

    def create_committer(self) -> FileCommitter:
        """A new committer."""
        return FileCommitter()

    class BaseBuilder:
        """Options of a ``FileSink``."""

        def __init__(self, sink: FileSink) -> None:
            self._sink = sink

        def with_bucket_assigner(
            self, bucket_assigner: BucketAssigner | str | Sequence[str] | Callable[[Any], str]
        ) -> FileSink.BaseBuilder:
            """Divide rows among subdirectories: by an assigner, by columns (their names), or by a function of a row."""
            assigner = BucketAssigner.of(bucket_assigner, f"with_bucket_assigner({bucket_assigner!r})")
            self._sink = replace(self._sink, bucket_assigner=assigner)
            return self

        def with_rolling_policy(self, rolling_policy: RollingPolicy) -> FileSink.BaseBuilder:
            """When to finish a file before the next checkpoint does."""
            if not isinstance(rolling_policy, RollingPolicy):
                raise JobBuildError(f"with_rolling_policy({rolling_policy!r}): RollingPolicy.default_rolling_policy()")
            self._sink = replace(self._sink, rolling_policy=rolling_policy)
            return self

        def with_output_file_config(self, output_file_config: OutputFileConfig) -> FileSink.BaseBuilder:
            """What the files' names begin and end with."""
            if not isinstance(output_file_config, OutputFileConfig):
                raise JobBuildError(
                    f"with_output_file_config({output_file_config!r}): OutputFileConfig.builder().build()"
                )
            self._sink = replace(self._sink, output_file_config=output_file_config)
            return self

        def with_bucket_check_interval(self, interval: int | timedelta) -> FileSink.BaseBuilder:
            """Warn: the rolling policy is asked at each write and at each checkpoint, not by a clock."""
            log.warning("with_bucket_check_interval() has no effect: files are looked at when rows are written")
            return self

        def disable_compact(self) -> FileSink.BaseBuilder:
            """Accepted: files are never compacted."""
            return self

        def build(self) -> FileSink:
            """The sink."""
            return self._sink

    class RowFormatBuilder(BaseBuilder):
        """Options of a sink made by ``for_row_format``."""

    class BulkFormatBuilder(BaseBuilder):
        """Options of a sink made by ``for_bulk_format``."""


def _base(base_path: str | os.PathLike[str], call: str) -> str:
    base = local_path(base_path, f"{call}(base_path)")
    for folder in (Path(base), *Path(base).absolute().parents):
        if folder.exists():
            if not folder.is_dir():
                raise JobBuildError(f"{call}(base_path={base!r}): {str(folder)!r} is a file, not a directory")
            if not os.access(folder, os.W_OK | os.X_OK):
                raise JobBuildError(f"{call}(base_path={base!r}): there is no permission to write to {str(folder)!r}")
            break
    return base
