"""The sending side of an exchange: spreads batches over the channels to the next stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import Any

from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.elements import Barrier, EndOfInput, Watermark, WatermarkStatus
from levada.common.errors import InternalError, LevadaError
from levada.graph.partitioner import (
    Broadcast,
    CustomRows,
    Forward,
    Global,
    KeyByColumns,
    KeyByRows,
    Partitioner,
    Rebalance,
    Rescale,
    Shuffle,
)
from levada.operators.row.keys import KeySelection
from levada.runtime.placing import CustomPlaces, Places, Spread, own_share, placed_rows
from levada.runtime.transport import Lane


@dataclass(frozen=True, slots=True)
class Sender:
    """The operator subtask whose output is spread, for errors."""

    name: str = "?"
    uid: str = ""
    subtask_index: int = 0
    parallelism: int = 1


class ExchangeOutput:
    """One subtask's end of an exchange.

    Parameters
    ----------
    partitioner : Partitioner
    channels : sequence of Lane
        To each subtask of the receiving stage, in order.
    subtask_index : int
        The sender's own index (``Forward`` sends to the same one; ``Rebalance`` begins there).
    max_parallelism : int
        Number of key groups of the receiver.
    sender : Sender, optional
    random : Random, optional
        What ``Shuffle`` draws from; without, each sender has a sequence of its own, the same in every run.
    """

    def __init__(
        self,
        partitioner: Partitioner,
        channels: Sequence[Lane],
        subtask_index: int,
        max_parallelism: int,
        sender: Sender | None = None,
        random: Random | None = None,
    ) -> None:
        self._sender = sender or Sender()
        self.channels = list(channels)
        self._max_parallelism = max_parallelism
        self._next = subtask_index % len(self.channels)
        self._random = random
        self.collect: Spread = self._spread(partitioner, subtask_index)

    @property
    def full(self) -> bool:
        """Whether any receiver is out of room."""
        return any(channel.full for channel in self.channels)

    def emit_watermark(self, timestamp: int) -> None:
        """To every receiver."""
        self._to_all(Watermark(timestamp))

    def emit_status(self, idle: bool) -> None:
        """To every receiver."""
        self._to_all(WatermarkStatus(idle))

    def emit_barrier(self, barrier: Barrier) -> None:
        """To every receiver."""
        self._to_all(barrier)

    def end_input(self) -> None:
        """To every receiver."""
        self._to_all(EndOfInput())

    def _to_all(self, element: Watermark | WatermarkStatus | Barrier | EndOfInput) -> None:
        for channel in self.channels:
            channel.send(element)

    def _spread(self, partitioner: Partitioner, subtask_index: int) -> Spread:
        channels = self.channels
        if isinstance(partitioner, KeyByRows):
            return self._keyed_rows(partitioner.selector)
        if isinstance(partitioner, KeyByColumns):
            return self._keyed_columns(partitioner.columns)
        if isinstance(partitioner, Broadcast):
            return self._to_each
        if isinstance(partitioner, Rebalance):
            return self._round_robin
        if isinstance(partitioner, Rescale):
            return self._round_robin_over(own_share(subtask_index, self._sender.parallelism, channels))
        if isinstance(partitioner, Shuffle):
            return placed_rows(channels, self._max_parallelism, self._drawn(subtask_index))
        if isinstance(partitioner, CustomRows):
            return placed_rows(channels, self._max_parallelism, CustomPlaces(partitioner, self._sender, len(channels)))
        if isinstance(partitioner, Global):
            return channels[0].send
        if isinstance(partitioner, Forward):
            return channels[subtask_index].send
        raise InternalError(f"no way to spread rows by {partitioner!r}")

    def _to_each(self, batch: Batch) -> None:
        for channel in self.channels:
            channel.send(batch)

    def _round_robin(self, batch: Batch) -> None:
        self.channels[self._next].send(batch)
        self._next = (self._next + 1) % len(self.channels)

    def _round_robin_over(self, share: Sequence[Lane]) -> Spread:
        turns = cycle(share)
        return lambda batch: next(turns).send(batch)

    def _drawn(self, subtask_index: int) -> Places:
        random = self._random or Random(f"{self._sender.uid}/{subtask_index}")
        subtasks = range(len(self.channels))
        return lambda values: random.choices(subtasks, k=len(values))

    def _keyed_rows(self, selector: Callable[[Any], Any]) -> Spread:
        from levada import _kernels

        channels, parallelism, max_parallelism = self.channels, len(self.channels), self._max_parallelism
        split_rows = _kernels.split_rows
        selection = KeySelection(selector, self._sender, self._sender.name)

        def spread(batch: Batch) -> None:
            if not isinstance(batch, RowBatch):
                raise InternalError("a column batch reached an exchange of rows")
            keys = selection.selected(batch.values)
            try:
                parts = split_rows(batch.values, batch.timestamps, keys, parallelism, max_parallelism)
            except LevadaError:
                selection.canonical(keys, batch.values)  # says which record it is
                raise
            for channel, (values, timestamps) in zip(channels, parts, strict=True):
                if values:
                    channel.send(RowBatch(values, timestamps))

        return spread

    def _keyed_columns(self, columns: tuple[int, ...]) -> Spread:
        from levada import _kernels

        channels, parallelism, max_parallelism = self.channels, len(self.channels), self._max_parallelism

        def spread(batch: Batch) -> None:
            if not isinstance(batch, ColumnBatch):
                raise InternalError("a row batch reached an exchange of columns")
            data, kinds = batch.data, batch.kinds
            keys = [data.column(index) for index in columns]
            order, offsets = _kernels.partition(keys, parallelism, max_parallelism)
            shuffled = data.take(order)
            shuffled_kinds = None if kinds is None else kinds.take(order)
            for index, channel in enumerate(channels):
                start, stop = offsets[index], offsets[index + 1]
                if stop > start:
                    part = shuffled.slice(start, stop - start)
                    channel.send(
                        ColumnBatch(part, None if shuffled_kinds is None else shuffled_kinds.slice(start, stop - start))
                    )

        return spread
