"""The garbage collector while a job runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from levada.cluster.collector import CalmCollector, _Settings
from levada.datastream import StreamExecutionEnvironment


@pytest.fixture
def collections() -> Iterator[list[int]]:
    """The generations of the collections that have begun."""
    seen: list[int] = []

    def note(phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            seen.append(info["generation"])

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


def test_young_objects_are_looked_at_every_so_many_rows(collections: list[int]) -> None:
    collector = CalmCollector()
    for rows in range(0, 160_001, 1000):
        collector.look(rows)
    assert collections == [0] * 19 + [1]


def test_a_restarted_job_counts_from_the_start(collections: list[int]) -> None:
    collector = CalmCollector()
    collector.look(100_000)
    collector.look(0)
    collector.look(8_000)
    assert collections == [0, 0]


def test_a_collector_that_was_switched_off_stays_off(collections: list[int]) -> None:
    gc.disable()
    try:
        CalmCollector().look(100_000)
    finally:
        gc.enable()
    assert collections == []


def test_thresholds_are_high_while_any_job_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    before = gc.get_threshold()
    monkeypatch.setattr("levada.cluster.collector._settings", _Settings())
    first, second = CalmCollector(), CalmCollector()
    gc.set_threshold(700, 10, 10)
    try:
        first.begin()
        second.begin()
        first.end()
        first.end()
        assert gc.get_threshold() == (50_000, 20, 50)
        second.end()
        assert gc.get_threshold() == (700, 10, 10)
    finally:
        gc.set_threshold(*before)


def test_a_job_runs_under_high_thresholds() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    with env.from_collection([1]).map(lambda _: gc.get_threshold()).execute_and_collect() as results:
        assert list(results) == [(50_000, 20, 50)]
