"""Operators with two inputs: co-functions, broadcast state, interval joins.

A stream may be a union, so an operator has any number of inputs in the graph; the first ``first_inputs`` of them are
those of its first stream. The gate combines the watermarks of all.
"""

from levada.operators.row.two_inputs.broadcast import BroadcastProcess
from levada.operators.row.two_inputs.co_process import CoProcess
from levada.operators.row.two_inputs.interval_join import IntervalJoin
from levada.operators.row.two_inputs.tagging import Tagging

__all__ = ["BroadcastProcess", "CoProcess", "IntervalJoin", "Tagging"]
