"""Sources that make or hold their records in memory."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.common.errors import JobBuildError
from levada.connectors.arrow import arrow_source
from levada.connectors.base import Boundedness
from levada.connectors.collection import collection_source
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.connectors.number_seq import NumberSequenceSource
from levada.connectors.rate import RateLimitedSource

from .compliance import check_source
from .harness import SourceRun, read


def square(index):
    return index * index


def draw(index, random):
    return index, random.randint(0, 99), round(random.gauss(0, 1), 3), random.choice("abc")


@given(st.integers(0, 10**6))
def test_collection_complies(seed):
    values = [f"v{i}" for i in range(57)]
    check_source(collection_source(values), values, seed)


@given(st.integers(0, 10**6))
def test_arrow_complies(seed):
    table = pa.table({"x": list(range(40))})
    batches = table.to_batches(max_chunksize=9)
    expected = [{"x": i} for i in range(40)] * 2
    check_source(arrow_source(batches, loops=2), expected, seed)


@given(st.integers(0, 10**6))
def test_number_sequence_complies(seed):
    check_source(NumberSequenceSource(3, 60), list(range(3, 61)), seed)


@given(st.integers(0, 10**6))
def test_seeded_generator_complies(seed):
    source = DataGeneratorSource(draw, 50, seed=7)
    check_source(source, read(source), seed)


@given(st.integers(0, 10**6))
def test_rate_limited_source_complies(seed):
    values = list(range(60))
    check_source(RateLimitedSource(collection_source(values), 5000.0), values, seed)


def test_empty_sources_end_at_once():
    assert read(collection_source([])) == []
    assert read(arrow_source(pa.table({"x": pa.array([], pa.int64())}))) == []
    assert read(DataGeneratorSource(square, 0), parallelism=3) == []


def test_generator_takes_an_object_with_map():
    class Twice:
        def map(self, value):
            return 2 * value

    source = DataGeneratorSource(Twice(), 4)
    assert source.producer()(range(4)).values == [0, 2, 4, 6]


def test_two_seeds_give_different_records():
    assert read(DataGeneratorSource(draw, 20, seed=1)) != read(DataGeneratorSource(draw, 20, seed=2))


def test_seeded_numbers_are_spread_evenly():
    rows = read(DataGeneratorSource(draw, 5000, seed=3), max_rows=5000)
    counts = [sum(1 for row in rows if row[3] == letter) for letter in "abc"]
    assert all(1500 < count < 1850 for count in counts)
    assert 45 < sum(row[1] for row in rows) / 5000 < 54


def test_generator_without_count_is_unbounded():
    source = DataGeneratorSource(square)
    assert source.boundedness is Boundedness.CONTINUOUS_UNBOUNDED
    run = SourceRun(source)
    assert next(run.batches(5)).values == [0, 1, 4, 9, 16]


def test_rate_is_kept_smoothly():
    run = SourceRun(DataGeneratorSource(square, 20_000, RateLimiterStrategy.per_second(10_000)))
    started = run.clock.now_ms()
    sizes = [len(batch) for batch in run.batches(8192)]
    assert sum(sizes) == 20_000
    assert 1990 <= run.clock.now_ms() - started <= 2010
    assert max(sizes) <= 12, "what is due each millisecond, not bursts"


def test_rate_catches_up_at_most_one_second():
    run = SourceRun(DataGeneratorSource(square, None, RateLimiterStrategy.per_second(1000)))
    next(run.batches(8192))
    run.advance(60_000)
    assert len(next(run.batches(8192))) <= 1001


def test_rate_is_shared_among_readers():
    run = SourceRun(RateLimitedSource(NumberSequenceSource(1, 3000), 1000.0), parallelism=3)
    started = run.clock.now_ms()
    assert len(run.rows(8192)) == 3000
    assert 2950 <= run.clock.now_ms() - started <= 3050


def test_rate_per_checkpoint():
    run = SourceRun(DataGeneratorSource(square, 25, RateLimiterStrategy.per_checkpoint(10)))
    assert len(run.rows(4, stop_when_idle=True)) == 10
    run.readers[0].notify_checkpoint_complete(1)
    assert len(run.rows(4, stop_when_idle=True)) == 10
    run.readers[0].notify_checkpoint_complete(2)
    assert len(run.rows(4, stop_when_idle=True)) == 5


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: collection_source(5), "is not iterable; pass a list"),
        (lambda: arrow_source(5), "__arrow_c_stream__"),
        (lambda: arrow_source(pa.table({"x": [1]}), loops=0), "loops=0"),
        (lambda: NumberSequenceSource(5, 1), "'start' must not be larger"),
        (lambda: DataGeneratorSource(5, 1), "makes a record from its index"),
        (lambda: DataGeneratorSource(square, -1), "count=-1"),
        (lambda: RateLimiterStrategy.per_second(0), "above zero"),
        (lambda: RateLimitedSource(NumberSequenceSource(1, 2), 0), "above zero"),
    ],
)
def test_wrong_arguments_are_refused_when_built(build, message):
    with pytest.raises(JobBuildError, match=message):
        build()
