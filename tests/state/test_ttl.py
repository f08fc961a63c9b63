"""State that expires. Source: Flink documentation, "Working with State", section "State Time-To-Live (TTL)"."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levada.common import Duration, Time, Types
from levada.common.errors import StateError
from levada.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from levada.state.memory import MemoryBackend

from .restoring import Written

TTL = 100


class Clock:
    """The time, set by hand."""

    def __init__(self) -> None:
        self.now = 1000

    def __call__(self) -> int:
        return self.now


class Total:
    """Sums into a list of one number."""

    def create_accumulator(self) -> list[int]:
        return [0]

    def add(self, value: int, accumulator: list[int]) -> list[int]:
        return [accumulator[0] + value]

    def get_result(self, accumulator: list[int]) -> int:
        return accumulator[0]

    def merge(self, a: list[int], b: list[int]) -> list[int]:
        return [a[0] + b[0]]


class Whole(Total):
    """Its result is the accumulator itself."""

    def get_result(self, accumulator: list[int]) -> Any:
        return accumulator


def builder() -> StateTtlConfig.Builder:
    return StateTtlConfig.new_builder(timedelta(milliseconds=TTL))


def made(
    config: StateTtlConfig | None, descriptor: StateDescriptor, backend: MemoryBackend | None = None
) -> tuple[Any, MemoryBackend, Clock]:
    """A state's handle under key "k", its backend and the clock."""
    clock = Clock()
    backend = backend or MemoryBackend("op", now=clock)
    backend.key_context.key = "k"
    if config is not None:
        descriptor.enable_time_to_live(config)
    return backend.get_state(descriptor), backend, clock


def value_descriptor() -> ValueStateDescriptor[int]:
    return ValueStateDescriptor("v", Types.LONG())


def stored(backend: MemoryBackend, name: str = "v") -> list[Any]:
    """The rows a checkpoint would hold."""
    parts = Written(backend.snapshot()).batches
    batches = parts.get(f"expiring.{name}", []) + parts.get(f"state.{name}", [])
    return [value for batch in batches for value in batch.column("value").to_pylist()]


def restored(backend: MemoryBackend, clock: Clock) -> MemoryBackend:
    after = MemoryBackend("op", now=clock)
    after.restore(Written(backend.snapshot()).restored())
    after.key_context.key = "k"
    return after


def test_a_value_expires_after_its_time_to_live() -> None:
    state, _, clock = made(builder().build(), value_descriptor())
    state.update(7)
    clock.now += TTL - 1
    assert state.value() == 7
    clock.now += 1
    assert state.value() is None


def test_on_create_and_write_only_writing_starts_the_time_anew() -> None:
    state, _, clock = made(builder().update_ttl_on_create_and_write().build(), value_descriptor())
    state.update(7)
    clock.now += 60
    assert state.value() == 7
    clock.now += 60
    assert state.value() is None
    state.update(8)
    clock.now += 60
    state.update(9)
    clock.now += 60
    assert state.value() == 9


def test_on_read_and_write_reading_does_too() -> None:
    state, _, clock = made(builder().update_ttl_on_read_and_write().build(), value_descriptor())
    state.update(7)
    for _ in range(5):
        clock.now += 60
        assert state.value() == 7
    clock.now += TTL
    assert state.value() is None


def test_an_expired_value_is_returned_once_if_it_was_not_cleaned_up() -> None:
    config = builder().return_expired_if_not_cleaned_up().disable_cleanup_in_background().build()
    state, _, clock = made(config, value_descriptor())
    state.update(7)
    clock.now += TTL
    assert state.value() == 7
    assert state.value() is None, "reading an expired value removes it"


def test_disabled_never_expires() -> None:
    config = builder().set_update_type(StateTtlConfig.UpdateType.Disabled).build()
    assert not config.is_enabled()
    state, _, clock = made(config, value_descriptor())
    state.update(7)
    clock.now += TTL * 1000
    assert state.value() == 7


def test_list_elements_expire_one_by_one() -> None:
    state, _, clock = made(builder().build(), ListStateDescriptor("l", Types.STRING()))
    state.add("a")
    clock.now += 60
    state.add_all(["b", "c"])
    clock.now += 60
    assert state.get() == ["b", "c"]
    assert list(state) == ["b", "c"]
    clock.now += 60
    assert state.get() == []
    state.update(["d"])
    assert state.get() == ["d"]
    with pytest.raises(StateError, match="None cannot be an element"):
        state.add(None)


