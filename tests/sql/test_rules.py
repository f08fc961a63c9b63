"""Each rule by itself: a logical plan before and after."""

from __future__ import annotations

from tests.sql import harness

from levada.sql import explain
from levada.sql.rules import RULES, optimise
from levada.sql.rules.drop_identity_projects import drop_identity_projects
from levada.sql.rules.fold_constants import fold_constants
from levada.sql.rules.merge_filters import merge_filters
from levada.sql.rules.merge_projects import merge_projects
from levada.sql.rules.prune_columns import prune_columns
from levada.sql.rules.push_filters_below_projects import push_filters_below_projects
from levada.sql.rules.push_filters_into_unions import push_filters_into_unions


def after(rule: object, query: str) -> list[str]:
    assert callable(rule)
    return [line.strip(" :+-") for line in explain.logical_text(rule(harness.bound(query))).split("\n")]


def test_constants_are_folded_and_a_true_filter_goes() -> None:
    lines = after(fold_constants, "SELECT 1 + 2 * 3 AS x, id FROM people WHERE 1 = 1 OR id > 2")
    assert lines[0] == "Project(select=[7 AS x, id])"
    assert lines[1].startswith("Scan")


def test_a_constant_that_fails_is_left_to_the_rows() -> None:
    assert after(fold_constants, "SELECT 1 / 0 AS x FROM people")[0] == "Project(select=[/(1, 0) AS x])"


def test_false_decides_a_conjunction() -> None:
    lines = after(fold_constants, "SELECT id FROM people WHERE id > 1 AND 1 > 2")
    assert lines[1] == "Filter(condition=[FALSE])"


def test_filters_merge_the_lower_first() -> None:
    query = "SELECT * FROM (SELECT * FROM people WHERE id > 1) WHERE name = 'x'"
    pushed = push_filters_below_projects(harness.bound(query))
    assert "Filter(condition=[AND(>(id, 1), =(name, 'x'))])" in explain.logical_text(merge_filters(pushed))


def test_a_filter_moves_below_a_projection_over_its_expressions() -> None:
    lines = after(push_filters_below_projects, "SELECT y FROM (SELECT id + 1 AS y FROM people) WHERE y > 3")
    assert lines[2:] == [
        "Filter(condition=[>(+(id, 1), 3)])",
        "Scan(table=[default_catalog.default_database.people], fields=[id, name])",
    ]


def test_a_filter_moves_into_every_side_of_a_union() -> None:
    query = "SELECT id FROM (SELECT id FROM people UNION ALL SELECT bidder FROM bids) WHERE id > 3"
    lines = after(push_filters_into_unions, query)
    assert lines.count("Filter(condition=[>(id, 3)])") == 2


def test_projections_merge() -> None:
    lines = after(merge_projects, "SELECT y * 2 AS z FROM (SELECT id + 1 AS y FROM people)")
    assert lines[0] == "Project(select=[*(+(id, 1), 2) AS z])"
    assert lines[1].startswith("Scan")


def test_projections_do_not_merge_where_work_would_double() -> None:
    lines = after(merge_projects, "SELECT y * y AS z FROM (SELECT id + 1 AS y FROM people)")
    assert lines[:2] == ["Project(select=[*(y, y) AS z])", "Project(select=[+(id, 1) AS y])"]


def test_unread_columns_are_not_scanned() -> None:
    lines = after(prune_columns, "SELECT UPPER(channel) AS u FROM bids WHERE price > 1")
    assert lines[-1] == "Scan(table=[default_catalog.default_database.bids], fields=[price, channel])"


def test_unread_aggregates_are_not_computed() -> None:
    lines = after(
        prune_columns, "SELECT c FROM (SELECT bidder, COUNT(*) AS c, SUM(price) AS s FROM bids GROUP BY bidder)"
    )
    assert "Aggregate(groupBy=[bidder], select=[bidder, COUNT(*) AS c])" in lines


def test_a_projection_that_changes_nothing_goes() -> None:
    assert after(drop_identity_projects, "SELECT id, name FROM people")[0].startswith("Scan")
    assert after(drop_identity_projects, "SELECT name, id FROM people")[0].startswith("Project")


def test_a_plan_that_went_through_all_rules_does_not_change_again() -> None:
    for query, _ in harness.cases("plans.txt"):
        once = optimise(harness.bound(query))
        assert explain.logical_text(optimise(once)) == explain.logical_text(once)
    assert len(set(RULES)) >= 7
