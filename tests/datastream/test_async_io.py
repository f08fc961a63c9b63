"""Asynchronous requests: order, capacity, timeouts, retries, errors, and programs with an event loop of their own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from levada.common import Time
from levada.common.errors import JobBuildError, UserFunctionError
from levada.datastream import AsyncDataStream, AsyncFunction, DataStream, StreamExecutionEnvironment
from levada.datastream.async_retry_predicates import (
    empty_result_predicate,
    exception_type_predicate,
    has_exception_predicate,
)
from levada.datastream.async_retry_strategies import (
    ExponentialBackoffDelayRetryStrategy,
    FixedDelayRetryStrategy,
    NoRetryStrategy,
    RetryPredicate,
)
from levada.datastream.functions import AsyncFunctionDescriptor, AsyncRetryStrategy, RuntimeContext

LIMIT = timedelta(seconds=30)


def numbers(count: int) -> DataStream[int]:
    return StreamExecutionEnvironment.get_execution_environment().from_collection(list(range(count)))


def results(stream: DataStream[Any]) -> list[Any]:
    with stream.execute_and_collect() as records:
        return list(records)


async def slower_when_small(value: int) -> list[int]:
    await asyncio.sleep((10 - value) / 100)
    return [value]


def test_ordered_results_leave_in_the_order_of_their_records() -> None:
    assert results(AsyncDataStream.ordered_wait(numbers(10), slower_when_small, LIMIT)) == list(range(10))


def test_unordered_results_leave_as_they_come() -> None:
    found = results(AsyncDataStream.unordered_wait(numbers(10), slower_when_small, Time.seconds(30)))
    assert sorted(found) == list(range(10))
    assert found[0] == 9


def test_ten_thousand_requests_of_ten_milliseconds() -> None:
    async def ask(value: int) -> int:
        await asyncio.sleep(0.01)
        return value * 2

    began = time.perf_counter()
    found = results(AsyncDataStream.unordered_wait(numbers(10_000), ask, LIMIT, 1000))
    elapsed = time.perf_counter() - began
    assert sorted(found) == [value * 2 for value in range(10_000)]
    # The goal is 0.5 s on an idle machine; one after the other it would be 100 s.
    assert elapsed < 3


def test_no_more_than_capacity_in_flight() -> None:
    now, most = 0, 0

    async def ask(value: int) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1

    assert results(AsyncDataStream.unordered_wait(numbers(200), ask, LIMIT, 7)) == []
    assert most == 7


def test_lists_are_many_results_none_is_none_and_the_rest_is_one() -> None:
    async def ask(value: int) -> Any:
        return [None, [], [value, -value], (value, value)][value]

    assert results(AsyncDataStream.ordered_wait(numbers(4), ask, LIMIT)) == [2, -2, (3, 3)]


def test_plain_functions_run_side_by_side_off_the_engines_thread() -> None:
    threads = set()

    def ask(value: int) -> int:
        threads.add(threading.get_ident())
        time.sleep(0.05)
        return value

    began = time.perf_counter()
    assert results(AsyncDataStream.ordered_wait(numbers(40), ask, LIMIT, 40)) == list(range(40))
    assert time.perf_counter() - began < 1.5
    assert threading.get_ident() not in threads


def test_a_lambda_around_a_coroutine_function() -> None:
    stream = AsyncDataStream.ordered_wait(numbers(3), lambda value: slower_when_small(value + 8), LIMIT)
    assert results(stream) == [8, 9, 10]


class Client(AsyncFunction[int, str]):
    """Opens and closes in coroutines; too slow for one of its records."""

    closed = 0

    async def open(self, runtime_context: RuntimeContext) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        self.name = f"client {runtime_context.get_index_of_this_subtask()}"

    async def async_invoke(self, value: int) -> list[str]:
        await asyncio.sleep(30 if value == 1 else 0)
        return [f"{self.name}: {value}"]

    def timeout(self, value: int) -> list[str]:
        return [f"too late: {value}"]

    async def close(self) -> None:  # type: ignore[override]
        type(self).closed += 1


def test_a_function_object_with_its_own_answer_to_a_timeout() -> None:
    stream = AsyncDataStream.ordered_wait(numbers(3), Client(), timedelta(milliseconds=300))
    assert results(stream) == ["client 0: 0", "too late: 1", "client 0: 2"]
    assert Client.closed == 1


def test_a_timeout_fails_the_job_otherwise() -> None:
    async def never(value: int) -> None:
        await asyncio.sleep(30)

    with pytest.raises(UserFunctionError, match="no answer within 20 ms; record: 0"):
        results(AsyncDataStream.unordered_wait(numbers(1), never, timedelta(milliseconds=20)))


def test_an_error_names_function_and_record() -> None:
    async def broken(value: int) -> float:
        return 1 / (value - 2)

    with pytest.raises(UserFunctionError, match=r"broken .*test_async_io.py:\d+\) raised ZeroDivisionError.*record: 2"):
        results(AsyncDataStream.ordered_wait(numbers(5), broken, LIMIT))


def attempts_until(good: int, strategy: AsyncRetryStrategy[Any]) -> tuple[list[Any], int]:
    asked: Counter[int] = Counter()

    async def ask(value: int) -> list[int]:
        asked[value] += 1
        if asked[value] < good:
            raise ConnectionError("busy")
        return [] if asked[value] == good else [asked[value]]

    return results(AsyncDataStream.ordered_wait_with_retry(numbers(1), ask, LIMIT, strategy)), asked[0]


def test_retries_after_errors_and_after_results() -> None:
    on_both = AsyncRetryStrategy.fixed_delay(5, 1, empty_result_predicate, has_exception_predicate)
    assert attempts_until(3, on_both) == ([4], 4)
    on_errors = AsyncRetryStrategy.exponential_backoff(5, 1, 4, 2.0, None, has_exception_predicate)
    assert attempts_until(3, on_errors) == ([], 3)


def test_retries_end() -> None:
    for strategy in (FixedDelayRetryStrategy(2, 1, None, has_exception_predicate), AsyncRetryStrategy.no_restart()):
        with pytest.raises(UserFunctionError, match="busy"):
            attempts_until(9, strategy)


def test_strategies_tell_how_often_and_when() -> None:
    # Flink's attempts are counted from 1: max_attempts is how often a request is repeated.
    fixed = FixedDelayRetryStrategy[int](2, 30)
    assert [fixed.can_retry(n) for n in (1, 2, 3)] == [True, True, False]
    assert fixed.get_backoff_time_millis(2) == 30
    growing = ExponentialBackoffDelayRetryStrategy[int](3, 10, 50, 2.0)
    assert [growing.get_backoff_time_millis(n) for n in (1, 2, 3, 4)] == [10, 20, 40, 50]
    assert not growing.can_retry(4)
    never = NoRetryStrategy[int]()
    assert not never.can_retry(1)
    assert never.get_backoff_time_millis(1) == 0
    assert never.get_retry_predicate().exception_predicate() is None
    predicate = RetryPredicate[int](empty_result_predicate, has_exception_predicate)
    assert predicate.result_predicate() is empty_result_predicate
    assert exception_type_predicate(KeyError("a"), LookupError)
    assert not exception_type_predicate(ValueError("a"), LookupError)
    with pytest.raises(JobBuildError, match="max_attempts=-1"):
        FixedDelayRetryStrategy(-1, 1)
    with pytest.raises(JobBuildError, match=r"multiplier=0.5"):
        ExponentialBackoffDelayRetryStrategy(1, 1, 1, 0.5)


def test_a_descriptor_holds_what_belongs_together() -> None:
    strategy = AsyncRetryStrategy.no_restart()
    mode = AsyncFunctionDescriptor.OutputMode.ORDERED
    descriptor = AsyncFunctionDescriptor(Client(), Time.seconds(1), 10, strategy, mode)
    assert (descriptor.timeout, descriptor.capacity) == (Time.seconds(1), 10)
    assert descriptor.async_retry_strategy is strategy
    assert descriptor.output_mode is not AsyncFunctionDescriptor.OutputMode.UNORDERED
    assert isinstance(descriptor.async_function, Client)


def test_inside_a_program_with_an_event_loop_of_its_own() -> None:
    async def program() -> tuple[list[int], str]:
        async def beside() -> str:
            await asyncio.sleep(0)
            return "the program's loop goes on"

        task = asyncio.ensure_future(beside())
        before = asyncio.current_task()
        found = results(AsyncDataStream.ordered_wait(numbers(5), slower_when_small, LIMIT))
        assert asyncio.current_task() is before
        return found, await task

    assert asyncio.run(program()) == ([0, 1, 2, 3, 4], "the program's loop goes on")


def test_a_job_that_is_left_gives_up_its_requests() -> None:
    given_up = []

    async def slow(value: int) -> int:
        try:
            await asyncio.sleep(value * 30)
        except asyncio.CancelledError:
            given_up.append(value)
            raise
        return value

    with AsyncDataStream.unordered_wait(numbers(3), slow, timedelta(minutes=5)).execute_and_collect() as records:
        assert next(records) == 0
    assert sorted(given_up) == [1, 2]


def test_waiting_takes_no_processor_time() -> None:
    async def slow(value: int) -> int:
        await asyncio.sleep(0.3)
        return value

    began = time.process_time()
    # A whole batch waits behind a capacity of one.
    assert results(AsyncDataStream.ordered_wait(numbers(3), slow, timedelta(seconds=5), 1)) == [0, 1, 2]
    assert time.process_time() - began < 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1], slower_when_small, LIMIT), "first argument is a DataStream"),
        ((None, 5, LIMIT), "pass an AsyncFunction object"),
        ((None, Client, LIMIT), "pass an AsyncFunction object"),
        ((None, slower_when_small, 1000), "is not a length of time"),
        ((None, slower_when_small, -LIMIT), "from 0"),
        ((None, slower_when_small, LIMIT, 0), "capacity=0"),
    ],
)
def test_mistakes_are_told_when_the_job_is_built(arguments: Any, message: str) -> None:
    stream, *others = arguments
    with pytest.raises(JobBuildError, match=message):
        AsyncDataStream.unordered_wait(numbers(1) if stream is None else stream, *others)


def test_a_retry_strategy_is_one() -> None:
    with pytest.raises(JobBuildError, match="pass an AsyncRetryStrategy"):
        AsyncDataStream.unordered_wait_with_retry(numbers(1), slower_when_small, LIMIT, 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("own_task", [False, True])
@pytest.mark.parametrize("capacity", [3, 2000])
def test_nothing_is_lost_of_what_is_suspended_before_it(own_task: bool, capacity: int) -> None:
    async def ask(value: int) -> int:
        await asyncio.sleep(0)
        return value

    many = numbers(4).flat_map(lambda value: range(value * 3000, value * 3000 + 3000))
    if own_task:
        many = (
            numbers(4)
            .map(lambda value: value)
            .disable_chaining()
            .flat_map(lambda value: range(value * 3000, value * 3000 + 3000))
        )
    stream = AsyncDataStream.ordered_wait(many, ask, timedelta(seconds=30), capacity)
    assert results(stream) == list(range(12_000))
