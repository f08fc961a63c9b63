"""Layered tables: what a compliance suite cannot see from outside."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from levada.common.errors import InternalError
from levada.state.memory.frozen import FrozenTable
from levada.state.memory.layers import LayeredTable


def rows(frozen: FrozenTable) -> dict[Any, Any]:
    """All rows of a snapshot by namespace and key."""
    found: dict[Any, Any] = {}
    for chunk in frozen.chunks():
        for namespace, key, value in zip(*(chunk or ([], [], [])), strict=True):
            assert (namespace, key) not in found
            found[namespace, key] = value
    return found


def test_a_cleared_namespace_hides_what_is_below() -> None:
    table = LayeredTable()
    table.put("w", 1, "old")
    first = FrozenTable(table)
    table.clear_namespace("w")
    assert table.get("w", 1) is None
    table.put("w", 2, "new")
    second = FrozenTable(table)
    assert table.get("w", 1) is None
    assert table.get("w", 2) == "new"
    table.delete("w", 1)
    third = FrozenTable(table)
    assert rows(second) == {("w", 2): "new"}
    assert rows(first) == {("w", 1): "old"}
    assert rows(third) == {("w", 2): "new"}


def test_clearing_between_merges() -> None:
    table = LayeredTable()
    for key in range(5000):
        table.put("w", key, key)
    first = FrozenTable(table)
    table.clear_namespace("w")
    table.put("w", -1, "new")
    first.release()
    while table.maintain(100):
        pass
    assert not table.layered
    assert dict(table.items("w")) == {-1: "new"}


def test_a_table_comes_to_rest_when_the_snapshot_is_read() -> None:
    table = LayeredTable()
    for key in range(40_000):
        table.put(None, key, key)
    frozen = FrozenTable(table)
    for key in range(0, 40_000, 2):
        table.put(None, key, -key)
    table.delete(None, 1)
    assert len(rows(frozen)) == 40_000
    steps = 0
    while table.maintain(4096):
        steps += 1
    assert 1 <= steps < 10
    assert not table.layered
    assert len(table) == 39_999
    assert table.get(None, 2) == -2
    assert table.get(None, 3) == 3


def test_reads_lift_the_snapshot_so_that_the_layer_ends_without_help() -> None:
    table = LayeredTable()
    for key in range(10_000):
        table.put(None, key, key)
    frozen = FrozenTable(table, lifts=True)
    for key in range(10_000):
        assert table.get(None, key % 1000) == key % 1000
    assert table.pins == []
    table.maintain(4096)
    assert not table.layered
    assert len(rows(frozen)) == 10_000


def test_a_lifted_snapshot_does_not_see_later_writes() -> None:
    table = LayeredTable()
    for key in range(20_000):
        table.put(None, key, (key,))
    frozen = FrozenTable(table, lifts=True)
    chunks = frozen.chunks()
    while next(chunks) is None:
        pass
    table.maintain(4096)
    assert not table.layered
    for key in range(20_000):
        table.put(None, key, "late")
    found = [value for chunk in chunks if chunk is not None for value in chunk[2]]
    assert found == [(key,) for key in range(256, 20_000)]


def test_values_that_cannot_change_are_not_copied_and_others_are() -> None:
    table = LayeredTable()
    plain, changing = (1, "a"), ([1], 2)
    table.put(None, "plain", plain)
    table.put(None, "changing", changing)
    frozen = FrozenTable(table)
    assert table.get(None, "plain") is plain
    copied = table.get(None, "changing")
    assert copied == changing
    assert copied[0] is not changing[0]
    assert table.get(None, "changing") is copied
    frozen.release()
    table.maintain(100)
    assert table.get(None, "changing") is copied


def test_deleted_values_are_freed() -> None:
    class Thing:
        pass

    table = LayeredTable()
    thing = Thing()
    freed = weakref.ref(thing)
    table.put("w", 1, thing)
    del thing
    frozen = FrozenTable(table)
    table.delete("w", 1)
    frozen.release()
    while table.maintain(100):
        pass
    gc.collect()
    assert freed() is None
    assert "w" not in table._top.spaces
    assert table.namespaces() == []
    assert not table.layered
    assert table.top(None) == {}


def test_empty_namespaces_take_no_memory() -> None:
    table = LayeredTable()
    for namespace in range(1000):
        table.put(namespace, "k", 1)
        table.delete(namespace, "k")
        table.top((namespace, "looked at"))
    table.maintain(1)
    assert table._top.spaces == {}
    FrozenTable(table).release()
    assert not table.layered


def test_a_large_namespace_is_taken_apart_in_slices() -> None:
    table = LayeredTable()
    for key in range(10_000):
        table.put("w", key, key)
    table.clear_namespace("w")
    assert table.namespaces() == []
    assert sum(map(len, table._trash)) == 10_000
    assert table.maintain(4000)
    assert sum(map(len, table._trash)) == 6000
    assert table.maintain(4000)
    assert not table.maintain(4000)


def test_iterating_a_layered_namespace_keeps_it_as_it_is() -> None:
    table = LayeredTable()
    for key in range(2000):
        table.put("w", key, key)
    frozen = FrozenTable(table)
    for key in range(1000, 3000):
        table.put("w", key, -key)
    items = table.items("w")
    seen = [next(items)]
    frozen.release()
    table.maintain(100_000)
    assert table.layered
    seen += items
    assert dict(seen) == {**{key: key for key in range(1000)}, **{key: -key for key in range(1000, 3000)}}
    assert len(seen) == 3000
    while table.maintain(100_000):
        pass
    assert not table.layered


def test_a_snapshot_is_read_once() -> None:
    table = LayeredTable()
    table.put(None, 1, 1)
    frozen = FrozenTable(table)
    assert rows(frozen) == {(None, 1): 1}
    with pytest.raises(InternalError, match="read twice"):
        rows(frozen)


def test_layers_stay_few_when_snapshots_are_given_up() -> None:
    table = LayeredTable()
    for turn in range(50):
        for key in range(10):
            table.put(None, key, (turn, key))
        table.put(None, ("only", turn), turn)
        FrozenTable(table).release()
        assert len(table._frozen) <= 9
    assert len(table) == 60
    assert table.get(None, 3) == (49, 3)
