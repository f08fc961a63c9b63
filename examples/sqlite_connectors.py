"""A source and a sink of one's own: orders come from a table of SQLite, parcels go to another, exactly-once.

The job fails once on its way, is restarted from its last checkpoint, and still every order is shipped once.

python examples/sqlite_connectors.py
"""

from __future__ import annotations

import sqlite3
import tempfile
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import levada as lv
from levada.common import WatermarkStrategy
from levada.common.batch import Batch, RowBatch
from levada.connectors.base import (
    Boundedness,
    Committer,
    EnumeratorContext,
    ReaderContext,
    SinkWriter,
    SourceReader,
    WriterContext,
)
from levada.connectors.splits import SplitListEnumerator, SplitQueueReader
from levada.datastream import MapFunction, RuntimeContext

COUNT = 20_000


@dataclass(frozen=True, slots=True)
class Order:
    id: int
    item: str


# --- the source: one split, whose position is the last id that was read ------------------------------------------


@dataclass(frozen=True)
class OrdersAfter:
    id: int = 0

    split_id = "orders"


class OpenOrders:
    def __init__(self, database: Path, split: OrdersAfter) -> None:
        self.connection = sqlite3.connect(database)
        self.split = split

    def poll(self, max_rows: int) -> RowBatch | None:
        query = "SELECT id, item FROM orders WHERE id > ? ORDER BY id LIMIT ?"
        orders = [Order(*row) for row in self.connection.execute(query, (self.split.id, max_rows))]
        if not orders:
            return None
        self.split = OrdersAfter(orders[-1].id)
        return RowBatch(orders)

    def position(self) -> OrdersAfter:
        return self.split

    def close(self) -> None:
        self.connection.close()


@dataclass(frozen=True)
class OrderSource:
    database: Path

    boundedness = Boundedness.BOUNDED

    def create_enumerator(
        self, context: EnumeratorContext, restored: Sequence[OrdersAfter] | None
    ) -> SplitListEnumerator:
        return SplitListEnumerator(context, [OrdersAfter()] if restored is None else restored)

    def create_reader(self, context: ReaderContext) -> SourceReader:
        return SplitQueueReader(context, lambda split: OpenOrders(self.database, split))


# --- the sink: rows wait in the checkpoint, and are inserted in one transaction when it is complete ----------------


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows to insert; the id keeps them from being inserted again when a restart commits again."""

    id: str
    rows: list[tuple[int, str]]


class ParcelWriter(SinkWriter):
    def __init__(self) -> None:
        self.rows: list[tuple[int, str]] = []

    def write(self, batch: Batch) -> None:
        assert isinstance(batch, RowBatch)
        self.rows += batch.values

    def prepare_commit(self, checkpoint_id: int) -> list[Prepared]:
        rows, self.rows = self.rows, []
        return [Prepared(uuid.uuid4().hex, rows)] if rows else []


class ParcelCommitter(Committer):
    def __init__(self, database: Path) -> None:
        self.connection = sqlite3.connect(database)

    def commit(self, committables: Sequence[Prepared]) -> None:
        with self.connection:
            for prepared in committables:
                if self.connection.execute("INSERT OR IGNORE INTO commits VALUES (?)", (prepared.id,)).rowcount:
                    self.connection.executemany("INSERT INTO parcels VALUES (?, ?)", prepared.rows)

    def close(self) -> None:
        self.connection.close()


@dataclass(frozen=True)
class ParcelSink:
    database: Path

    transactional = True

    def create_writer(self, context: WriterContext) -> SinkWriter:
        return ParcelWriter()

    def create_committer(self) -> Committer:
        return ParcelCommitter(self.database)


# --- the job -------------------------------------------------------------------------------------------------------


class Pack(MapFunction[Order, tuple[int, str]]):
    """Packs orders. In the first attempt the tape runs out half-way."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.first_attempt = runtime_context.get_attempt_number() == 0

    def map(self, value: Order) -> tuple[int, str]:
        if self.first_attempt and value.id == COUNT // 2:
            raise ConnectionError("the tape has run out")
        return value.id, f"parcel with {value.item}"


def set_up(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)")
        connection.execute("CREATE TABLE parcels (order_id INTEGER, label TEXT)")
        connection.execute("CREATE TABLE commits (id TEXT PRIMARY KEY)")
        orders = ((number, "cups" if number % 3 else "plates") for number in range(1, COUNT + 1))
        connection.executemany("INSERT INTO orders VALUES (?, ?)", orders)


def run(database: Path) -> None:
    env = lv.environment()
    env.enable_checkpointing(timedelta(milliseconds=10))
    env.get_configuration().set_string("restart-strategy.fixed-delay.delay", "20 ms")
    env.get_configuration().set_string("levada.batch.max-rows", "100")
    orders = env.from_source(OrderSource(database), WatermarkStrategy.no_watermarks(), "orders")
    orders.map(Pack()).sink_to(ParcelSink(database))
    env.execute("parcels")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "shop.db"
        set_up(database)
        run(database)
        with closing(sqlite3.connect(database)) as connection:
            (parcels, orders) = connection.execute("SELECT COUNT(*), COUNT(DISTINCT order_id) FROM parcels").fetchone()
            (commits,) = connection.execute("SELECT COUNT(*) FROM commits").fetchone()
    print(f"{parcels:,} parcels for {orders:,} orders, in {'several' if commits > 1 else 'one'} transactions")


if __name__ == "__main__":
    main()
