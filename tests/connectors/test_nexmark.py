"""Nexmark events: the benchmark's proportions and distributions, the same for every seed, from any number."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import compute as pc

from levada.common.errors import JobBuildError
from levada.connectors.base import Boundedness
from levada.connectors.nexmark import (
    NexmarkConfig,
    NexmarkSource,
    auction_schema,
    auctions,
    bid_schema,
    bids,
    event_schema,
    events,
    person_schema,
    persons,
)

from .compliance import check_source
from .harness import SourceRun, read

MANY = NexmarkConfig(events_num=100_000)


def table(source: NexmarkSource) -> pa.RecordBatch:
    count = source.config.count(source.kind)
    return source.producer()(range(count)).data


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_events_comply(seed):
    config = NexmarkConfig(events_num=110, max_out_of_orderness=timedelta(milliseconds=3))
    check_source(events(config), table(events(config)).to_pylist(), seed)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_bids_comply(seed):
    source = bids(NexmarkConfig(events_num=120))
    check_source(source, table(source).to_pylist(), seed)


@pytest.mark.parametrize("events_num", [0, 1, 2, 4, 5, 49, 50, 51, 1234])
def test_the_kinds_are_shares_of_one_stream(events_num):
    config = NexmarkConfig(events_num=events_num)
    rows = read(events(config))
    assert len(rows) == events_num
    for number, kind, source in ((0, "person", persons), (1, "auction", auctions), (2, "bid", bids)):
        of_kind = [row[kind] for row in rows if row["event_type"] == number]
        assert all(row[kind] is None for row in rows if row["event_type"] != number)
        assert read(source(config)) == of_kind


def test_proportions_and_schemas():
    data = table(events(MANY))
    data.validate(full=True)
    assert Counter(data["event_type"].to_pylist()) == {0: 2_000, 1: 6_000, 2: 92_000}
    assert data.schema.equals(event_schema())
    for source, schema in ((persons, person_schema()), (auctions, auction_schema()), (bids, bid_schema())):
        part = table(source(MANY))
        part.validate(full=True)
        assert part.schema.equals(schema)


def test_ids_count_up_and_refer_to_what_exists():
    people, items, offers = table(persons(MANY)), table(auctions(MANY)), table(bids(MANY))
    assert people["id"].to_pylist() == list(range(1000, 3000))
    assert items["id"].to_pylist() == list(range(1000, 7000))
    assert pc.min_max(items["seller"]).as_py()["min"] >= 1000
    assert pc.max(items["seller"]).as_py() < 3010, "up to ten people ahead"
    assert pc.min(offers["auction"]).as_py() >= 1000
    assert pc.max(offers["auction"]).as_py() < 7010
    assert set(items["category"].to_pylist()) == set(range(10, 15))


def test_hot_keys():
    offers, items = table(bids(MANY)), table(auctions(MANY))
    share_of_hot = np.mean(offers["auction"].to_numpy() % 100 == 0)
    assert 0.49 < share_of_hot < 0.52, "half of the bids, and now and then a cold one"
    assert 0.74 < np.mean(offers["bidder"].to_numpy() % 100 == 1) < 0.77
    assert 0.73 < np.mean(items["seller"].to_numpy() % 100 == 0) < 0.78
    channels = Counter(offers["channel"].to_pylist())
    assert {name for name, _ in channels.most_common(4)} == {"Google", "Facebook", "Baidu", "Apple"}
    assert 0.49 < sum(count for _, count in channels.most_common(4)) / 92_000 < 0.51


def test_prices_are_even_over_their_logarithm():
    logs = np.log10(table(bids(MANY))["price"].to_numpy() / 100)
    counts, _ = np.histogram(logs, bins=6, range=(0, 6))
    assert counts.sum() == 92_000
    assert all(14_800 < count < 15_900 for count in counts)


def test_sizes_are_padded_to_their_average():
    extra = pc.binary_length(table(bids(MANY))["extra"])
    assert 66 < pc.mean(extra).as_py() < 70
    assert pc.min_max(extra).as_py() == {"min": 54, "max": 81}
    assert 387 < pc.mean(pc.binary_length(table(auctions(MANY))["extra"])).as_py() < 396


def test_event_time_runs_at_its_rate():
    times = table(bids(NexmarkConfig(events_num=20_000, events_per_second=1000)))["dateTime"].cast(pa.int64())
    assert times[0].as_py() == 1_436_918_400_000 + 4
    assert times[-1].as_py() == 1_436_918_400_000 + 19_999
    assert (np.diff(times.to_numpy()) >= 0).all()


@pytest.mark.parametrize("source", [bids, events])
def test_disorder_stays_below_its_bound(source):
    bound = 300
    config = NexmarkConfig(events_num=50_000, max_out_of_orderness=timedelta(milliseconds=bound))
    data = table(source(config))
    if source is events:
        number = [row[("person", "auction", "bid")[row["event_type"]]]["dateTime"] for row in data.to_pylist()]
        times = pa.array(number, pa.timestamp("ms")).cast(pa.int64()).to_numpy()
    else:
        times = data["dateTime"].cast(pa.int64()).to_numpy()
    lag = np.maximum.accumulate(times) - times
    assert 0.9 * bound < lag.max() < bound
    straight = table(source(NexmarkConfig(events_num=50_000)))
    assert sorted(map(repr, data.to_pylist())) == sorted(map(repr, straight.to_pylist())), "the same events"


def test_seeds():
    columns = ("auction", "bidder", "price")
    first, again, other = (
        table(bids(NexmarkConfig(events_num=1000, seed=seed), columns)).to_pylist() for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_columns_can_be_chosen():
    source = bids(MANY, columns=("price", "auction"))
    assert source.schema.names == ["price", "auction"]
    assert table(source).equals(table(bids(MANY)).select(["price", "auction"]))


def test_pace():
    run = SourceRun(bids(NexmarkConfig(events_num=20_000, paced=True)), parallelism=2)
    started = run.clock.now_ms()
    sizes = [len(batch) for batch in run.batches(8192)]
    assert sum(sizes) == 18_400
    assert 1980 < run.clock.now_ms() - started < 2020
    assert max(sizes) < 10


def test_without_a_number_there_is_no_end():
    assert bids().boundedness is Boundedness.CONTINUOUS_UNBOUNDED
    assert bids(MANY).boundedness is Boundedness.BOUNDED
    far = 2**62 // 60
    assert len(bids().producer()(range(far, far + 10))) == 10


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: NexmarkConfig(events_num=-1), "events_num=-1"),
        (lambda: NexmarkConfig(events_per_second=0), "events_per_second=0"),
        (lambda: NexmarkConfig(max_out_of_orderness=5), "is not a length of time"),
        (lambda: NexmarkConfig(max_out_of_orderness=timedelta(-1)), "must not be negative"),
        (lambda: NexmarkSource("sale"), "none of bid, auction, person and event"),
        (lambda: bids(columns=("cost",)), "a bid has the columns auction, bidder, price"),
        (lambda: bids(columns=()), "a bid has the columns"),
    ],
)
def test_wrong_arguments_are_refused_when_built(build, message):
    with pytest.raises(JobBuildError, match=message):
        build()
