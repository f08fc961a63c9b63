"""How this process treats ``execute()``: it runs jobs, unless somebody only wants to see them.

Whatever is about to run a job calls ``announce`` first. Normally that only counts the job; under ``levada info`` it
ends the program there, with the plan in hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Launch", "PlanOnly", "announce", "observe"]


class PlanOnly(BaseException):
    """Ends a program at its first ``execute()``. Not an ``Exception``: no handler of the program should stop it."""

    def __init__(self, plan: str) -> None:
        super().__init__(plan)
        self.plan = plan


class Launch:
    """What became of a program's jobs.

    Attributes
    ----------
    jobs : int
        How many jobs the program has announced.
    plan_only : bool
        Whether jobs end with ``PlanOnly`` instead of running.
    """

    def __init__(self, plan_only: bool) -> None:
        self.jobs = 0
        self.plan_only = plan_only


_observers: list[Launch] = []


def announce(explain: Callable[[], str]) -> None:
    """A job is about to run. ``explain`` gives its plan as text."""
    for launch in _observers:
        launch.jobs += 1
        if launch.plan_only:
            raise PlanOnly(explain())


@contextmanager
def observe(*, plan_only: bool = False) -> Iterator[Launch]:
    """Watch the jobs that are announced inside; with ``plan_only`` none of them runs."""
    launch = Launch(plan_only)
    _observers.append(launch)
    try:
        yield launch
    finally:
        _observers.remove(launch)
