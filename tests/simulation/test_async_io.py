"""Asynchronous requests through crashes: each record's answer comes out once, whatever was in flight."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.simulation.runner import Pipeline, Scenario, simulate
from tests.simulation.world import Event, World, WorldSink

from levada.datastream import AsyncDataStream, DataStream, ProcessFunction
from levada.datastream.async_retry_predicates import has_exception_predicate
from levada.datastream.functions import AsyncRetryStrategy
from levada.operators.row.async_wait import AsyncWaitOperator

SEEDS = 6
LIMIT = timedelta(seconds=60)


async def answer(event: Event) -> list[tuple[str, int]]:
    """Takes between 0 and 30 ms, and gives no, one or two results."""
    await asyncio.sleep(event.number * 7 % 31 / 1000)
    return [(event.key, event.number)] * (event.number % 3)


def plain(event: Event) -> tuple[str, int]:
    return event.key, event.number


class Flaky:
    """Each record's first two attempts fail."""

    def __init__(self) -> None:
        self.asked: Counter[int] = Counter()

    async def __call__(self, event: Event) -> tuple[int, str]:
        self.asked[event.number] += 1
        await asyncio.sleep(0.002)
        if self.asked[event.number] % 3:
            raise ConnectionError("busy")
        return event.number, "answered"


class AtLeastTheWatermark(ProcessFunction):
    """Tells whether each record comes before the watermark that follows it."""

    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timestamp() > ctx.timer_service().current_watermark()


def unordered(events: DataStream[Event], world: World) -> None:
    AsyncDataStream.unordered_wait(events, answer, LIMIT, 9).sink_to(WorldSink(world))


def ordered(events: DataStream[Event], world: World) -> None:
    AsyncDataStream.ordered_wait(events, answer, LIMIT, 9).sink_to(WorldSink(world))


def blocking(events: DataStream[Event], world: World) -> None:
    AsyncDataStream.ordered_wait(events, plain, LIMIT, 5).sink_to(WorldSink(world))


def retried(events: DataStream[Event], world: World) -> None:
    again = AsyncRetryStrategy.fixed_delay(5, 3, None, has_exception_predicate)
    AsyncDataStream.unordered_wait_with_retry(events, Flaky(), LIMIT, again, 9).sink_to(WorldSink(world))


def expanded_before(events: DataStream[Event], world: World) -> None:
    many = events.flat_map(lambda event: [event] * 3).key_by(lambda event: event.key)
    AsyncDataStream.unordered_wait(many, answer, LIMIT, 2).sink_to(WorldSink(world))


def watermarks(events: DataStream[Event], world: World) -> None:
    later = AsyncDataStream.unordered_wait(events.map(lambda event: event), plain_later, LIMIT, 9)
    later.process(AtLeastTheWatermark()).sink_to(WorldSink(world))


async def plain_later(event: Event) -> tuple[str, int]:
    await asyncio.sleep(event.number * 7 % 31 / 1000)
    return event.key, event.number


def drawn(seed: int) -> Scenario:
    scenario = replace(Scenario.from_seed(seed), splits=1, late_every=0, disorder=4000)
    return replace(scenario, events=[event for event in scenario.events if event.timestamp > 999_000])


@pytest.mark.parametrize("pipeline", [unordered, ordered, blocking, retried, expanded_before, watermarks])
def test_crashes_change_nothing(pipeline: Pipeline) -> None:
    crashes = restores = 0
    for seed in range(2000, 2000 + SEEDS):
        scenario = drawn(seed)
        calm = simulate(replace(scenario, crash=0.0), pipeline)
        rough = simulate(scenario, pipeline)
        assert rough.rows == calm.rows, f"seed {seed}"
        assert calm.rows
        crashes += rough.crashes
        restores += len(rough.restored)
        if pipeline is watermarks:
            assert all(before for _, before in calm.rows), "a watermark overtook a record"
    assert crashes >= SEEDS
    assert restores >= SEEDS // 2


def test_requests_left_out_of_the_snapshot_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = AsyncWaitOperator.snapshot

    def without_requests(self: AsyncWaitOperator, checkpoint_id: int) -> Any:
        return {name: part for name, part in whole(self, checkpoint_id).items() if name != "queue"}

    monkeypatch.setattr(AsyncWaitOperator, "snapshot", without_requests)
    scenarios = [drawn(seed) for seed in range(2000, 2008)]
    lost = [
        scenario.seed
        for scenario in scenarios
        if simulate(scenario, unordered).rows != simulate(replace(scenario, crash=0.0), unordered).rows
    ]
    assert lost
