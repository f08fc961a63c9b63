"""The smaller parts: metric groups, specs as picklable data, short representations."""

from __future__ import annotations

import operator
import pickle
from typing import Any

import pytest
from tests.operators.row.harness import Counters, Harness

from levada.common.errors import StateError, UserFunctionError
from levada.operators.row import FusedRows, KeyedProcess, KeyedReduce, RowStep, fuse
from levada.operators.row.metric_group import MetricGroup
from levada.operators.row.user_errors import short_repr
from levada.operators.row.window import (
    ContinuousEventTimeTrigger,
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    WindowRows,
)


def test_metrics_count_under_their_groups_name() -> None:
    counters = Counters()
    group = MetricGroup(counters).add_group("users").add_group("country", "pt")
    group.counter("seen").inc()
    group.counter("seen").inc(4)
    group.counter("seen").dec(2)
    group.meter("rate").mark_event(3)
    sizes = group.distribution("size")
    for size in (5, 2, 9):
        sizes.update(size)
    group.gauge("open", lambda: 7)
    assert group.counter("seen").get_count() == 3
    assert group.meter("rate").get_count() == 3
    assert (sizes.count, sizes.sum, sizes.min, sizes.max) == (3, 16, 2, 9)
    assert group.gauges["users.country.pt.open"]() == 7
    assert counters.counts == {
        "users.country.pt.seen": 3,
        "users.country.pt.rate": 3,
        "users.country.pt.size.count": 3,
        "users.country.pt.size.sum": 16,
    }


def pair(value: int, ctx: Any) -> list[int]:
    return [value, value]


SPECS: list[tuple[Any, list[int]]] = [
    (fuse([RowStep("map", abs, "abs"), RowStep("process", pair)]), [1, 1, 2, 2]),
    (KeyedProcess(abs, pair, "pair", "p"), [-1, -1, 2, 2]),
    (KeyedReduce(abs, operator.add), [-1, 2]),
    (WindowRows(None, CountTumblingWindowAssigner(2), "reduce", operator.add), [1]),
    (WindowRows(abs, EventTimeSessionWindows.with_dynamic_gap(abs), "reduce", min), []),
    (WindowRows(abs, EventTimeSessionWindows(3), "reduce", min, trigger=ContinuousEventTimeTrigger(5)), []),
]


@pytest.mark.parametrize(("spec", "wanted"), SPECS)
def test_specs_are_picklable_data(spec: Any, wanted: list[int]) -> None:
    harness = Harness(pickle.loads(pickle.dumps(spec)))
    harness.push([-1, 2], [10, 20])
    assert harness.out.values == wanted


def test_keyed_state_without_a_key_is_refused_with_the_remedy() -> None:
    class Keyed:
        def open(self, runtime_context: Any) -> None:
            runtime_context.get_state(None)

        def map(self, value: int) -> int:
            return value

    with pytest.raises(StateError, match=r"get_state\(\) in 'm': keyed state needs a keyed stream; call key_by"):
        Harness(FusedRows((RowStep("map", Keyed(), "m"),)))


def test_short_representations_never_fail_and_stay_short() -> None:
    class Angry:
        def __repr__(self) -> str:
            raise ValueError("no")

    class AngryList(list[int]):
        def __repr__(self) -> str:
            raise ValueError("no")

    loop: list[Any] = []
    loop.append(loop)
    for value in (
        Angry(),
        [Angry()],
        AngryList(),
        loop,
        "x" * 10_000,
        list(range(10**6)),
        dict.fromkeys(range(99), "y" * 99),
    ):
        assert 0 < len(short_repr(value)) <= 200
    assert short_repr((1, "two", {"three": 3})) == "(1, 'two', {'three': 3})"


def test_closing_closes_all_functions_though_one_fails() -> None:
    closed: list[str] = []

    class Closing:
        def __init__(self, name: str) -> None:
            self.name = name

        def map(self, value: int) -> int:
            return value

        def close(self) -> None:
            closed.append(self.name)
            if self.name == "b":
                raise OSError("cannot close")

    harness = Harness(fuse([RowStep("map", Closing(name)) for name in "abc"]))
    with pytest.raises(OSError, match="cannot close"):
        harness.operator.close()
    assert sorted(closed) == ["a", "b", "c"]
    harness.operator.close()
    assert len(closed) == 3


def test_an_error_downstream_is_not_told_as_ones_own() -> None:
    inner = Harness(RowStep("map", lambda v: v / 0, "inner"))
    outer = Harness(RowStep("flat_map", lambda v: [v], "outer"))
    outer.operator.output = inner.operator  # type: ignore[assignment]
    inner.operator.collect = inner.operator.process_batch  # type: ignore[attr-defined]
    with pytest.raises(UserFunctionError, match=r"^operator 'inner'"):
        outer.push([1])
