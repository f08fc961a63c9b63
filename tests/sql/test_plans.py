"""Plans and messages, kept as text beside the query that makes them."""

from __future__ import annotations

import pytest
from tests.sql import harness

from levada.common.errors import SqlError
from levada.sql.physical.nodes import Accepts


@pytest.mark.parametrize(("query", "expected"), harness.cases("plans.txt"), ids=lambda text: text[:60])
def test_physical_plan(query: str, expected: str) -> None:
    assert harness.physical_text(query) == expected


@pytest.mark.parametrize(("statement", "expected"), harness.cases("errors.txt"), ids=lambda text: text[:60])
def test_messages(statement: str, expected: str) -> None:
    with pytest.raises(SqlError) as error:
        harness.bind_statement(statement)
    assert str(error.value) == expected


GROUPED = "SELECT bidder, COUNT(*) AS c FROM bids GROUP BY bidder"


@pytest.mark.parametrize(
    ("accepts", "mode"), [(Accepts.RETRACT, "I,UB,UA"), (Accepts.UPSERT, "I,UA"), (Accepts.ANY, "I,UA")]
)
def test_the_row_before_is_only_made_for_sinks_that_take_it(accepts: Accepts, mode: str) -> None:
    lines = harness.physical_text(GROUPED, accepts).split("\n")
    assert [line.rpartition("changelogMode=")[2] for line in lines] == [f"[{mode}])", f"[{mode}])", "[I])", "[I])"]


def test_a_filter_over_updates_needs_the_row_before_even_for_an_upsert_sink() -> None:
    plan = harness.physical_text(f"{GROUPED} HAVING COUNT(*) < 3", Accepts.UPSERT)
    assert "changelogMode=[I,UB,UA]" in plan.split("\n")[2]


def test_an_append_sink_refuses_updates_naming_the_operator_and_a_remedy() -> None:
    with pytest.raises(SqlError) as error:
        harness.physical_text(GROUPED, Accepts.APPEND)
    assert "GroupAggregate(groupBy=[bidder])" in str(error.value)
    assert "in_batch_mode" in str(error.value)


def test_batch_mode_only_inserts() -> None:
    plan = harness.physical_text(GROUPED, Accepts.APPEND, batch=True)
    assert "HashAggregate(groupBy=[bidder], select=[bidder, COUNT(*) AS c], changelogMode=[I])" in plan
