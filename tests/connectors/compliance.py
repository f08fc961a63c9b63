"""What every source and every transactional sink must do, whatever it reads or writes.

A source is given by a factory; ``check_source`` reads it whole, then again with a crash at a random moment and another
parallelism after it. A sink is given by a factory and a function that reads what is visible.
"""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from typing import Any

from levada.common.batch import Batch
from levada.connectors.base import Sink, Source

from .harness import SourceRun, open_writer, rows_of


def check_source(source: Source, expected: list[Any], seed: int, ordered: bool = True) -> None:
    """Every row once: in one go, and across a crash, at any parallelism and with any sizes of polls."""
    rng = random.Random(seed)
    parallelism = rng.randint(1, 3)
    run = SourceRun(source, parallelism)
    whole = run.rows(rng.choice([1, 7, 1000]))
    run.close()
    _same(whole, expected, ordered and parallelism == 1)

    run = SourceRun(source, parallelism)
    before: list[Any] = []
    batches = run.batches(rng.choice([1, 3, 10, 1000]))
    for _ in range(rng.randint(0, 30)):
        batch = next(batches, None)
        if batch is None:
            break
        before += rows_of(batch)
    snapshot = run.snapshot()
    reported = {tag: list(values) for tag, values in run.side.items()}
    counted = dict(run.counters)
    # What is read after the snapshot is lost in the crash, and must come again.
    next(batches, None)
    run.close()

    after_parallelism = rng.choice([parallelism, rng.randint(1, 3)])
    again = SourceRun(source, after_parallelism, snapshot)
    _same(
        before + again.rows(rng.choice([1, 5, 1000])),
        expected,
        ordered and parallelism == after_parallelism == 1,
    )
    again.close()
    straight = SourceRun(source, 1)
    straight.rows()
    straight.close()
    for tag, values in straight.side.items():
        assert sorted(reported.get(tag, []) + again.side.get(tag, [])) == sorted(values), "side output, each once"
    for name, count in straight.counters.items():
        assert counted.get(name, 0) + again.counters[name] == count, f"counter {name}"


def check_sink(
    make: Callable[[], Sink],
    batches: list[Batch],
    visible: Callable[[], list[Any]],
    expected: list[Any],
    seed: int,
    abandon: Callable[[Any], None],
) -> None:
    """Every row once after commits, crashes before and after them, repeated commits and restores.

    ``abandon(writer)`` does to a writer what the end of its process would.
    """
    rng = random.Random(seed)
    sink = make()
    assert sink.transactional
    committer = sink.create_committer()
    assert committer is not None
    done = 0
    attempt = 0
    checkpoint = 0
    state: list[Any] = []
    durable: tuple[int, list[Any], bytes] = (0, [], pickle.dumps([]))
    writer = open_writer(sink)
    while done < len(batches):
        for _ in range(rng.randint(1, 3)):
            if done < len(batches):
                writer.write(batches[done])
                done += 1
        if rng.random() < 0.3:
            abandon(writer)
            done, attempt, writer = _crash(sink, committer, durable, attempt)
            continue
        checkpoint += 1
        writer.flush(False)
        committables = writer.prepare_commit(checkpoint)
        state = writer.snapshot_state(checkpoint)
        if rng.random() < 0.2:
            abandon(writer)
            done, attempt, writer = _crash(sink, committer, durable, attempt)
            continue
        durable = (done, state, pickle.dumps(committables))
        before_commit = rng.random() < 0.3
        if not before_commit:
            committer.commit(pickle.loads(durable[2]))
        if before_commit or rng.random() < 0.3:
            abandon(writer)
            done, attempt, writer = _crash(sink, committer, durable, attempt)
    writer.flush(True)
    last = writer.prepare_commit(checkpoint + 1)
    committer.commit(last)
    committer.commit(last)
    writer.close()
    committer.close()
    _same(visible(), expected, ordered=False)


def _crash(sink: Sink, committer: Any, durable: tuple[int, list[Any], bytes], attempt: int) -> tuple[int, int, Any]:
    done, state, committables = durable
    committer.commit(pickle.loads(committables))
    restored = pickle.loads(pickle.dumps(state))
    return done, attempt + 1, open_writer(sink, attempt=attempt + 1, restored=restored)


def _same(got: list[Any], expected: list[Any], ordered: bool) -> None:
    if ordered:
        assert got == expected
    else:
        assert sorted(map(repr, got)) == sorted(map(repr, expected))
