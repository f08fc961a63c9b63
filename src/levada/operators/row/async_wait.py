"""Asynchronous requests: many records in flight at a time, none lost, none asked for in vain after a restart.

The user's coroutines run on the job's event loop (``AsyncHost``). Requests in flight, and the records that wait for
their turn, are part of a checkpoint; after a restore they are asked again.

Reference: Flink documentation, "Asynchronous I/O for External Data Access".
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from levada.common.batch import Batch, RowBatch
from levada.common.elements import MIN_TIMESTAMP, Watermark, WatermarkStatus
from levada.common.errors import InternalError, JobBuildError
from levada.common.services import AsyncHost, Cancellable
from levada.operators.base import Operator, OperatorContext
from levada.operators.row.async_queue import OrderedQueue, Request, UnorderedQueue
from levada.operators.row.runtime_context import RuntimeContext
from levada.operators.row.user_errors import CallSite, raise_user_error
from levada.operators.row.user_function import bound_callable
from levada.state.snapshot import PartKind, StatePart


@dataclass(frozen=True, slots=True, eq=False)
class AsyncWait:
    """``AsyncDataStream.unordered_wait(...)`` and its kin.

    Attributes
    ----------
    function : AsyncFunction or callable
        A coroutine function, or a plain one, which is called on a thread of a pool.
    timeout_ms : int
        For one record, all attempts included; 0 for none.
    capacity : int
        Requests at a time, those counted whose answers wait for others to leave before them.
    retry : AsyncRetryStrategy or None
    ordered : bool
        Whether results leave in the order of their records.
    """

    function: Any
    timeout_ms: int
    capacity: int
    retry: Any = None
    ordered: bool = False
    name: str = ""
    uid: str | None = None

    def __post_init__(self) -> None:
        bound_callable(self.function, "async", "wait(async_function)")

    @property
    def reads_timestamps(self) -> bool:
        """Results carry their record's time; the function does not see it."""
        return False

    def create(self) -> AsyncWaitOperator:
        """An operator for one subtask."""
        return AsyncWaitOperator(self)


