"""Sorting a keyed operator's input, in memory and on disk."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada._kernels import key_bytes
from levada.common.batch import RowBatch
from levada.common.errors import UserError
from levada.operators.row.sort_input import NO_TIME, SortedInput

IN_MEMORY, ON_DISK = 1 << 30, 400
rows = st.lists(st.tuples(st.sampled_from(["", "a", "b", 7, None]), st.integers(-3, 3), st.integers(0, 1)))


def sorted_rows(memory: int, given_rows: list[tuple[Any, int, int]], step: int) -> tuple[list[list[Any]], int]:
    """Each key's rows in turn, and how many runs were on disk."""
    taken = SortedInput(memory, "test")
    for side in (0, 1):
        numbered = [(key, time, number) for number, (key, time, of) in enumerate(given_rows) if of == side]
        for at in range(0, len(numbered), step):
            part = numbered[at : at + step]
            batch = RowBatch([(key, number) for key, _, number in part], [time for _, time, _ in part])
            taken.add([key for key, _, _ in part], batch, side)
    out = [list(of_key) for of_key in taken.take()]
    runs = taken.runs
    taken.close()
    return out, runs


@given(rows, st.integers(1, 5))
def test_rows_are_grouped_by_key_and_sorted_by_time_side_and_arrival(
    some: list[tuple[Any, int, int]], step: int
) -> None:
    numbered = [(key, time, side, number) for number, (key, time, side) in enumerate(some)]
    numbered.sort(key=lambda row: (key_bytes(row[0]), row[1], row[2], row[3]))
    expected: dict[Any, list[Any]] = {}
    for key, time, side, number in numbered:
        expected.setdefault(key, []).append((time, side, (key, number)))
    for memory in (IN_MEMORY, ON_DISK):
        assert sorted_rows(memory, some, step)[0] == list(expected.values())


def test_what_is_more_than_the_memory_goes_to_disk() -> None:
    many: list[tuple[Any, int, int]] = [(number % 7, -number, 0) for number in range(3000)]
    out, runs = sorted_rows(50_000, many, 100)
    assert runs > 3
    assert out == sorted_rows(IN_MEMORY, many, 100)[0]
    assert [len(of_key) for of_key in out] == [429, 429, 429, 429, 428, 428, 428]


def test_rows_without_time_come_first() -> None:
    taken = SortedInput(IN_MEMORY, "test")
    taken.add(["k"], RowBatch(["timed"], [-(2**63)]), 0)
    taken.add(["k"], RowBatch(["untimed"]), 0)
    assert [list(of_key) for of_key in taken.take()] == [[(NO_TIME, 0, "untimed"), (-(2**63), 0, "timed")]]


def test_a_record_that_cannot_go_to_disk_is_told() -> None:
    taken = SortedInput(1, "clicks per user")
    with pytest.raises(UserError, match=r"'clicks per user'.*cannot be pickled.*levada\.batch\.sort-memory"):
        taken.add(["k"], RowBatch([threading.Lock()]), 0)
    taken.close()


def test_the_file_goes_with_close() -> None:
    taken = SortedInput(1, "test")
    taken.add(["k"], RowBatch([1]), 0)
    file = taken._file
    assert file is not None
    taken.close()
    assert file.closed
