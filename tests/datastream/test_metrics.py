"""Metrics of a user's function, under PyFlink's names."""

from __future__ import annotations

from typing import Any

from levada.datastream import MapFunction, RuntimeContext, StreamExecutionEnvironment
from levada.metrics import Counter, Distribution, Meter, Metric, MetricGroup

seen: dict[str, Any] = {}


class Measured(MapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        group = runtime_context.get_metrics_group()
        assert isinstance(group, MetricGroup)
        self.counter = group.add_group("mine", "own").counter("records")
        self.meter = group.meter("rate", time_span_in_seconds=30)
        self.sizes = group.distribution("sizes")
        group.gauge("newest", lambda: self.newest)
        self.newest = 0

    def map(self, value: int) -> int:
        self.newest = value
        self.counter.inc()
        self.counter.inc(2)
        self.counter.dec()
        self.meter.mark_event(value=3)
        self.sizes.update(value)
        return value

    def close(self) -> None:
        seen.update(counter=self.counter, meter=self.meter, sizes=self.sizes)


def test_counters_meters_and_distributions_of_a_function() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    with env.from_collection([5, 6, 7]).map(Measured()).execute_and_collect() as results:
        assert list(results) == [5, 6, 7]
    assert seen["counter"].get_count() == 6
    assert seen["meter"].get_count() == 9
    kinds = {name: type(metric) for name, metric in seen.items()}
    assert kinds == {"counter": Counter, "meter": Meter, "sizes": Distribution}
    assert all(isinstance(metric, Metric) for metric in seen.values())
