"""``DataStream.cache``: the first job that reads the stream keeps its records for later ones."""

from __future__ import annotations

from typing import Any

import pytest

from levada.common.errors import JobBuildError
from levada.datastream import CachedDataStream, DataStream, StreamExecutionEnvironment
from levada.datastream.connectors.number_seq import NumberSequenceSource

CALLS: list[int] = []


def tripled(n: int) -> int:
    CALLS.append(n)
    return 3 * n


def cached(checkpoints: bool = False) -> tuple[StreamExecutionEnvironment, CachedDataStream[int]]:
    CALLS.clear()
    env = StreamExecutionEnvironment.get_execution_environment()
    if checkpoints:
        env.enable_checkpointing(1000)
    return env, env.from_collection([1, 2, 3]).map(tripled).cache()


def records(stream: DataStream[Any]) -> list[Any]:
    with stream.execute_and_collect() as found:
        return list(found)


@pytest.mark.parametrize("checkpoints", [False, True])
def test_later_jobs_do_not_compute_again(checkpoints: bool) -> None:
    _, stream = cached(checkpoints)
    before = stream.map(lambda n: n + 1)
    assert not stream.is_kept
    assert records(before) == [4, 7, 10]
    assert stream.is_kept
    assert records(before) == [4, 7, 10]
    assert records(stream.key_by(lambda n: n % 2).map(lambda n: -n)) == [-3, -6, -9]
    assert records(stream) == [3, 6, 9]
    assert CALLS == [1, 2, 3]


def test_a_cache_on_a_cache_and_other_streams_beside_it() -> None:
    env, stream = cached()
    other = stream.filter(lambda n: n > 3).cache()
    assert sorted(records(other.union(env.from_collection([0])))) == [0, 6, 9]
    assert CALLS == [1, 2, 3]


def test_what_is_invalidated_is_computed_again() -> None:
    _, stream = cached()
    assert records(stream) == [3, 6, 9]
    stream.invalidate()
    assert not stream.is_kept
    assert records(stream) == [3, 6, 9]
    assert records(stream) == [3, 6, 9]
    assert CALLS == [1, 2, 3] * 2


def test_a_job_that_does_not_finish_keeps_nothing() -> None:
    _, stream = cached()

    def fail(_: int) -> int:
        raise ValueError("no")

    with pytest.raises(Exception, match="no"):
        records(stream.map(fail))
    assert not stream.is_kept


def test_a_stream_without_an_end_has_no_result_to_keep() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()

    def forever() -> Any:
        yield 1

    from levada.common import WatermarkStrategy
    from levada.connectors.iterator import IteratorSource

    stream = env.from_source(IteratorSource(forever, bounded=False), WatermarkStrategy.no_watermarks(), "forever")
    with pytest.raises(JobBuildError, match="'forever' never ends"):
        stream.cache()
    assert NumberSequenceSource(1, 2).boundedness.name == "BOUNDED"


def test_a_job_that_cannot_be_built_leaves_nothing_behind() -> None:
    env, stream = cached()
    found: list[int] = []
    stream.add_sink(found.append)
    env.get_config().disable_auto_generated_uids()
    with pytest.raises(JobBuildError, match="have no uid"):
        env.execute()
    env.get_config().enable_auto_generated_uids()
    env.execute()
    assert found == [3, 6, 9]
    assert stream.is_kept


def test_a_cache_of_several_subtasks_behind_keys() -> None:
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(2)
    CALLS.clear()
    stream = env.from_collection(list(range(20))).rebalance().map(tripled).key_by(lambda n: n % 5).cache()
    for _ in range(2):
        assert sorted(records(stream.map(lambda n: n // 3))) == list(range(20))
    assert sorted(CALLS) == list(range(20))
    stream.invalidate()
    stream.add_sink(lambda _: None)
    env.execute_async().get_job_execution_result().result(10)
    assert stream.is_kept
    assert len(CALLS) == 40
