"""The smallest job, as a program: for start-up."""

import bytewax.operators as op
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSource, run_main

flow = Dataflow("trivial")
numbers = op.map("map", op.input("in", flow, TestingSource([1, 2, 3])), lambda number: str(number * 10))
op.output("out", numbers, StdOutSink())
run_main(flow)
