"""Timestamps as text, in the two standards of Flink's formats."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from levada.common.errors import JobBuildError

if TYPE_CHECKING:
    import pyarrow as pa

STANDARDS = ("SQL", "ISO-8601")


def check_standard(standard: str, call: str) -> None:
    """Refuse anything but the two standards."""
    if standard not in STANDARDS:
        raise JobBuildError(f"{call}: {standard!r} is none of 'SQL' (2013-01-01 05:30:00) and 'ISO-8601' (with a T)")


def text_of(value: datetime, standard: str) -> str:
    """A ``datetime`` as text; one with a zone in UTC with a ``Z``."""
    zone = ""
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
        zone = "Z"
    text = value.isoformat(sep="T" if standard == "ISO-8601" else " ")
    if value.microsecond:
        text = text.rstrip("0")
    return text + zone


def as_text(data: pa.RecordBatch, standard: str) -> pa.RecordBatch:
    """Timestamp, date and time columns become strings, without trailing zeros in fractions."""
    import pyarrow as pa
    from pyarrow import compute as pc

    arrays = []
    changed = False
    for column in data.columns:
        kind = column.type
        if pa.types.is_timestamp(kind):
            text = pc.cast(column.cast(pa.timestamp(kind.unit)) if kind.tz else column, pa.string())
            text = _trimmed(text) if kind.unit != "s" else text
            if standard == "ISO-8601":
                text = pc.replace_substring(text, " ", "T")
            column = pc.binary_join_element_wise(text, "Z", "") if kind.tz else text
        elif pa.types.is_time(kind):
            text = pc.cast(column, pa.string())
            column = _trimmed(text) if kind.unit != "s" else text
        elif pa.types.is_date(kind):
            column = pc.cast(column, pa.string())
        changed = changed or column.type != kind
        arrays.append(column)
    return pa.record_batch(arrays, data.schema.names) if changed else data


def _trimmed(text: pa.Array) -> pa.Array:
    from pyarrow import compute as pc

    return pc.replace_substring_regex(text, r"\.?0+$", "")
