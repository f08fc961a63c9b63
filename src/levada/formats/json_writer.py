"""Batches as JSON lines."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from levada.common.errors import UserError
from levada.common.types import Row
from levada.formats import timestamps
from levada.formats.rows import python_values

if TYPE_CHECKING:
    import pyarrow as pa


def encode_values(values: list[Any], standard: str) -> bytes:
    """A line for each Python value; ``standard`` is that of timestamps."""
    try:
        lines = list(map(_encoder(standard).encode, values))
    except (TypeError, ValueError) as error:
        raise UserError(f"JSON: {error}; map the records to values that JSON has") from error
    return ("\n".join(lines) + "\n").encode() if lines else b""


def encode_columns(data: pa.RecordBatch, standard: str) -> bytes:
    """A line for each row: each column is made text at once, and the texts are joined."""
    from pyarrow import compute as pc

    if not data.num_rows:
        return b""
    encode = _encoder(standard).encode
    parts: list[Any] = []
    for name, column in zip(data.schema.names, timestamps.as_text(data, standard).columns, strict=True):
        parts += ["," if parts else "{", json.dumps(name, ensure_ascii=False) + ":", _texts(column, encode)]
    lines = pc.binary_join_element_wise(*parts, "}\n", "")
    # Strings lie in memory one after the other, so the lines need no joining.
    _, offsets, content = lines.buffers()
    ends = memoryview(offsets).cast("i")
    return bytes(content[ends[lines.offset] : ends[lines.offset + len(lines)]])


def _texts(column: pa.Array, encode: Callable[[Any], str]) -> pa.Array:
    import pyarrow as pa
    from pyarrow import compute as pc

    kind = column.type
    if (
        pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or (pa.types.is_floating(kind) and not pc.any(pc.invert(pc.is_finite(column))).as_py())
    ):
        text = column.cast(pa.string())
    elif pa.types.is_string(kind) and not pc.any(pc.match_substring_regex(column, r"[\x00-\x1f]")).as_py():
        if pc.any(pc.match_substring_regex(column, r'["\\]')).as_py():
            column = pc.replace_substring(pc.replace_substring(column, "\\", "\\\\"), '"', '\\"')
        text = pc.binary_join_element_wise('"', column, '"', "")
    else:
        text = pa.array(list(map(encode, python_values(column))), pa.string())
    return text.fill_null("null") if text.null_count else text


def _encoder(standard: str) -> json.JSONEncoder:
    def encode(value: Any) -> Any:
        if isinstance(value, Row):
            return value.as_dict() if value._fields is not None else list(value)
        if isinstance(value, datetime):
            return timestamps.text_of(value, standard)
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, Decimal):
            return int(value) if value == value.to_integral_value() else float(value)
        if isinstance(value, bytes | bytearray):
            return base64.b64encode(value).decode()
        if isinstance(value, set | frozenset):
            return sorted(value)
        if isinstance(value, UUID):
            return str(value)
        if isinstance(value, Enum):
            return value.name
        if hasattr(value, "__dataclass_fields__"):
            return {name: getattr(value, name) for name in value.__dataclass_fields__}
        raise TypeError(f"{value!r} ({type(value).__name__}) cannot be written as JSON")

    return json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=encode, check_circular=False)
