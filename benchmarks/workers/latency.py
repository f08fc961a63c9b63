"""From an event to the sink, at a rate that leaves room: every row carries the moment at which it was due.

The delay counts from then, so that a pause is felt by all rows that should have come meanwhile.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import levada
from benchmarks.workers.protocol import serve
from levada.common import Types, WatermarkStrategy
from levada.common.batch import Batch, RowBatch
from levada.common.configuration import Configuration
from levada.connectors.base import ReaderContext, SourceReader, SplitBatch, Polled, SinkWriter, WriterContext, NOTHING_YET
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, contiguous_splits
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.functions import KeyedProcessFunction, RuntimeContext
from levada.datastream.state import ValueStateDescriptor

Event = tuple[int, int]
"""Key, and the moment at which it was due, in nanoseconds."""


@dataclass(frozen=True)
class DueRows(IndexedSource):
    """Rows that become due one by one."""

    records: int
    rate: int
    keys: int

    columnar = False

    def producer(self) -> Producer:
        """Not used: a reader knows its start."""
        raise NotImplementedError

    def splits(self, parallelism: int) -> list[RangeSplit]:
        """Runs of neighbours."""
        return contiguous_splits(range(self.records), parallelism)

    def create_reader(self, context: ReaderContext) -> SourceReader:
        """A reader that starts the clock now."""
        return _DueReader(self)


class _DueReader(SourceReader):
    pass


class Count(KeyedProcessFunction[Event, int, tuple[int, int, int]]):
    """Counts a key's events."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state."""
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: Event, ctx: Any) -> Iterator[tuple[int, int, int]]:
        """Count one."""
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield value[0], count, value[1]
