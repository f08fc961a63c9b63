"""``'connector' = 'datagen'``: random values and sequences, a column at a time, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from levada.common.batch import ColumnBatch
from levada.common.errors import SqlError
from levada.connectors.base import Boundedness, ReaderContext, SourceReader
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, interleaved_splits
from levada.connectors.rate import Pacer, RateLimitedReader
from levada.sql.catalog import CatalogTable
from levada.sql.connectors.definition import ScanSource, TableConnector, TableOptions
from levada.sql.errors import did_you_mean
from levada.sql.types import (
    BigIntType,
    BooleanType,
    CharType,
    DataType,
    DoubleType,
    FloatType,
    IntType,
    LocalZonedTimestampType,
    RowType,
    SmallIntType,
    TimestampType,
    TinyIntType,
    VarCharType,
    type_name,
)
from levada.sql.types.arrow import to_arrow, to_arrow_schema

_FOR_EVER = 2**62
_DEFAULT_RATE = 10_000
"""Flink's; it counts for bounded tables, too."""
_FIELD_OPTIONS = ("kind", "min", "max", "length", "start", "end")
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_LIMITS: dict[type[DataType], tuple[int, int]] = {
    TinyIntType: (-(2**7), 2**7 - 1),
    SmallIntType: (-(2**15), 2**15 - 1),
    IntType: (-(2**31), 2**31 - 1),
    BigIntType: (-(2**63), 2**63 - 1),
}
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class ColumnRule:
    """How one column is made: ``random`` between two limits, or ``sequence`` from start to end."""

    data_type: DataType
    kind: str
    low: float
    high: float
    length: int
    seed: int


@dataclass(frozen=True)
class DatagenSource(IndexedSource):
    """Rows whose values depend only on the seed and the row's number."""

    rules: tuple[ColumnRule, ...]
    schema: pa.Schema
    rows: int | None
    rows_per_second: int

    columnar = True

    @property
    def boundedness(self) -> Boundedness:
        """Bounded where a number of rows or a sequence's end is given."""
        return Boundedness.CONTINUOUS_UNBOUNDED if self.rows is None else Boundedness.BOUNDED

    def producer(self) -> Producer:
        def produce(numbers: range) -> ColumnBatch:
            indexes = np.arange(numbers.start, numbers.stop, numbers.step, dtype=np.int64)
            arrays = [_column(rule, indexes) for rule in self.rules]
            return ColumnBatch(pa.RecordBatch.from_arrays(arrays, schema=self.schema))

        return produce

    def splits(self, parallelism: int) -> list[RangeSplit]:
        return interleaved_splits(range(_FOR_EVER if self.rows is None else self.rows), parallelism)

    def create_reader(self, context: ReaderContext) -> SourceReader:
        """A new reader for one subtask, at its share of the rate."""
        reader = super().create_reader(context)
        return RateLimitedReader(reader, Pacer(context.clock, self.rows_per_second / context.parallelism))


def _mixed(indexes: np.ndarray[Any, Any], seed: int) -> np.ndarray[Any, Any]:
    """Splitmix64 of each row's number."""
    with np.errstate(over="ignore"):
        value = (indexes.astype(np.uint64) + np.uint64(seed)) * _GOLDEN
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _column(rule: ColumnRule, indexes: np.ndarray[Any, Any]) -> pa.Array:
    arrow = to_arrow(rule.data_type)
    if rule.kind == "sequence":
        return pa.array(indexes + int(rule.low)).cast(arrow)
    bits = _mixed(indexes, rule.seed)
    match rule.data_type:
        case BooleanType():
            return pa.array((bits & np.uint64(1)).astype(bool))
        case CharType() | VarCharType():
            return _strings(indexes, rule)
        case FloatType() | DoubleType():
            unit = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
            return pa.array(rule.low + unit * (rule.high - rule.low)).cast(arrow)
        case _:
            span = int(rule.high) - int(rule.low) + 1
            drawn = bits if span == 2**64 else bits % np.uint64(span)
            with np.errstate(over="ignore"):
                values = (drawn + np.uint64(int(rule.low) % 2**64)).astype(np.int64)
            return pa.array(values).cast(arrow)


