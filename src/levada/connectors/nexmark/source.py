"""Nexmark events as sources."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from levada.common.batch import ColumnBatch
from levada.common.errors import JobBuildError
from levada.connectors.base import Boundedness, ReaderContext, SourceReader
from levada.connectors.datagen import FOR_EVER
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, interleaved_splits
from levada.connectors.nexmark.config import STRIDE, NexmarkConfig
from levada.connectors.nexmark.schemas import schema_of
from levada.connectors.rate import Pacer, RateLimitedReader

if TYPE_CHECKING:
    import pyarrow as pa

    from levada.connectors.nexmark.draws import Ints


@dataclass(frozen=True)
class NexmarkSource(IndexedSource):
    """Nexmark events of one kind, or all of them; made by ``bids``, ``auctions``, ``persons`` and ``events``.

    Parameters
    ----------
    kind : {"bid", "auction", "person", "event"}
    config : NexmarkConfig
    columns : tuple of str, optional
        The columns wanted; others are not made.
    """

    kind: str = "event"
    config: NexmarkConfig = field(default_factory=NexmarkConfig)
    columns: tuple[str, ...] | None = None

    columnar = True

    def __post_init__(self) -> None:
        if self.kind not in ("bid", "auction", "person", "event"):
            raise JobBuildError(f"NexmarkSource(kind={self.kind!r}): it is none of bid, auction, person and event")
        if self.columns is not None:
            names = schema_of(self.kind).names
            unknown = [name for name in self.columns if name not in names]
            if unknown or not self.columns:
                raise JobBuildError(
                    f"NexmarkSource(columns={list(self.columns)}): a {self.kind} has the columns {', '.join(names)}"
                )

    @property
    def boundedness(self) -> Boundedness:
        """Bounded where a number of events was given."""
        unbounded = self.config.events_num is None
        return Boundedness.CONTINUOUS_UNBOUNDED if unbounded else Boundedness.BOUNDED

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        import pyarrow as pa

        schema = schema_of(self.kind)
        return schema if self.columns is None else pa.schema([schema.field(name) for name in self.columns])

    def splits(self, parallelism: int) -> list[RangeSplit]:
        count = self.config.count(self.kind)
        return interleaved_splits(range(FOR_EVER if count is None else count), parallelism)

    def create_reader(self, context: ReaderContext) -> SourceReader:
        """A reader, paced if the configuration says so."""
        reader = super().create_reader(context)
        if not self.config.paced:
            return reader
        _, share = self.config.proportion(self.kind)
        rate = self.config.events_per_second * share / self.config.total_proportion
        return RateLimitedReader(reader, Pacer(context.clock, rate / context.parallelism))

    def producer(self) -> Producer:
        import numpy as np
        import pyarrow as pa

        config, schema = self.config, self.schema
        first, share = config.proportion(self.kind)
        total = config.total_proportion
        make = _all_kinds if self.kind == "event" else _one_kind

        def produce(numbers: range) -> ColumnBatch:
            own = self._shuffled(np.arange(numbers.start, numbers.stop, numbers.step, dtype=np.int64))
            runs, places = np.divmod(own, share)
            arrays = make(self.kind, config, runs * total + first + places, schema.names)
            return ColumnBatch(pa.RecordBatch.from_arrays(arrays, schema=schema))

        return produce

    def _shuffled(self, numbers: Ints) -> Ints:
        """Numbers in the order in which they come: shuffled within groups; a last, incomplete group keeps its order."""
        import numpy as np

        size = self.config.group_size(self.kind)
        if size == 1:
            return numbers
        groups, places = np.divmod(numbers, size)
        shuffled = groups * size + places * STRIDE % size
        count = self.config.count(self.kind)
        return shuffled if count is None else np.where(numbers < count // size * size, shuffled, numbers)


def _one_kind(kind: str, config: NexmarkConfig, numbers: Ints, names: list[str]) -> list[pa.Array]:
    from levada.connectors.nexmark.columns import KINDS

    made = KINDS[kind](config, numbers).columns()
    return [made[name]() for name in names]


def _all_kinds(kind: str, config: NexmarkConfig, numbers: Ints, names: list[str]) -> list[pa.Array]:
    import numpy as np
    import pyarrow as pa

    places = numbers % config.total_proportion
    event_type = (places >= config.proportion("auction")[0]).astype(np.int32)
    event_type += places >= config.proportion("bid")[0]
    arrays: list[Any] = []
    for name in names:
        if name == "event_type":
            arrays.append(pa.array(event_type))
            continue
        is_kind = event_type == ("person", "auction", "bid").index(name)
        fields = list(schema_of(name))
        if name == "bid":
            # Nearly all rows: making a few too many is cheaper than spreading them out.
            children = _one_kind(name, config, numbers, [item.name for item in fields])
            arrays.append(pa.StructArray.from_arrays(children, fields=fields, mask=pa.array(~is_kind)))
            continue
        children = _one_kind(name, config, numbers[is_kind], [item.name for item in fields])
        before = np.concatenate([[0], np.cumsum(is_kind)])
        spread = [_spread_out(child, before) for child in children]
        arrays.append(pa.StructArray.from_arrays(spread, fields=fields, mask=pa.array(~is_kind)))
    return arrays


def _spread_out(column: pa.Array, before: Ints) -> pa.Array:
    """A column of some rows over all rows, given how many of the some come before each (and before the end).

    What stands in the other rows does not matter, so strings share their bytes: a tenth of the time of ``take``.
    """
    import numpy as np
    import pyarrow as pa

    rows = len(before) - 1
    if pa.types.is_string(column.type):
        offsets = np.frombuffer(column.buffers()[1], np.int32, len(column) + 1, column.offset * 4)
        return pa.Array.from_buffers(
            column.type, rows, [None, pa.py_buffer(offsets[before]), column.buffers()[2] or pa.py_buffer(b"")]
        )
    values = column.view(pa.int64()).to_numpy()
    # One more, so that rows behind the last have something to point at; it also serves where there are no rows at all.
    values = np.append(values, 0)
    return pa.array(values[before[:-1]]).view(column.type)


def events(config: NexmarkConfig | None = None, columns: tuple[str, ...] | None = None) -> NexmarkSource:
    """All events in one table: ``event_type`` and a struct for each kind."""
    return NexmarkSource("event", config or NexmarkConfig(), columns)


def persons(config: NexmarkConfig | None = None, columns: tuple[str, ...] | None = None) -> NexmarkSource:
    """The people of a stream of ``config.events_num`` events."""
    return NexmarkSource("person", config or NexmarkConfig(), columns)


def auctions(config: NexmarkConfig | None = None, columns: tuple[str, ...] | None = None) -> NexmarkSource:
    """The auctions of a stream of ``config.events_num`` events."""
    return NexmarkSource("auction", config or NexmarkConfig(), columns)


def bids(config: NexmarkConfig | None = None, columns: tuple[str, ...] | None = None) -> NexmarkSource:
    """The bids of a stream of ``config.events_num`` events (46 of 50)."""
    return NexmarkSource("bid", config or NexmarkConfig(), columns)
