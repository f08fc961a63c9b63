"""Files: ``FileSource`` (CSV, JSON lines, text, Parquet; directories watched) and ``FileSink`` (exactly-once).

May import ``connectors.base``, ``formats`` and ``common``.
"""

from levada.connectors.files.buckets import BucketAssigner
from levada.connectors.files.malformed import MalformedRecord
from levada.connectors.files.naming import OutputFileConfig
from levada.connectors.files.providers import FileEnumeratorProvider, FileSplitAssignerProvider
from levada.connectors.files.rolling import DefaultRollingPolicy, OnCheckpointRollingPolicy, RollingPolicy
from levada.connectors.files.sink import FileSink
from levada.connectors.files.source import FileSource, FileSourceBuilder

__all__ = [
    "BucketAssigner",
    "DefaultRollingPolicy",
    "FileEnumeratorProvider",
    "FileSink",
    "FileSource",
    "FileSourceBuilder",
    "FileSplitAssignerProvider",
    "MalformedRecord",
    "OnCheckpointRollingPolicy",
    "OutputFileConfig",
    "RollingPolicy",
]
