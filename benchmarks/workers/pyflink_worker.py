"""PyFlink in thread mode, parallelism 1: bids from a collection, results dropped."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pyflink.common import Configuration, Types
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors import Sink
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.java_gateway import get_gateway

from benchmarks.workers.bids import load_rows
from benchmarks.workers.functions import CountAndSum, bidder, has_even_auction, to_euros
from benchmarks.workers.protocol import digest, serve, timed

BID = Types.TUPLE([Types.LONG()] * 4)
TOTALS = Types.TUPLE([Types.LONG()] * 3)


class FlinkCountAndSum(CountAndSum, KeyedProcessFunction):  # type: ignore[misc]
    """The same function over Flink's state."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state."""
        types = Types.TUPLE([Types.LONG(), Types.LONG()])
        self.state = runtime_context.get_state(ValueStateDescriptor("totals", types))


def _map_filter(bids: DataStream) -> DataStream:
    return bids.map(to_euros, BID).filter(has_even_auction)


def _keyed(bids: DataStream) -> DataStream:
    return bids.key_by(bidder, Types.LONG()).process(FlinkCountAndSum(), TOTALS)


def job(job: str, bids: str, records: int, check: bool) -> Mapping[str, Any]:
    """One job on a cluster inside the JVM."""
    settings = Configuration()
    settings.set_string("python.execution-mode", "thread")
    settings.set_string("parallelism.default", "1")
    env = StreamExecutionEnvironment.get_execution_environment(settings)
    stream = env.from_collection(load_rows(bids, records), BID)
    stream = {"map_filter": _map_filter, "keyed_process": _keyed}[job](stream)
    if check:
        with stream.execute_and_collect() as results:
            return digest(results)
    nothing = get_gateway().jvm.org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink()
    stream.sink_to(Sink(nothing))
    return timed(env.execute)


if __name__ == "__main__":
    serve({"job": job}, {"version": version("apache-flink")})
