"""Bytewax, one worker: batches of bids from memory, results dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow, Stream
from bytewax.inputs import DynamicSource, StatelessSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from benchmarks.workers.bids import load_rows
from benchmarks.workers.functions import Bid, has_even_auction, to_euros
from benchmarks.workers.protocol import digest, serve, timed

BATCH = 8192


class _Slices(StatelessSourcePartition):  # type: ignore[misc]
    def __init__(self, rows: list[Bid]) -> None:
        self._rows = rows
        self._next = 0

    def next_batch(self) -> list[Bid]:
        start, self._next = self._next, self._next + BATCH
        if start >= len(self._rows):
            raise StopIteration
        return self._rows[start : self._next]


class _Memory(DynamicSource):  # type: ignore[misc]
    def __init__(self, rows: list[Bid]) -> None:
        self._rows = rows

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Slices:
        return _Slices(self._rows)


class _Taker(StatelessSinkPartition):  # type: ignore[misc]
    def __init__(self, take: Callable[[list[Any]], None]) -> None:
        self._take = take

    def write_batch(self, items: list[Any]) -> None:
        self._take(items)


class _Sink(DynamicSink):  # type: ignore[misc]
    def __init__(self, take: Callable[[list[Any]], None]) -> None:
        self._take = take

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Taker:
        return _Taker(self._take)


def _drop(items: list[Any]) -> None:
    pass


def _count_and_sum(state: tuple[int, int] | None, bid: Bid) -> tuple[tuple[int, int], tuple[int, int, int]]:
    count, total = state or (0, 0)
    count += 1
    total += bid[2]
    return (count, total), (bid[1], count, total)


def _map_filter(bids: Stream) -> Stream:
    return op.filter("filter", op.map("map", bids, to_euros), has_even_auction)


def _keyed(bids: Stream) -> Stream:
    keyed = op.key_on("key", bids, lambda bid: str(bid[1]))
    return op.stateful_map("totals", keyed, _count_and_sum)


def job(job: str, bids: str, records: int, check: bool) -> Mapping[str, Any]:
    """One dataflow."""
    rows = load_rows(bids, records)
    kept: list[Any] = []
    flow = Dataflow(job)
    stream = op.input("in", flow, _Memory(rows))
    stream = {"map_filter": _map_filter, "keyed_process": _keyed}[job](stream)
    op.output("out", stream, _Sink(kept.extend if check else _drop))
    seconds = timed(lambda: run_main(flow))
    if not check:
        return seconds
    return digest(row if job == "map_filter" else row[1] for row in kept)


if __name__ == "__main__":
    serve({"job": job}, {"version": version("bytewax")})
