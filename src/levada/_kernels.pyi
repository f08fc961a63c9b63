"""Native kernels: key codec, key index, partitioning, grouped accumulators, timers.

Arrays come in as anything with ``__arrow_c_array__`` and go out as ``pyarrow.Array``. The GIL is released while no
Python object is touched. docs/keys.md says which values are equal as keys.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

import pyarrow as pa

_T = TypeVar("_T")

class ArrowArray(Protocol):
    """An array of pyarrow, polars, nanoarrow, ..."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

class ArrowType(Protocol):
    """A pyarrow DataType, Field or the like."""

    def __arrow_c_schema__(self) -> object: ...

# Key codec

CODEC_VERSION: int
"""Changes when equal keys of two versions would no longer have equal bytes and hashes."""

def key_bytes(value: object) -> bytes:
    """Canonical bytes: the same for equal keys, in every process and version, and never the beginning of another's."""

def key_hash(value: object) -> int:
    """Stable hash, 0 to 2**64 - 1. Raises KeyTypeError for values that cannot be keys, with the remedy."""

def key_group(value: object, max_parallelism: int) -> int:
    """``key_hash(value) % max_parallelism``."""

def canonical_key(value: _T) -> _T:
    """The object to use in a dict, so that the dict finds equal what the codec finds equal.

    Nearly always ``value`` itself. Exceptions: every NaN becomes one NaN object, also inside tuples, dataclasses and
    rows; a datetime in an hour that its zone has twice, or never, becomes the same instant in UTC. Keys that are
    exactly int, str, bytes, bool or None need no call.
    """

def hash_values(values: list[Any]) -> pa.UInt64Array:
    """``key_hash`` of every value."""

def hash_columns(columns: Sequence[ArrowArray]) -> pa.UInt64Array:
    """Hashes of key rows: of the value where there is one column, of the tuple of values where there are several."""

def set_main_module(name: str) -> None:
    """The module name that classes of ``__main__`` have in keys; without a call it is the name of the script's file."""

# Key groups and partitioning

def key_groups(keys: ArrowArray | Sequence[ArrowArray], max_parallelism: int) -> pa.UInt16Array:
    """Key groups of hashes (a uint64 array) or of key columns (a sequence of arrays)."""

def partition(
    keys: ArrowArray | Sequence[ArrowArray], parallelism: int, max_parallelism: int
) -> tuple[pa.Int32Array, list[int]]:
    """Sort rows by the subtask that owns their key group, keeping their order within a subtask.

    Parameters
    ----------
    keys
        Key groups (a uint16 array), hashes (a uint64 array) or key columns (a sequence of arrays).

    Returns
    -------
    permutation, offsets
        ``permutation[offsets[i] : offsets[i + 1]]`` are the rows of subtask i, to be used with ``take``. There are
        ``parallelism + 1`` offsets.
    """

def split_rows(
    values: list[_T], timestamps: list[int] | None, keys: list[Any], parallelism: int, max_parallelism: int
) -> list[tuple[list[_T], list[int] | None]]:
    """Values and timestamps per subtask, by the key of every row, keeping their order within a subtask."""

# Key index

class FrozenKeys:
    """The keys of a KeyIndex at the moment of ``freeze()``. May be read from any thread while the index goes on."""

    def __len__(self) -> int: ...
    @property
    def capacity(self) -> int:
        """Highest slot + 1."""

    def keys(self, slots: ArrowArray) -> list[pa.Array]:
        """The key columns of these slots (int32), of the declared types; IndexError for a slot that holds no key."""

    def key_groups_of(self, slots: ArrowArray) -> pa.UInt16Array:
        """The key groups of these slots."""

    def slots_by_key_group(self, first_group: int = 0, last_group: int | None = None) -> pa.Int32Array:
        """Slots in use, sorted by key group, then slot; only groups from first to last, both included.

        Slices of the result are chunks for ``keys`` and ``key_groups_of``.
        """

class KeyIndex:
    """Any number and type of key columns -> dense slots, starting at 0; slots of erased keys are handed out again.

    Null is a key like any other, NaN equals NaN, -0.0 equals 0.0 (and comes back as 0.0). One thread at a time may use
    an index.

    Parameters
    ----------
    key_types
        A pyarrow schema, or Arrow types (or fields), one per key column.
    max_parallelism
        1 to 32768.
    """

    def __init__(self, key_types: Iterable[ArrowType], max_parallelism: int) -> None: ...
    def __len__(self) -> int:
        """How many keys it holds."""

    @property
    def capacity(self) -> int:
        """Highest slot ever handed out + 1: the size for columns that are addressed by slot."""

    @property
    def max_parallelism(self) -> int: ...
    @property
    def moved_entries(self) -> int:
        """How many entries growth has moved so far: the work beyond the insertions themselves."""

    @property
    def nbytes(self) -> int:
        """Memory held."""

    def upsert(self, columns: Sequence[ArrowArray]) -> pa.Int32Array:
        """The slot of every row's key; new keys get one. ValueError for columns of other types than declared."""

    def lookup(self, columns: Sequence[ArrowArray]) -> pa.Int32Array:
        """The slot of every row's key, -1 for unknown ones."""

    def erase(self, slots: ArrowArray) -> None:
        """Forget the keys of these slots (int32), all or (IndexError, ValueError) none."""

    def freeze(self) -> FrozenKeys:
        """The keys as of now, at the cost of a pointer per 4,096 slots; a page is copied when it is next written to."""

    def keys(self, slots: ArrowArray) -> list[pa.Array]:
        """The key columns of these slots (int32), of the declared types; IndexError for a slot that holds no key."""

    def key_groups_of(self, slots: ArrowArray) -> pa.UInt16Array:
        """The key groups of these slots."""

    def slots_by_key_group(self, first_group: int = 0, last_group: int | None = None) -> pa.Int32Array:
        """Slots in use, sorted by key group, then slot; only groups from first to last, both included."""

