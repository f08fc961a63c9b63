"""What a sink promises about each record."""

from __future__ import annotations

from enum import Enum


class DeliveryGuarantee(Enum):
    """How often a record arrives where a sink writes to, when the job is restarted on the way."""

    EXACTLY_ONCE = 0
    """Once: output becomes visible when the checkpoint that covers it is complete."""
    AT_LEAST_ONCE = 1
    """At least once: records since the last checkpoint may come again."""
    NONE = 2
    """Records may be lost or come again."""
