"""Operators with two inputs by hand: co-functions, broadcast state, interval joins against a model, restore, errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.operators.row.harness import Harness, Restored, Written, written

from levada import _kernels
from levada.common.batch import RowBatch
from levada.common.errors import StateError, UserError, UserFunctionError
from levada.common.output_tag import OutputTag
from levada.operators.row.two_inputs import BroadcastProcess, CoProcess, IntervalJoin, Tagging
from levada.state import MapStateDescriptor, ValueStateDescriptor

ASIDE = OutputTag("aside")
RULES = MapStateDescriptor("rules", str, int)
COUNT = ValueStateDescriptor("count", int)
END = 2**63 - 1


def first(row: Any) -> Any:
    return row[0]


class Two(Harness):
    """A harness whose batches name their input."""

    def put(self, side: int, values: list[Any], timestamps: list[int] | None = None) -> None:
        self.operator.process_batch(RowBatch(values, timestamps), side)
        self._finish()


# --- co-functions ----------------------------------------------------------------------------------------------------


class Both:
    """Keeps one count per key for both inputs, and tells it after a while."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(COUNT)

    def process_element1(self, value: Any, ctx: Any) -> Iterator[Any]:
        self.count.update((self.count.value() or 0) + 1)
        ctx.timer_service().register_event_time_timer(100)
        yield "one", value, ctx.timestamp(), ctx.get_current_key(), self.count.value()
        yield ASIDE, value

    def process_element2(self, value: Any, ctx: Any) -> Iterator[Any]:
        self.count.update((self.count.value() or 0) + 10)
        ctx.timer_service().register_processing_time_timer(50)
        yield "two", value, ctx.timestamp(), ctx.get_current_key(), self.count.value()

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
        yield "timer", timestamp, ctx.get_current_key(), self.count.value(), ctx.time_domain().value


def both(**given: Any) -> Two:
    return Two(CoProcess("process", Both(), 1, (first, lambda row: row[1]), "both", "b-1"), **given)


@pytest.mark.parametrize("interrupt", [False, True])
def test_both_inputs_share_the_keys_state_and_timers(interrupt: bool) -> None:
    harness = both(tags=("aside",), interrupt=interrupt)
    harness.put(0, [("a", 1)], [10])
    harness.put(1, [(1, "a"), (2, "b")], [20, 30])
    assert harness.out.timed == [
        (("one", ("a", 1), 10, "a", 1), 10),
        (("two", (1, "a"), 20, "a", 11), 20),
        (("two", (2, "b"), 30, "b", 10), 30),
    ]
    assert harness.sides["aside"].timed == [(("a", 1), 10)]
    harness.advance_to(60)
    harness.watermark(100)
    assert harness.out.events[3:] == [
        ("timer", 50, "a", 11, "processing"),
        ("timer", 50, "b", 10, "processing"),
        ("timer", 100, "a", 11, "event"),
        ("watermark", 100),
    ]


def test_state_and_timers_of_both_inputs_are_restored_at_another_parallelism() -> None:
    harness = both()
    keys = [f"k{number}" for number in range(20)]
    harness.put(0, [(key, 0) for key in keys], [1] * 20)
    harness.put(1, [(0, key) for key in keys], [2] * 20)
    saved = harness.snapshot()
    told: list[Any] = []
    for subtask in range(3):
        again = both(restored=Restored([saved], subtask, 3), subtask=subtask, parallelism=3)
        again.watermark(100)
        told += again.out.values
    assert sorted(told) == sorted(("timer", 100, key, 11, "event") for key in keys)


