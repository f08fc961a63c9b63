"""KeyIndex against a plain dict: slots, erasure and reuse, growth, freezing, colliding hashes."""

from __future__ import annotations

import datetime as dt
import math
import random
import threading
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levada._kernels import FrozenKeys, KeyIndex, canonical_key, hash_columns, key_group
from levada.common.errors import KeyTypeError

MAX_PARALLELISM = 12
KeyRow = tuple[Any, ...]

_FLOATS = st.sampled_from([0.0, -0.0, 0.5, math.nan, float("-nan"), math.inf, 3.0])
_TEXTS = st.sampled_from(["", "a", "b", "twenty characters ab", "twenty one characters", "x" * 100, "y" * 5000, "é"])
_COLUMNS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.int64(): st.integers(-3, 3) | st.sampled_from([2**63 - 1, -(2**63)]),
    pa.int8(): st.integers(-3, 3),
    pa.uint64(): st.sampled_from([0, 1, 2**63, 2**64 - 1]),
    pa.bool_(): st.booleans(),
    pa.float64(): _FLOATS,
    pa.float32(): _FLOATS,
    pa.float16(): _FLOATS,
    pa.string(): _TEXTS,
    pa.large_string(): _TEXTS,
    pa.binary(): _TEXTS.map(str.encode),
    pa.binary(3): st.sampled_from([b"abc", b"abd", b"\0\0\0"]),
    pa.decimal128(20, 2): st.sampled_from([Decimal("1.00"), Decimal("1.50"), Decimal("1.51"), Decimal("-1.50")]),
    pa.date32(): st.dates(dt.date(2020, 1, 1), dt.date(2020, 1, 3)),
    pa.timestamp("ms", "UTC"): st.integers(-2, 2),
    pa.time64("us"): st.sampled_from([dt.time(1), dt.time(2)]),
    pa.null(): st.none(),
}
_TYPES = st.lists(st.sampled_from(list(_COLUMNS)), min_size=1, max_size=3)


def arrays(rows: list[KeyRow], types: list[pa.DataType]) -> list[pa.Array]:
    return [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(types)]


def rows_of(columns: list[pa.Array]) -> list[KeyRow]:
    return [canonical_key(row) for row in zip(*(column.to_pylist() for column in columns), strict=True)]


def slots_array(slots: list[int]) -> pa.Array:
    return pa.array(slots, pa.int32())


def group_of(row: KeyRow) -> int:
    return key_group(row if len(row) > 1 else row[0], MAX_PARALLELISM)


def check_reading(index: KeyIndex | FrozenKeys, model: dict[KeyRow, int], types: list[pa.DataType]) -> None:
    """Everything that live and frozen keys can tell equals the model."""
    assert len(index) == len(model)
    slots = index.slots_by_key_group()
    columns = index.keys(slots)
    assert [column.type for column in columns] == types
    for column in columns:
        column.validate(full=True)
    rows = rows_of(columns)
    assert dict(zip(rows, slots.to_pylist(), strict=True)) == model
    groups = [group_of(row) for row in rows]
    assert groups == sorted(groups)
    assert index.key_groups_of(slots).to_pylist() == groups
    assert index.slots_by_key_group(3, 5).to_pylist() == [
        slot for slot, group in zip(slots.to_pylist(), groups, strict=True) if 3 <= group <= 5
    ]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_behaves_like_a_dict(data: st.DataObject) -> None:
    types = data.draw(_TYPES)
    row = st.tuples(*(_COLUMNS[kind] | st.none() for kind in types))
    index, model = KeyIndex(types, MAX_PARALLELISM), dict[KeyRow, int]()
    most, frozen = 0, list[tuple[FrozenKeys, dict[KeyRow, int]]]()
    for _ in range(data.draw(st.integers(1, 6))):
        action = data.draw(st.sampled_from(["upsert", "upsert", "lookup", "erase", "freeze"]))
        if action == "freeze":
            frozen.append((index.freeze(), dict(model)))
        elif action == "erase":
            gone = data.draw(st.lists(st.sampled_from(sorted(model.values())), unique=True)) if model else []
            index.erase(slots_array(gone))
            model = {key: slot for key, slot in model.items() if slot not in gone}
        else:
            columns = arrays(data.draw(st.lists(row, max_size=12)), types)
            keys = rows_of(columns)
            if action == "lookup":
                assert index.lookup(columns).to_pylist() == [model.get(key, -1) for key in keys]
            else:
                for key, slot in zip(keys, index.upsert(columns).to_pylist(), strict=True):
                    assert model.setdefault(key, slot) == slot
        most = max(most, len(model))
        assert len(set(model.values())) == len(model)
        assert index.capacity == most, "a new slot is made only when no erased one is left"
        check_reading(index, model, types)
    for keys_then, model_then in frozen:
        check_reading(keys_then, model_then, types)


