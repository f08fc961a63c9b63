"""Where a job lives. Today: embedded in the calling process.

May import: runtime, checkpoint, graph, operators, connectors, formats, state, common.
"""

from levada.cluster.embedded import EmbeddedJob, submit
from levada.cluster.progress import JobProgress

__all__ = ["EmbeddedJob", "JobProgress", "submit"]
