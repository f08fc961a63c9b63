"""The input gate: combined watermarks, idleness, and the alignment of barriers."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.common.batch import RowBatch
from levada.common.elements import (
    MAX_TIMESTAMP,
    Barrier,
    Element,
    EndOfInput,
    Watermark,
    WatermarkStatus,
)
from levada.runtime.channel import Channel
from levada.runtime.gate import InputGate


def gate_of(*lanes: list[Element], random: Random | None = None) -> InputGate:
    channels = []
    for lane in lanes:
        channel = Channel(1 << 20)
        for element in lane:
            channel.send(element)
        channels.append((channel, 0))
    return InputGate(channels, random=random)


def drain(gate: InputGate) -> list[object]:
    seen: list[object] = []
    while (polled := gate.poll()) is not None:
        element = polled[0]
        seen.append(element.values if isinstance(element, RowBatch) else element)
    return seen


def test_watermark_is_the_lowest_of_all_inputs() -> None:
    seen = drain(gate_of([Watermark(5), Watermark(9)], [Watermark(7)]))
    assert seen[-1] == Watermark(7)
    assert all(isinstance(element, Watermark) and element.timestamp <= 7 for element in seen)


def test_watermark_waits_for_every_input() -> None:
    assert drain(gate_of([Watermark(5)], [])) == []


def test_an_idle_input_does_not_hold_the_watermark_back() -> None:
    assert drain(gate_of([Watermark(5)], [WatermarkStatus(True)])) == [Watermark(5)]


def test_all_idle_passes_the_highest_watermark_and_then_the_status() -> None:
    seen = drain(gate_of([Watermark(5), WatermarkStatus(True)], [Watermark(3), WatermarkStatus(True)]))
    assert Watermark(5) in seen
    assert seen[-1] == WatermarkStatus(True)


def test_an_input_that_wakes_up_behind_does_not_pull_the_watermark_back() -> None:
    gate = gate_of([Watermark(10)], [WatermarkStatus(True), WatermarkStatus(False), Watermark(4)])
    stamps = [element.timestamp for element in drain(gate) if isinstance(element, Watermark)]
    assert stamps == sorted(stamps)


def test_the_end_of_time_comes_only_when_all_inputs_have_reached_it() -> None:
    assert Watermark(MAX_TIMESTAMP) not in drain(gate_of([Watermark(MAX_TIMESTAMP)], [WatermarkStatus(True)]))


def test_end_of_input_comes_once_after_all_inputs_ended() -> None:
    assert drain(gate_of([EndOfInput()], [])) == []
    assert drain(gate_of([EndOfInput()], [EndOfInput()])) == [EndOfInput()]


def test_rows_behind_a_barrier_wait_for_the_other_barriers() -> None:
    barrier = Barrier(1, 0)
    gate = gate_of([barrier, RowBatch(["after"])], [RowBatch(["before"]), barrier])
    assert drain(gate) == [["before"], barrier, ["after"]]


def test_barriers_still_align_after_an_input_has_ended() -> None:
    barrier = Barrier(1, 0)
    assert drain(gate_of([EndOfInput(), barrier], [RowBatch([1]), barrier])) == [[1], barrier]


@given(
    lanes=st.lists(st.lists(st.integers(0, 3), max_size=4), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
)
def test_no_row_overtakes_a_barrier_in_either_direction(lanes: list[list[int]], seed: int) -> None:
    """Each lane sends n rows, barrier 1, n rows, barrier 2 ...: what comes out between barriers is one epoch."""
    epochs = max(len(lane) for lane in lanes)
    queues: list[list[Element]] = []
    for lane in lanes:
        queue: list[Element] = []
        for epoch in range(epochs):
            queue += [RowBatch([epoch])] * (lane[epoch] if epoch < len(lane) else 0)
            queue.append(Barrier(epoch + 1, 0))
        queues.append(queue)
    epoch = 0
    for element in drain(gate_of(*queues, random=Random(seed))):
        if isinstance(element, Barrier):
            epoch += 1
            assert element.checkpoint_id == epoch
        else:
            assert element == [epoch]
    assert epoch == epochs


@pytest.mark.parametrize("capacity", [0, 1, 100])
def test_a_channel_is_full_by_bytes_and_takes_one_element_at_least(capacity: int) -> None:
    channel = Channel(capacity)
    assert channel.full is (capacity == 0)
    channel.send(RowBatch(["x" * 1000]))
    assert channel.full
    channel.receive()
    assert channel.bytes == 0