def test_map_entries_expire_one_by_one() -> None:
    state, _, clock = made(builder().build(), MapStateDescriptor("m", Types.STRING(), Types.LONG()))
    state.put("a", 1)
    clock.now += 60
    state.put_all({"b": 2})
    state["c"] = 3
    clock.now += 60
    assert (state.get("a"), state.get("b"), "a" in state, "c" in state) == (None, 2, False, True)
    assert state.items() == [("b", 2), ("c", 3)]
    assert (state.keys(), state.values(), state.is_empty()) == (["b", "c"], [2, 3], False)
    state.remove("b")
    assert state.keys() == ["c"]
    clock.now += 60
    assert state.is_empty()
    assert state.items() == []


def test_reading_one_map_entry_renews_only_that_one() -> None:
    state, _, clock = made(
        builder().update_ttl_on_read_and_write().build(), MapStateDescriptor("m", Types.STRING(), Types.LONG())
    )
    state.put_all({"a": 1, "b": 2})
    clock.now += 60
    assert state.get("a") == 1
    clock.now += 60
    assert (state.contains("a"), state.contains("b")) == (True, False)


def test_reducing_and_aggregating_begin_anew_after_expiry() -> None:
    for descriptor in (
        ReducingStateDescriptor("r", lambda a, b: a + b, Types.LONG()),
        AggregatingStateDescriptor("g", Total(), Types.LIST(Types.LONG())),
    ):
        state, _, clock = made(builder().build(), descriptor)
        assert state.get() is None
        state.add(1)
        clock.now += 60
        state.add(2)
        clock.now += 60
        assert state.get() == 3
        clock.now += 60
        state.add(5)
        assert state.get() == 5
        clock.now += TTL
        assert state.get() is None
        state.add(4)
        state.clear()
        assert state.get() is None


def test_a_window_s_state_expires_too() -> None:
    descriptor = value_descriptor()
    descriptor.enable_time_to_live(builder().build())
    clock = Clock()
    backend = MemoryBackend("op", now=clock)
    backend.key_context.key = "k"
    backend.get_state(descriptor, "window").update(3)
    assert backend.get_state(descriptor, "window").value() == 3
    assert backend.get_state(descriptor, "other").value() is None
    clock.now += TTL
    assert backend.get_state(descriptor, "window").value() is None


def test_what_expired_is_left_out_of_a_full_snapshot_and_stays_in_memory() -> None:
    config = builder().cleanup_full_snapshot().disable_cleanup_in_background().build()
    state, backend, clock = made(config, value_descriptor())
    state.update(1)
    clock.now += 60
    backend.key_context.key = "young"
    state.update(2)
    clock.now += 60
    assert [value["f1"] for value in stored(backend)] == [2]
    assert len(backend._entries["v"].table) == 2


def test_without_that_a_snapshot_holds_what_has_expired() -> None:
    state, backend, clock = made(builder().disable_cleanup_in_background().build(), value_descriptor())
    state.update(1)
    clock.now += TTL
    assert len(stored(backend)) == 1


def test_using_the_state_removes_what_has_expired_elsewhere() -> None:
    state, backend, clock = made(builder().cleanup_incrementally(10, False).build(), value_descriptor())
    for key in range(100):
        backend.key_context.key = key
        state.update(key)
    clock.now += TTL
    backend.key_context.key = "k"
    for _ in range(32):
        state.value()
    assert len(backend._entries["v"].table) == 0


@pytest.mark.parametrize(("every_record", "left"), [(True, 0), (False, 100)])
def test_records_that_do_not_use_the_state_clean_up_where_asked_to(every_record: bool, left: int) -> None:
    state, backend, clock = made(builder().cleanup_incrementally(1, every_record).build(), value_descriptor())
    for key in range(100):
        backend.key_context.key = key
        state.update(key)
    clock.now += TTL
    for _ in range(4):
        backend.maintain()
    assert len(backend._entries["v"].table) == left


def test_clean_up_takes_single_elements_and_entries() -> None:
    config = builder().cleanup_incrementally(5, True).build()
    for descriptor in (
        ListStateDescriptor("c", Types.LONG()),
        MapStateDescriptor("c", Types.LONG(), Types.LONG()),
    ):
        state, backend, clock = made(config, descriptor)

        put = (
            state.add
            if isinstance(descriptor, ListStateDescriptor)
            else lambda number, state=state: state.put(number, 0)
        )
        put(1)
        clock.now += 60
        put(2)
        clock.now += 60
        backend.maintain()
        assert len(backend._entries["c"].table.get(None, "k")) == 1
        clock.now += 60
        backend.maintain()
        assert len(backend._entries["c"].table) == 0


