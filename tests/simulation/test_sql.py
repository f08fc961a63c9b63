"""SQL through crashes: the changelog that was committed is well formed, and folded it is what the query means.

Seeds choose parallelism, splits, chaining, crashes (``runner.Scenario``), and here the source (rows or Arrow batches)
and mini-batch (off, or a size and a latency).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from tests.simulation.runner import Outcome, Scenario, simulate
from tests.simulation.world import Event, World, WorldSink

from levada.common import Row
from levada.common.errors import LevadaError
from levada.datastream import DataStream, StreamExecutionEnvironment
from levada.operators.columnar.final_aggregate import FinalAggregateOperator
from levada.operators.columnar.group_aggregate import GroupAggregateOperator
from levada.operators.columnar.mini_batch_aggregate import MiniBatchAggregateOperator
from levada.table import EnvironmentSettings, Schema, StreamTableEnvironment

SEEDS = 40

Change = tuple[Any, ...]
"""A row's kind and its values."""

VALUE = "CASE WHEN number % 5 = 0 THEN CAST(NULL AS BIGINT) ELSE number * 7 % 23 - 9 END"


@dataclass(frozen=True)
class Query:
    """A query over ``events``, what it means, and how many columns are the key of its rows."""

    text: str
    meaning: Callable[[list[Event]], list[Change]]
    keys: int = 1
    batch: bool = False
    alone: bool = False
    """Whether its rows come from a single subtask, whatever the parallelism."""


def value_of(event: Event) -> int | None:
    return None if event.number % 5 == 0 else event.number * 7 % 23 - 9


def totals(events: list[Event]) -> Change:
    """COUNT(*), COUNT, SUM, MIN, MAX, AVG of the values."""
    values = [value for value in map(value_of, events) if value is not None]
    if not values:
        return len(events), 0, None, None, None, None
    average = abs(sum(values)) // len(values) * (1 if sum(values) >= 0 else -1)
    return len(events), len(values), sum(values), min(values), max(values), average


def by_key(events: list[Event]) -> dict[str, list[Event]]:
    groups = defaultdict(list)
    for event in events:
        groups[event.key].append(event)
    return groups


AGGREGATES = (
    f"COUNT(*) AS c, COUNT({VALUE}) AS n, SUM({VALUE}) AS s, MIN({VALUE}) AS mn, MAX({VALUE}) AS mx, AVG({VALUE}) AS a"
)

QUERIES = {
    "grouped": Query(
        f"SELECT `key`, {AGGREGATES} FROM events GROUP BY `key`",
        lambda events: [(key, *totals(group)) for key, group in by_key(events).items()],
    ),
    "filtered": Query(
        f"SELECT `key`, {AGGREGATES} FROM events WHERE number % 3 <> 1 AND `key` <> 'k2' "
        "GROUP BY `key` HAVING COUNT(*) % 4 > 0 AND MAX(number) > 20",
        lambda events: [
            (key, *totals(group))
            for key, group in by_key([e for e in events if e.number % 3 != 1 and e.key != "k2"]).items()
            if len(group) % 4 > 0 and group[-1].number > 20
        ],
    ),
    "all": Query(
        f"SELECT {AGGREGATES} FROM events WHERE number >= 10", lambda events: [totals(events[10:])], keys=0, alone=True
    ),
    "united": Query(
        "SELECT `key`, m, COUNT(*) AS c, SUM(w) AS s FROM (SELECT `key`, number % 2 AS m, 1 AS w FROM events "
        "WHERE number % 7 > 2 UNION ALL SELECT `key`, number % 3, 100 FROM events) GROUP BY `key`, m",
        lambda events: [
            (key, m, len(weights), sum(weights)) for (key, m), weights in _united(events).items()
        ],
        keys=2,
    ),
    "distinct": Query(
        "SELECT DISTINCT `key`, number % 4 AS m FROM events",
        lambda events: list({(event.key, event.number % 4) for event in events}),
        keys=2,
    ),
    "plain": Query(
        f"SELECT number, `key` || '!' AS k, {VALUE} AS v FROM events WHERE number % 2 = 0",
        lambda events: [(e.number, f"{e.key}!", value_of(e)) for e in events if e.number % 2 == 0],
    ),
    "batch": Query(
        f"SELECT `key`, {AGGREGATES} FROM events GROUP BY `key`",
        lambda events: [(key, *totals(group)) for key, group in by_key(events).items()],
        batch=True,
    ),
    "batch of nothing": Query(
        f"SELECT {AGGREGATES} FROM events WHERE number < 0", lambda events: [totals([])], 0, batch=True, alone=True
    ),
}  # fmt: skip


