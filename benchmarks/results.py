"""What was measured: rates per round, claims about their ratios, and how both are printed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(slots=True)
class Series:
    """One contender's figures, one per round."""

    name: str
    values: list[float]
    unit: str = "rows/s"

    def text(self) -> str:
        """Median and spread."""
        middle, low, high = (_number(value, self.unit) for value in _spread(self.values))
        spread = "" if len(self.values) == 1 else f"{low} - {high}"
        return f"{self.name:<44} {middle:>11} {self.unit:<7} {spread}"


@dataclass(slots=True)
class Claim:
    """A figure with a goal.

    Attributes
    ----------
    values : list of float
        One per round; the median decides.
    at_least : bool
        Whether more is better.
    """

    name: str
    values: list[float]
    goal: float | None
    unit: str = "x"
    at_least: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        value = median(self.values)
        return value >= self.goal if self.at_least else value <= self.goal

    def text(self) -> str:
        """Median, spread, goal."""
        middle, low, high = (_number(value, self.unit) for value in _spread(self.values))
        spread = "" if len(self.values) == 1 else f"{low} - {high}"
        goal = ""
        if self.goal is not None:
            verdict = "met" if self.met else "MISSED"
            goal = f"goal {'>=' if self.at_least else '<'} {_number(self.goal, self.unit)}: {verdict}"
        return f"{self.name:<44} {middle:>11} {self.unit:<7} {spread:<23} {goal}".rstrip()


@dataclass(slots=True)
class Result:
    """One figure."""

    figure: str
    title: str
    series: list[Series] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """For people."""
        lines = [self.title, *(f"  {series.text()}" for series in self.series)]
        lines += [f"  {claim.text()}" for claim in self.claims]
        lines += [f"  ({note})" for note in self.notes]
        return "\n".join(lines)

    def plain(self) -> dict[str, Any]:
        """For JSON: everything, and the medians."""
        data = asdict(self)
        for series in data["series"]:
            series["median"] = median(series["values"])
        for claim, plain in zip(self.claims, data["claims"], strict=True):
            plain["median"], plain["met"] = median(claim.values), claim.met
        return data


def ratios(over: Series, under: Series) -> list[float]:
    """Round by round: both sides of a ratio were measured next to each other."""
    return [mine / theirs for mine, theirs in zip(over.values, under.values, strict=True)]


def _spread(values: list[float]) -> tuple[float, float, float]:
    return median(values), min(values), max(values)


def _number(value: float, unit: str) -> str:
    if unit == "x":
        return f"{value:.2f}"
    if unit == "%":
        return f"{value:.1f}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
