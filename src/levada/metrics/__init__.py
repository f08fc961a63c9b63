"""Metrics of one's own under PyFlink's names; functions get them from ``runtime_context.get_metrics_group()``.

May import ``operators``.
"""

from levada.metrics.metricbase import Counter, Distribution, Meter, Metric, MetricGroup

__all__ = ["Counter", "Distribution", "Meter", "Metric", "MetricGroup"]
