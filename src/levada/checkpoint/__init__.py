"""Barriers' other half: coordinator, storage, format, recovery, and looking at checkpoints from outside.

May import: graph, operators, connectors, formats, state, common. The format on disk is documented in FORMAT.md.
"""

from levada.checkpoint.inspect import CheckpointSummary, describe, list_checkpoints

__all__ = ["CheckpointSummary", "describe", "list_checkpoints"]