def test_slices_and_other_string_layouts_are_taken() -> None:
    index = KeyIndex(pa.schema([("name", pa.string())]), 128)
    texts = ["a", None, "a long text that does not fit a cell"]
    slots = index.upsert([pa.array(texts)]).to_pylist()
    for kind in (pa.large_string(), pa.string_view()):
        assert index.lookup([pa.array(texts, kind)]).to_pylist() == slots
    assert index.lookup([pa.array(texts).dictionary_encode()]).to_pylist() == slots
    assert index.lookup([pa.array(["z", *texts])[1:]]).to_pylist() == slots


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()], ids=str)
def test_zeros_and_nans_are_one_key_each(kind: pa.DataType) -> None:
    index = KeyIndex([kind], 128)
    values = np.array([0.0, -0.0, math.nan, -math.nan, 1.0], kind.to_pandas_dtype())
    odd_nan = (values[2:3].view(f"u{values.itemsize}") + 1).view(values.dtype)
    column = pa.concat_arrays([pa.array(values), pa.array(odd_nan)])
    assert column.type == kind
    slots = index.upsert([column])
    assert slots.to_pylist() == [0, 0, 1, 1, 2, 1]
    zero, nan, one = index.keys(slots_array([0, 1, 2]))[0].to_pylist()
    assert (math.copysign(1, zero), math.isnan(nan), one) == (1, True, 1)


def test_int_that_hashes_like_null() -> None:
    """For one integer column hashes decide alone, so null must be told apart in another way."""
    (null_hash,) = hash_columns([pa.array([None], pa.int64())]).to_pylist()
    twin = signed(unmix(null_hash) - seed(INT))
    assert hash_columns([pa.array([twin])]).to_pylist() == [null_hash]
    for first, second in ((None, twin), (twin, None)):
        index = KeyIndex([pa.int64()], 128)
        assert index.upsert([pa.array([first, second, first, second], pa.int64())]).to_pylist() == [0, 1, 0, 1]
        assert index.lookup([pa.array([second, first], pa.int64())]).to_pylist() == [1, 0]
        index.erase(slots_array([0]))
        assert index.lookup([pa.array([first, second], pa.int64())]).to_pylist() == [-1, 1]


def test_growth_moves_little_at_a_time() -> None:
    """No call rehashes the whole index: what a call moves does not grow with the index."""
    index, batch, worst, rows = KeyIndex([pa.int64()], 128), 1024, 0, 200_000
    for start in range(0, rows, batch):
        before = index.moved_entries
        index.upsert([pa.array(range(start, start + batch), pa.int64())])
        worst = max(worst, index.moved_entries - before)
    assert worst <= 20 * 4096
    assert index.moved_entries <= 4 * len(index)
    keys = pa.array(range(len(index) + 10), pa.int64())
    assert index.lookup([keys]).to_pylist() == [*range(len(index)), *[-1] * 10]


