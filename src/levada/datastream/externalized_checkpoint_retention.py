"""What becomes of checkpoints when a job is cancelled."""

from enum import Enum

__all__ = ["ExternalizedCheckpointRetention"]


class ExternalizedCheckpointRetention(Enum):
    """PyFlink's choices. Levada keeps checkpoints of cancelled jobs in any case."""

    DELETE_ON_CANCELLATION = 0
    """Flink deletes them; Levada keeps them, with a warning."""
    RETAIN_ON_CANCELLATION = 1
    """They are kept."""
    NO_EXTERNALIZED_CHECKPOINTS = 2
    """Flink deletes them in any case; Levada keeps them, with a warning."""
