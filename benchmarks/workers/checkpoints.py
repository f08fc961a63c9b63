"""Throughput with many keys, with and without checkpoints: measured from when every key is there to the last row."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from unittest.mock import patch

import levada
from benchmarks.workers.functions import Bid, bidder
from benchmarks.workers.protocol import serve
from benchmarks.workers.rows import LevadaCountAndSum
from benchmarks.workers.stamps import RepeatedRows, Stamps
from levada.checkpoint.storage import LocalStorage
from levada.checkpoint.store import CheckpointStore
from levada.common import WatermarkStrategy
from levada.common.configuration import Configuration
from levada.connectors.blackhole import BlackHoleSink
from levada.datastream import StreamExecutionEnvironment

CHECKPOINT_EVERY = "1 s"


def _settings(directory: str, checkpoints: bool) -> dict[str, str]:
    if not checkpoints:
        return {}
    return {"execution.checkpointing.dir": directory, "execution.checkpointing.interval": CHECKPOINT_EVERY}


def _about(directory: str) -> dict[str, Any]:
    store = CheckpointStore(LocalStorage(directory))
    ids = store.ids()
    if not ids:
        return {"checkpoints": 0, "bytes": 0}
    newest = store.read_manifest(ids[-1])
    return {"checkpoints": ids[-1], "bytes": newest.size, "duration_ms": newest.duration_ms}


@lru_cache(maxsize=1)
def _bids(keys: int) -> list[Bid]:
    """Every key once, in random order; then again in another order."""
    dice = random.Random(7)
    order = list(range(keys))
    bids: list[Bid] = []
    for number in (1, 2):
        dice.shuffle(order)
        bids += [(key % 1000, key, key * 31 % 100_000 + 100, number) for key in order]
    return bids


def rows(keys: int, records: int, checkpoints: bool) -> Mapping[str, Any]:
    """``key_by(bidder).process(..)`` with one ``ValueState``."""
    with tempfile.TemporaryDirectory(prefix="levada-bench-") as directory:
        config = Configuration()
        for key, value in _settings(directory, checkpoints).items():
            config.set_string(key, value)
        env = StreamExecutionEnvironment.get_execution_environment(config)
        source = RepeatedRows(_bids(keys), records + keys)
        stamps = Stamps()
        stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "bids").key_by(bidder)
        stream.process(LevadaCountAndSum()).sink_to(stamps)
        env.execute()
        passed, seconds = stamps.since(keys)
        return {"rows": passed, "seconds": seconds, **_about(directory)}


def sql(mode: str, keys: int, records: int, checkpoints: bool) -> Mapping[str, Any]:
    """The GROUP BY, changes counted by the sink that drops them."""
    import numpy as np
    import pyarrow as pa

    from benchmarks.workers.columnar import BATCH, GROUPED, environment

    dice = np.random.default_rng(7)
    orders = [dice.permutation(keys) for _ in range(2)]
    bids = pa.table({"bidder": np.concatenate(orders), "price": dice.integers(100, 100_000, 2 * keys)})
    batches = bids.to_batches(max_chunksize=BATCH)
    # The same batches again and again: no memory is copied.
    wanted = -(-(records + keys) // (2 * keys))
    table = pa.Table.from_batches(batches * wanted)
    stamps = Stamps()
    with tempfile.TemporaryDirectory(prefix="levada-bench-") as directory:
        t_env = environment(table, mode == "mini-batch", _settings(directory, checkpoints))
        t_env.execute_sql(
            "CREATE TABLE nothing (bidder BIGINT, bids BIGINT, total BIGINT, best BIGINT) "
            "WITH ('connector' = 'blackhole')"
        )
        with patch.object(BlackHoleSink, "create_writer", lambda sink, context: stamps.create_writer(context)):
            t_env.execute_sql(f"INSERT INTO nothing {GROUPED}").wait()
        changes, seconds = stamps.since(keys)
        # Behind the first of a key every row changes two rows; with mini-batch a batch holds a key once.
        return {"rows": changes // 2, "seconds": seconds, **_about(directory)}


if __name__ == "__main__":
    serve({"rows": rows, "sql": sql}, {"version": levada.__version__})