class AsyncWaitOperator(Operator):
    """Asks for each record and puts out what comes back."""

    def __init__(self, spec: AsyncWait) -> None:
        self.spec = spec
        self._queue: OrderedQueue | UnorderedQueue = OrderedQueue() if spec.ordered else UnorderedQueue()
        self._unasked: deque[Request] = deque()
        self._finished: list[Request] = []
        self._deadlines: deque[tuple[float, Request]] = deque()
        self._alarm: Cancellable | None = None
        self._in_flight = 0
        self._ordered_delivery = False
        self._ending = False
        self._opened = False

    def open(self, context: OperatorContext) -> None:
        """Open the function; ask again for what was in flight."""
        super().open(context)
        spec = self.spec
        if context.asyncs is None:
            raise InternalError("an asynchronous operator needs an event loop")
        self._host: AsyncHost = context.asyncs
        self._call = bound_callable(spec.function, "async", "wait(async_function)")
        self._on_loop = is_asynchronous(self._call)
        self._timeout = getattr(spec.function, "timeout", self._no_answer)
        self._site = CallSite("async", spec.name or context.name, spec.uid, spec.function)
        self._can_retry: Callable[[int], bool] = _never
        self._retry_result = self._retry_error = _never
        if spec.retry is not None:
            predicate = spec.retry.get_retry_predicate()
            self._can_retry = spec.retry.can_retry
            self._retry_result = predicate.result_predicate() or _never
            self._retry_error = predicate.exception_predicate() or _never
        self._opened = True
        self._user_call("open", RuntimeContext(context, self._site.name))
        if context.restored is not None:
            self._restore(context.restored.values("queue"), context.restored.values("watermark"))

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Queue the records, and ask for as many as the capacity allows."""
        assert isinstance(batch, RowBatch)
        timestamps = batch.timestamps
        if timestamps is None or not self.context.reads_timestamps:
            requests = [Request(value, None) for value in batch.values]
        else:
            requests = [Request(value, time) for value, time in zip(batch.values, timestamps, strict=True)]
        for request in requests:
            self._queue.add(request)
        self._unasked.extend(requests)
        self._ask()

    def process_watermark(self, timestamp: int) -> None:
        """Goes on when every record before it has been answered."""
        self._queue.add_control(Watermark(timestamp))
        self._put_out()

    def process_status(self, idle: bool) -> None:
        """As a watermark."""
        self._queue.add_control(WatermarkStatus(idle))
        self._put_out()

    def end_input(self) -> None:
        """The end goes on when everything has been answered."""
        self._ending = True
        self._look()

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        """The records without an answer, with the watermarks between them: one entry per subtask."""
        from levada.state.encoding import list_part

        queue: list[tuple[Any, int | None, bool]] = []
        for entry in self._queue.entries():
            if isinstance(entry, Request):
                queue.append((entry.value, entry.timestamp, True))
            elif isinstance(entry, Watermark):
                queue.append((None, entry.timestamp, False))
        return {
            "queue": list_part([queue], PartKind.LIST),
            "watermark": list_part([self.current_watermark], PartKind.UNION),
        }

    def close(self) -> None:
        """Give up what is in flight; close the function."""
        if self._alarm is not None:
            self._alarm.cancel()
        for request in self._queue.entries():
            if isinstance(request, Request) and request.task is not None and not request.done:
                request.task.cancel()
        if self._opened:
            self._opened = False
            self._user_call("close")

    def _restore(self, queues: list[list[tuple[Any, int | None, bool]]], watermarks: list[int]) -> None:
        self.current_watermark = min(watermarks, default=MIN_TIMESTAMP)
        for queue in queues:
            for value, timestamp, is_record in queue:
                if is_record:
                    request = Request(value, timestamp)
                    self._queue.add(request)
                    self._unasked.append(request)
                elif len(queues) == 1 and timestamp is not None:
                    # Where subtasks' queues come together, their watermarks mean nothing; new ones will come.
                    self._queue.add_control(Watermark(timestamp))
        self._ask()

    def _ask(self) -> None:
        """Begin requests until the capacity is used up."""
        unasked, host, timeout = self._unasked, self._host, self.spec.timeout_ms / 1000
        free = min(self.spec.capacity - self._in_flight, len(unasked))
        deadline = host.time() + timeout if timeout and free > 0 else 0.0
        for _ in range(free):
            request = unasked.popleft()
            request.task = host.start(self._answer(request))
            if timeout:
                self._deadlines.append((deadline, request))
        self._in_flight += max(free, 0)
        if self._alarm is None and self._deadlines:
            self._set_alarm()
        self._look()

    async def _answer(self, request: Request) -> None:
        """One request with its retries. Runs on the event loop: it puts nothing out and raises nothing."""
        try:
            request.results = await self._attempts(request.value)
        except Exception as error:
            request.error = error
        self._have(request)

    async def _attempts(self, value: Any) -> Any:
        attempt = 1
        while True:
            try:
                results = await self._one_call(value)
            except Exception as error:
                if not self._retry_error(error) or not self._can_retry(attempt):
                    raise
            else:
                if not self._retry_result(results) or not self._can_retry(attempt):
                    return results
            from asyncio import sleep

            await sleep(self.spec.retry.get_backoff_time_millis(attempt) / 1000)
            attempt += 1

    def _one_call(self, value: Any) -> Awaitable[Any]:
        return self._call(value) if self._on_loop else self._called_off_loop(value)

    async def _called_off_loop(self, value: Any) -> Any:
        results = await self._host.blocking(self._call, value)
        # A lambda around a coroutine function looks like a plain one.
        return await results if inspect.isawaitable(results) else results

    def _have(self, request: Request) -> None:
        """A request has ended, one way or another; the task's next step sees to it."""
        if request.done:
            return
        request.done = True
        self._finished.append(request)
        if not self._ordered_delivery:
            self._ordered_delivery = True
            self.context.order(self._deliver)
        self._host.wake()

    def _set_alarm(self) -> None:
        """Watch the oldest request still in flight: all have the same time, so it is the next to run out of it."""
        while self._deadlines and self._deadlines[0][1].done:
            self._deadlines.popleft()
        self._alarm = self._host.call_at(self._deadlines[0][0], self._time_out) if self._deadlines else None

    def _time_out(self) -> None:
        now = self._host.time()
        while self._deadlines and (self._deadlines[0][1].done or self._deadlines[0][0] <= now):
            _, request = self._deadlines.popleft()
            if not request.done:
                request.timed_out = True
                self._have(request)
                assert request.task is not None
                request.task.cancel()
        self._set_alarm()

    def _deliver(self) -> None:
        """In the task's step: take the answers that have come, and ask for more."""
        self._ordered_delivery = False
        finished, self._finished = self._finished, []
        for request in finished:
            if request.timed_out:
                self._instead(request)
            elif request.error is not None:
                code = type(self)._attempts.__code__
                raise_user_error(request.error, self.context, code, self._site, request.value)
            request.task = None
            self._queue.finish(request)
        self._put_out()
        self._ask()

    def _instead(self, request: Request) -> None:
        """What a request that ran out of time gives."""
        self.context.metrics.count("timeouts")
        try:
            request.results = self._timeout(request.value)
        except Exception as error:
            code = type(self)._instead.__code__
            raise_user_error(error, self.context, code, self._site, request.value)

    def _no_answer(self, value: Any) -> NoReturn:
        raise TimeoutError(f"no answer within {self.spec.timeout_ms} ms")

    def _put_out(self) -> None:
        values: list[Any] = []
        times: list[int] = []
        for entry in self._queue.drain():
            if isinstance(entry, Request):
                self._in_flight -= 1
                results = entry.results
                if results is None:
                    continue
                given = results if isinstance(results, list) else (results,)
                values += given
                if entry.timestamp is not None:
                    times += [entry.timestamp] * len(given)
                continue
            self._emit(values, times)
            values, times = [], []
            if isinstance(entry, Watermark):
                super().process_watermark(entry.timestamp)
            else:
                super().process_status(entry.idle)
        self._emit(values, times)
        self._look()

    def _emit(self, values: list[Any], times: list[int]) -> None:
        if values:
            self.output.collect(RowBatch(values, times if len(times) == len(values) else None))

    def _look(self) -> None:
        self.blocked = self._in_flight >= self.spec.capacity or (self._ending and len(self._queue) > 0)

    def _user_call(self, method: str, *arguments: Any) -> None:
        """``open`` or ``close`` of a function object; they may be coroutines too."""
        function = self.spec.function
        called = None if inspect.isroutine(function) else getattr(function, method, None)
        if callable(called):
            given = called(*arguments)
            if inspect.isawaitable(given):
                self._host.run(given)


def is_asynchronous(function: Callable[..., Any]) -> bool:
    """Whether calling it gives a coroutine, as far as can be told."""
    while isinstance(function, partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


def check_capacity(capacity: Any, call: str) -> int:
    """Refuse a capacity that is no positive whole number."""
    if not isinstance(capacity, int) or isinstance(capacity, bool) or capacity < 1:
        raise JobBuildError(f"{call}: capacity={capacity!r}: a whole number of at least 1 is wanted")
    return capacity


def _never(_: Any) -> bool:
    return False