def _united(events: list[Event]) -> dict[tuple[str, int], list[int]]:
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for event in events:
        if event.number % 7 > 2:
            groups[event.key, event.number % 2].append(1)
        groups[event.key, event.number % 3].append(100)
    return groups


SCHEMA = Schema.new_builder().column("number", "BIGINT").column("key", "STRING").build()


class Job:
    """A query over a scenario's events; remembers the world that it writes into."""

    def __init__(self, scenario: Scenario, query: Query) -> None:
        random = Random(scenario.seed * 31 + 5)
        self._query = query
        self._events = scenario.events
        self._arrow = random.random() < 0.4
        self._mini_batch = random.random() < 0.5
        self._settings = {
            "table.exec.mini-batch.enabled": str(self._mini_batch).lower(),
            "table.exec.mini-batch.size": str(random.choice([1, 5, 20, 1000])),
            "table.exec.mini-batch.allow-latency": f"{random.choice([0, 3, 30])} ms",
        }
        self._cuts = sorted(random.sample(range(len(scenario.events)), 5))
        self.world: World | None = None

    @property
    def kind(self) -> tuple[bool, bool]:
        """Whether it reads Arrow batches, and whether it gathers changes."""
        return self._arrow, self._mini_batch

    def __call__(self, events: DataStream[Event], world: World) -> None:
        """Build the job."""
        self.world = world
        env = events.get_execution_environment()
        t_env = self._tables(env)
        if self._arrow:
            env.close()  # the stream of events is not wanted
            t_env.create_temporary_view("events", t_env.from_arrow(self._batches()))
        else:
            t_env.create_temporary_view("events", events, SCHEMA)
        table = t_env.sql_query(self._query.text)
        rows = t_env.to_data_stream(table) if self._query.batch else t_env.to_changelog_stream(table)
        changes = rows.map(_change)
        sink = changes.sink_to(WorldSink(world))
        if self._query.alone:
            changes.set_parallelism(1)
            sink.set_parallelism(1)

    def _tables(self, env: StreamExecutionEnvironment) -> StreamTableEnvironment:
        for key, value in self._settings.items():
            env.get_configuration().set_string(key, value)
        mode = EnvironmentSettings.in_batch_mode if self._query.batch else EnvironmentSettings.in_streaming_mode
        return StreamTableEnvironment.create(env, mode())

    def _batches(self) -> pa.Table:
        numbers = pa.array([event.number for event in self._events], pa.int64())
        whole = pa.table({"number": numbers, "key": [event.key for event in self._events]})
        bounds = [0, *self._cuts, len(self._events)]
        parts = [whole.slice(start, stop - start) for start, stop in pairwise(bounds)]
        return pa.concat_tables(parts)

    def changes(self) -> list[Change]:
        """What was committed, each key's changes in their order."""
        assert self.world is not None
        committed = sorted(self.world.committed.items(), key=lambda entry: int(entry[0].removeprefix("txn-")))
        return [change for _, changes in committed for change in changes]


def _change(row: Row) -> Change:
    return (str(row.get_row_kind()), *row)


def run(scenario: Scenario, query: Query) -> tuple[Job, Outcome]:
    job = Job(scenario, query)
    return job, simulate(scenario, job)


def check(scenario: Scenario, query: Query, job: Job) -> None:
    """The changelog is well formed per key and means what the query means."""
    changes = job.changes()
    by_row: dict[Change, list[Change]] = defaultdict(list)
    for change in changes:
        by_row[change[1 : 1 + query.keys]].append(change)
    left = [row for key_changes in by_row.values() for row in _fold(key_changes)]
    assert sorted(left, key=repr) == sorted(query.meaning(scenario.events), key=repr)
    if query.batch:
        assert len(changes) == len(left), "in batch mode each row comes once"
    elif not job.kind[1] and query in (QUERIES["grouped"], QUERIES["all"]):
        for key_changes in by_row.values():
            counts = [change[1 + query.keys] for change in key_changes if change[0] != "-U"]
            assert counts == list(range(1, len(counts) + 1)), "every row of a group is answered, once"


