"""Instants as local times of a zone, and local times as instants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Datum = Any


def zone_kernel(data_type: pa.DataType, zone: str) -> Callable[[Datum], Datum]:
    """The other form of a timestamp of this type: of an instant its local time, of a local time its instant."""
    return _to_local(data_type.unit, zone) if data_type.tz is not None else _to_instant(data_type.unit, zone)


def _to_local(unit: str, zone: str) -> Callable[[Datum], Datum]:
    zoned = pa.timestamp(unit, zone)
    return lambda operand: pc.local_timestamp(operand.cast(zoned))


def _to_instant(unit: str, zone: str) -> Callable[[Datum], Datum]:
    """As Java does: of a time that a zone has twice the first one; a time that is skipped is later by the gap."""
    instants, whole = pa.timestamp(unit, "UTC"), pa.int64()

    def convert(operand: Datum) -> Datum:
        before = pc.assume_timezone(operand, zone, ambiguous="earliest", nonexistent="earliest")
        behind = pc.assume_timezone(operand, zone, ambiguous="earliest", nonexistent="latest")
        skipped = pc.not_equal(before, behind)
        if not pc.any(skipped).as_py():
            return before.cast(instants)
        # The gap begins one unit behind the last time before it; as far as the time is into it, it comes behind it.
        last = pc.local_timestamp(before).cast(whole)
        into = pc.subtract(pc.subtract(operand.cast(whole), last), pa.scalar(1, whole))
        shifted = pc.add(behind.cast(whole), into).cast(instants)
        return pc.if_else(skipped, shifted, before.cast(instants))

    return convert
