"""The key kernels alone: hashes, key index, growth to many keys, partitioning.

    python benchmarks/kernels.py [--grow-to 10_000_000]

Rates are from the best of several runs of each 8,192-row batch. The pause is the longest single ``upsert`` while an
empty index grows, in processor time, so that other programs do not count.
"""

from __future__ import annotations

import argparse
import functools
import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from levada._kernels import KeyIndex, canonical_key, hash_columns, hash_values, partition, split_rows

BATCH = 8192
BATCHES = 50
ROUNDS = 10


def report(name: str, rows: int, *runs: Callable[[], object]) -> None:
    """Time each run (a batch or so) several times and print the rows per second of all their best times together."""
    bests = [float("inf")] * len(runs)
    for _ in range(ROUNDS):
        for place, run in enumerate(runs):
            start = time.perf_counter()
            run()
            bests[place] = min(bests[place], time.perf_counter() - start)
    each = sum(bests) / (rows * len(runs))
    print(f"{name:<52} {1e-6 / each:8.1f} M rows/s {each * 1e9:8.1f} ns")


def texts(count: int) -> pa.Array:
    """Strings of 16 bytes."""
    return pa.array([f"bidder-{number:09d}" for number in range(count)])


def index(keys: int, kinds: str) -> None:
    """Look up known keys, uniformly drawn."""
    random = np.random.default_rng(7)
    drawn = [random.integers(0, keys, BATCH) for _ in range(BATCHES)]
    every: dict[str, pa.Array] = {
        "int64": pa.array(np.arange(keys)),
        "timestamp": pa.array(np.arange(keys) // 64 * 1000),
    }
    every["timestamp"] = every["timestamp"].cast(pa.timestamp("ms"))
    if "string" in kinds:
        every["string"] = texts(keys)
    columns = [every[kind] for kind in kinds.split("+")]
    found = KeyIndex([column.type for column in columns], 128)
    found.upsert(columns)
    batches = [[column.take(pa.array(rows)) for column in columns] for rows in drawn]
    calls = [functools.partial(found.upsert, batch) for batch in batches]
    report(f"KeyIndex.upsert, {kinds}, {keys:,} keys", BATCH, *calls)


def growth(keys: int) -> None:
    """Insert new keys only, and find the longest call."""
    grown, longest, moved = KeyIndex([pa.int64()], 128), 0.0, 0
    order = np.random.default_rng(7).permutation(keys)
    gc.disable()
    start = time.perf_counter()
    for at in range(0, keys, BATCH):
        batch = [pa.array(order[at : at + BATCH])]
        before, began = grown.moved_entries, time.thread_time()
        grown.upsert(batch)
        longest = max(longest, time.thread_time() - began)
        moved = max(moved, grown.moved_entries - before)
    took = time.perf_counter() - start
    gc.enable()
    print(
        f"grow to {keys:,} keys: {keys / took / 1e6:.1f} M inserts/s, longest call {longest * 1e3:.1f} ms of CPU "
        f"({moved:,} entries moved), {grown.nbytes / keys:.0f} bytes per key"
    )
    start = time.perf_counter()
    frozen = grown.freeze()
    froze = time.perf_counter() - start
    slots = frozen.slots_by_key_group()
    ordered = time.perf_counter() - start - froze
    frozen.keys(slots)
    gathered = time.perf_counter() - start - froze - ordered
    print(
        f"  freeze {froze * 1e3:.2f} ms, sort by key group {ordered * 1e3:.0f} ms, gather keys {gathered * 1e3:.0f} ms"
    )


def python_keys(name: str, keys: list[Any]) -> None:
    """Keys of row batches."""
    times = [*range(len(keys))]
    report(f"hash_values, {name}", len(keys), lambda: hash_values(keys))
    report(f"split_rows to 4, with timestamps, {name}", len(keys), lambda: split_rows(keys, times, keys, 4, 128))
    report(f"canonical_key, {name} (with the loop)", len(keys), lambda: [canonical_key(key) for key in keys])


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--grow-to", type=int, default=10_000_000)
    options = parser.parse_args()
    for keys in (1_000, 100_000, 1_000_000):
        for kinds in ("int64", "string", "int64+timestamp", "string+int64"):
            index(keys, kinds)
    numbers, words = pa.array(np.arange(BATCH)), texts(BATCH)
    for name, columns in (("int64", [numbers]), ("string", [words]), ("int64+string", [numbers, words])):
        report(f"hash_columns, {name}", BATCH, functools.partial(hash_columns, columns))
        report(f"partition to 4, {name}", BATCH, functools.partial(partition, columns, 4, 128))
    python_keys("int", numbers.to_pylist())
    python_keys("str", words.to_pylist())
    python_keys("tuple (int, str)", list(zip(numbers.to_pylist(), words.to_pylist(), strict=True)))
    growth(options.grow_to)


if __name__ == "__main__":
    main()
