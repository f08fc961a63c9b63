"""Groups and their accumulators: a key index in front of paged columns, frozen and restored as Arrow.

A snapshot's part has the columns ``key_group``, ``key_0`` ..., then one column per accumulator lane: ``0_count``,
``1_sum``, ``2_max``; an average is two, ``3_avg_sum`` and ``3_avg_count``. The rows of each batch are sorted by key
group; batches follow one another in no order, because gathering slots from all over the pages costs three times more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from levada._kernels import Accumulators, FrozenAccumulators, FrozenKeys, KeyIndex
from levada.common.errors import CheckpointMismatchError, JobBuildError
from levada.state.columnar.arrays import array_of, slot_range
from levada.state.snapshot import PartKind, StatePart

SNAPSHOT_SLOTS = 32_768
"""Slots per record batch of a snapshot: well below a millisecond's work for a few aggregates."""

_FUNCTIONS = ("count", "sum", "min", "max", "avg")


@dataclass(frozen=True)
class AggregateCall:
    """One aggregate function over one argument.

    Attributes
    ----------
    function : str
        ``count``, ``sum``, ``min``, ``max`` or ``avg``.
    argument : int or None
        Index of the input column; None for ``COUNT(*)``.
    argument_type : pyarrow.DataType or None
        Type of that column.
    """

    function: str
    argument: int | None = None
    argument_type: pa.DataType | None = None

    def __post_init__(self) -> None:
        if self.function not in _FUNCTIONS:
            raise JobBuildError(f"aggregate {self.function!r}: known are {', '.join(_FUNCTIONS)}")
        if (self.argument is None) != (self.argument_type is None):
            raise JobBuildError(f"aggregate {self.function!r}: give argument and argument_type together, or neither")
        if self.argument is None and self.function != "count":
            raise JobBuildError(f"aggregate {self.function!r} needs an argument; only count does without")
        try:
            Accumulators([(self.function, -1 if self.argument is None else 0)], self._types())
        except ValueError as error:
            raise JobBuildError(f"{self.function.upper()} of {self.argument_type}: {error}") from error

    @property
    def result_type(self) -> pa.DataType:
        """COUNT gives BIGINT; the others keep their argument's type."""
        return pa.int64() if self.function == "count" else self.argument_type

    def lanes(self, name: str) -> list[pa.Field]:
        """The columns in which the accumulator is saved."""
        if self.function == "count":
            return [pa.field(name, pa.int64(), nullable=False)]
        if self.function != "avg":
            return [pa.field(name, self.argument_type)]
        if pa.types.is_floating(self.argument_type):
            total = pa.float64()
        else:
            total = pa.int64() if pa.types.is_signed_integer(self.argument_type) else pa.uint64()
        return [pa.field(f"{name}_sum", total), pa.field(f"{name}_count", pa.int64(), nullable=False)]

    def _types(self) -> list[pa.DataType]:
        return [] if self.argument_type is None else [self.argument_type]


class AggregateTable:
    """The state of a GROUP BY.

    Parameters
    ----------
    key_types : sequence of pyarrow.DataType
        Types of the key columns; none for one group over everything.
    calls : sequence of AggregateCall
        The aggregates; ``argument_columns`` tells which input columns they read.
    max_parallelism : int
        Number of key groups.

    Attributes
    ----------
    accumulators : levada._kernels.Accumulators
    argument_columns : list of int
        Input columns to hand to the accumulators, in this order.
    """

    def __init__(
        self, key_types: Sequence[pa.DataType], calls: Sequence[AggregateCall], max_parallelism: int = 128
    ) -> None:
        types: dict[int, pa.DataType] = {
            call.argument: call.argument_type for call in calls if call.argument is not None
        }
        self.argument_columns = list(types)
        places = {argument: place for place, argument in enumerate(self.argument_columns)}
        self.accumulators = Accumulators(
            [(call.function, -1 if call.argument is None else places[call.argument]) for call in calls],
            list(types.values()),
        )
        self._index = KeyIndex(list(key_types), max_parallelism) if key_types else None
        self._key_fields = [pa.field(f"key_{at}", key_type) for at, key_type in enumerate(key_types)]
        lanes = [lane for at, call in enumerate(calls) for lane in call.lanes(f"{at}_{call.function}")]
        self._schema = pa.schema([pa.field("key_group", pa.uint16(), nullable=False), *self._key_fields, *lanes])
        self._slot_zero = pa.nulls(0, pa.int32())

    def __len__(self) -> int:
        return len(self.accumulators)

    def slots(self, keys: Sequence[pa.Array], length: int) -> pa.Array:
        """The slot of each row; unknown keys get one. Without key columns all rows have slot 0."""
        if self._index is not None:
            return self._index.upsert(keys)
        if len(self._slot_zero) < length:
            self._slot_zero = array_of([0] * length, pa.int32())
        return self._slot_zero.slice(0, length)

    def keys(self, slots: pa.Array) -> list[pa.Array]:
        """The key columns of slots."""
        return [] if self._index is None else self._index.keys(slots)

    def snapshot(self) -> StatePart:
        """Freeze keys and accumulators; the work of writing them comes later."""
        frozen = _Frozen(self._schema, None if self._index is None else self._index.freeze(), self.accumulators)
        return StatePart(PartKind.KEYED, frozen.batches, frozen.release)

    def restore(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Take over the groups of a snapshot's batches."""
        for batch in batches:
            if not batch.schema.equals(self._schema):
                raise CheckpointMismatchError(
                    f"the checkpoint's groups have the columns {_described(batch.schema)}, the query needs "
                    f"{_described(self._schema)}: keys or aggregates were changed. Start without the checkpoint, or "
                    "give the changed query another uid"
                )
            columns, first_lane = batch.columns, 1 + len(self._key_fields)
            slots = self.slots(columns[1:first_lane], batch.num_rows)
            self.accumulators.restore(slots, columns[first_lane:])


class _Frozen:
    """Keys and accumulators as of a barrier."""

    def __init__(self, schema: pa.Schema, keys: FrozenKeys | None, accumulators: Accumulators) -> None:
        self._schema = schema
        self._keys = keys
        self._accumulators: FrozenAccumulators | None = accumulators.snapshot()

    def batches(self) -> Iterator[pa.RecordBatch]:
        capacity = 1 if self._keys is None else self._keys.capacity
        for start in range(0, capacity, SNAPSHOT_SLOTS):
            if self._accumulators is None:
                return
            slots = slot_range(start, min(start + SNAPSHOT_SLOTS, capacity))
            slots = self._accumulators.select(slots)
            if len(slots):
                yield self._batch(self._accumulators, slots)

    def release(self) -> None:
        """Give the pages back."""
        self._keys = self._accumulators = None

    def _batch(self, accumulators: FrozenAccumulators, slots: pa.Array) -> pa.RecordBatch:
        keys: list[pa.Array] = []
        groups = array_of([0], pa.uint16())
        if self._keys is not None:
            groups = self._keys.key_groups_of(slots)
            order = pc.array_sort_indices(groups)
            slots, groups = slots.take(order), groups.take(order)
            keys = self._keys.keys(slots)
        return pa.RecordBatch.from_arrays([groups, *keys, *accumulators.columns(slots)], schema=self._schema)


def _described(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
