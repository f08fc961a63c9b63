"""Runs a planned job on virtual time in one thread, from a seed, and lets it die and start again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from levada.checkpoint.storage import MemoryStorage
from levada.checkpoint.store import CheckpointStore
from levada.cluster.embedded import EmbeddedJob
from levada.common.configuration import Configuration
from levada.common.job_status import JobStatus
from levada.graph.job_graph import JobGraph
from levada.runtime.async_host import VirtualAsyncHost
from levada.runtime.clock import VirtualClock
from levada.runtime.executor import InlineExecutor
from levada.runtime.services import Services
from levada.testing.faults import Crash, LaggingExecutor, LaggingTransport, World

MOST_CRASHES = 5
"""After so many crashes a run is left in peace, so that it ends."""


@dataclass
class Outcome:
    """What came out of a simulated run, and what happened on the way.

    Attributes
    ----------
    rows : Counter
        What was committed, with how often each record is there (hashable records only).
    crashes : int
        How often the process died.
    restored : list of int
        The checkpoints it went on from.
    checkpoints : int
        How many were completed.
    turns : int
        Turns of the engine's loop; each takes a millisecond of virtual time.
    """

    rows: Counter[Any]
    crashes: int
    restored: list[int]
    checkpoints: int
    turns: int


def drive(
    build: Callable[[], tuple[JobGraph, Configuration]],
    world: World,
    random: Random,
    *,
    crash: float = 0.0,
    delays: bool = True,
    max_turns: int = 40_000,
) -> Outcome:
    """Run a job to its end; what it commits is in ``world``.

    Parameters
    ----------
    build : callable
        Plans the job; called again after each crash, as a program is started again.
    world : World
        What the job's sink commits into.
    random : Random
        Every choice is made by it.
    crash : float
        How likely the process dies in each turn of the loop.
    delays : bool
        Whether disk and network lag, and tasks take turns in random order.
    max_turns : int
        A run that takes longer is taken for one that never ends.
    """
    clock = VirtualClock()
    storage = MemoryStorage()
    crashes = turns = checkpoints = 0
    restored: list[int] = []
    while True:
        graph, config = build()
        asyncs = VirtualAsyncHost(clock)
        services = Services(clock, InlineExecutor(), asyncs=asyncs)
        if delays:
            services = Services(clock, LaggingExecutor(random), random, LaggingTransport(random), asyncs)
        job = EmbeddedJob(graph, config, services, CheckpointStore(storage))
        try:
            while job.step(0):
                turns += 1
                clock.advance(1)
                if turns >= max_turns:
                    raise AssertionError(f"the job does not come to an end within {max_turns} turns")
                if crash and crashes < MOST_CRASHES:
                    _maybe_die(random, crash)
        except Crash:
            crashes += 1
            checkpoints += job.stats.completed
            if crashes >= MOST_CRASHES:
                world.crash_in_commit = 0.0
            continue
        finally:
            asyncs.close()
            if job.restored_from is not None:
                restored.append(job.restored_from)
        if job.failure is not None:
            raise job.failure
        if job.status is not JobStatus.FINISHED:
            raise AssertionError(f"the job ended as {job.status.name}")
        return Outcome(_counted(world), crashes, restored, checkpoints + job.stats.completed, turns)


def _maybe_die(random: Random, probability: float) -> None:
    if random.random() < probability:
        raise Crash


def _counted(world: World) -> Counter[Any]:
    try:
        return world.rows()
    except TypeError:
        return Counter(map(repr, world.values()))