def _fold(changes: list[Change]) -> Iterator[Change]:
    """What is left of one key's changes; each must fit the one before it."""
    present: Change | None = None
    known = False
    for kind, *values in changes:
        row = tuple(values)
        if kind in ("-U", "-D"):
            assert present == row, f"{kind}{row} takes back what is not there: {present}"
            present = None
        else:
            assert present is None, f"{kind}{row} on top of {present}"
            assert (kind == "+U") is known or kind == "+U", f"{kind}{row} for a key that has been there"
            present = row
        known = True
    if present is not None:
        yield present


@pytest.mark.parametrize("name", QUERIES)
def test_crashes_change_nothing(name: str) -> None:
    query = QUERIES[name]
    crashes = restores = 0
    kinds = set()
    for seed in range(SEEDS):
        scenario = Scenario.from_seed(seed + 3000)
        job, outcome = run(scenario, query)
        check(scenario, query, job)
        crashes += outcome.crashes
        restores += len(outcome.restored)
        kinds.add(job.kind)
    assert crashes >= SEEDS
    assert restores >= SEEDS // 2
    assert len(kinds) == 4


def _found_within(seeds: int, query: Query) -> int | None:
    """The first seed whose run goes wrong."""
    for seed in range(seeds):
        scenario = Scenario.from_seed(seed + 3000)
        try:
            job, _ = run(scenario, query)
            check(scenario, query, job)
        except (AssertionError, LevadaError):
            return seed
    return None


def test_groups_left_out_of_the_snapshot_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GroupAggregateOperator, "snapshot", lambda self, checkpoint_id: {})
    assert _found_within(SEEDS, QUERIES["grouped"]) is not None


class _Held:
    """An output that keeps batches back."""

    def __init__(self) -> None:
        self.batches: list[Any] = []

    def collect(self, batch: Any) -> None:
        self.batches.append(batch)


def test_a_bundle_that_is_emitted_behind_the_barrier_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, end = MiniBatchAggregateOperator.snapshot, MiniBatchAggregateOperator.end_input
    take = MiniBatchAggregateOperator.process_batch

    def snapshot(self: Any, checkpoint_id: int) -> Any:
        output, self.output = self.output, _Held()
        parts = whole(self, checkpoint_id)
        self.late = [*getattr(self, "late", []), *self.output.batches]
        self.output = output
        return parts

    def first_the_late(method: Any) -> Any:
        def emitting(self: Any, *arguments: Any) -> None:
            for batch in self.__dict__.pop("late", []):
                self.output.collect(batch)
            method(self, *arguments)

        return emitting

    monkeypatch.setattr(MiniBatchAggregateOperator, "process_batch", first_the_late(take))
    monkeypatch.setattr(MiniBatchAggregateOperator, "end_input", first_the_late(end))
    monkeypatch.setattr(MiniBatchAggregateOperator, "snapshot", snapshot)
    # Late, but whole: without crashes nobody notices.
    gathered = 0
    for seed in range(3000, 3010):
        calm = replace(Scenario.from_seed(seed), crash=0.0)
        job, _ = run(calm, QUERIES["grouped"])
        check(calm, QUERIES["grouped"], job)
        gathered += job.kind[1]
    assert gathered >= 3
    assert _found_within(SEEDS, QUERIES["grouped"]) is not None


def test_accumulators_that_are_restored_to_other_groups_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from levada.state.columnar import AggregateTable

    slots = AggregateTable.slots

    def shifted(self: AggregateTable, keys: Any, length: int) -> Any:
        found = slots(self, keys, length)
        return pa.array(found.to_pylist()[::-1], pa.int32()) if self.__dict__.get("restoring") else found

    def restore(self: AggregateTable, batches: Any) -> None:
        self.__dict__["restoring"] = True
        try:
            whole(self, batches)
        finally:
            del self.__dict__["restoring"]

    whole = AggregateTable.restore
    monkeypatch.setattr(AggregateTable, "slots", shifted)
    monkeypatch.setattr(AggregateTable, "restore", restore)
    assert _found_within(SEEDS, QUERIES["grouped"]) is not None


def test_an_answer_that_is_given_again_after_a_restore_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_answered(self: FinalAggregateOperator, checkpoint_id: int) -> Any:
        return GroupAggregateOperator.snapshot(self, checkpoint_id)

    monkeypatch.setattr(FinalAggregateOperator, "snapshot", without_answered)
    assert _found_within(400, QUERIES["batch of nothing"]) is not None