def test_times_of_last_access_are_restored() -> None:
    state, backend, clock = made(builder().build(), value_descriptor())
    state.update(1)
    clock.now += 60
    after = restored(backend, clock)
    state, *_ = made(builder().build(), value_descriptor(), after)
    assert state.value() == 1
    clock.now += 40
    assert state.value() is None


def test_state_restored_after_its_time_has_expired() -> None:
    state, backend, clock = made(builder().build(), ListStateDescriptor("l", Types.LONG()))
    state.add_all([1, 2])
    clock.now += 10_000
    state, *_ = made(builder().build(), ListStateDescriptor("l", Types.LONG()), restored(backend, clock))
    assert state.get() == []


DESCRIPTORS = {
    "value": (value_descriptor, lambda state: state.update(1), lambda state: state.value() == 1),
    "list": (lambda: ListStateDescriptor("v", int), lambda state: state.add(1), lambda state: state.get() == [1]),
    "map": (
        lambda: MapStateDescriptor("v", str, int),
        lambda state: state.put("a", 1),
        lambda state: state.items() == [("a", 1)],
    ),
}


@pytest.mark.parametrize("kind", DESCRIPTORS)
def test_time_to_live_may_be_turned_on_and_off(kind: str) -> None:
    """Section "State TTL Migration Compatibility"."""
    descriptor, fill, holds = DESCRIPTORS[kind]
    state, backend, clock = made(None, descriptor())
    fill(state)
    clock.now += 10_000
    on = restored(backend, clock)
    state, *_ = made(builder().build(), descriptor(), on)
    assert holds(state), "state restored without time to live has not expired"
    off = restored(on, clock)
    clock.now += TTL
    assert not holds(state)
    state, *_ = made(None, descriptor(), off)
    assert holds(state), "without time to live all that is there is visible"


def test_restored_state_that_nobody_asks_for_keeps_its_times() -> None:
    state, backend, clock = made(builder().build(), value_descriptor())
    state.update(1)
    clock.now += 60
    twice = restored(restored(backend, clock), clock)
    clock.now += 40
    state, *_ = made(builder().build(), value_descriptor(), twice)
    assert state.value() is None


def test_one_state_is_not_asked_for_with_and_without() -> None:
    _, backend, _ = made(builder().build(), value_descriptor())
    with pytest.raises(StateError, match=r"state 'v' is asked for with a time to live and without"):
        backend.get_state(value_descriptor())


def test_configurations_tell_what_they_say() -> None:
    config = StateTtlConfig.new_builder(Time.seconds(1)).build()
    assert config.get_update_type() is StateTtlConfig.UpdateType.OnCreateAndWrite
    assert config.get_state_visibility() is StateTtlConfig.StateVisibility.NeverReturnExpired
    assert config.get_ttl_time_characteristic() is StateTtlConfig.TtlTimeCharacteristic.ProcessingTime
    assert config.get_ttl() == Time.seconds(1)
    assert config.ttl_ms == 1000
    strategies = config.get_cleanup_strategies()
    assert strategies.is_cleanup_in_background()
    assert not strategies.in_full_snapshot()
    incremental = strategies.get_incremental_cleanup_strategy()
    assert incremental is not None
    assert (incremental.get_cleanup_size(), incremental.run_cleanup_for_every_record()) == (5, False)
    assert strategies.get_rocksdb_compact_filter_cleanup_strategy() is None

    chosen = (
        StateTtlConfig.new_builder(Duration.of_seconds(1))
        .set_ttl(Duration.of_seconds(2))
        .set_update_type(StateTtlConfig.UpdateType.OnReadAndWrite)
        .set_state_visibility(StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp)
        .never_return_expired()
        .use_processing_time()
        .cleanup_full_snapshot()
        .cleanup_in_rocksdb_compact_filter(1000, Duration.of_hours(1))
        .disable_cleanup_in_background()
        .build()
    )
    assert chosen.ttl_ms == 2000
    assert "OnReadAndWrite, NeverReturnExpired, ProcessingTime" in repr(chosen)
    strategies = chosen.get_cleanup_strategies()
    assert strategies.in_full_snapshot()
    assert strategies.get_incremental_cleanup_strategy() is None
    rocksdb = strategies.get_rocksdb_compact_filter_cleanup_strategy()
    assert rocksdb is not None
    assert rocksdb.get_query_time_after_num_entries() == 1000
    assert rocksdb.get_periodic_compaction_time() == Duration.of_hours(1)


