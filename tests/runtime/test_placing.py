"""Rows whose subtask is named: drawn at random, from a share of the receivers, or by the user's function."""

from __future__ import annotations

from collections import Counter
from random import Random

import pyarrow as pa
import pytest

from levada.common.batch import ColumnBatch, RowBatch
from levada.common.elements import EndOfInput, Watermark
from levada.common.errors import InternalError, UserError
from levada.graph.partitioner import CustomRows, Partitioner, Rescale, Shuffle
from levada.runtime.channel import Channel
from levada.runtime.exchange import ExchangeOutput, Sender


def output(
    partitioner: Partitioner, receivers: int, sender: int = 0, senders: int = 1, random: Random | None = None
) -> tuple[ExchangeOutput, list[Channel]]:
    lanes = [Channel(1 << 20) for _ in range(receivers)]
    return ExchangeOutput(partitioner, lanes, sender, 128, Sender("op", "op-1", sender, senders), random), lanes


def rows(lane: Channel) -> list[tuple[object, int]]:
    found = []
    while (element := lane.receive()) is not None:
        assert isinstance(element, RowBatch)
        assert element.timestamps is not None
        found += list(zip(element.values, element.timestamps, strict=True))
    return found


def test_shuffled_rows_are_spread_evenly_and_keep_their_times() -> None:
    spread, lanes = output(Shuffle(), 5)
    for start in range(0, 10_000, 1000):
        spread.collect(RowBatch(list(range(start, start + 1000)), list(range(start, start + 1000))))
    received = [rows(lane) for lane in lanes]
    assert sorted(row for each in received for row in each) == [(number, number) for number in range(10_000)]
    assert all(each == sorted(each) for each in received), "order within a channel"
    assert all(1800 < len(each) < 2200 for each in received)


def test_a_shuffle_is_the_same_for_the_same_seed() -> None:
    def drawn(random: Random | None, sender: int = 0) -> list[list[tuple[object, int]]]:
        spread, lanes = output(Shuffle(), 4, sender, 2, random)
        spread.collect(RowBatch(list(range(100)), list(range(100))))
        return [rows(lane) for lane in lanes]

    assert drawn(Random(7)) == drawn(Random(7)) != drawn(Random(8))
    assert drawn(None) == drawn(None)
    assert drawn(None, 0) != drawn(None, 1)


@pytest.mark.parametrize(("senders", "receivers"), [(2, 4), (4, 2), (3, 3), (2, 3), (3, 2), (1, 5), (5, 1)])
def test_rescale_serves_every_receiver_and_each_sender_only_its_share(senders: int, receivers: int) -> None:
    served: Counter[int] = Counter()
    for sender in range(senders):
        spread, lanes = output(Rescale(), receivers, sender, senders)
        for number in range(12):
            spread.collect(RowBatch([number], [number]))
        counts = [len(rows(lane)) for lane in lanes]
        assert sum(counts) == 12
        share = [count for count in counts if count]
        assert max(share) - min(share) <= 1, "round robin over the share"
        assert len(share) <= -(-receivers // senders)
        served.update({index: count for index, count in enumerate(counts) if count})
    assert set(served) == set(range(receivers))


@pytest.mark.parametrize("partitioner", [Shuffle(), Rescale(), CustomRows(lambda value: value, lambda key, n: 0)])
def test_watermarks_and_the_end_reach_every_receiver(partitioner: Partitioner) -> None:
    spread, lanes = output(partitioner, 4, 1, 2)
    spread.emit_watermark(5)
    spread.end_input()
    assert [[lane.receive(), lane.receive()] for lane in lanes] == [[Watermark(5), EndOfInput()]] * 4


def test_rows_go_where_the_partitioner_says() -> None:
    spread, lanes = output(CustomRows(lambda row: row % 10, lambda key, partitions: key % partitions), 3)
    spread.collect(RowBatch(list(range(50)), list(range(50))))
    for place, lane in enumerate(lanes):
        assert rows(lane) == [(number, number) for number in range(50) if number % 10 % 3 == place]


def test_what_is_no_partition_is_told_with_the_record() -> None:
    spread, _ = output(CustomRows(lambda row: row, lambda key, partitions: 2 if key < 3 else 9), 3)
    with pytest.raises(UserError, match=r"gave 9 for the key 3 and 3 partitions.*from 0 to 2. Record: 3"):
        spread.collect(RowBatch([1, 2, 3]))


def test_the_wrong_kind_of_batch_is_an_internal_error() -> None:
    batch = ColumnBatch(pa.record_batch({"a": [1]}))
    for partitioner in (Shuffle(), CustomRows(lambda value: value, lambda key, partitions: 0)):
        spread, _ = output(partitioner, 2)
        with pytest.raises(InternalError, match="column batch"):
            spread.collect(batch)
