"""Small arrays made from bytes are those that Arrow makes of the same values."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.state.columnar import array_of, numbers_of, scalar_of, slot_range

VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.int8(): st.integers(-128, 127),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats(),
    pa.bool_(): st.booleans(),
    pa.string(): st.text(max_size=5),
    pa.date32(): st.dates(),
    pa.list_(pa.int16()): st.lists(st.integers(-9, 9), max_size=2),
}


@given(st.data())
@pytest.mark.parametrize("data_type", VALUES, ids=str)
def test_arrays_are_arrows(data_type: pa.DataType, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | VALUES[data_type], max_size=20))
    made = array_of(values, data_type)
    made.validate(full=True)
    expected = pa.array(values, data_type)
    assert made.type == expected.type
    assert list(map(repr, made.to_pylist())) == list(map(repr, expected.to_pylist()))
    start = data.draw(st.integers(0, len(values)))
    read = numbers_of(made.slice(start))
    if data_type in (pa.bool_(), pa.string(), pa.date32()) or pa.types.is_list(data_type) or None in values[start:]:
        assert read is None or values[start:] == []
    else:
        assert list(map(repr, read or [])) == list(map(repr, made.slice(start).to_pylist()))


@pytest.mark.parametrize(
    ("value", "data_type"),
    [(300, pa.int8()), (-1, pa.uint16()), ("x", pa.int64()), (2**64, pa.int64())],
)
def test_what_does_not_fit_is_refused_as_arrow_does(value: Any, data_type: pa.DataType) -> None:
    with pytest.raises((pa.ArrowException, OverflowError)):
        array_of([value], data_type)


def test_scalars_and_slots() -> None:
    assert scalar_of(5, pa.int16()) == pa.scalar(5, pa.int16())
    assert scalar_of(None, pa.string()) == pa.scalar(None, pa.string())
    assert scalar_of(Decimal("1.50"), pa.decimal128(5, 2)).as_py() == Decimal("1.50")
    assert scalar_of(date(2024, 1, 2), pa.date32()).as_py() == date(2024, 1, 2)
    assert math.isnan(scalar_of(math.nan, pa.float64()).as_py())
    assert slot_range(3, 6).equals(pa.array([3, 4, 5], pa.int32()))
