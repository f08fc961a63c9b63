"""How batches are spread over channels."""

from __future__ import annotations

import pyarrow as pa
import pytest

from levada import _kernels
from levada.common.batch import ColumnBatch, RowBatch
from levada.common.elements import Barrier, Element, Watermark
from levada.common.errors import InternalError
from levada.graph.partitioner import Broadcast, Forward, Global, KeyByColumns, KeyByRows, Rebalance
from levada.runtime.channel import Channel
from levada.runtime.exchange import ExchangeOutput


def channels(count: int = 3) -> list[Channel]:
    return [Channel(1 << 20) for _ in range(count)]


def received(channel: Channel) -> list[Element]:
    seen = []
    while (element := channel.receive()) is not None:
        seen.append(element)
    return seen


def values(channel: Channel) -> list[object]:
    return [value for batch in received(channel) if isinstance(batch, RowBatch) for value in batch.values]


def owner(key: object, parallelism: int = 3) -> int:
    return _kernels.key_group(key, 128) * parallelism // 128


def test_rows_go_to_the_owner_of_their_key_in_order_with_their_times() -> None:
    lanes = channels()
    output = ExchangeOutput(KeyByRows(lambda row: row[0]), lanes, 0, 128)
    rows = [(f"k{number % 7}", number) for number in range(100)]
    output.collect(RowBatch(rows, [number for _, number in rows]))
    for index, lane in enumerate(lanes):
        batches = [batch for batch in received(lane) if isinstance(batch, RowBatch)]
        assert [row for batch in batches for row in batch.values] == [row for row in rows if owner(row[0]) == index]
        assert all(batch.timestamps == [number for _, number in batch.values] for batch in batches)


def test_columns_go_where_rows_with_equal_keys_go() -> None:
    lanes = channels()
    numbers = list(range(50))
    data = pa.record_batch({"x": numbers, "key": [f"k{number % 7}" for number in numbers]})
    kinds = pa.array([number % 4 for number in numbers], pa.int8())
    ExchangeOutput(KeyByColumns((1,)), lanes, 0, 128).collect(ColumnBatch(data, kinds))
    for index, lane in enumerate(lanes):
        for batch in received(lane):
            assert isinstance(batch, ColumnBatch)
            assert batch.kinds is not None
            got = batch.data.column(0).to_pylist()
            assert got == [number for number in numbers if owner(f"k{number % 7}") == index]
            assert batch.kinds.to_pylist() == [number % 4 for number in got]


def test_rebalance_goes_round_and_broadcast_to_all() -> None:
    lanes = channels()
    rebalance = ExchangeOutput(Rebalance(), lanes, 1, 128)
    for number in range(4):
        rebalance.collect(RowBatch([number]))
    assert [values(lane) for lane in lanes] == [[2], [0, 3], [1]]
    ExchangeOutput(Broadcast(), lanes, 0, 128).collect(RowBatch([9]))
    assert [values(lane) for lane in lanes] == [[9], [9], [9]]
    ExchangeOutput(Global(), lanes, 2, 128).collect(RowBatch([8]))
    ExchangeOutput(Forward(), lanes, 2, 128).collect(RowBatch([7]))
    assert [values(lane) for lane in lanes] == [[8], [], [7]]


def test_barriers_and_watermarks_reach_every_receiver() -> None:
    lanes = channels()
    output = ExchangeOutput(KeyByRows(lambda row: row), lanes, 0, 128)
    output.emit_watermark(5)
    output.emit_barrier(Barrier(1, 0))
    assert all(received(lane) == [Watermark(5), Barrier(1, 0)] for lane in lanes)


def test_an_output_is_full_when_any_receiver_is() -> None:
    lanes = [Channel(10), Channel(10)]
    output = ExchangeOutput(Global(), lanes, 0, 128)
    assert not output.full
    output.collect(RowBatch(["x" * 100]))
    assert output.full


def test_the_wrong_kind_of_batch_is_an_internal_error() -> None:
    with pytest.raises(InternalError, match="column batch"):
        ExchangeOutput(KeyByRows(lambda row: row), channels(), 0, 128).collect(ColumnBatch(pa.record_batch({"x": [1]})))
