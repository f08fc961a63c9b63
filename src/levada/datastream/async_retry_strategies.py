"""Ready-made strategies of trying again: never, after a fixed wait, after waits that grow.

Reference: Flink documentation, "Asynchronous I/O for External Data Access", section "Retry Support".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from levada.common.errors import JobBuildError
from levada.datastream.functions.asynchronous import AsyncRetryPredicate, AsyncRetryStrategy

OUT = TypeVar("OUT")

ResultPredicate = Callable[[list[OUT]], bool] | None
ExceptionPredicate = Callable[[Exception], bool] | None

__all__ = ["ExponentialBackoffDelayRetryStrategy", "FixedDelayRetryStrategy", "NoRetryStrategy", "RetryPredicate"]


class RetryPredicate(AsyncRetryPredicate[OUT], Generic[OUT]):
    """What is to be tried again, by two functions."""

    def __init__(
        self, result_predicate: ResultPredicate[OUT] = None, exception_predicate: ExceptionPredicate = None
    ) -> None:
        self._result_predicate = result_predicate
        self._exception_predicate = exception_predicate

    def result_predicate(self) -> ResultPredicate[OUT]:
        """Whether to try again for a result; None: never."""
        return self._result_predicate

    def exception_predicate(self) -> ExceptionPredicate:
        """Whether to try again after an exception; None: never."""
        return self._exception_predicate


class NoRetryStrategy(AsyncRetryStrategy[OUT], Generic[OUT]):
    """Never tries again."""

    def can_retry(self, current_attempts: int) -> bool:
        """Never."""
        return False

    def get_backoff_time_millis(self, current_attempts: int) -> int:
        """No wait: there is no next attempt."""
        return 0

    def get_retry_predicate(self) -> RetryPredicate[OUT]:
        """Nothing is to be tried again."""
        return RetryPredicate()


class FixedDelayRetryStrategy(AsyncRetryStrategy[OUT], Generic[OUT]):
    """Tries again up to ``max_attempts`` times, always after ``backoff_time_millis``."""

    def __init__(
        self,
        max_attempts: int,
        backoff_time_millis: int,
        result_predicate: ResultPredicate[OUT] = None,
        exception_predicate: ExceptionPredicate = None,
    ) -> None:
        _check(self, max_attempts=max_attempts, backoff_time_millis=backoff_time_millis)
        self._max_attempts = max_attempts
        self._backoff_time_millis = backoff_time_millis
        self._predicate: RetryPredicate[OUT] = RetryPredicate(result_predicate, exception_predicate)

    def can_retry(self, current_attempts: int) -> bool:
        """Whether fewer than ``max_attempts`` attempts have followed the first."""
        return current_attempts <= self._max_attempts

    def get_backoff_time_millis(self, current_attempts: int) -> int:
        """Always the same."""
        return self._backoff_time_millis

    def get_retry_predicate(self) -> RetryPredicate[OUT]:
        """What was passed in."""
        return self._predicate


class ExponentialBackoffDelayRetryStrategy(AsyncRetryStrategy[OUT], Generic[OUT]):
    """Tries again up to ``max_attempts`` times: first after ``initial_delay`` ms, then ``multiplier`` times as long."""

    def __init__(
        self,
        max_attempts: int,
        initial_delay: int,
        max_retry_delay: int,
        multiplier: float,
        result_predicate: ResultPredicate[OUT] = None,
        exception_predicate: ExceptionPredicate = None,
    ) -> None:
        _check(self, max_attempts=max_attempts, initial_delay=initial_delay, max_retry_delay=max_retry_delay)
        if multiplier < 1:
            raise JobBuildError(f"{type(self).__name__}: multiplier={multiplier!r}: at least 1 is wanted")
        self._max_attempts = max_attempts
        self._initial_delay = initial_delay
        self._max_retry_delay = max_retry_delay
        self._multiplier = multiplier
        self._predicate: RetryPredicate[OUT] = RetryPredicate(result_predicate, exception_predicate)

    def can_retry(self, current_attempts: int) -> bool:
        """Whether fewer than ``max_attempts`` attempts have followed the first."""
        return current_attempts <= self._max_attempts

    def get_backoff_time_millis(self, current_attempts: int) -> int:
        """``initial_delay * multiplier ** (attempts - 1)``, at most ``max_retry_delay``."""
        delay: float = self._initial_delay
        for _ in range(current_attempts - 1):
            delay = min(delay * self._multiplier, self._max_retry_delay)
        return int(delay)

    def get_retry_predicate(self) -> RetryPredicate[OUT]:
        """What was passed in."""
        return self._predicate


def _check(strategy: AsyncRetryStrategy[Any], **given: int) -> None:
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise JobBuildError(f"{type(strategy).__name__}: {name}={value!r}: a whole number from 0 up is wanted")
