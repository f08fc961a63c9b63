"""GROUP BY on the native kernels and through its operator, beside DuckDB's one-thread batch query in the same run.

    python benchmarks/kernels_aggregate.py [--rows 20_000_000] [--keys 100_000] [--batch 8192]

Each figure is the best of several runs over the same batches, after a warm-up that has brought every key to life.
Results are compared with DuckDB's before anything is timed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from levada._kernels import Accumulators, KeyIndex, TimerQueue
from levada.common.batch import Batch, ColumnBatch
from levada.common.configuration import Configuration
from levada.operators.base import Operator, OperatorContext
from levada.operators.columnar import AggregateCall, Calc, GroupAggregate
from levada.operators.columnar.expressions import Column, Comparison, Literal, Relation

FUNCTIONS = [("count", -1), ("sum", 0), ("max", 0)]
CALLS = (AggregateCall("count"), AggregateCall("sum", 1, pa.int64()), AggregateCall("max", 1, pa.int64()))
OUTPUT = pa.schema([("bidder", pa.int64()), ("bids", pa.int64()), ("total", pa.int64()), ("best", pa.int64())])
ROUNDS = 3


class Blackhole:
    """Counts what comes."""

    rows = 0

    def collect(self, batch: Batch) -> None:
        self.rows += len(batch)

    def emit_watermark(self, timestamp: int) -> None:
        """Dropped."""

    def emit_status(self, idle: bool) -> None:
        """Dropped."""


class Unlimited:
    """A budget and metrics that cost nothing."""

    exhausted = False

    def count(self, name: str, amount: int = 1) -> None:
        """Dropped."""


@dataclass
class Case:
    """Batches to aggregate, and how many rows they have."""

    batches: list[pa.RecordBatch]
    rows: int


def make_case(rows: int, keys: int, batch: int, *, text: bool) -> Case:
    """Uniform keys, prices of up to a million; ``text`` keys have 16 bytes."""
    random = np.random.default_rng(7)
    numbers = random.integers(0, keys, rows)
    bidder: pa.Array = pa.array(numbers)
    if text:
        bidder = pa.array([f"bidder-{number:09d}" for number in range(keys)]).take(bidder)
    data = pa.record_batch([bidder, pa.array(random.integers(1, 1_000_000, rows))], names=["bidder", "price"])
    return Case([data.slice(start, batch) for start in range(0, rows, batch)], rows)


def opened(spec: GroupAggregate | Calc, output: Blackhole) -> Operator:
    operator = spec.create()
    operator.open(
        OperatorContext(
            name="bench",
            uid="bench",
            output=output,
            clock=None,  # type: ignore[arg-type]
            budget=Unlimited(),
            config=Configuration(),
            metrics=Unlimited(),
            schedule=lambda timestamp: None,
        )
    )
    return operator


def kernels(case: Case) -> Callable[[], None]:
    """Key index and accumulators, no changelog."""
    index = KeyIndex([case.batches[0].schema.field(0).type], 128)
    accumulators = Accumulators(FUNCTIONS, [pa.int64()])
    pairs = [batch.columns for batch in case.batches]

    def run() -> None:
        for bidder, price in pairs:
            accumulators.update(index.upsert([bidder]), [price])

    return run


def through(spec: GroupAggregate | Calc, case: Case) -> Callable[[], None]:
    """Batch by batch through the operator, into a black hole."""
    operator = opened(spec, Blackhole())
    batches = [ColumnBatch(batch) for batch in case.batches]

    def run() -> None:
        for batch in batches:
            operator.process_batch(batch)

    return run


def aggregate(case: Case, **options: object) -> GroupAggregate:
    schema = OUTPUT.set(0, pa.field("bidder", case.batches[0].schema.field(0).type))
    return GroupAggregate((0,), CALLS, schema, **options)  # type: ignore[arg-type]


def duckdb_batch(case: Case) -> Callable[[], None]:
    """The same query over a native in-memory table, one thread."""
    connection = duckdb.connect(config={"threads": 1})
    connection.register("arriving", pa.Table.from_batches(case.batches))
    connection.execute("CREATE TABLE bids AS SELECT * FROM arriving")
    query = "SELECT bidder, count(*), sum(price), max(price) FROM bids GROUP BY bidder"

    def run() -> None:
        connection.sql(query).to_arrow_table()

    return run


def timers(rows: int) -> Iterator[tuple[str, float]]:
    """Registering and popping timers of 100 K slots."""
    random = np.random.default_rng(7)
    times = pa.array(np.sort(random.integers(0, rows, rows)) + random.integers(0, 10_000, rows))
    slots = pa.array(random.integers(0, 100_000, rows).astype(np.int32))
    queue = TimerQueue()
    start = time.perf_counter()
    for at in range(0, rows, 8192):
        queue.register(times.slice(at, 8192), slots.slice(at, 8192))
    middle = time.perf_counter()
    while len(queue):
        queue.pop_due(2**62, 8192)
    yield "timers: register", rows / (middle - start)
    yield "timers: pop in order", rows / (time.perf_counter() - middle)


def check(case: Case) -> None:
    """What the operator says in the end is what DuckDB says."""
    output: list[ColumnBatch] = []

    class Keep(Blackhole):
        def collect(self, batch: Batch) -> None:
            assert isinstance(batch, ColumnBatch)
            output.append(batch)

    operator = opened(aggregate(case, generate_update_before=False), Keep())
    for batch in case.batches:
        operator.process_batch(ColumnBatch(batch))
    changes = pa.Table.from_batches([batch.data for batch in output])
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("changes", changes.append_column("place", pa.array(range(changes.num_rows))))
        connection.register("bids", pa.Table.from_batches(case.batches))
        found = connection.execute(
            "WITH ours AS (SELECT bidder, "
            "max_by(bids, place) AS c, max_by(total, place) AS s, max_by(best, place) AS m "
            "FROM changes GROUP BY bidder), theirs AS (SELECT bidder, count(*) AS c, sum(price) AS s, max(price) AS m "
            "FROM bids GROUP BY bidder) SELECT (SELECT count(*) FROM ours), (SELECT count(*) FROM theirs), "
            "(SELECT count(*) FROM ours JOIN theirs USING (bidder, c, s, m))"
        ).fetchone()
    assert found is not None
    assert found[0] == found[1] == found[2] > 0, found


def report(case: Case, label: str) -> None:
    """Alternate the contenders, so that all see the same machine."""
    lowest = pa.scalar(1000, pa.int64())
    price = Column(1, pa.int64(), "price")
    calc = Calc(
        (price, Column(0, OUTPUT.field(0).type)),
        pa.schema([("price", pa.int64()), ("bidder", pa.int64())]),
        Comparison(Relation.GREATER, price, Literal(lowest)),
    )
    contenders = {
        "kernels: index + count + sum + max": kernels(case),
        "operator: changelog per row": through(aggregate(case), case),
        "operator: changelog per row, no -U": through(aggregate(case, generate_update_before=False), case),
        "operator: mini-batch 8,192": through(aggregate(case, mini_batch=True), case),
        "operator: mini-batch 100,000": through(aggregate(case, mini_batch=True, mini_batch_size=100_000), case),
        "DuckDB, one thread, batch": duckdb_batch(case),
    }
    if pa.types.is_int64(case.batches[0].schema.field(0).type):
        contenders["operator: calc (filter, 2 columns)"] = through(calc, case)
    best = dict.fromkeys(contenders, 0.0)
    for round_ in range(ROUNDS + 1):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            if round_:
                best[name] = max(best[name], case.rows / (time.perf_counter() - start))
    yardstick = best["DuckDB, one thread, batch"]
    print(f"\n{label}: {case.rows:,} rows, {len(case.batches):,} batches")
    for name, rate in best.items():
        print(f"  {name:40} {rate / 1e6:8.1f} M rows/s   {rate / yardstick:5.2f} x DuckDB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=8192)
    options = parser.parse_args()
    check(make_case(200_000, 5_000, options.batch, text=False))
    for text, label in ((False, "int64 keys"), (True, "16-byte keys")):
        report(make_case(options.rows, options.keys, options.batch, text=text), f"{label}, {options.keys:,} of them")
    print()
    for name, rate in timers(1_000_000):
        print(f"  {name:40} {rate / 1e6:8.1f} M/s")


if __name__ == "__main__":
    main()
