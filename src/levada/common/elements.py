"""What flows through a job beside batches: watermarks, barriers, idleness, the end.

An element is ``Batch | Watermark | Barrier | WatermarkStatus | EndOfInput | LatencyMarker``. Times are milliseconds
since the epoch, as in Flink.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from levada.common.batch import Batch

MIN_TIMESTAMP = -(2**63)
MAX_TIMESTAMP = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Watermark:
    """No record with a timestamp at or below ``timestamp`` is expected any more."""

    timestamp: int


@dataclass(frozen=True, slots=True)
class WatermarkStatus:
    """Whether the sender takes part in its receivers' watermark (``idle`` senders do not hold it back)."""

    idle: bool


class BarrierKind(Enum):
    """Why a snapshot is taken."""

    CHECKPOINT = "checkpoint"
    STOP = "stop"
    """The last checkpoint of a job that is being stopped: sources emit nothing behind it."""


@dataclass(frozen=True, slots=True)
class Barrier:
    """Separates the records before checkpoint ``checkpoint_id`` from those after it."""

    checkpoint_id: int
    timestamp: int
    kind: BarrierKind = BarrierKind.CHECKPOINT


@dataclass(frozen=True, slots=True)
class EndOfInput:
    """Nothing but barriers follows."""


@dataclass(frozen=True, slots=True)
class LatencyMarker:
    """Sent by a source at ``created_ns`` (monotonic) to measure the way to the sinks."""

    created_ns: int
    source_uid: str


Element = Batch | Watermark | WatermarkStatus | Barrier | EndOfInput | LatencyMarker
