"""Fused chains of maps, filters, flat maps and process functions."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.operators.row.harness import Harness

from levada.common.errors import JobBuildError, UserError, UserFunctionError
from levada.common.output_tag import OutputTag
from levada.operators.row.chain_source import simple_loop
from levada.operators.row.fused import FusedRows, RowStep, fuse
from levada.operators.row.resumable import CHUNK_ROWS
from levada.operators.row.user_errors import CallSite

FUNCTIONS: dict[str, list[Any]] = {
    "map": [lambda x: x + 1, lambda x: x * 3, lambda x: x // 2],
    "filter": [lambda x: x % 2 == 0, lambda x: x % 3, lambda x: False],
    "flat_map": [lambda x: [x, x + 1], lambda x: iter(range(x % 4)), lambda x: None],
    "process": [lambda x, ctx: [x, ctx.timestamp()], lambda x, ctx: None],
}

steps = st.sampled_from([(kind, function) for kind, some in FUNCTIONS.items() for function in some])


def model(chain: list[tuple[str, Any]], values: list[int], times: list[int] | None) -> list[tuple[Any, Any]]:
    """One step after the other over the whole input."""

    class Context:
        def __init__(self, time: int | None) -> None:
            self.timestamp = lambda: time

    rows = list(zip(values, times or [None] * len(values), strict=True))
    for kind, function in chain:
        made: list[tuple[Any, Any]] = []
        for value, time in rows:
            if kind == "map":
                made.append((function(value), time))
            elif kind == "filter":
                made.extend([(value, time)] if function(value) else [])
            else:
                found = function(value) if kind == "flat_map" else function(value, Context(time))
                made.extend((row, time) for row in found or ())
        rows = made
    return rows


@given(st.lists(steps, min_size=1, max_size=5), st.lists(st.integers(0, 50), max_size=20), st.booleans(), st.booleans())
def test_a_chain_does_what_its_steps_do_one_by_one(
    chain: list[tuple[str, Any]], values: list[int], timed: bool, interrupt: bool
) -> None:
    times = [1000 + i for i in range(len(values))] if timed or any(kind == "process" for kind, _ in chain) else None
    harness = Harness(fuse([RowStep(kind, function) for kind, function in chain]), interrupt=interrupt)
    if values:
        harness.push(values, times)
    assert harness.out.timed == model(chain, values, times)


def test_timestamps_are_dropped_where_nobody_reads_them() -> None:
    harness = Harness(
        fuse([RowStep("map", lambda x: x), RowStep("filter", bool)]),
        reads_timestamps=False,
    )
    harness.push([1, 0, 2], [10, 20, 30])
    assert harness.out.timed == [(1, None), (2, None)]


def test_only_process_steps_read_timestamps() -> None:
    assert not RowStep("map", str).reads_timestamps
    assert not fuse([RowStep("flat_map", str), RowStep("filter", bool)]).reads_timestamps
    assert fuse([RowStep("map", str), RowStep("process", lambda v, ctx: None)]).reads_timestamps


def test_a_process_step_sees_its_time_though_nobody_downstream_does() -> None:
    harness = Harness(RowStep("process", lambda v, ctx: [ctx.timestamp()]), reads_timestamps=False)
    harness.push([1, 2], [10, 20])
    assert harness.out.timed == [(10, None), (20, None)]
    harness.push([3])
    assert harness.out.values[-1] is None


def test_an_endless_expansion_is_cut_into_chunks_and_suspended() -> None:
    def many(value: int) -> Iterator[int]:
        yield from range(value)

    harness = Harness(fuse([RowStep("flat_map", many), RowStep("map", lambda x: -x)]), interrupt=True)
    harness.push([CHUNK_ROWS * 5 + 7])
    assert [len(batch) for batch in harness.out.batches] == [CHUNK_ROWS] * 5 + [7]
    assert harness.resumed >= 5
    assert harness.out.values == [-i for i in range(CHUNK_ROWS * 5 + 7)]


def test_a_chain_of_maps_and_filters_never_asks_the_budget() -> None:
    harness = Harness(fuse([RowStep("map", abs), RowStep("filter", bool)]), interrupt=True)
    harness.push([1, 2])
    assert harness.budget.asked == 0


def test_watermarks_pass() -> None:
    harness = Harness(fuse([RowStep("map", abs)]))
    harness.watermark(5)
    assert harness.out.events == [("watermark", 5)]
    assert harness.operator.current_watermark == 5


def test_side_outputs_go_by_tag_and_unknown_tags_nowhere() -> None:
    late, other = OutputTag("late"), OutputTag("other")

    def split(value: int, ctx: Any) -> Iterator[Any]:
        yield value
        yield late, -value
        yield other, value
        yield (value, value)

    harness = Harness(RowStep("process", split), tags=("late",))
    harness.push([1, 2], [10, 20])
    assert harness.out.timed == [(1, 10), ((1, 1), 10), (2, 20), ((2, 2), 20)]
    assert harness.sides["late"].timed == [(-1, 10), (-2, 20)]


def test_tagged_rows_of_an_inner_step_do_not_leak() -> None:
    harness = Harness(fuse([RowStep("process", lambda v, ctx: [(OutputTag("a"), v), v]), RowStep("map", lambda v: v)]))
    harness.push([1], [0])
    assert harness.out.values == [1]


def test_function_objects_are_opened_and_closed() -> None:
    class Add:
        log: list[str] = []

        def open(self, runtime_context: Any) -> None:
            self.log.append(f"open {runtime_context.get_task_name()} {runtime_context.get_index_of_this_subtask()}")

        def map(self, value: int) -> int:
            return value + 1

        def close(self) -> None:
            self.log.append("close")

    harness = Harness(RowStep("map", Add(), name="add"))
    harness.push([1])
    harness.operator.close()
    assert harness.out.values == [2]
    assert Add.log == ["open add 0", "close"]


def test_closing_closes_a_suspended_generator() -> None:
    closed = []

    def endless(value: int) -> Iterator[int]:
        try:
            while True:
                yield value
        finally:
            closed.append(value)

    harness = Harness(RowStep("flat_map", endless), interrupt=True)
    from levada.common.batch import RowBatch

    harness.operator.process_batch(RowBatch([7]))
    assert harness.operator.pending
    harness.operator.close()
    assert closed == [7]


@pytest.mark.parametrize(
    ("kind", "function", "told"),
    [
        ("map", 5, "map(function): 5 is neither callable nor has a method map()"),
        ("filter", type("F", (), {"filter": lambda self, v: True}), "F is a class; pass an instance: F()"),
    ],
)
def test_wrong_functions_are_refused_when_the_step_is_made(kind: Any, function: Any, told: str) -> None:
    with pytest.raises(JobBuildError) as caught:
        RowStep(kind, function)
    assert told in str(caught.value)


def parse(text: str) -> int:
    return int(text)


class Angry:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


CHAINS = {
    "simple": [RowStep("map", lambda x: x, "same"), RowStep("map", parse, "parse", "p-1"), RowStep("filter", bool)],
    "expanding": [RowStep("flat_map", lambda x: [x]), RowStep("map", parse, "parse", "p-1")],
    "process": [RowStep("map", parse, "parse", "p-1"), RowStep("process", lambda v, ctx: [v])],
}


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("timed", [True, False])
def test_an_error_names_operator_function_line_and_record(chain: str, timed: bool) -> None:
    harness = Harness(fuse(CHAINS[chain]))
    with pytest.raises(UserFunctionError) as caught:
        harness.push(["1", "2", "wrong", "4"], [1, 2, 3, 4] if timed else None)
    text = str(caught.value)
    line = parse.__code__.co_firstlineno + 1
    assert text.startswith("operator 'parse' (uid p-1), subtask 1 of 1: map function parse (")
    assert f"{__file__}:{line})" in text
    assert "raised ValueError: invalid literal for int()" in text
    assert text.endswith("; record: 'wrong'")
    assert isinstance(caught.value.__cause__, ValueError)
    assert "# map 'parse'" in "".join(traceback.format_exception(caught.value))


def test_an_error_while_iterating_names_the_record() -> None:
    def broken(value: int) -> Iterator[int]:
        yield value
        raise KeyError("inside")

    harness = Harness(RowStep("flat_map", broken, "expand"))
    with pytest.raises(UserFunctionError, match="raised KeyError: 'inside'; record: 41") as caught:
        harness.push([41])
    assert f"{__file__}:{broken.__code__.co_firstlineno + 2}" in str(caught.value)


def test_a_stop_iteration_of_the_user_is_an_error_too() -> None:
    def stop(value: int) -> list[int]:
        return [next(iter([]))]

    harness = Harness(RowStep("flat_map", stop))
    with pytest.raises(UserFunctionError, match="record: 3"):
        harness.push([3])


def test_a_result_that_cannot_be_iterated_is_told_with_the_remedy() -> None:
    harness = Harness(RowStep("flat_map", lambda v: v))
    with pytest.raises(UserFunctionError, match=r"flat_map must return an iterable \(a list, a generator\) or None"):
        harness.push([3])


def test_a_record_without_repr_and_a_huge_one_are_told_shortly() -> None:
    harness = Harness(RowStep("map", lambda v: 1 / 0))
    with pytest.raises(UserFunctionError, match="record: <Angry instance"):
        harness.push([Angry()])
    with pytest.raises(UserFunctionError) as caught:
        harness.push([["x" * 1000] * 1000])
    assert len(str(caught.value)) < 600


def test_builtin_functions_are_named() -> None:
    harness = Harness(RowStep("map", int, "numbers"))
    with pytest.raises(UserFunctionError, match=r"map function int \(no Python source\) raised ValueError"):
        harness.push(["a"])


def test_timers_without_keys_are_refused_with_the_remedy() -> None:
    harness = Harness(RowStep("process", lambda v, ctx: ctx.timer_service().register_event_time_timer(1)))
    with pytest.raises(UserError, match=r"call key_by\(...\) before process\(...\)") as caught:
        harness.push([1])
    assert "record: 1" in caught.value.__notes__[0]


def test_the_generated_loop_reads_like_one_written_by_hand() -> None:
    sites = [CallSite("map", "double", None, abs), CallSite("filter", "big", None, bool)]
    loop = simple_loop(sites, {"call_0": abs, "call_1": bool}, timed=False)
    assert loop.source == (
        "def loop(values):\n"
        "    out = []\n"
        "    put = out.append\n"
        "    for v0 in values:\n"
        "        v1 = call_0(v0)  # map 'double'\n"
        "        if call_1(v1):  # filter 'big'\n"
        "            put(v1)\n"
        "    return out\n"
    )


def test_specs_fuse_flat() -> None:
    one, two, three = (RowStep("map", abs, str(i)) for i in range(3))
    assert fuse([fuse([one, two]), three]).steps == (one, two, three)
    assert isinstance(fuse([one]), FusedRows)