def test_what_is_wrong_is_refused_at_once() -> None:
    with pytest.raises(StateError, match="must be 1 ms or more"):
        StateTtlConfig.new_builder(timedelta(0)).build()
    with pytest.raises(StateError, match=r"cleanup_incrementally\(0"):
        builder().cleanup_incrementally(0, False)
    with pytest.raises(StateError, match=r"new_builder\(ttl\)\.build\(\)"):
        value_descriptor().enable_time_to_live(builder())  # type: ignore[arg-type]


def test_changes_in_place_that_are_not_stored_are_found_where_asked_for() -> None:
    config = builder().update_ttl_on_read_and_write().build()
    numbers = Types.LIST(Types.LONG())
    aggregating = AggregatingStateDescriptor("s", Whole(), numbers)
    cases: list[tuple[Any, Any, Any]] = [
        (ValueStateDescriptor("s", numbers), lambda s: s.update([1]), lambda s: s.value()),
        (ListStateDescriptor("s", numbers), lambda s: s.add([1]), lambda s: s.get()),
        (ListStateDescriptor("s", numbers), lambda s: s.add([1]), lambda s: s.get()[0]),
        (MapStateDescriptor("s", str, numbers), lambda s: s.put("a", [1]), lambda s: s.get("a")),
        (ReducingStateDescriptor("s", lambda a, b: a + b, numbers), lambda s: s.add([1]), lambda s: s.get()),
        (aggregating, lambda s: s.add(1), lambda s: s.get()),
    ]
    for descriptor, fill, read in cases:
        clock = Clock()
        state, backend, _ = made(config, descriptor, MemoryBackend("op", now=clock, detect_mutations=True))
        fill(state)
        backend.check_mutations()
        assert read(state)
        backend.check_mutations()
        read(state).append(2)
        with pytest.raises(StateError, match="changed in place and not stored"):
            backend.check_mutations()
        clock.now += TTL
        assert not (
            state.value() if hasattr(state, "value") else state.items() if hasattr(state, "put") else state.get()
        )


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["update", "value", "add", "get", "put", "entry", "items", "wait", "snapshot", "maintain"]),
        st.integers(0, 2),
        st.integers(1, 120),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(OPERATIONS, st.booleans(), st.booleans(), st.booleans())
def test_states_behave_as_a_plain_model(
    operations: list[tuple[str, int, int]], renews: bool, background: bool, detects: bool
) -> None:
    """Snapshots are taken on the way, and read at leisure, so that the tables are layered."""
    made_by = builder().update_ttl_on_read_and_write() if renews else builder()
    config = (made_by if background else made_by.disable_cleanup_in_background()).build()
    clock = Clock()
    backend = MemoryBackend("op", now=clock, detect_mutations=detects)
    descriptors = (value_descriptor(), ListStateDescriptor("l", int), MapStateDescriptor("m", int, int))
    for descriptor in descriptors:
        descriptor.enable_time_to_live(config)
    value, elements, entries = (backend.get_state(descriptor) for descriptor in descriptors)
    values: dict[int, list[int]] = {}  # key -> [time, value]
    lists: dict[int, list[list[int]]] = {}
    maps: dict[int, dict[int, list[int]]] = {}
    waiting: list[Any] = []

    def alive(pair: list[int] | None) -> bool:
        return pair is not None and pair[0] + TTL > clock.now

    def seen(pair: list[int]) -> int:
        if renews:
            pair[0] = clock.now
        return pair[1]

    for operation, key, number in operations:
        backend.key_context.key = key
        if operation == "update":
            value.update(number)
            values[key] = [clock.now, number]
        elif operation == "value":
            pair = values.get(key)
            assert value.value() == (seen(pair) if pair is not None and alive(pair) else None)
        elif operation == "add":
            elements.add(number)
            lists.setdefault(key, []).append([clock.now, number])
        elif operation == "get":
            assert elements.get() == [seen(pair) for pair in lists.get(key, []) if alive(pair)]
        elif operation == "put":
            entries.put(number % 3, number)
            maps.setdefault(key, {})[number % 3] = [clock.now, number]
        elif operation == "entry":
            pair = maps.get(key, {}).get(number % 3)
            assert entries.get(number % 3) == (seen(pair) if pair is not None and alive(pair) else None)
        elif operation == "items":
            live = {name: pair for name, pair in maps.get(key, {}).items() if alive(pair)}
            assert entries.is_empty() == (not live)
            assert dict(entries.items()) == {name: seen(pair) for name, pair in live.items()}
        elif operation == "wait":
            clock.now += number
        elif operation == "snapshot":
            waiting.append(backend.snapshot())
            backend.check_mutations()
        elif waiting:
            Written(waiting.pop(0))
        else:
            backend.maintain()
