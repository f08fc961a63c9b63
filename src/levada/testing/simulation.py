"""A user's job under faults: it must give what it gives undisturbed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from levada.common.batch import RowBatch
from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError
from levada.connectors.base import Sink, Source
from levada.connectors.indexed import IndexedSource, Producer, RangeSplit, contiguous_splits
from levada.datastream.execution import logical_graph
from levada.datastream.stream_execution_environment import StreamExecutionEnvironment
from levada.graph.job_graph import JobGraph
from levada.graph.plan import plan
from levada.testing.drive import Outcome, drive
from levada.testing.faults import Fault, World, WorldSink

Job = Callable[[StreamExecutionEnvironment, Source, Sink], object]
"""Builds the job: from this source, into this sink."""

ALL_FAULTS = frozenset({Fault.CRASH, Fault.DELAY})
"""What any job must survive; ``DISORDER`` is for jobs that claim to bear it."""

_SHOWN = 5

_STRICT = {
    "execution.state-recovery.path": "latest",
    "execution.checkpointing.interval": "5 ms",
    "levada.watermark.every-records": "7",
    "levada.batch.max-rows": "8",
    "levada.channel.bytes": "4 kb",
    "levada.state.detect-mutations": "true",
}


@dataclass(frozen=True)
class ValuesSource(IndexedSource):
    """The values as a replayable source of ``parts`` splits."""

    values: Sequence[Any] = field(repr=False)
    parts: int = 1

    def producer(self) -> Producer:
        """Slices of the values."""
        values = self.values
        return lambda numbers: RowBatch(list(values[numbers.start : numbers.stop]))

    def splits(self, parallelism: int) -> list[RangeSplit]:
        """So many parts of neighbours."""
        return contiguous_splits(range(len(self.values)), self.parts)


def simulate(
    job: Job,
    values: Sequence[Any],
    seed: int = 0,
    faults: Collection[Fault] = ALL_FAULTS,
    *,
    parallelism: int = 1,
    splits: int = 1,
    crash: float = 0.04,
    disorder: int = 5,
    config: Mapping[str, str] | None = None,
    max_turns: int = 40_000,
) -> tuple[list[Any], Outcome]:
    """Run a job once, on virtual time and in this thread; the same arguments give the same run.

    Parameters
    ----------
    job : callable
        ``job(env, source, sink)`` builds it.
    values : sequence
        What the source gives.
    seed : int
        Decides when what goes wrong.
    faults : collection of Fault
    parallelism : int
        Of the environment.
    splits : int
        Into how many splits the source cuts the values.
    crash : float
        How likely the process dies in a turn of the loop (it takes a few dozen turns), where ``CRASH`` is asked for.
    disorder : int
        By how many places a record is moved at most, where ``DISORDER`` is asked for.
    config : mapping, optional
        Settings above those of the simulation: checkpoints every 5 ms, small batches, a watermark every 7 records.

    Returns
    -------
    list, Outcome
        What the job committed, in that order, and what happened on the way.
    """
    given = list(values)
    if not callable(job):
        raise JobBuildError(f"simulate({job!r}, ..): pass a function job(env, source, sink) that builds the job")
    random = Random(seed)
    if Fault.DISORDER in faults:
        places = {id_: id_ + random.uniform(0, disorder) for id_ in range(len(given))}
        given = [given[place] for place in sorted(places, key=places.__getitem__)]
    crash = crash if Fault.CRASH in faults else 0.0
    world = World(random, crash_in_commit=crash)

    def build() -> tuple[JobGraph, Configuration]:
        settings = Configuration()
        for key, value in {**_STRICT, "parallelism.default": str(parallelism), **(config or {})}.items():
            settings.set_string(key, value)
        env = StreamExecutionEnvironment(settings)
        job(env, ValuesSource(given, splits), WorldSink(world))
        effective = env.get_configuration()
        return plan(logical_graph(env._pending, env._known, "simulated"), effective), effective

    outcome = drive(build, world, random, crash=crash, delays=Fault.DELAY in faults, max_turns=max_turns)
    return world.values(), outcome


@dataclass(frozen=True)
class Survived:
    """What a job has been through: none of it changed its results."""

    runs: int
    crashes: int
    restores: int
    results: int


def assert_survives(
    job: Job,
    values: Sequence[Any],
    seeds: Iterable[int] = range(20),
    faults: Collection[Fault] = ALL_FAULTS,
    *,
    in_order: bool = False,
    **how: Any,
) -> Survived:
    """Run a job undisturbed and then once per seed with faults; every run must commit the same records, each once.

    Parameters
    ----------
    job, values, faults
        As for ``simulate``, which takes the rest of the arguments too.
    seeds : iterable of int
        One run for each.
    in_order : bool
        Whether the order of the results must be the same (for parallelism 1).

    Raises
    ------
    AssertionError
        With the seed, and records that are missing or too many. ``simulate(job, values, seed)`` runs it again.
    """
    expected, _ = simulate(job, values, 0, (), **how)
    runs = crashes = restores = 0
    for seed in seeds:
        found, outcome = simulate(job, values, seed, faults, **how)
        difference = _difference(expected, found, in_order)
        if difference:
            raise AssertionError(
                f"seed {seed}: {difference} ({outcome.crashes} crashes, restored from {outcome.restored})"
            )
        runs += 1
        crashes += outcome.crashes
        restores += len(outcome.restored)
    return Survived(runs, crashes, restores, len(expected))


def _difference(expected: list[Any], found: list[Any], in_order: bool) -> str:
    try:
        before, after = Counter(expected), Counter(found)
    except TypeError:
        before, after = Counter(map(repr, expected)), Counter(map(repr, found))
    said = [
        f"{sum(some.values())} {what}, such as {list(some)[:_SHOWN]!r}"
        for what, some in (("missing", before - after), ("too many", after - before))
        if some
    ]
    if not said and in_order and expected != found:
        return "the order of the results is another"
    return "; ".join(said)