def test_without_keys_there_is_time_but_no_timers_and_no_state() -> None:
    class Timed:
        def process_element1(self, value: Any, ctx: Any) -> Iterator[Any]:
            yield "one", value, ctx.timestamp(), ctx.timer_service().current_watermark()

        def process_element2(self, value: Any, ctx: Any) -> None:
            ctx.timer_service().register_event_time_timer(5)

    harness = Two(CoProcess("process", Timed(), 2))
    harness.watermark(3)
    harness.put(1, ["x"], [7])
    harness.put(0, ["y"])
    assert harness.out.values == [("one", "x", 7, 3), ("one", "y", None, 3)], "two inputs belong to the first stream"
    with pytest.raises(UserError, match=r"call key_by\(...\) before"):
        harness.put(2, ["z"], [8])
    with pytest.raises(StateError, match="keyed state needs a keyed stream"):
        Two(CoProcess("process", Both(), 1))


def test_maps_drop_none_and_flat_maps_take_anything_iterable() -> None:
    maps = Two(CoProcess("map", (lambda v: v + 1, lambda v: None if v == 2 else str(v)), 1))
    maps.put(0, [1, 2], [10, 20])
    maps.put(1, [1, 2, 3], [10, 20, 30])
    assert maps.out.timed == [(2, 10), (3, 20), ("1", 10), ("3", 30)]
    untimed = Two(CoProcess("map", (lambda v: v, lambda v: -v), 1), reads_timestamps=False)
    untimed.put(1, [1, 2], [10, 20])
    assert untimed.out.timed == [(-1, None), (-2, None)]
    flat = Two(CoProcess("flat_map", (range, lambda v: None), 1, (lambda v: v, lambda v: v)), interrupt=True)
    flat.put(0, [2, 3], [10, 20])
    flat.put(1, [9], [30])
    assert flat.out.timed == [(0, 10), (1, 10), (0, 20), (1, 20), (2, 20)]