def _strings(indexes: np.ndarray[Any, Any], rule: ColumnRule) -> pa.Array:
    """Hexadecimal digits, as many as asked for."""
    words = [_mixed(indexes, rule.seed + 7919 * word).view(np.uint8) for word in range(rule.length // 8 + 1)]
    digits = _HEX[np.concatenate([word.reshape(len(indexes), 8) for word in words], axis=1)[:, : rule.length] & 15]
    offsets = np.arange(len(indexes) + 1, dtype=np.int32) * rule.length
    return pa.Array.from_buffers(
        pa.string(), len(indexes), [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(digits))]
    )


def _source(table: CatalogTable, wanted: RowType, options: TableOptions) -> ScanSource:
    rows = options.integer("number-of-rows")
    rate = options.integer("rows-per-second")
    _check_fields(table, options)
    seed = options.integer("seed") or 0
    rules = []
    physical = table.physical_type
    for at, field in enumerate(physical.fields):
        sequence = options.text(f"fields.{field.name}.kind") == "sequence"
        if not sequence and field.name not in wanted.field_names():
            continue
        rule = _rule(table, field.name, field.data_type, options, seed + 104729 * at)
        if sequence:
            length = int(rule.high) - int(rule.low) + 1
            rows = length if rows is None else min(rows, length)
        if field.name in wanted.field_names():
            rules.append(rule)
    rate = _DEFAULT_RATE if rate is None else rate
    if rate < 1:
        raise options.error("rows-per-second", f"{rate}: it must be 1 or more")
    source = DatagenSource(tuple(rules), to_arrow_schema(wanted), rows, rate)
    return ScanSource(source, wanted)


def _check_fields(table: CatalogTable, options: TableOptions) -> None:
    """Options of columns that are not there, or that nobody looks at, are mistakes."""
    names = table.physical_type.field_names()
    for key in table.options:
        if not key.startswith("fields."):
            continue
        name, _, option = key.removeprefix("fields.").rpartition(".")
        if name not in names:
            raise options.error(key, f"there is no column `{name}`{did_you_mean(name, names)}")
        if option not in _FIELD_OPTIONS:
            remedy = did_you_mean(option, _FIELD_OPTIONS) or f"; a column takes {', '.join(_FIELD_OPTIONS)}"
            raise options.error(key, f"'{option}' is not supported{remedy}")


def _rule(table: CatalogTable, name: str, kind: DataType, options: TableOptions, seed: int) -> ColumnRule:
    how = options.choice(f"fields.{name}.kind", ("random", "sequence"), "random")
    length = options.integer(f"fields.{name}.length")
    if how == "sequence":
        low, high = options.integer(f"fields.{name}.start"), options.integer(f"fields.{name}.end")
        if low is None or high is None:
            raise SqlError(
                f"table `{table.name}`: the sequence `{name}` needs fields.{name}.start and fields.{name}.end"
            )
        if type(kind) not in _LIMITS:
            raise SqlError(f"table `{table.name}`: a sequence is of whole numbers, `{name}` is {type_name(kind)}")
        return ColumnRule(kind, how, low, high, 0, seed)
    if isinstance(kind, CharType | VarCharType):
        return ColumnRule(kind, how, 0, 0, length or 100, seed)
    low, high = options.integer(f"fields.{name}.min"), options.integer(f"fields.{name}.max")
    if isinstance(kind, BooleanType):
        return ColumnRule(kind, how, 0, 1, 0, seed)
    if isinstance(kind, FloatType | DoubleType):
        return ColumnRule(kind, how, low or 0, 1 if high is None else high, 0, seed)
    if isinstance(kind, TimestampType | LocalZonedTimestampType):
        raise SqlError(f"table `{table.name}`: not supported yet: datagen of {type_name(kind)} (`{name}`)")
    limits = _LIMITS.get(type(kind))
    if limits is None:
        raise SqlError(f"table `{table.name}`: not supported yet: datagen of {type_name(kind)} (`{name}`)")
    return ColumnRule(kind, how, limits[0] if low is None else low, limits[1] if high is None else high, 0, seed)


CONNECTOR = TableConnector(
    "datagen", frozenset({"number-of-rows", "rows-per-second", "seed", "fields.*"}), source=_source
)
