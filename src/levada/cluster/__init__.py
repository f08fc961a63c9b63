"""Where a job lives. Today: embedded in the calling process.

May import: runtime, checkpoint, graph, operators, connectors, formats, state, common.
"""

from levada.cluster.embedded import EmbeddedJob, JobProgress, submit

__all__ = ["EmbeddedJob", "JobProgress", "submit"]
