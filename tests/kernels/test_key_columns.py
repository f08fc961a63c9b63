"""Hashes of Arrow columns are those of the Python values that their rows give."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada._kernels import hash_columns, hash_values, key_group
from levada.common.errors import KeyTypeError

_ARROW: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.null(), st.none()),
    (pa.bool_(), st.booleans()),
    *((getattr(pa, f"int{bits}")(), st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)) for bits in (8, 16, 32, 64)),
    *((getattr(pa, f"uint{bits}")(), st.integers(0, 2**bits - 1)) for bits in (8, 16, 32, 64)),
    (pa.float16(), st.floats(width=16).map(np.float16)),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats() | st.integers(-(2**80), 2**80).map(float)),
    (pa.decimal128(38, 10), st.decimals(-(10**27), 10**27, places=10) | st.integers(-(2**70), 2**70).map(Decimal)),
    (pa.decimal128(38, 6), st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 64)),
    (pa.decimal64(18, 3), st.decimals(-(10**14), 10**14, places=3)),
    (pa.decimal32(9, 0), st.integers(-(10**8), 10**8).map(Decimal)),
    *((text, st.text(max_size=40)) for text in (pa.string(), pa.large_string(), pa.string_view())),
    *((data, st.binary(max_size=40)) for data in (pa.binary(), pa.large_binary(), pa.binary_view())),
    (pa.binary(5), st.binary(min_size=5, max_size=5)),
    (pa.dictionary(pa.int8(), pa.string()), st.text(max_size=3)),
    (pa.uuid(), st.uuids().map(lambda uuid: uuid.bytes)),
    (pa.date32(), st.dates()),
    (pa.date64(), st.dates()),
    (pa.time32("ms"), st.times().map(lambda time: time.replace(microsecond=0))),
    (pa.time64("us"), st.times()),
    (pa.timestamp("s"), st.datetimes().map(lambda moment: moment.replace(microsecond=0))),
    (pa.timestamp("us"), st.datetimes()),
    (pa.timestamp("us", "Europe/Berlin"), st.datetimes(timezones=st.just(dt.UTC))),
    (pa.timestamp("ms", "UTC"), st.integers(-(10**13), 10**13)),
    (pa.timestamp("ns"), st.integers(-(10**18), 10**18)),
    (pa.timestamp("ns", "America/New_York"), st.integers(-(10**18), 10**18)),
    (pa.duration("us"), st.timedeltas(dt.timedelta(days=-(10**6)), dt.timedelta(days=10**6))),
    (pa.duration("ns"), st.integers(-(10**18), 10**18)),
]


@pytest.mark.parametrize(
    ("kind", "values"), _ARROW, ids=lambda item: str(item) if isinstance(item, pa.DataType) else ""
)
@given(data=st.data())
def test_arrow_values_hash_as_python_values(
    kind: pa.DataType, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    column = arrow_array(data.draw(st.lists(values | st.none(), max_size=10)), kind)
    offset = data.draw(st.integers(0, len(column)))
    column = column[offset:]
    assert hash_columns([column]).to_pylist() == hash_values(column.to_pylist()).to_pylist()
    several = [column, pa.array(range(len(column)), pa.int64()), column]
    rows = list(zip(*(part.to_pylist() for part in several), strict=True))
    assert hash_columns(several).to_pylist() == hash_values(rows).to_pylist()


def arrow_array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, pa.array(values, kind.storage_type))
    return pa.array(values, kind)


@pytest.mark.parametrize("kind", [pa.list_(pa.int64()), pa.struct([("a", pa.int64())]), pa.decimal256(50, 2)], ids=str)
def test_columns_that_cannot_be_keys(kind: pa.DataType) -> None:
    with pytest.raises(KeyTypeError, match="cannot be a key"):
        hash_columns([pa.array([None], kind)])


def test_arguments_that_are_no_columns() -> None:
    with pytest.raises(TypeError, match=r"pyarrow\.array"):
        hash_columns([[1, 2]])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="combine_chunks"):
        hash_columns([pa.chunked_array([[1, 2]])])
    with pytest.raises(ValueError, match="same length"):
        hash_columns([pa.array([1]), pa.array([1, 2])])
    with pytest.raises(ValueError, match="at least one"):
        hash_columns([])
    with pytest.raises(ValueError, match="max_parallelism"):
        key_group(1, 0)
    with pytest.raises(ValueError, match="max_parallelism"):
        key_group(1, 32769)
