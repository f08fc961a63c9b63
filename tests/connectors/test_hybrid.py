"""Sources one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from levada.common import WatermarkStrategy
from levada.common.errors import JobBuildError
from levada.connectors.base import Boundedness, Sink, Source
from levada.connectors.collection import CollectionSource
from levada.connectors.datagen import DataGeneratorSource
from levada.connectors.iterator import IteratorSource
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.connectors.hybrid_source import HybridSource
from levada.testing import assert_survives

from .compliance import check_source


def live() -> Iterator[int]:
    yield from range(200, 260)


def hybrid() -> HybridSource:
    first = CollectionSource(list(range(100)))
    second = CollectionSource(list(range(100, 200)))
    return HybridSource.builder(first).add_source(second).add_source(IteratorSource(live)).build()


@pytest.mark.parametrize("seed", range(20))
def test_it_is_a_source_like_any_other(seed: int) -> None:
    check_source(hybrid(), list(range(260)), seed)


@pytest.mark.parametrize("parallelism", [1, 3])
def test_history_comes_before_what_is_live(parallelism: int) -> None:
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(parallelism)
    stream = env.from_source(hybrid(), WatermarkStrategy.no_watermarks(), "all")
    with stream.execute_and_collect() as records:
        found = list(records)
    assert sorted(found) == list(range(260))
    assert [number // 100 for number in found] == sorted(number // 100 for number in found)


@pytest.mark.parametrize("parallelism", [1, 3])
def test_crashes_change_nothing(parallelism: int) -> None:
    def job(env: StreamExecutionEnvironment, source: Source, sink: Sink) -> None:
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda value, _: value)
        env.from_source(hybrid(), strategy, "all").sink_to(sink)

    survived = assert_survives(job, [], range(10), parallelism=parallelism)
    assert survived.results == 260
    assert survived.crashes >= 10
    assert survived.restores >= 5


def test_only_the_last_may_be_endless() -> None:
    endless = IteratorSource(live, bounded=False)
    both = HybridSource.builder(CollectionSource([1])).add_source(endless).build()
    assert both.boundedness is Boundedness.CONTINUOUS_UNBOUNDED
    with pytest.raises(JobBuildError, match=r"source 1 of 2 .*never ends"):
        HybridSource.builder(endless).add_source(CollectionSource([1])).build()
    with pytest.raises(JobBuildError, match="not a source"):
        HybridSource.builder([1])  # type: ignore[arg-type]


def test_it_goes_on_with_an_endless_one() -> None:
    generated = DataGeneratorSource(lambda number: 1000 + number, 2**62)
    source = HybridSource.builder(CollectionSource([1, 2])).add_source(generated).build()
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "all")
    assert stream.execute_and_collect(limit=5) == [1, 2, 1000, 1001, 1002]
