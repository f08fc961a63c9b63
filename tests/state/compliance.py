"""What every keyed state backend must do. A backend's test module makes a subclass with a ``make`` method."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from levada.common.errors import StateError
from levada.common.typeinfo import Types
from levada.state import (
    AggregatingStateDescriptor,
    KeyedBackend,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StatePart,
    TimeDomain,
    ValueState,
    ValueStateDescriptor,
)
from levada.state.keyed_parts import decode_keyed

from .restoring import Restored, Written

ANY = Types.PICKLED_BYTE_ARRAY()
EVENT = TimeDomain.EVENT_TIME


class Average:
    """An aggregate function whose accumulator is changed in place."""

    def create_accumulator(self) -> list[int]:
        return [0, 0]

    def add(self, value: int, accumulator: list[int]) -> list[int]:
        accumulator[0] += value
        accumulator[1] += 1
        return accumulator

    def get_result(self, accumulator: list[int]) -> float:
        return accumulator[0] / accumulator[1]

    def merge(self, a: list[int], b: list[int]) -> list[int]:
        return [a[0] + b[0], a[1] + b[1]]


def pull(parts: dict[str, StatePart]) -> Written:
    return Written(parts)


class BackendCompliance:
    """Tests of one backend."""

    def make(self, *, detect_mutations: bool = False, max_parallelism: int = 128) -> KeyedBackend:
        raise NotImplementedError

    @pytest.fixture
    def backend(self) -> KeyedBackend:
        return self.make()

    def restore(self, written: Written) -> KeyedBackend:
        backend = self.make()
        backend.restore(written.restored())
        return backend

    # -- kinds of state ------------------------------------------------------------------------------------------------

    def test_value_state_is_kept_by_key(self, backend: KeyedBackend) -> None:
        state = backend.get_state(ValueStateDescriptor("s", Types.LONG()))
        backend.key_context.key = "a"
        assert state.value() is None
        state.update(1)
        backend.key_context.key = "b"
        assert state.value() is None
        backend.key_context.key = "a"
        assert state.value() == 1
        state.update(None)
        assert state.value() is None

    @pytest.mark.parametrize("value", [0, False, "", b"", 0.0, (), [], {}])
    def test_falsy_values_are_values(self, backend: KeyedBackend, value: Any) -> None:
        state = backend.get_state(ValueStateDescriptor("s", ANY))
        state.update(value)
        written = pull(backend.snapshot())
        assert state.value() == value
        again = self.restore(written).get_state(ValueStateDescriptor("s", ANY)).value()
        assert again == value
        assert type(again) is type(value)

    def test_list_state(self, backend: KeyedBackend) -> None:
        state = backend.get_state(ListStateDescriptor("l", Types.LONG()))
        assert list(state.get()) == []
        state.add(1)
        state.add_all([2, 3])
        assert list(state) == [1, 2, 3]
        given = [7]
        state.update(given)
        given.append(8)
        assert list(state.get()) == [7]
        state.update([])
        assert list(state.get()) == []
        state.add_all([])
        assert list(state.get()) == []
        refused: list[Callable[[], None]] = [
            lambda: state.add(None),  # type: ignore[arg-type]
            lambda: state.update(None),  # type: ignore[arg-type]
            lambda: state.add_all([1, None]),  # type: ignore[list-item]
        ]
        for call in refused:
            with pytest.raises(StateError, match=r"ListState 'l'"):
                call()

    def test_map_state(self, backend: KeyedBackend) -> None:
        state = backend.get_state(MapStateDescriptor("m", Types.STRING(), Types.LONG()))
        assert state.is_empty()
        assert state.get("x") is None
        state.remove("x")
        state.put("x", 1)
        state["y"] = 2
        state.put_all({"z": 3})
        assert "x" in state
        assert state["y"] == 2
        assert list(state.items()) == [("x", 1), ("y", 2), ("z", 3)]
        assert list(state.keys()) == list(state) == ["x", "y", "z"]
        assert list(state.values()) == [1, 2, 3]
        for key in state:
            del state[key]
        assert state.is_empty()

    def test_reducing_state(self, backend: KeyedBackend) -> None:
        state = backend.get_state(ReducingStateDescriptor("r", lambda a, b: a + b, Types.LONG()))
        assert state.get() is None
        state.add(1)
        state.add(2)
        assert state.get() == 3
        state.clear()
        assert state.get() is None

    def test_aggregating_state(self, backend: KeyedBackend) -> None:
        state = backend.get_state(AggregatingStateDescriptor("a", Average(), ANY))
        assert state.get() is None
        state.add(1)
        pull(backend.snapshot())
        state.add(2)
        assert state.get() == 1.5

    def test_same_name_is_the_same_state(self, backend: KeyedBackend) -> None:
        one = backend.get_state(ValueStateDescriptor("s", ANY))
        two = backend.get_state(ValueStateDescriptor("s", ANY))
        one.update(5)
        assert two.value() == 5

    def test_another_kind_under_the_same_name_is_refused(self, backend: KeyedBackend) -> None:
        backend.get_state(ValueStateDescriptor("s", ANY))
        with pytest.raises(StateError, match=r"state 's' is asked for as a ListState, but it is a ValueState"):
            backend.get_state(ListStateDescriptor("s", ANY))

    def test_another_kind_than_in_the_checkpoint_is_refused(self, backend: KeyedBackend) -> None:
        backend.get_state(ListStateDescriptor("s", ANY)).add(1)
        restored = self.restore(pull(backend.snapshot()))
        with pytest.raises(StateError, match=r"as a ValueState, but it is a ListState.*checkpoint"):
            restored.get_state(ValueStateDescriptor("s", ANY))

    # -- tables --------------------------------------------------------------------------------------------------------

    def test_namespaces_are_separate(self, backend: KeyedBackend) -> None:
        table = backend.table("t")
        table.put((0, 10), "k", 1)
        table.put((10, 20), "k", 2)
        assert table.get((0, 10), "k") == 1
        table.clear_namespace((0, 10))
        assert table.get((0, 10), "k") is None
        assert table.get((10, 20), "k") == 2
        assert table.namespaces() == [(10, 20)]

    def test_top_is_the_fast_path(self, backend: KeyedBackend) -> None:
        table = backend.table("t")
        for checkpoint in range(3):
            top = table.top("w")
            for key in range(5):
                value = top.get(key)
                if value is None:
                    value = table.get("w", key)
                assert value == (checkpoint or None)
                top[key] = checkpoint + 1
            written = pull(backend.snapshot())
        assert dict(self.restore(written).table("t").items("w")) == dict.fromkeys(range(5), 3)

    def test_a_handle_of_a_namespace(self, backend: KeyedBackend) -> None:
        descriptor = ValueStateDescriptor("s", ANY)
        backend.get_state(descriptor, (0, 10)).update(1)
        assert backend.get_state(descriptor, (10, 20)).value() is None
        assert backend.get_state(descriptor, (0, 10)).value() == 1
        backend.get_state(descriptor, (0, 10)).clear()
        assert backend.get_state(descriptor, (0, 10)).value() is None

    def test_cleared_keys_and_namespaces_vanish(self, backend: KeyedBackend) -> None:
        table = backend.table("t")
        for namespace in range(10):
            table.put(namespace, "k", 1)
        written = pull(backend.snapshot())
        for namespace in range(10):
            table.delete(namespace, "k")
        assert len(table) == 0
        assert table.namespaces() == []
        assert pull(backend.snapshot()).batches["state.t"] == []
        assert len(self.restore(written).table("t")) == 10

    # -- snapshots -----------------------------------------------------------------------------------------------------

    def test_a_snapshot_holds_the_moment_of_the_barrier(self, backend: KeyedBackend) -> None:
        state = backend.get_state(ValueStateDescriptor("s", ANY))
        for key in range(1000):
            backend.key_context.key = key
            state.update([key])
        parts = backend.snapshot()
        for key in range(1000):
            backend.key_context.key = key
            held = state.value()
            assert held == [key]
            held.append("late")
            if key % 3 == 0:
                state.clear()
        backend.key_context.key = "new"
        state.update(["new"])
        restored = self.restore(pull(parts))
        again = restored.get_state(ValueStateDescriptor("s", ANY))
        for key in range(1000):
            restored.key_context.key = key
            assert again.value() == [key]
            backend.key_context.key = key
            assert state.value() == (None if key % 3 == 0 else [key, "late"])
        restored.key_context.key = "new"
        assert again.value() is None

    def test_values_changed_in_place_are_kept(self, backend: KeyedBackend) -> None:
        values = backend.get_state(ValueStateDescriptor("v", ANY))
        lists = backend.get_state(ListStateDescriptor("l", ANY))
        maps = backend.get_state(MapStateDescriptor("m", ANY, ANY))
        values.update({"n": 0})
        lists.add([0])
        maps.put("k", [0])
        for turn in range(1, 5):
            written = pull(backend.snapshot())
            held = values.value()
            assert held is not None
            held["n"] = turn
            next(iter(lists.get())).append(turn)
            (maps.get("k") or []).append(turn)
            next(iter(maps.values())).append(-turn)
            restored = self.restore(written)
            assert restored.get_state(ValueStateDescriptor("v", ANY)).value() == {"n": turn - 1}
            assert len(next(iter(restored.get_state(ListStateDescriptor("l", ANY)).get()))) == turn
            assert len(restored.get_state(MapStateDescriptor("m", ANY, ANY)).get("k") or []) == 2 * turn - 1
        assert values.value() == {"n": 4}
        assert list(lists.get()) == [[0, 1, 2, 3, 4]]
        assert maps.get("k") == [0, 1, -1, 2, -2, 3, -3, 4, -4]

    def test_snapshots_may_overlap_and_be_given_up(self, backend: KeyedBackend) -> None:
        state = backend.get_state(ValueStateDescriptor("s", ANY))
        pulled: list[tuple[int, Iterator[pa.RecordBatch], StatePart]] = []
        for turn in range(4):
            for key in range(2000):
                backend.key_context.key = key
                held = state.value() or []
                state.update([*held, turn])
            part = backend.snapshot()["state.s"]
            batches = part.batches()
            if turn % 2:
                next(batches)
                pulled.append((turn, batches, part))
            else:
                assert part.released is not None
                part.released()
        last = backend.snapshot()
        restored = self.restore(pull(last))
        again = restored.get_state(ValueStateDescriptor("s", ANY))
        for key in range(2000):
            restored.key_context.key = key
            assert again.value() == [0, 1, 2, 3]
        for turn, batches, part in pulled:
            values = [value for batch in batches if batch.num_rows for value in decode_keyed(batch)[2]]
            assert values
            assert all(value == list(range(turn + 1)) for value in values)
            assert part.released is not None
            part.released()
        assert any(not backend.maintain() for _ in range(100))

    def test_state_nobody_asks_for_is_carried_on(self, backend: KeyedBackend) -> None:
        backend.get_state(ValueStateDescriptor("s", ANY)).update("kept")
        second = self.restore(pull(backend.snapshot()))
        third = self.restore(pull(second.snapshot()))
        assert third.get_state(ValueStateDescriptor("s", ANY)).value() == "kept"

    def test_rescaling_gives_each_key_to_one_subtask(self, backend: KeyedBackend) -> None:
        state = backend.get_state(ValueStateDescriptor("s", ANY))
        keys: list[Any] = [*range(300), *map(str, range(300)), *((n, str(n)) for n in range(300))]
        for key in keys:
            backend.key_context.key = key
            state.update((key, 1))
            backend.timers().register(EVENT, 7, key)
        written = pull(backend.snapshot())
        found: list[Any] = []
        timers: list[Any] = []
        for index in range(3):
            part = self.make()
            part.restore(written.restored(3, index))
            part.get_state(ValueStateDescriptor("s", ANY))
            values = Written(part.snapshot())
            found += [value[0] for value in _values(values, "state.s")]
            timers += [key for _, key, _ in part.timers().pop_due(EVENT, 7, 10_000)]
        assert sorted(map(repr, found)) == sorted(map(repr, keys))
        assert sorted(map(repr, timers)) == sorted(map(repr, keys))
        merged = self.make()
        merged.restore(Restored([written, pull(self.make().snapshot())]))
        assert len(_values(Written(merged.snapshot()), "state.s")) == len(keys)

    def test_timers_survive(self, backend: KeyedBackend) -> None:
        timers = backend.timers()
        timers.register(EVENT, 20, "b", (0, 20))
        timers.register(EVENT, 10, "a")
        timers.register(TimeDomain.PROCESSING_TIME, 5, "p")
        parts = backend.snapshot()
        timers.delete(EVENT, 10, "a")
        timers.register(EVENT, 20, "late", (0, 20))
        timers.pop_due(TimeDomain.PROCESSING_TIME, 5, 1)
        restored = self.restore(pull(parts)).timers()
        assert restored.pop_due(EVENT, 100, 10) == [(10, "a", None), (20, "b", (0, 20))]
        assert restored.next_timestamp(TimeDomain.PROCESSING_TIME) == 5

    def test_a_type_that_says_values_do_not_change_is_checked(self, backend: KeyedBackend) -> None:
        state: ValueState[Any] = backend.get_state(ValueStateDescriptor("total", Types.LONG()))
        state.update(1.5)
        assert self.restore(pull(backend.snapshot())).get_state(ValueStateDescriptor("total", ANY)).value() == 1.5
        state.update([1])
        with pytest.raises(StateError, match=r"state 'total' of operator 'op' is declared as Long, but holds \[1\]"):
            pull(backend.snapshot())

    def test_maps_are_changed_beside_a_snapshot(self, backend: KeyedBackend) -> None:
        descriptor = MapStateDescriptor("m", ANY, ANY)
        state = backend.get_state(descriptor)
        state.put_all({"a": [1], "b": [2], "c": 3})
        first = backend.snapshot()
        state.remove("c")
        second = backend.snapshot()
        for value in state.values():
            value.append(0)
        (state.get("a") or []).append("x")
        third = backend.snapshot()
        state.put("d", 4)
        again = [dict(self.restore(pull(parts)).get_state(descriptor).items()) for parts in (third, first, second)]
        assert again == [{"a": [1, 0, "x"], "b": [2, 0]}, {"a": [1], "b": [2], "c": 3}, {"a": [1], "b": [2]}]

    def test_a_value_read_from_a_map_is_changed_beside_a_snapshot(self, backend: KeyedBackend) -> None:
        descriptor = MapStateDescriptor("m", ANY, ANY)
        state = backend.get_state(descriptor)
        state.put("a", [1])
        parts = backend.snapshot()
        (state.get("a") or []).append("x")
        assert state.get("a") == [1, "x"]
        assert self.restore(pull(parts)).get_state(descriptor).get("a") == [1]

    # -- mutation detection ------------------------------------------------------------------------------------------

    def test_changes_that_are_not_stored_are_found(self) -> None:
        backend = self.make(detect_mutations=True)
        backend.key_context.key = "JFK"
        value = backend.get_state(ValueStateDescriptor("stats", ANY))
        value.update({"n": 1})
        backend.check_mutations()
        held = value.value()
        assert held is not None
        held["n"] = 2
        with pytest.raises(StateError, match=r"state 'stats' of operator 'op', key 'JFK'.*update\(value\)"):
            backend.check_mutations()
        backend.check_mutations()
        value.update(held)
        backend.check_mutations()

    def test_every_kind_of_state_finds_changes(self) -> None:
        backend = self.make(detect_mutations=True)
        lists = backend.get_state(ListStateDescriptor("l", ANY))
        maps = backend.get_state(MapStateDescriptor("m", ANY, ANY))
        reducing = backend.get_state(ReducingStateDescriptor("r", lambda a, b: a + b, ANY))

        def change_missing_list() -> None:
            lists.get().append(1)

        def change_list() -> None:
            lists.add([1])
            lists.get().append(1)

        def change_element() -> None:
            lists.update([[1]])
            lists.get()[0].append(1)

        def change_before_adding() -> None:
            lists.update([[1]])
            lists.get()[0].append(1)
            lists.add([2])

        def change_map_value() -> None:
            maps.put("k", [1])
            (maps.get("k") or []).append(2)

        def change_through_items() -> None:
            maps.put("k", [1])
            backend.check_mutations()
            next(iter(maps.items()))[1].append(2)

        def change_after_storing() -> None:
            given = [1]
            maps.put("k", given)
            given.append(2)

        def change_reduced() -> None:
            reducing.add([1])
            (reducing.get() or []).append(2)

        for change in (
            change_missing_list,
            change_list,
            change_element,
            change_before_adding,
            change_map_value,
            change_through_items,
            change_after_storing,
            change_reduced,
        ):

            def element(change: Callable[[], None] = change) -> None:
                change()
                backend.check_mutations()

            with pytest.raises(StateError, match="changed in place"):
                element()
            lists.clear()
            maps.clear()
            reducing.clear()
            backend.check_mutations()

    def test_stored_changes_are_fine(self) -> None:
        backend = self.make(detect_mutations=True)
        value = backend.get_state(ValueStateDescriptor("v", ANY))
        lists = backend.get_state(ListStateDescriptor("l", ANY))
        maps = backend.get_state(MapStateDescriptor("m", ANY, ANY))
        average = backend.get_state(AggregatingStateDescriptor("a", Average(), ANY))
        for turn in range(3):
            held = value.value() or []
            held.append(turn)
            value.update(held)
            lists.add([turn])
            assert list(lists.get())[-1] == [turn]
            lists.add([turn])
            kept = maps.get("k") or []
            kept.append(turn)
            maps.put("k", kept)
            average.add(turn)
            average.get()
            backend.check_mutations()
            pull(backend.snapshot())
        assert value.value() == [0, 1, 2]


def _values(written: Written, name: str) -> list[Any]:
    return [value for batch in written.batches[name] for value in decode_keyed(batch)[2]]


KEYS = st.integers(0, 12)
NAMESPACES = st.sampled_from([None, "w1", "w2"])
NUMBERS = st.integers(0, 99)


@dataclass
class Pending:
    """A snapshot being written, and what it must hold."""

    parts: dict[str, StatePart]
    expected: Model
    iterators: dict[str, Iterator[pa.RecordBatch]] = field(default_factory=dict)
    read: dict[str, list[pa.RecordBatch]] = field(default_factory=dict)


@dataclass
class Model:
    """All state as plain dicts."""

    values: dict[Any, list[int]] = field(default_factory=dict)
    numbers: dict[Any, int] = field(default_factory=dict)
    maps: dict[Any, dict[int, int]] = field(default_factory=dict)
    table: dict[Any, dict[Any, list[int]]] = field(default_factory=dict)
    timers: dict[tuple[int, Any], None] = field(default_factory=dict)


class BackendMachine(RuleBasedStateMachine):
    """A backend against plain dicts, with snapshots in every stage, and values changed in place."""

    def make(self) -> KeyedBackend:
        raise NotImplementedError

    @initialize()
    def start(self) -> None:
        self.model = Model()
        self.pending: list[Pending] = []
        self._open(self.make())

    def _open(self, backend: KeyedBackend) -> None:
        self.backend = backend
        self.lists = backend.get_state(ValueStateDescriptor("lists", ANY))
        self.numbers = backend.get_state(ValueStateDescriptor("numbers", Types.LONG()))
        self.maps = backend.get_state(MapStateDescriptor("maps", Types.LONG(), Types.LONG()))
        self.table = backend.table("table")

    @rule(key=KEYS, number=NUMBERS)
    def store(self, key: int, number: int) -> None:
        self.backend.key_context.key = key
        self.lists.update([number])
        self.numbers.update(number)
        self.model.values[key] = [number]
        self.model.numbers[key] = number

    @rule(key=KEYS, number=NUMBERS)
    def change_in_place(self, key: int, number: int) -> None:
        self.backend.key_context.key = key
        held = self.lists.value()
        assert held == self.model.values.get(key)
        if held is not None:
            held.append(number)
            self.model.values[key].append(number)

    @rule(key=KEYS)
    def clear(self, key: int) -> None:
        self.backend.key_context.key = key
        self.lists.clear()
        self.numbers.clear()
        self.model.values.pop(key, None)
        self.model.numbers.pop(key, None)

    @rule(key=KEYS, at=st.integers(0, 3), number=NUMBERS, remove=st.booleans())
    def use_map(self, key: int, at: int, number: int, remove: bool) -> None:
        self.backend.key_context.key = key
        model = self.model.maps.setdefault(key, {})
        assert self.maps.get(at) == model.get(at)
        if remove:
            self.maps.remove(at)
            model.pop(at, None)
        else:
            self.maps.put(at, number)
            model[at] = number
        if not model:
            del self.model.maps[key]
        assert dict(self.maps.items()) == model
        assert self.maps.is_empty() is not bool(model)

    @rule(namespace=NAMESPACES, key=KEYS, number=NUMBERS, fast=st.booleans())
    def use_table(self, namespace: Any, key: int, number: int, fast: bool) -> None:
        model = self.model.table.setdefault(namespace, {})
        top = self.table.top(namespace)
        held = top.get(key) if fast else None
        if held is None:
            held = self.table.get(namespace, key)
        assert held == model.get(key)
        if held is None:
            top[key] = [number]
        else:
            held.append(number)
        model.setdefault(key, []).append(number)

    @rule(namespace=NAMESPACES, key=KEYS)
    def delete(self, namespace: Any, key: int) -> None:
        self.table.delete(namespace, key)
        self.model.table.get(namespace, {}).pop(key, None)

    @rule(namespace=NAMESPACES)
    def clear_namespace(self, namespace: Any) -> None:
        self.table.clear_namespace(namespace)
        self.model.table.pop(namespace, None)

    @rule(time=st.integers(0, 20), key=KEYS, delete=st.booleans())
    def set_timer(self, time: int, key: int, delete: bool) -> None:
        if delete:
            self.backend.timers().delete(EVENT, time, key)
            self.model.timers.pop((time, key), None)
        else:
            self.backend.timers().register(EVENT, time, key)
            self.model.timers.setdefault((time, key))

    @rule(up_to=st.integers(0, 20), limit=st.integers(1, 5))
    def fire(self, up_to: int, limit: int) -> None:
        # Sorting is stable, so ties stay in the order in which they were registered.
        due = sorted((timer for timer in self.model.timers if timer[0] <= up_to), key=lambda timer: timer[0])[:limit]
        fired = self.backend.timers().pop_due(EVENT, up_to, limit)
        assert [timer[0] for timer in fired] == [time for time, _ in due]
        if self.ties_in_order:
            assert [timer[:2] for timer in fired] == due
        for time, key, _ in fired:
            del self.model.timers[time, key]

    ties_in_order = True

    @precondition(lambda self: len(self.pending) < 3)
    @rule()
    def barrier(self) -> None:
        parts = self.backend.snapshot()
        expected = copy.deepcopy(self.model)
        self.pending.append(Pending(parts, expected, read={name: [] for name in parts}))

    @precondition(lambda self: self.pending)
    @rule(data=st.data())
    def write_some(self, data: st.DataObject) -> None:
        pending = data.draw(st.sampled_from(self.pending))
        name = data.draw(st.sampled_from(sorted(pending.parts)))
        iterator = pending.iterators.get(name)
        if iterator is None:
            iterator = pending.iterators[name] = iter(pending.parts[name].batches())
        batch = next(iterator, None)
        if batch is not None:
            pending.read[name].append(batch)

    @precondition(lambda self: self.pending)
    @rule(data=st.data(), restart=st.booleans())
    def finish(self, data: st.DataObject, restart: bool) -> None:
        pending = data.draw(st.sampled_from(self.pending))
        self.pending.remove(pending)
        for name, part in pending.parts.items():
            iterator = pending.iterators.get(name)
            pending.read[name] += list(part.batches() if iterator is None else iterator)
            if part.released is not None:
                part.released()
        written = Written({})
        written.kinds = {name: part.kind for name, part in pending.parts.items()}
        written.batches = {name: [b for b in batches if b.num_rows] for name, batches in pending.read.items()}
        restored = self.make()
        restored.restore(written.restored())
        if restart:
            self.model, self.pending = pending.expected, []
            self.ties_in_order = False
            self._open(restored)
        else:
            current, model = self.backend, self.model
            self._open(restored)
            self.model = pending.expected
            self.all_is_as_in_the_model()
            self.model = model
            self._open(current)

    @precondition(lambda self: self.pending)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        pending = data.draw(st.sampled_from(self.pending))
        self.pending.remove(pending)
        for part in pending.parts.values():
            if part.released is not None:
                part.released()

    @rule(rows=st.integers(1, 5000))
    def maintain(self, rows: int) -> None:
        self.backend.maintain(rows)

    @invariant()
    def all_is_as_in_the_model(self) -> None:
        for key in range(13):
            self.backend.key_context.key = key
            assert self.numbers.value() == self.model.numbers.get(key)
            assert dict(self.maps.items()) == self.model.maps.get(key, {})
        table = {namespace: dict(self.table.items(namespace)) for namespace in self.table.namespaces()}
        assert table == {namespace: held for namespace, held in self.model.table.items() if held}
        assert self.backend.timers().next_timestamp(EVENT) == min((time for time, _ in self.model.timers), default=None)


BackendMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