# Grouped accumulators

class FrozenAccumulators:
    """Accumulators as of a snapshot. May be read from any thread while the loop goes on."""

    def __len__(self) -> int:
        """How many slots existed."""

    def select(self, slots: ArrowArray, changed_only: bool = False) -> pa.Int32Array:
        """Those of ``slots`` that existed, in the same order; or only those changed since the snapshot before."""

    def columns(self, slots: ArrowArray) -> list[pa.Array]:
        """The accumulators themselves, as ``Accumulators.restore`` takes them; ValueError for a slot not in it.

        One column per aggregate, of its result type, NULL where it has seen no value; two for ``avg``: the sum (int64,
        uint64 or double) and the count.
        """

class Accumulators:
    """Aggregate functions over slots, in pages of 4,096 slots that snapshots share and the loop clones on write.

    NULLs are skipped; everything but ``count`` is NULL while a slot has seen no value. ``sum`` has its argument's type:
    integers wrap around, floats add in order of arrival. ``avg`` sums in 64 bits (double) and has its argument's type;
    of integers it truncates. ``min`` and ``max`` order floats totally: -0.0 is less than 0.0, NaN more than all else.

    Parameters
    ----------
    functions
        ``count``, ``sum``, ``min``, ``max`` or ``avg``, each with the index of its argument; -1 is ``COUNT(*)``.
    argument_types
        Arrow types of the arguments. ``count`` takes any, ``sum`` and ``avg`` integers, float and double, ``min`` and
        ``max`` also dates, times, timestamps and durations; ValueError for others.

    Notes
    -----
    ``slots`` are int32 and come from ``KeyIndex``; ``arguments`` are as many arrays as ``argument_types``. Row kinds
    are 0 ``+I``, 1 ``-U``, 2 ``+U``. A change is given where any result differs in any bit; the first row of a slot
    always gives one.
    """

    def __init__(self, functions: Sequence[tuple[str, int]], argument_types: Sequence[ArrowType]) -> None: ...
    def __len__(self) -> int:
        """How many slots exist: were updated or restored and not cleared."""

    @property
    def nbytes(self) -> int:
        """Memory held, without what only snapshots hold."""

    def update(self, slots: ArrowArray, arguments: Sequence[ArrowArray]) -> None:
        """Apply a batch."""

    def update_per_row(
        self, slots: ArrowArray, arguments: Sequence[ArrowArray], update_before: bool = True
    ) -> list[pa.Array]:
        """Apply a batch and give the changelog of each row: kinds (int8), rows of the batch (int32), results ...

        A slot's first row gives ``+I``; a row that changes results ``-U`` and ``+U``, or without ``update_before`` only
        ``+U``; any other row nothing.
        """

    @property
    def bundle_size(self) -> int:
        """Slots touched by ``update_bundle`` and not flushed yet."""

    def update_bundle(self, slots: ArrowArray, arguments: Sequence[ArrowArray]) -> None:
        """Apply a batch, keeping the results that each slot had before the bundle first touched it."""

    def flush_bundle(self, limit: int, update_before: bool = True) -> list[pa.Array]:
        """Changes of the next ``limit`` slots in order of first touch: kinds (int8), slots (int32), results ...

        Once begun, flush until ``bundle_size`` is 0 before the next ``update_bundle``.
        """

    def results(self, slots: ArrowArray) -> list[pa.Array]:
        """The current results of slots, a column per aggregate."""

    def snapshot(self) -> FrozenAccumulators:
        """Freeze at the cost of a pointer per page and column. The next snapshot's changes count from here."""

    def restore(self, slots: ArrowArray, columns: Sequence[ArrowArray]) -> None:
        """Set slots to accumulators that were read from a snapshot; they count as unchanged."""

    def clear(self, slots: ArrowArray) -> None:
        """Forget slots; they count as changed."""

# Timers

class FrozenTimers:
    """Timers as of a snapshot. May be read from any thread."""

    def __len__(self) -> int: ...
    def columns(self, start: int, limit: int) -> tuple[pa.Int64Array, pa.Int32Array]:
        """Times and slots of at most ``limit`` timers from number ``start`` on, sorted by time, then slot."""

class TimerQueue:
    """A set of timers (time, slot) that are taken out in order of time. Restoring is registering."""

    def __init__(self) -> None: ...
    def __len__(self) -> int: ...
    @property
    def next_time(self) -> int | None:
        """The earliest time, None if there is no timer."""

    def register(self, times: ArrowArray, slots: ArrowArray) -> int:
        """Add timers (int64, int32); those that exist already are not added again. How many were new."""

    def delete(self, times: ArrowArray, slots: ArrowArray) -> int:
        """Remove timers. How many existed."""

    def pop_due(self, up_to: int, limit: int) -> tuple[pa.Int64Array, pa.Int32Array]:
        """Take out the timers with time <= ``up_to``, sorted by time, then slot; at most ``limit`` of them."""

    def snapshot(self) -> FrozenTimers:
        """The timers as of now, copied; they are sorted when first read."""