@pytest.mark.parametrize("kind", ["map", "flat_map", "process"])
@pytest.mark.parametrize("side", [0, 1])
def test_errors_name_operator_input_and_record(kind: Any, side: int) -> None:
    def fails(value: int, ctx: Any = None) -> Any:
        return [10 // value]

    harness = Two(CoProcess(kind, (fails, fails), 1, name="divide", uid="d-1"))
    with pytest.raises(UserFunctionError) as told:
        harness.put(side, [5, 0, 3], [1, 2, 3])
    message = str(told.value)
    assert "operator 'divide' (uid d-1)" in message
    assert f"{kind if kind != 'process' else 'process_element'}{side + 1} function" in message
    assert "ZeroDivisionError" in message
    assert message.endswith(f"record of input {side + 1}: 0")
    assert __file__ in message


def test_an_error_in_on_timer_names_the_timer() -> None:
    class Late(Both):
        def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
            raise ValueError("no")
            yield

    harness = Two(CoProcess("process", Late(), 1, (first, first)))
    harness.put(0, [("a", 1)], [1])
    with pytest.raises(UserFunctionError, match=r"on_timer.*ValueError: no.*100, 'a'"):
        harness.watermark(200)


# --- broadcast state -------------------------------------------------------------------------------------------------


class Apply:
    """Multiplies by the rule of its key; a rule of 0 resets all counts."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(COUNT)

    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        self.count.update((self.count.value() or 0) + value[1])
        ctx.timer_service().register_event_time_timer(100)
        yield value[0], value[1] * (ctx.get_broadcast_state(RULES).get(value[0]) or 1), self.count.value()

    def process_broadcast_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        rules = ctx.get_broadcast_state(RULES)
        rules.put(*value)
        if value[1] == 0:
            seen: list[Any] = []
            ctx.apply_to_keyed_state(COUNT, lambda key, state: (seen.append((key, state.value())), state.clear()))
            yield "reset", sorted(seen)

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
        yield "timer", ctx.get_current_key(), self.count.value(), sorted(ctx.get_broadcast_state(RULES))


def rules(function: Any = None, keyed: bool = True, **given: Any) -> Two:
    return Two(BroadcastProcess(function or Apply(), (RULES,), 1, first if keyed else None, "rules", "r-1"), **given)


@pytest.mark.parametrize("interrupt", [False, True])
def test_rules_reach_the_other_side_and_may_go_over_all_keys(interrupt: bool) -> None:
    harness = rules(interrupt=interrupt)
    harness.put(0, [("a", 2), ("b", 3)], [1, 2])
    harness.put(1, [("a", 10)], [3])
    harness.put(0, [("a", 2)], [4])
    harness.put(1, [("x", 0)], [5])
    harness.put(0, [("a", 2)], [6])
    harness.watermark(100)
    assert harness.out.values == [
        ("a", 2, 2),
        ("b", 3, 3),
        ("a", 20, 4),
        ("reset", [("a", 4), ("b", 3)]),
        ("a", 20, 2),
        ("timer", "a", 2, ["a", "x"]),
        ("timer", "b", None, ["a", "x"]),
    ]


@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (3, 1), (3, 2)])
def test_one_copy_is_written_and_every_subtask_takes_it(before: int, after: int) -> None:
    saved: list[Written] = []
    for subtask in range(before):
        harness = rules(subtask=subtask, parallelism=before)
        harness.put(1, [("a", 10), ("b", 20), ("c", 30), ("a", 11)])
        saved.append(harness.snapshot())
    assert [sum(batch.num_rows for batch in one.get("broadcast", (None, []))[1]) for one in saved] == [3] + [0] * (
        before - 1
    )
    for subtask in range(after):
        again = rules(restored=Restored(saved, subtask, after), subtask=subtask, parallelism=after)
        again.put(0, [("a", 1), ("b", 1), ("z", 1)])
        assert [value[1] for value in again.out.values] == [11, 20, 1]


def test_a_snapshot_does_not_see_what_happens_later() -> None:
    class Growing:
        def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
            yield dict(ctx.get_broadcast_state(lists).items())

        def process_broadcast_element(self, value: Any, ctx: Any) -> None:
            state = ctx.get_broadcast_state(lists)
            grown = state["all"] or []
            grown.append(value)
            state["all"] = grown

    lists = MapStateDescriptor("lists", str, list)
    spec = BroadcastProcess(Growing(), (lists,), 1)
    harness = Two(spec)
    harness.put(1, [1, 2])
    parts = harness.late_snapshot()
    harness.put(1, [3])
    again = Two(spec, restored=Restored([written(parts)]))
    again.put(0, ["?"])
    assert again.out.values == [{"all": [1, 2]}]


def test_the_whole_of_broadcast_state() -> None:
    class Everything:
        def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
            state = ctx.get_broadcast_state(RULES)
            yield list(state.keys()), list(state.values()), list(state), state.is_empty(), "a" in state, state["a"]
            yield state.contains("b"), ctx.current_watermark(), ctx.current_processing_time(), ctx.timestamp()

        def process_broadcast_element(self, value: Any, ctx: Any) -> None:
            state = ctx.get_broadcast_state(RULES)
            state.put_all({"a": 1, "b": 2, "c": 3})
            state.remove("absent")
            del state["b"]
            state["d"] = 4
            state.put("c", None)
            if value == "clear":
                state.clear()

    harness = rules(Everything(), keyed=False)
    harness.clock.now = 77
    harness.watermark(5)
    harness.put(1, ["fill"])
    harness.put(0, [1], [8])
    harness.put(1, ["clear"])
    harness.put(0, [1])
    assert harness.out.values == [
        (["a", "d"], [1, 4], ["a", "d"], False, True, 1),
        (False, 5, 77, 8),
        ([], [], [], True, False, None),
        (False, 5, 77, None),
    ]


class Wrong(Apply):
    """Does what its record says."""

    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        if value[1] == "clear":
            ctx.get_broadcast_state(RULES).clear()
        elif value[1] == "put":
            ctx.get_broadcast_state(RULES).put("a", 1)
        else:
            ctx.get_broadcast_state(MapStateDescriptor("other", str, int))
        yield

    def process_broadcast_element(self, value: Any, ctx: Any) -> None:
        self.count.value()


@pytest.mark.parametrize(
    ("side", "record", "message"),
    [
        (0, ("k", "clear"), r"it can be changed in process_broadcast_element alone"),
        (0, ("k", "put"), r"no attribute 'put'"),
        (0, ("k", "other"), r"pass one of the MapStateDescriptors given to broadcast\(...\): \['rules'\]"),
        (1, ("k", 1), r"a broadcast record has no key.*ctx.apply_to_keyed_state"),
    ],
)
def test_what_a_side_may_not_do(side: int, record: Any, message: str) -> None:
    harness = rules(Wrong())
    with pytest.raises(UserError, match=message) as told:
        harness.put(side, [record])
    notes = str(told.value) + " ".join(getattr(told.value, "__notes__", []))
    assert f"record of input {side + 1}: {record!r}" in notes


def test_state_that_is_not_declared_any_more_is_refused() -> None:
    harness = rules()
    harness.put(1, [("a", 1)])
    spec = BroadcastProcess(Apply(), (MapStateDescriptor("renamed", str, int),), 1, first)
    with pytest.raises(StateError, match=r"holds broadcast state 'rules', which is not declared"):
        Two(spec, restored=Restored([harness.snapshot()]))


# --- interval join ---------------------------------------------------------------------------------------------------


def pair(left: Any, right: Any, ctx: Any) -> Iterator[Any]:
    assert ctx.get_timestamp() == max(ctx.get_left_timestamp(), ctx.get_right_timestamp())
    yield left, right, ctx.get_left_timestamp(), ctx.get_right_timestamp()


def interval(lower: int, upper: int, function: Any = pair, **given: Any) -> Two:
    spec = IntervalJoin(function, 1, (first, first), lower, upper, ("late-left", "late-right"), "join", "j-1")
    return Two(spec, tags=("late-left", "late-right"), **given)


Step = tuple[str, int, int, int]
"""("record", side, key, time) or ("watermark", _, _, time)."""
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["record"] * 4 + ["watermark"]), st.integers(0, 1), st.integers(0, 2), st.integers(0, 30)
    ),
    max_size=40,
)


def model(steps: list[Step], lower: int, upper: int) -> tuple[Counter[Any], Counter[Any]]:
    """All pairs within the bounds of which neither record was late, and neither forgotten, and the late records."""
    watermark = -(2**63)
    kept: list[tuple[int, Any, int]] = []
    pairs: Counter[Any] = Counter()
    late: Counter[Any] = Counter()
    for number, (what, side, key, time) in enumerate(steps):
        if what == "watermark":
            watermark = max(watermark, time)
            kept = [
                (s, v, t) for s, v, t in kept if t + max(upper if s == 0 else -lower, 0) > watermark
            ]  # Flink: cleaned up when the watermark has reached the end of the record's interval
            continue
        value = (key, number)
        if time < watermark:
            late[(side, value)] += 1
            continue
        for other_side, other, other_time in kept:
            if other_side != side and other[0] == key:
                (left, lt), (right, rt) = ((value, time), (other, other_time))[:: 1 if side == 0 else -1]
                if lt + lower <= rt <= lt + upper:
                    pairs[(left, right, lt, rt)] += 1
        kept.append((side, value, time))
    return pairs, late


@settings(max_examples=150, deadline=None)
@given(
    STEPS,
    st.integers(-8, 8),
    st.integers(0, 10),
    st.booleans(),
    st.integers(0, 40),
)
def test_interval_joins_make_the_models_pairs(
    steps: list[Step], lower: int, width: int, interrupt: bool, restored_at: int
) -> None:
    harness = interval(lower, lower + width, interrupt=interrupt)
    harnesses = [harness]
    watermark = -1
    for number, (what, side, key, time) in enumerate(steps):
        if number == restored_at:
            harness = interval(lower, lower + width, interrupt=interrupt, restored=Restored([harness.snapshot()]))
            harnesses.append(harness)
        if what == "record":
            harness.put(side, [(key, number)], [time])
        elif time > watermark:
            watermark = time
            harness.watermark(time)
    pairs, late = model(steps, lower, lower + width)
    timed = [each for one in harnesses for each in one.out.timed]
    assert Counter(value for value, _ in timed) == pairs
    assert all(time == max(value[2:]) for value, time in timed)
    seen = Counter(
        (side, value)
        for one in harnesses
        for side, tag in enumerate(("late-left", "late-right"))
        for value in one.sides[tag].values
    )
    assert seen == late


def test_state_goes_when_nothing_can_be_paired_with_it_any_more() -> None:
    harness = interval(-5, 10)
    harness.put(0, [("a", 1), ("a", 2)], [100, 105])
    harness.put(1, [("a", 3)], [300])
    harness.put(1, [("b", 3)], [100])
    left, right = harness.operator._tables
    harness.watermark(104)
    assert (len(left), len(right)) == (1, 2)
    harness.watermark(105)
    assert sorted(right.keys(None)) == ["a"], "a right record is wanted by lefts up to 5 later"
    harness.watermark(110)
    assert left.get(None, "a") == [(105, ("a", 2))]
    harness.watermark(115)
    assert len(left) == 0
    harness.watermark(END)
    assert len(right) == 0


def test_pairs_are_restored_at_another_parallelism() -> None:
    saved = []
    keys = [f"k{number}" for number in range(30)]
    for subtask in range(3):
        mine = [key for key in keys if _kernels.key_group(key, 128) * 3 // 128 == subtask]
        harness = interval(-5, 5, subtask=subtask, parallelism=3)
        harness.put(0, [(key, "left") for key in mine], [10] * len(mine))
        saved.append(harness.snapshot())
    for parallelism in (1, 2):
        told: list[Any] = []
        for subtask in range(parallelism):
            mine = [key for key in keys if _kernels.key_group(key, 128) * parallelism // 128 == subtask]
            again = interval(-5, 5, restored=Restored(saved, subtask, parallelism), subtask=subtask)
            again.put(1, [(key, "right") for key in mine], [12] * len(mine))
            told += again.out.values
        assert sorted(value[0][0] for value in told) == sorted(keys)


def test_late_records_without_a_side_output_are_counted() -> None:
    harness = Two(IntervalJoin(pair, 1, (first, first), -5, 5))
    harness.watermark(100)
    harness.put(0, [("a", 1)], [99])
    harness.put(1, [("a", 1)], [100])
    assert harness.metrics.counts == {"late_records_dropped": 1}
    assert harness.out.values == []


def test_many_pairs_come_in_chunks_with_side_outputs() -> None:
    def each(left: Any, right: Any, ctx: Any) -> Iterator[Any]:
        yield from range(3000)
        yield OutputTag("late-left"), "aside"

    harness = interval(0, 0, each, interrupt=True)
    harness.put(0, [("a", 1)], [5])
    harness.put(1, [("a", 2)], [5])
    assert harness.out.values == list(range(3000))
    assert len(harness.out.batches) == 3
    assert harness.sides["late-left"].timed == [("aside", 5)]


def test_records_without_event_time_and_errors_are_told() -> None:
    with pytest.raises(UserError, match=r"records of input 2 have no event time.*Record: \('a', 1\)"):
        interval(0, 1).put(1, [("a", 1)])
    harness = interval(0, 1, lambda left, right, ctx: 1 // 0)
    harness.put(0, [("a", 1)], [5])
    with pytest.raises(UserFunctionError, match=r"operator 'join'.*ZeroDivisionError.*record of input 2: \('a', 2\)"):
        harness.put(1, [("a", 2)], [5])


def test_tagging_keeps_times() -> None:
    harness = Two(Tagging(1))
    harness.put(0, ["x", "y"], [1, 2])
    assert harness.out.timed == [((1, "x"), 1), ((1, "y"), 2)]
