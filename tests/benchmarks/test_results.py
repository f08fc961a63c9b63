"""Rates, ratios and goals, and how they are told."""

from __future__ import annotations

from benchmarks.results import Claim, Result, Series, ratios


def test_the_median_decides_whether_a_goal_is_met() -> None:
    assert Claim("ratio", [0.5, 0.9, 0.95], 0.85).met
    assert Claim("ratio", [0.5, 0.8, 0.95], 0.85).met is False
    assert Claim("ratio", [0.1], None).met is None


def test_less_can_be_better() -> None:
    assert Claim("p99", [9.0, 3.0, 20.0], 10, "ms", at_least=False).met
    assert Claim("p99", [11.0], 10, "ms", at_least=False).met is False


def test_ratios_are_taken_round_by_round() -> None:
    assert ratios(Series("a", [2.0, 9.0]), Series("b", [1.0, 3.0])) == [2.0, 3.0]


def test_a_result_tells_medians_spread_and_verdicts() -> None:
    result = Result("x", "what was measured", [Series("Levada", [1e6, 3e6, 2e6])], [Claim("ratio", [0.5, 0.7], 0.85)])
    text = result.text()
    assert "2,000,000 rows/s  1,000,000 - 3,000,000" in text
    assert "0.60" in text
    assert "goal >= 0.85: MISSED" in text
    plain = result.plain()
    assert plain["series"][0]["median"] == 2e6
    assert plain["claims"][0]["met"] is False
