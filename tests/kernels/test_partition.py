"""Partitioning against a plain Python model."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import sys
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada._kernels import hash_columns, key_group, key_groups, partition, split_rows
from levada.common.errors import KeyTypeError

_PARALLELISM = st.integers(1, 300).flatmap(lambda top: st.tuples(st.integers(1, top), st.just(top)))
_KEYS = st.lists(
    st.none() | st.integers(-5, 5) | st.text(max_size=2) | st.floats(-1, 1) | st.just(math.nan), max_size=60
)


def owner(key: Any, parallelism: int, max_parallelism: int) -> int:
    return key_group(key, max_parallelism) * parallelism // max_parallelism


@given(st.lists(st.tuples(st.integers() | st.none(), st.text())), _PARALLELISM)
def test_partition_is_a_stable_sort_by_owner(rows: list[tuple[int | None, str]], sizes: tuple[int, int]) -> None:
    parallelism, max_parallelism = sizes
    rows = [(None if number is None else number % 2**63, text) for number, text in rows]
    columns = [pa.array([row[0] for row in rows], pa.int64()), pa.array([row[1] for row in rows], pa.string())]
    owners = [owner(row, parallelism, max_parallelism) for row in rows]
    wanted = sorted(range(len(rows)), key=owners.__getitem__)

    hashes = hash_columns(columns)
    groups = key_groups(columns, max_parallelism)
    assert groups.to_pylist() == [key_group(row, max_parallelism) for row in rows]
    assert key_groups(hashes, max_parallelism) == groups
    for keys in (columns, hashes, groups):
        permutation, offsets = partition(keys, parallelism, max_parallelism)
        assert permutation.to_pylist() == wanted
        assert len(offsets) == parallelism + 1
        for subtask in range(parallelism):
            assert offsets[subtask + 1] - offsets[subtask] == owners.count(subtask)
        assert (offsets[0], offsets[-1]) == (0, len(rows))


@given(_KEYS, _PARALLELISM, st.booleans())
def test_split_rows_deals_rows_to_their_owners(keys: list[Any], sizes: tuple[int, int], timed: bool) -> None:
    parallelism, max_parallelism = sizes
    values = [[key] for key in keys]
    times = [*range(len(keys))] if timed else None
    parts = split_rows(values, times, keys, parallelism, max_parallelism)
    assert len(parts) == parallelism
    for subtask, (its_values, its_times) in enumerate(parts):
        rows = [row for row, key in enumerate(keys) if owner(key, parallelism, max_parallelism) == subtask]
        assert [id(value) for value in its_values] == [id(values[row]) for row in rows]
        assert its_times == (rows if timed else None)


@given(_PARALLELISM)
def test_every_subtask_owns_a_range_of_groups(sizes: tuple[int, int]) -> None:
    parallelism, max_parallelism = sizes
    _, offsets = partition(pa.array(range(max_parallelism), pa.uint16()), parallelism, max_parallelism)
    shares = {after - before for before, after in itertools.pairwise(offsets)}
    assert max(shares) - min(shares) <= 1


def test_keys_are_released_again() -> None:
    value = object()
    for _ in range(50):
        split_rows([value] * 100, None, [*range(100)], 3, 128)
    assert sys.getrefcount(value) < 10


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="parallelism must be between 1 and max_parallelism"):
        partition(pa.array([1], pa.uint16()), 129, 128)
    with pytest.raises(ValueError, match="key group 128 is not below max_parallelism"):
        partition(pa.array([128], pa.uint16()), 1, 128)
    with pytest.raises(TypeError, match="uint16"):
        key_groups(pa.array([1], pa.int64()), 128)
    with pytest.raises(ValueError, match="nulls"):
        key_groups(pa.array([None], pa.uint64()), 128)
    with pytest.raises(ValueError, match="same length"):
        split_rows([1, 2], None, [1], 1, 128)
    with pytest.raises(ValueError, match="same length"):
        split_rows([1], [1, 2], [1], 1, 128)
    with pytest.raises(KeyTypeError, match="use a tuple"):
        split_rows([1], None, [[1]], 1, 128)


def test_a_list_that_shrinks_while_it_is_hashed() -> None:
    class Zone(dt.tzinfo):
        def utcoffset(self, moment: dt.datetime | None) -> dt.timedelta:
            keys.clear()
            return dt.timedelta(0)

        def tzname(self, moment: dt.datetime | None) -> str:
            return "zone"

        def dst(self, moment: dt.datetime | None) -> dt.timedelta:
            return dt.timedelta(0)

    keys: list[Any] = [dt.datetime(2020, 1, 1, tzinfo=Zone()), 1, 2]
    with pytest.raises(ValueError, match="same length"):
        split_rows([1, 2, 3], None, keys, 1, 128)
