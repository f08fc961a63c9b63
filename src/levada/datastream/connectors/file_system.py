"""Files as sources and sinks."""

import os
from collections.abc import Callable
from typing import Any

from levada.common.serialization import Encoder
from levada.connectors.files import (
    BucketAssigner,
    DefaultRollingPolicy,
    FileEnumeratorProvider,
    FileSink,
    FileSource,
    FileSourceBuilder,
    FileSplitAssignerProvider,
    OnCheckpointRollingPolicy,
    OutputFileConfig,
    RollingPolicy,
)
from levada.formats.base import BulkFormat, Format, StreamFormat

__all__ = [
    "BucketAssigner",
    "BulkFormat",
    "DefaultRollingPolicy",
    "FileEnumeratorProvider",
    "FileSink",
    "FileSource",
    "FileSourceBuilder",
    "FileSplitAssignerProvider",
    "OnCheckpointRollingPolicy",
    "OutputFileConfig",
    "RollingPolicy",
    "StreamFormat",
    "StreamingFileSink",
]


class StreamingFileSink:
    """The older name of ``FileSink``; what its builders make goes to ``add_sink`` or ``sink_to``."""

    BaseBuilder = FileSink.BaseBuilder
    DefaultRowFormatBuilder = FileSink.RowFormatBuilder
    DefaultBulkFormatBuilder = FileSink.BulkFormatBuilder

    @staticmethod
    def for_row_format(
        base_path: str | os.PathLike[str], encoder: Encoder | StreamFormat | Callable[[Any], bytes]
    ) -> FileSink.RowFormatBuilder:
        """As ``FileSink.for_row_format``."""
        return FileSink.for_row_format(base_path, encoder)

    @staticmethod
    def for_bulk_format(base_path: str | os.PathLike[str], writer_factory: Format) -> FileSink.BulkFormatBuilder:
        """As ``FileSink.for_bulk_format``."""
        return FileSink.for_bulk_format(base_path, writer_factory)
