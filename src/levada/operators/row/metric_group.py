"""Metrics that functions register: counters, meters, distributions and gauges in named groups.

Reference: PyFlink, ``pyflink.metrics``. Counts go to the operator's metrics under ``group.name``.
"""

from __future__ import annotations

from collections.abc import Callable

from levada.operators.base import Metrics


class Metric:
    """Base of all metrics."""


class Counter(Metric):
    """Counts up and down."""

    def __init__(self, metrics: Metrics, name: str) -> None:
        self._metrics = metrics
        self._name = name
        self._count = 0

    def inc(self, n: int = 1) -> None:
        """Count up."""
        self._count += n
        self._metrics.count(self._name, n)

    def dec(self, n: int = 1) -> None:
        """Count down."""
        self.inc(-n)

    def get_count(self) -> int:
        """The count of this subtask."""
        return self._count


class Meter(Metric):
    """Counts events whose rate is of interest; the rate is derived from the count by whoever reads the metrics."""

    def __init__(self, metrics: Metrics, name: str) -> None:
        self._metrics = metrics
        self._name = name
        self._count = 0

    def mark_event(self, value: int = 1) -> None:
        """Count ``value`` events."""
        self._count += value
        self._metrics.count(self._name, value)

    def get_count(self) -> int:
        """Events so far."""
        return self._count


class Distribution(Metric):
    """Values whose spread is of interest: their count, sum, least and greatest."""

    def __init__(self, metrics: Metrics, name: str) -> None:
        self._metrics = metrics
        self._name = name
        self.count = 0
        self.sum = 0
        self.min: int | None = None
        self.max: int | None = None

    def update(self, value: int) -> None:
        """Take one value in."""
        self.count += 1
        self.sum += value
        self.min = value if self.min is None or value < self.min else self.min
        self.max = value if self.max is None or value > self.max else self.max
        self._metrics.count(f"{self._name}.count", 1)
        self._metrics.count(f"{self._name}.sum", value)


class MetricGroup:
    """A named set of metrics; asking for a name twice gives the same metric."""

    def __init__(self, metrics: Metrics, path: tuple[str, ...] = ()) -> None:
        self._metrics = metrics
        self._path = path
        self._made: dict[tuple[type[Metric], str], Metric] = {}
        self.gauges: dict[str, Callable[[], int]] = {}

    def add_group(self, name: str, extra: str | None = None) -> MetricGroup:
        """A group below this one; with ``extra`` a key and value pair of groups."""
        return MetricGroup(self._metrics, (*self._path, name) if extra is None else (*self._path, name, extra))

    def counter(self, name: str) -> Counter:
        """A counter under ``name``."""
        made = self._made.setdefault((Counter, name), Counter(self._metrics, self._full(name)))
        assert isinstance(made, Counter)
        return made

    def meter(self, name: str, time_span_in_seconds: int = 60) -> Meter:
        """A meter under ``name``."""
        made = self._made.setdefault((Meter, name), Meter(self._metrics, self._full(name)))
        assert isinstance(made, Meter)
        return made

    def distribution(self, name: str) -> Distribution:
        """A distribution under ``name``."""
        made = self._made.setdefault((Distribution, name), Distribution(self._metrics, self._full(name)))
        assert isinstance(made, Distribution)
        return made

    def gauge(self, name: str, obj: Callable[[], int]) -> None:
        """A value that is asked for when the metrics are read."""
        self.gauges[self._full(name)] = obj

    def _full(self, name: str) -> str:
        return ".".join((*self._path, name))
