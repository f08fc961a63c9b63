"""Whole jobs on virtual time, from seeds, with crashes: each input takes effect once; planted bugs are found."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.runner import Scenario, check, simulate

from levada.common.errors import LevadaError
from levada.connectors.splits import SplitQueueReader
from levada.runtime.gate import InputGate

SEEDS = 200


@pytest.mark.parametrize("block", range(10))
def test_two_hundred_seeds_are_exactly_once(block: int) -> None:
    crashes = restores = 0
    for seed in range(block * SEEDS // 10, (block + 1) * SEEDS // 10):
        scenario = Scenario.from_seed(seed)
        outcome = simulate(scenario)
        check(scenario, outcome)
        crashes += outcome.crashes
        restores += len(outcome.restored)
    # The faults must really happen, or the block proves nothing.
    assert crashes >= 20
    assert restores >= 10


def test_a_seed_repeats_itself() -> None:
    scenario = Scenario.from_seed(11)
    first, second = simulate(scenario), simulate(scenario)
    assert (first.rows, first.crashes, first.restored, first.turns) == (
        second.rows,
        second.crashes,
        second.restored,
        second.turns,
    )


def _found_within(seeds: int) -> int | None:
    """The first seed whose run goes wrong."""
    for seed in range(seeds):
        scenario = Scenario.from_seed(seed)
        try:
            check(scenario, simulate(scenario))
        except (AssertionError, LevadaError, KeyError):
            return seed
    return None


def test_a_barrier_that_is_not_aligned_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_barrier_passes(self: InputGate, lane: Any, barrier: Any) -> None:
        seen: set[int] = self.__dict__.setdefault("seen", set())
        if barrier.checkpoint_id not in seen:
            seen.add(barrier.checkpoint_id)
            self._ready.append((barrier, 0))

    monkeypatch.setattr(InputGate, "_align", first_barrier_passes)
    assert _found_within(SEEDS) is not None


def test_timers_left_out_of_the_snapshot_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from levada.operators.row.keyed_process import KeyedProcessOperator

    whole = KeyedProcessOperator.snapshot

    def without_timers(self: Any, checkpoint_id: int) -> Any:
        return {name: part for name, part in whole(self, checkpoint_id).items() if "timer" not in name}

    monkeypatch.setattr(KeyedProcessOperator, "snapshot", without_timers)
    assert _found_within(SEEDS) is not None


def test_a_source_offset_one_ahead_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from levada.connectors.indexed import RangeSplit

    exact = SplitQueueReader.snapshot_state

    def one_ahead(self: Any) -> Any:
        splits = exact(self)
        return [RangeSplit(split.split_id, split.remaining[1:]) for split in splits]

    monkeypatch.setattr(SplitQueueReader, "snapshot_state", one_ahead)
    assert _found_within(SEEDS) is not None


def test_a_watermark_tracker_that_is_not_restored_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from levada.operators.watermarks import WatermarkTracker

    monkeypatch.setattr(WatermarkTracker, "restore", lambda self, state: setattr(self, "newest", 2_000_000))
    assert _found_within(SEEDS) is not None
