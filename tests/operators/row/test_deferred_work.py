"""State's deferred work is done after work that was interrupted, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.operators.row.harness import Harness, written

from levada.common import Types
from levada.operators.row import KeyedProcess
from levada.state import ValueStateDescriptor


class Count:
    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: int, ctx: Any) -> Iterator[int]:
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield count


@pytest.mark.parametrize("interrupt", [True, False])
def test_tables_come_to_rest_after_a_snapshot(interrupt: bool) -> None:
    harness = Harness(KeyedProcess(lambda value: value, Count()), interrupt=interrupt)
    harness.push(list(range(3000)))
    table = harness.operator.backend._entries["count"].table  # type: ignore[attr-defined]
    written(harness.late_snapshot())
    assert table.layered
    harness.push(list(range(3000)))
    assert harness.resumed > 0 or not interrupt
    assert not table.layered
    assert harness.out.values == [1] * 3000 + [2] * 3000
