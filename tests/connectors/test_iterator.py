"""Iterables, generators, async generators and functions as sources."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from levada.common import WatermarkStrategy
from levada.common.errors import JobBuildError, UserFunctionError
from levada.connectors.base import Sink, Source
from levada.connectors.iterator import IteratorSource
from levada.datastream import DataStream, MapFunction, RuntimeContext, StreamExecutionEnvironment
from levada.testing import assert_survives, simulate

from .compliance import check_source


def squares() -> Iterator[int]:
    for number in range(100):
        yield number * number


async def squares_later() -> AsyncIterator[int]:
    for number in range(100):
        if number % 3 == 0:
            await asyncio.sleep(0.001)
        yield number * number


SQUARES = [number * number for number in range(100)]


def stream(source: Source, checkpoints: bool = False) -> DataStream[Any]:
    env = StreamExecutionEnvironment.get_execution_environment()
    if checkpoints:
        env.enable_checkpointing(timedelta(milliseconds=1))
        env.get_configuration().set_string("restart-strategy.fixed-delay.delay", "1 ms")
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "values")


def results(source: Source, checkpoints: bool = False) -> list[Any]:
    with stream(source, checkpoints).execute_and_collect() as records:
        return list(records)


@pytest.mark.parametrize(
    "iterable", [squares, squares_later, lambda: iter(SQUARES), lambda: SQUARES, SQUARES, range(100), iter(SQUARES)]
)
def test_anything_that_can_be_iterated_over(iterable: Any) -> None:
    assert results(IteratorSource(iterable)) == (list(range(100)) if isinstance(iterable, range) else SQUARES)


@pytest.mark.parametrize("seed", range(10))
def test_it_is_a_source_like_any_other(seed: int) -> None:
    check_source(IteratorSource(squares), SQUARES, seed)


@pytest.mark.parametrize("iterable", [squares, squares_later])
def test_crashes_change_nothing(iterable: Any) -> None:
    def job(env: StreamExecutionEnvironment, source: Source, sink: Sink) -> None:
        values = env.from_source(IteratorSource(iterable), WatermarkStrategy.no_watermarks(), "values")
        values.map(lambda value: value + 1).sink_to(sink)

    survived = assert_survives(job, [], range(8), in_order=True)
    assert survived.results == 100
    assert survived.crashes >= 8
    assert survived.restores >= 4


def test_a_fast_async_generator_is_held_back() -> None:
    ahead = handed = most = 0

    async def endless() -> AsyncIterator[int]:
        nonlocal ahead, most
        while True:
            ahead += 1
            most = max(most, ahead - handed)
            yield ahead

    def count(value: int) -> int:
        nonlocal handed
        handed += 1
        return value

    counted = stream(IteratorSource(endless, bounded=False)).map(count)
    assert counted.execute_and_collect(limit=5000) == list(range(1, 5001))
    assert 1000 < most < 3000


def test_a_polled_function() -> None:
    answers = iter([1, None, 2, 3, None, None, 4])

    def ask() -> int | None:
        return next(answers)  # StopIteration is the end

    assert results(IteratorSource.polling(ask, bounded=True)) == [1, 2, 3, 4]


class FailsOnce(MapFunction[int, int]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.first = runtime_context.get_attempt_number() == 0

    def map(self, value: int) -> int:
        if self.first and value == 2500:
            raise ConnectionError("on purpose")
        return value


def test_what_cannot_be_replayed_goes_on_where_it_stands(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "levada"):
        source = IteratorSource(iter(range(20_000)), replayable=False)
        with stream(source, checkpoints=True).map(FailsOnce()).execute_and_collect() as records:
            found = list(records)
    assert "not replayable" in caplog.text
    assert found == sorted(set(found))
    assert found[-1] == 19_999
    assert 2500 not in found


def test_an_iterator_is_refused_where_checkpoints_are_taken() -> None:
    with pytest.raises(JobBuildError, match="declare replayable=False"):
        results(IteratorSource(iter([1])), checkpoints=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: IteratorSource(5), "pass a function"),
        (lambda: IteratorSource(list), "pass a function"),
        (lambda: IteratorSource(iter([]), replayable=True), "read only once"),
        (lambda: IteratorSource.polling(5), "function without parameters"),  # type: ignore[arg-type]
        (lambda: results(IteratorSource(lambda: 5)), "IteratorSource.polling"),
    ],
)
def test_mistakes_are_told(make: Callable[[], object], message: str) -> None:
    with pytest.raises(JobBuildError, match=message):
        make()


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_error_tells_where_it_was(asynchronous: bool) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    async def broken_later() -> AsyncIterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(UserFunctionError, match=r"source function .*broken.* raised OSError: gone"):
        results(IteratorSource(broken_later if asynchronous else broken))


def test_a_simulated_source_that_is_not_replayed_loses_records() -> None:
    def job(env: StreamExecutionEnvironment, source: Source, sink: Sink) -> None:
        values = IteratorSource(squares, replayable=False)
        env.from_source(values, WatermarkStrategy.no_watermarks(), "values").sink_to(sink)

    # Made anew without skipping: records come twice.
    assert any(sorted(simulate(job, [], seed)[0]) != SQUARES for seed in range(8))
