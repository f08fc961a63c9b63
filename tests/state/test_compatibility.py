"""What a restore takes over: declared types that have changed, and the order of timers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.common import Types
from levada.common.errors import StateError
from levada.state import ListStateDescriptor, MapStateDescriptor, StateDescriptor, TimeDomain, ValueStateDescriptor
from levada.state.compatibility import description, fits
from levada.state.encoding import list_part
from levada.state.memory import MemoryBackend
from levada.state.operator_state import OperatorStates
from levada.state.snapshot import PartKind

from .restoring import Written


@dataclass
class Plane:
    """A type by annotation."""

    name: str


def restored(before: StateDescriptor, value: Any) -> MemoryBackend:
    """A backend restored from one that held ``value`` in the state ``before``."""
    backend = MemoryBackend("count planes")
    backend.key_context.key = "k"
    backend.get_state(before).update(value)
    after = MemoryBackend("count planes")
    after.restore(Written(backend.snapshot()).restored())
    after.key_context.key = "k"
    return after


ANY = Types.PICKLED_BYTE_ARRAY()
PAIRS = [
    (Types.INT(), Types.LONG(), True),
    (Types.BYTE(), Types.INT(), True),
    (Types.FLOAT(), Types.DOUBLE(), True),
    (Types.LONG(), Types.INT(), False),
    (Types.DOUBLE(), Types.FLOAT(), False),
    (Types.INT(), Types.DOUBLE(), False),
    (Types.LONG(), Types.STRING(), False),
    (Types.LONG(), ANY, True),
    (ANY, Types.LONG(), True),
    (Types.LIST(Types.INT()), Types.LIST(Types.LONG()), True),
    (Types.LIST(Types.LONG()), Types.LIST(Types.INT()), False),
    (Types.LIST(Types.TUPLE([Types.INT(), Types.STRING()])), Types.LIST(ANY), True),
    (Types.MAP(Types.STRING(), Types.FLOAT()), Types.MAP(Types.STRING(), Types.DOUBLE()), True),
    (Types.MAP(Types.STRING(), Types.FLOAT()), Types.LIST(Types.DOUBLE()), False),
    (Types.TUPLE([Types.INT(), Types.STRING()]), Types.TUPLE([Types.LONG(), Types.STRING()]), True),
    (Types.TUPLE([Types.INT(), Types.STRING()]), Types.TUPLE([Types.STRING(), Types.INT()]), False),
    (Types.TUPLE([Types.INT()]), Types.TUPLE([Types.INT(), Types.INT()]), False),
    (Types.ROW_NAMED(["a"], [Types.INT()]), Types.ROW_NAMED(["a"], [Types.LONG()]), True),
    (Types.ROW_NAMED(["a"], [Types.INT()]), Types.ROW_NAMED(["b"], [Types.INT()]), False),
    (
        Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.MAP(Types.INT(), Types.LIST(Types.INT()))]),
        Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.MAP(Types.LONG(), Types.LIST(Types.LONG()))]),
        True,
    ),
]


@pytest.mark.parametrize(("old", "new", "compatible"), PAIRS)
def test_types_may_become_wider(old: Any, new: Any, compatible: bool) -> None:
    assert fits(description(old), description(new)) is compatible
    assert fits(description(old), description(old))


def test_a_wider_type_takes_the_values_over() -> None:
    after = restored(ValueStateDescriptor("v", Types.INT()), 7)
    state = after.get_state(ValueStateDescriptor("v", Types.LONG()))
    assert state.value() == 7
    state.update(2**40)
    assert state.value() == 2**40


@pytest.mark.parametrize(
    ("before", "value", "after", "types"),
    [
        (ValueStateDescriptor("total", Types.LONG()), 7, ValueStateDescriptor("total", Types.STRING()), "Long, String"),
        (
            ListStateDescriptor("total", Types.LONG()),
            [7],
            ListStateDescriptor("total", Types.INT()),
            "ListTypeInfo(Long), ListTypeInfo(Integer)",
        ),
        (ValueStateDescriptor("total", Plane), Plane("a"), ValueStateDescriptor("total", int), "Plane, Long"),
    ],
)
def test_another_type_is_refused_with_state_operator_types_and_remedy(
    before: StateDescriptor, value: Any, after: StateDescriptor, types: str
) -> None:
    backend = restored(before, value)
    with pytest.raises(StateError) as raised:
        backend.get_state(after)
    old, new = types.split(", ")
    message = str(raised.value)
    for part in ("state 'total'", "operator 'count planes'", f"type {old},", f"declares {new}.", "another name"):
        assert part in message


def test_another_kind_is_refused() -> None:
    backend = restored(ValueStateDescriptor("total", Types.LONG()), 7)
    with pytest.raises(StateError, match=r"asked for as a MapState, but it is a ValueState, .* another name"):
        backend.get_state(MapStateDescriptor("total", Types.LONG(), Types.LONG()))


def test_a_type_is_remembered_through_runs_that_do_not_ask_for_the_state() -> None:
    once = restored(ValueStateDescriptor("total", Types.LONG()), 7)
    twice = MemoryBackend("count planes")
    twice.restore(Written(once.snapshot()).restored())
    with pytest.raises(StateError, match="holds values of type Long"):
        twice.get_state(ValueStateDescriptor("total", Types.STRING()))


class Everything:
    """Restored operator state: the parts of all subtasks, each whole."""

    def __init__(self, *snapshots: Written) -> None:
        self._snapshots = snapshots

    def keyed(self, name: str) -> Any:
        return iter(())

    def values(self, name: str) -> list[Any]:
        return [value for written in self._snapshots for value in written.restored().values(name)]


def test_union_state_that_nobody_asks_for_does_not_multiply() -> None:
    union = ListStateDescriptor("u", Types.LONG())
    states = [OperatorStates("op", index, None) for index in range(3)]
    for index, state in enumerate(states):
        state.get_union_list_state(union).add(index)
    written = [Written(state.snapshot()) for state in states]
    for _ in range(3):
        idle = [OperatorStates("op", index, Everything(*written)) for index in range(3)]
        written = [Written(state.snapshot()) for state in idle]
    assert OperatorStates("op", 1, Everything(*written)).get_union_list_state(union).get() == [0, 1, 2]


def test_operator_state_is_checked_like_keyed_state() -> None:
    states = OperatorStates("op", 0, None)
    held = states.get_list_state(ListStateDescriptor("s", Types.LONG()))
    assert states.get_list_state(ListStateDescriptor("s", Types.LONG())) is held
    held.add_all([1, 2])
    held.add(3)
    assert list(held) == [1, 2, 3]
    held.clear()
    assert held.get() == []
    with pytest.raises(StateError, match="None cannot be an element"):
        held.add(None)  # type: ignore[arg-type]
    with pytest.raises(StateError, match="pass a ListStateDescriptor"):
        states.get_list_state(ValueStateDescriptor("v", int))  # type: ignore[arg-type]
    with pytest.raises(StateError, match="the state is got by get_list_state"):
        states.get_union_list_state(ListStateDescriptor("s", Types.LONG()))


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40)), max_size=60, unique=True),
    st.integers(0, 60),
)
def test_timers_of_one_time_fire_in_the_order_they_were_set_also_after_a_restore(
    timers: list[tuple[int, int]], fired: int
) -> None:
    backend = MemoryBackend("op")
    for time, key in timers:
        backend.timers().register(TimeDomain.EVENT_TIME, time, key)
    backend.timers().pop_due(TimeDomain.EVENT_TIME, 10, fired)
    after = MemoryBackend("op")
    after.restore(Written(backend.snapshot()).restored())
    assert list(after.timers().event) == list(backend.timers().event)


def test_checkpoints_from_before_types_and_places_were_written_are_read() -> None:
    backend = MemoryBackend("op")
    backend.key_context.key = "k"
    backend.get_state(ValueStateDescriptor("v", Types.LONG())).update(7)
    backend.timers().register(TimeDomain.EVENT_TIME, 5, "k")
    written = Written(backend.snapshot())
    written.batches["timers.event"] = [batch.drop_columns(["place"]) for batch in written.batches["timers.event"]]
    written.batches["states"] = Written({"states": list_part([("v", "value")], PartKind.UNION)}).batches["states"]
    after = MemoryBackend("op")
    after.restore(written.restored())
    after.key_context.key = "k"
    assert after.get_state(ValueStateDescriptor("v", Types.STRING())).value() == 7
    assert list(after.timers().event) == [(5, "k", None)]
