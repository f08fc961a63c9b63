"""Small Arrow arrays made from their bytes.

``pa.array`` and ``pa.scalar`` of Python values look for pandas at their first call and load it where it is installed,
which takes longer than a small query. Constants, slots and short columns are made here instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

_NUMBERS: dict[pa.DataType, np.dtype[Any]] = {
    pa.int8(): np.dtype(np.int8),
    pa.int16(): np.dtype(np.int16),
    pa.int32(): np.dtype(np.int32),
    pa.int64(): np.dtype(np.int64),
    pa.uint8(): np.dtype(np.uint8),
    pa.uint16(): np.dtype(np.uint16),
    pa.uint32(): np.dtype(np.uint32),
    pa.uint64(): np.dtype(np.uint64),
    pa.float32(): np.dtype(np.float32),
    pa.float64(): np.dtype(np.float64),
}


def slot_range(start: int, stop: int) -> pa.Int32Array:
    """The slots ``start`` to ``stop - 1``."""
    return _fixed(pa.int32(), np.arange(start, stop, dtype=np.int32), None)


def array_of(values: Sequence[Any], data_type: pa.DataType) -> pa.Array:
    """As ``pa.array``. Values of other types than the column's own go through ``pa.array`` and are checked there."""
    make = _maker(data_type, set(map(type, values)) - {type(None)})
    if make is None:
        return pa.array(values, data_type)
    valid = None
    if None in values:
        valid = np.array([value is not None for value in values])
    return make(values, valid)


def scalar_of(value: Any, data_type: pa.DataType) -> pa.Scalar:
    """As ``pa.scalar``."""
    return array_of([value], data_type)[0]


def numbers_of(column: pa.Array) -> list[Any] | None:
    """A column of numbers without NULL as a list; None for any other column."""
    dtype = _NUMBERS.get(column.type)
    if dtype is None or column.null_count:
        return None
    buffer = column.buffers()[1]
    if buffer is None or not len(column):
        return []
    numbers = np.frombuffer(buffer, dtype, len(column), column.offset * dtype.itemsize)
    found: list[Any] = numbers.tolist()
    return found


Maker = Callable[[Sequence[Any], "np.ndarray[Any, Any] | None"], pa.Array]


def _maker(data_type: pa.DataType, kinds: set[type]) -> Maker | None:
    """How arrays of a type are made of values of these Python types; None where ``pa.array`` has to."""
    if not kinds:
        return lambda values, valid: pa.nulls(len(values), data_type)
    dtype = _NUMBERS.get(data_type)
    if dtype is not None:
        fits = kinds <= ({int} if dtype.kind in "iu" else {float})
        return (lambda values, valid: _numbers(values, valid, data_type, dtype)) if fits else None
    if data_type == pa.bool_() and kinds == {bool}:
        return _booleans
    if data_type == pa.string() and kinds == {str}:
        return _strings
    return None


def _fixed(data_type: pa.DataType, numbers: np.ndarray[Any, Any], valid: np.ndarray[Any, Any] | None) -> pa.Array:
    return pa.Array.from_buffers(data_type, len(numbers), [_bitmap(valid), pa.py_buffer(numbers)])


def _bitmap(valid: np.ndarray[Any, Any] | None) -> pa.Buffer | None:
    return None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))


def _numbers(
    values: Sequence[Any], valid: np.ndarray[Any, Any] | None, data_type: pa.DataType, dtype: np.dtype[Any]
) -> pa.Array:
    filled = values if valid is None else [0 if value is None else value for value in values]
    try:
        return _fixed(data_type, np.array(filled, dtype), valid)
    except OverflowError:
        return pa.array(values, data_type)  # which says what does not fit


def _booleans(values: Sequence[Any], valid: np.ndarray[Any, Any] | None) -> pa.Array:
    bits = np.packbits(np.array([bool(value) for value in values]), bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(values), [_bitmap(valid), pa.py_buffer(bits)])


def _strings(values: Sequence[Any], valid: np.ndarray[Any, Any] | None) -> pa.Array:
    encoded = [b"" if value is None else value.encode() for value in values]
    offsets = np.zeros(len(values) + 1, np.int32)
    np.cumsum([len(each) for each in encoded], out=offsets[1:])
    buffers = [_bitmap(valid), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)