@pytest.mark.parametrize("rows", [4000, 20_000])
def test_erasing_keeps_every_other_key_reachable(rows: int) -> None:
    """Nearly full segments, where entries lie far from home."""
    chance = random.Random(rows)
    index, model, next_key = KeyIndex([pa.int64()], 128), dict[int, int](), 0
    for _ in range(8):
        fresh = [*range(next_key, next_key + rows - len(model))]
        next_key += len(fresh)
        model.update(zip(fresh, index.upsert([pa.array(fresh, pa.int64())]).to_pylist(), strict=True))
        gone = chance.sample(sorted(model), rows // 2)
        index.erase(slots_array([model.pop(key) for key in gone]))
        assert index.lookup([pa.array(range(next_key), pa.int64())]).to_pylist() == [
            model.get(key, -1) for key in range(next_key)
        ]
    assert index.capacity == rows


INT, TUPLE, GOLDEN, WORD = 1, 7, 0x9E3779B97F4A7C15, 2**64


def seed(tag: int) -> int:
    return (tag + 1) * 0xD6E8FEB86659FD93 % WORD


def mix(x: int) -> int:
    x ^= x >> 33
    x = x * 0xFF51AFD7ED558CCD % WORD
    x ^= x >> 33
    x = x * 0xC4CEB9FE1A85EC53 % WORD
    return x ^ x >> 33


def unmix(x: int) -> int:
    x ^= x >> 33
    x = x * pow(0xC4CEB9FE1A85EC53, -1, WORD) % WORD
    x ^= x >> 33
    x = x * pow(0xFF51AFD7ED558CCD, -1, WORD) % WORD
    return x ^ x >> 33


def signed(x: int) -> int:
    x %= WORD
    return x - WORD if x >= WORD // 2 else x


def colliding(count: int) -> list[pa.Array]:
    """Rows of two integers that all have the same 64-bit hash."""
    start = mix(seed(TUPLE) + 2)
    second = [
        signed(unmix((42 - mix((start * GOLDEN + mix(first + seed(INT))) % WORD) * GOLDEN) % WORD) - seed(INT))
        for first in range(count)
    ]
    columns = [pa.array(range(count), pa.int64()), pa.array(second, pa.int64())]
    assert len(set(hash_columns(columns).to_pylist())) == 1
    return columns


def test_keys_with_equal_hashes_stay_apart() -> None:
    """Also more of them than a segment holds, and after some are erased."""
    count = 4500
    columns, index = colliding(count), KeyIndex([pa.int64(), pa.int64()], 128)
    others = [pa.array(range(20_000), pa.int64())] * 2
    others_at = index.upsert(others)
    slots = index.upsert(columns)
    assert len(set(slots.to_pylist())) == count
    index.erase(slots[::2])
    assert index.lookup(columns).to_pylist() == [-1 if i % 2 == 0 else slot for i, slot in enumerate(slots.to_pylist())]
    index.upsert([column[::2] for column in columns])
    assert index.keys(index.lookup(columns)) == columns
    assert index.lookup(others) == others_at


def test_frozen_text_outlives_erasure_and_the_index() -> None:
    texts = [f"{number:030}" for number in range(5000)]
    index = KeyIndex([pa.string()], 128)
    slots = index.upsert([pa.array(texts)])
    frozen = index.freeze()
    for _ in range(3):
        index.erase(slots)
        slots = index.upsert([pa.array([text[::-1] for text in texts])])
    reader_saw: list[Any] = []
    reader = threading.Thread(target=lambda: reader_saw.extend(frozen.keys(frozen.slots_by_key_group())[0].to_pylist()))
    reader.start()
    index.erase(slots)
    index.upsert([pa.array(["z" * 30])])
    reader.join()
    del index
    assert sorted(reader_saw) == texts
    assert len(frozen) == frozen.capacity == 5000


def test_slots_reused_after_a_freeze_stay_free_in_it() -> None:
    index = KeyIndex([pa.int64()], 128)
    index.upsert([pa.array([10, 11, 12])])
    index.erase(slots_array([1]))
    frozen = index.freeze()
    assert index.upsert([pa.array([13])]).to_pylist() == [1]
    assert sorted(frozen.slots_by_key_group().to_pylist()) == [0, 2]
    with pytest.raises(IndexError):
        frozen.keys(slots_array([1]))


def test_memory_of_erased_text_is_used_again() -> None:
    index = KeyIndex([pa.string()], 128)
    sizes = []
    for round_ in range(6):
        texts = pa.array([f"{round_}-{number:0{30 + number % 3000}}" for number in range(500)])
        slots = index.upsert([texts])
        sizes.append(index.nbytes)
        index.erase(slots)
    assert sizes[-1] == sizes[1]


def test_chunks_for_a_snapshot() -> None:
    index = KeyIndex([pa.int64(), pa.string()], 16)
    index.upsert([pa.array(range(1000)), pa.array([str(number) for number in range(1000)])])
    slots = index.slots_by_key_group()
    chunks = [index.keys(slots[start : start + 300]) for start in range(0, 1000, 300)]
    assert pa.concat_arrays([chunk[0] for chunk in chunks]) == index.keys(slots)[0]
    by_range = [index.slots_by_key_group(first, first + 3).to_pylist() for first in range(0, 16, 4)]
    assert [slot for part in by_range for slot in part] == slots.to_pylist()


def test_misuse_is_refused_and_changes_nothing() -> None:
    index = KeyIndex([pa.int64(), pa.string()], 128)
    key = [pa.array([1]), pa.array(["a"])]
    index.upsert(key)
    with pytest.raises(ValueError, match="2 key columns, not 1"):
        index.upsert(key[:1])
    with pytest.raises(ValueError, match="key column 0 must have the Arrow format 'l', not 'i'; cast it"):
        index.upsert([pa.array([1], pa.int32()), pa.array(["a"])])
    for slots in ([0, 1], [-1], [5000]):
        with pytest.raises(IndexError, match="holds no key"):
            index.erase(slots_array(slots))
    with pytest.raises(ValueError, match="erased twice"):
        index.erase(slots_array([0, 0]))
    with pytest.raises(IndexError, match="slot 1 holds no key"):
        index.keys(slots_array([0, 1]))
    with pytest.raises(IndexError, match="slot -1 holds no key"):
        index.key_groups_of(index.lookup([pa.array([2]), pa.array(["a"])]))
    with pytest.raises(TypeError, match="slots must be an Arrow array of int32"):
        index.erase(pa.array([0], pa.int64()))
    with pytest.raises(ValueError, match="slots must not hold nulls"):
        index.erase(pa.array([None], pa.int32()))
    with pytest.raises(ValueError, match="key groups run from 0"):
        index.slots_by_key_group(0, 128)
    assert index.lookup(key).to_pylist() == [0]


@pytest.mark.parametrize("types", [[pa.list_(pa.int64())], [pa.string_view()], [pa.dictionary(pa.int8(), pa.string())]])
def test_types_that_cannot_be_keys(types: list[pa.DataType]) -> None:
    with pytest.raises(KeyTypeError):
        KeyIndex(types, 128)


def test_bad_declarations() -> None:
    with pytest.raises(ValueError, match="at least one key column"):
        KeyIndex([], 128)
    with pytest.raises(TypeError, match="Arrow schema"):
        KeyIndex([int], 128)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="max_parallelism"):
        KeyIndex([pa.int64()], 0)
