"""What a keyed function hands on is what it was then, even if its state goes on holding and changing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from levada.common import OutputTag, Row, Types
from levada.common.configuration import Configuration
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.functions import KeyedProcessFunction, RuntimeContext
from levada.datastream.state import ValueStateDescriptor

ASIDE = OutputTag("aside")


@dataclass
class Total:
    """Changes in place."""

    numbers: int = 0


class Keeps(KeyedProcessFunction):
    """Changes the object in its state in place, stores it and hands it on."""

    def __init__(self, fresh: Callable[[], Any], change: Callable[[Any, int], None], local: bool) -> None:
        self.fresh, self.change, self.local = fresh, change, local

    def open(self, runtime_context: RuntimeContext) -> None:
        self.state: Any = runtime_context.get_state(ValueStateDescriptor("kept", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        kept = self.state.value() or self.fresh()
        self.change(kept, value)
        self.state.update(kept)
        if self.local:
            yield kept
        else:
            del kept
            yield self.state.value()
        yield ASIDE, self.state.value()


CASES: list[tuple[Callable[[], Any], Callable[[Any, int], None], list[str]]] = [
    (list, list.append, ["[1]", "[1, 2]", "[1, 2, 3]"]),
    (dict, lambda kept, n: kept.update({n: n}), ["{1: 1}", "{1: 1, 2: 2}", "{1: 1, 2: 2, 3: 3}"]),
    (set, lambda kept, n: kept.add(n), ["{1}", "{1, 2}", "{1, 2, 3}"]),
    (
        Total,
        lambda kept, n: setattr(kept, "numbers", kept.numbers + n),
        ["Total(numbers=1)", "Total(numbers=3)", "Total(numbers=6)"],
    ),
    (lambda: Row([]), lambda kept, n: kept[0].append(n), ["<Row([1])>", "<Row([1, 2])>", "<Row([1, 2, 3])>"]),
]


@pytest.mark.parametrize("rows", ["1", "8192"])
@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize(("fresh", "change", "expected"), CASES)
def test_results_do_not_change_behind_their_receivers_back(
    fresh: Callable[[], Any], change: Callable[[Any, int], None], expected: list[str], local: bool, rows: str
) -> None:
    config = Configuration().set_string("levada.batch.max-rows", rows)
    env = StreamExecutionEnvironment.get_execution_environment(config)
    kept = env.from_collection([1, 2, 3]).key_by(lambda n: "k").process(Keeps(fresh, change, local))
    aside = kept.get_side_output(ASIDE)
    texts = kept.map(lambda value: ("main", str(value))).union(aside.map(lambda value: ("aside", str(value))))
    with texts.execute_and_collect() as results:
        seen = list(results)
    assert [text for where, text in seen if where == "main"] == expected
    assert [text for where, text in seen if where == "aside"] == expected
