"""The layout of keyed parts, and how much work goes into one batch."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa

from levada import _kernels
from levada.common.typeinfo import Types
from levada.state import PartKind, TimeDomain, ValueStateDescriptor
from levada.state.keyed_parts import MAX_ROWS, KeyedEncoder, decode_keyed
from levada.state.memory import MemoryBackend


def batches_of(backend: MemoryBackend, name: str) -> list[pa.RecordBatch]:
    part = backend.snapshot()[name]
    assert part.kind is PartKind.KEYED
    return list(part.batches())


def filled(values: Any, count: int = 5000) -> MemoryBackend:
    backend = MemoryBackend("op")
    state = backend.get_state(ValueStateDescriptor("s", Types.PICKLED_BYTE_ARRAY()))
    for key in range(count):
        backend.key_context.key = key
        state.update(values(key))
    return backend


def test_columns_and_order() -> None:
    for batch in batches_of(filled(lambda key: (key, 1.5)), "state.s"):
        assert batch.schema.names == ["key_group", "key", "value"]
        assert batch.schema.field(0).type == pa.uint16()
        groups = batch.column(0).to_pylist()
        assert groups == sorted(groups)
        assert groups == [_kernels.key_group(key, 128) for key in batch.column(1).to_pylist()]
        assert batch.column(2).type == pa.struct([("f0", pa.int64()), ("f1", pa.float64())])


def test_all_batches_of_one_kind_have_one_schema() -> None:
    schemas = [batch.schema for batch in batches_of(filled(lambda key: (key, None if key % 3 else "x")), "state.s")]
    assert all(schema.equals(schemas[0], check_metadata=True) for schema in schemas)


def test_key_groups_of_all_kinds_of_keys() -> None:
    keys: list[Any] = [5, 5.0, True, "5", b"5", (5, "x"), None]
    for some in ([1, 2, 3], ["a", "b"], [1, None], keys, [True, False], [1.0, 2.5]):
        encoder = KeyedEncoder("state 's'", 128)
        batch = encoder.encode(([None] * len(some), some, list(range(len(some)))))
        _, again, order = decode_keyed(batch)
        assert [some[index] for index in order] == again
        assert batch.column(0).to_pylist() == [_kernels.key_group(key, 128) for key in again]


def test_namespaces_and_timers_have_columns_of_their_own() -> None:
    backend = MemoryBackend("op")
    backend.table("t").put((0, 10), "k", 1)
    backend.timers().register(TimeDomain.EVENT_TIME, 9, "k", (0, 10))
    (state,) = batches_of(backend, "state.t")
    (timers,) = batches_of(backend, "timers.event")
    assert state.schema.names == ["key_group", "key", "namespace", "value"]
    assert timers.schema.names == ["key_group", "key", "namespace", "timestamp", "place"]
    assert timers.column(3).type == pa.int64()
    assert batches_of(backend, "timers.processing") == []


def test_batches_get_smaller_where_values_are_large() -> None:
    small = [batch.num_rows for batch in batches_of(filled(lambda key: key, 30_000), "state.s")]
    large = [batch.num_rows for batch in batches_of(filled(lambda key: [key] * 1000), "state.s")]
    pickled = [batch.num_rows for batch in batches_of(filled(lambda key: {key} if key % 2 else key), "state.s")]
    assert max(small) == MAX_ROWS
    assert max(large[1:]) < 100
    assert 256 < max(pickled) < 1000
    assert sum(small) == 30_000
    assert sum(large) == sum(pickled) == 5000


def test_batches_without_rows_are_pauses() -> None:
    backend = MemoryBackend("op")
    state = backend.get_state(ValueStateDescriptor("s", Types.LONG()))
    for key in range(50_000):
        backend.key_context.key = key
        state.update(key)
    batches = batches_of(backend, "state.s")
    assert any(not batch.num_rows for batch in batches)
    rows = sorted(row for batch in batches if batch.num_rows for row in decode_keyed(batch)[2])
    assert rows == list(range(50_000))


def test_a_snapshot_in_random_order_of_work_is_whole() -> None:
    random.seed(7)
    backend = MemoryBackend("op")
    state = backend.get_state(ValueStateDescriptor("s", Types.TUPLE([Types.LONG(), Types.LONG()])))
    model: dict[int, tuple[int, int]] = {}
    for _ in range(6):
        for _ in range(20_000):
            key = random.randrange(15_000)
            backend.key_context.key = key
            count, total = state.value() or (0, 0)
            assert (count, total) == model.get(key, (0, 0))
            model[key] = (count + 1, total + key)
            state.update(model[key])
        part = backend.snapshot()["state.s"]
        expected = dict(model)
        found: dict[int, tuple[int, int]] = {}
        for batch in part.batches():
            if batch.num_rows:
                _, keys, values = decode_keyed(batch)
                found.update(zip(keys, values, strict=True))
            for _ in range(200):
                key = random.randrange(15_000)
                backend.key_context.key = key
                count, total = state.value() or (0, 0)
                model[key] = (count + 1, total + key)
                state.update(model[key])
            backend.maintain()
        assert found == expected
        assert part.released is not None
        part.released()
