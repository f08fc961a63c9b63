"""``AsyncDataStream``: ask services, databases and models for many records at a time.

Reference: Flink documentation, "Asynchronous I/O for External Data Access".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from levada.common.errors import JobBuildError
from levada.common.time import Duration, Time, to_millis
from levada.datastream.functions.asynchronous import AsyncFunction, AsyncRetryStrategy
from levada.datastream.streams.building import TypeLike, declared_type, operator_name
from levada.datastream.streams.data_stream import DataStream
from levada.operators.row.async_wait import AsyncWait, check_capacity

T = TypeVar("T")
U = TypeVar("U")

Length = Time | Duration | timedelta
Asynchronous = (
    AsyncFunction[T, U]
    | Callable[[T], Awaitable[list[U] | U | None]]
    | Callable[[T], list[U]]
    | Callable[[T], U | None]
)
"""An ``AsyncFunction``, an ``async def`` function, or a plain function, which is called on a thread of a pool."""

__all__ = ["AsyncDataStream"]


class AsyncDataStream:
    """Makes streams of what asynchronous requests answer.

    A request's results are a list, of any length; None stands for none, and anything else is one result. ``timeout`` is
    for a record with all its attempts; when it has passed, ``AsyncFunction.timeout`` gives the results instead or fails
    the job. At most ``capacity`` records per subtask are asked about at a time; while so many are, no input is taken.
    """

    @staticmethod
    def unordered_wait(
        data_stream: DataStream[T],
        async_function: Asynchronous[T, U],
        timeout: Length,
        capacity: int = 100,
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """Results as they come, though never across a watermark."""
        return _wait("unordered_wait", data_stream, async_function, timeout, None, capacity, output_type)

    @staticmethod
    def unordered_wait_with_retry(
        data_stream: DataStream[T],
        async_function: Asynchronous[T, U],
        timeout: Length,
        async_retry_strategy: AsyncRetryStrategy[Any],
        capacity: int = 100,
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """As ``unordered_wait``; requests are tried again by a strategy."""
        return _wait(
            "unordered_wait_with_retry",
            data_stream,
            async_function,
            timeout,
            _checked(async_retry_strategy, "unordered_wait_with_retry"),
            capacity,
            output_type,
        )

    @staticmethod
    def ordered_wait(
        data_stream: DataStream[T],
        async_function: Asynchronous[T, U],
        timeout: Length,
        capacity: int = 100,
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """Results in the order of their records: a slow answer holds up those behind it."""
        return _wait("ordered_wait", data_stream, async_function, timeout, None, capacity, output_type)

    @staticmethod
    def ordered_wait_with_retry(
        data_stream: DataStream[T],
        async_function: Asynchronous[T, U],
        timeout: Length,
        async_retry_strategy: AsyncRetryStrategy[Any],
        capacity: int = 100,
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """As ``ordered_wait``; requests are tried again by a strategy."""
        return _wait(
            "ordered_wait_with_retry",
            data_stream,
            async_function,
            timeout,
            _checked(async_retry_strategy, "ordered_wait_with_retry"),
            capacity,
            output_type,
        )


def _checked(strategy: AsyncRetryStrategy[Any], call: str) -> AsyncRetryStrategy[Any]:
    if not isinstance(strategy, AsyncRetryStrategy):
        raise JobBuildError(
            f"AsyncDataStream.{call}(.., async_retry_strategy={strategy!r}): pass an AsyncRetryStrategy, such as "
            "AsyncRetryStrategy.fixed_delay(3, 100, None, has_exception_predicate)"
        )
    return strategy


def _wait(
    call: str,
    stream: DataStream[Any],
    function: Any,
    timeout: Length,
    retry: AsyncRetryStrategy[Any] | None,
    capacity: int,
    output_type: TypeLike,
) -> DataStream[Any]:
    call = f"AsyncDataStream.{call}"
    if not isinstance(stream, DataStream):
        raise JobBuildError(f"{call}({stream!r}, ..): the first argument is a DataStream")
    if isinstance(function, type) or not (callable(function) or callable(getattr(function, "async_invoke", None))):
        raise JobBuildError(f"{call}(.., {function!r}, ..): pass an AsyncFunction object, or a function of one record")
    millis = to_millis(timeout, f"{call}(.., timeout)")
    if millis < 0:
        raise JobBuildError(f"{call}(.., timeout={timeout!r}): a length of time from 0 (no limit) up is wanted")
    name = operator_name("AsyncWait", function)
    spec = AsyncWait(
        function,
        timeout_ms=millis,
        capacity=check_capacity(capacity, call),
        retry=retry,
        ordered=".ordered" in call,
        name=name,
    )
    plain: DataStream[Any] = DataStream(stream._env, stream._inputs, stream._type_info)
    return plain._then("async-wait", name, spec, declared_type(output_type, call), None, stateful=True)
