"""The examples: each runs as a script, and gives what plain Python makes of the same events."""

from __future__ import annotations

import importlib.util
import re
import runpy
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from tests.docs.markdown import links

from levada.common import WatermarkStrategy
from levada.connectors.datagen import IndexedRandom
from levada.datastream import DataStream, StreamExecutionEnvironment

EXAMPLES = Path(__file__).parents[2] / "examples"
MINUTE, HOUR = 60_000, 3_600_000


@pytest.fixture
def load() -> Iterator[Any]:
    """Import an example by its name."""
    loaded = []

    def of_name(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        loaded.append(name)
        spec.loader.exec_module(module)
        return module

    yield of_name
    for name in loaded:
        del sys.modules[name]


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    environment = StreamExecutionEnvironment.get_execution_environment()
    environment.get_configuration().set_string("levada.state.detect-mutations", "true")
    return environment


def generated(generator: Any, count: int, seed: int) -> list[Any]:
    """The records that ``DataGeneratorSource(generator, count, seed=seed)`` gives."""
    random, records = IndexedRandom(seed), []
    for number in range(count):
        random.move_to(number)
        records.append(generator(number, random))
    return records


def printed(name: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines an example prints when it is run as a script."""
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out.splitlines()


def collected(stream: DataStream[Any]) -> list[Any]:
    with stream.execute_and_collect() as records:
        return list(records)


def timed(env: StreamExecutionEnvironment, events: list[Any], disorder_ms: int) -> DataStream[Any]:
    """A stream of events with a field ``time``."""
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(milliseconds=disorder_ms))
    return env.from_collection(events).assign_timestamps_and_watermarks(
        strategy.with_timestamp_assigner(lambda event, _: event.time)
    )


def test_word_count(load: Any, capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(load("word_count").TEXT).lower()
    lines = printed("word_count", capsys)
    counts: Counter[str] = Counter()
    expected = []
    for word in re.findall("[a-z]+", text):
        counts[word] += 1
        expected.append(str((word, counts[word])))
    assert lines == expected
    assert "('and', 3)" in lines


def test_fraud_detection(load: Any, env: StreamExecutionEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("fraud_detection")
    transactions = generated(example.transaction, example.COUNT, 7)
    expected, probes = [], {}
    for each in transactions:
        probe = probes.pop(each.account, None)
        if probe is not None and each.cents > example.LARGE and each.time - probe.time < MINUTE:
            expected.append(example.Alert(each.account, each.time, probe.cents, each.cents))
        if each.cents <= example.SMALL:
            probes[each.account] = each
    assert collected(example.alerts(timed(env, transactions, 0))) == expected
    assert printed("fraud_detection", capsys) == [str(alert) for alert in expected]
    assert len(expected) > 20


def test_sensor_alerts(load: Any, env: StreamExecutionEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("sensor_alerts")
    readings = generated(example.reading, example.COUNT, 1)
    windows = defaultdict(list)
    for each in readings:
        last = each.time // 10_000 * 10_000
        for start in range(last, last - MINUTE, -10_000):
            windows[each.sensor, start + MINUTE].append(each.celsius)
    means = {window: sum(degrees) / len(degrees) for window, degrees in windows.items()}
    expected = {window: mean for window, mean in means.items() if mean > example.LIMIT}
    found = {(hot.sensor, hot.until): hot.mean for hot in collected(example.too_hot(timed(env, readings, 1000)))}
    assert found == pytest.approx(expected)
    assert len(printed("sensor_alerts", capsys)) == len(expected) > 5


def test_shop_sessions(load: Any, env: StreamExecutionEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("shop_sessions")
    clicks = generated(example.click, example.COUNT, 3)
    by_visitor = defaultdict(list)
    for each in sorted(clicks, key=lambda click: click.time):
        by_visitor[each.visitor].append(each)
    expected = []
    for visitor, own in by_visitor.items():
        visit = [own[0]]
        for each in [*own[1:], None]:
            if each is not None and each.time - visit[-1].time <= 30 * MINUTE:
                visit.append(each)
                continue
            minutes = (visit[-1].time - visit[0].time) // MINUTE
            cents = sum(click.cents for click in visit)
            expected.append(example.Visit(visitor, visit[0].time, minutes, len(visit), cents))
            visit = [each]
    found = collected(example.visits(timed(env, clicks, 120_000)))
    assert sorted(map(str, found)) == sorted(map(str, expected))
    large = [visit for visit in expected if visit.cents > 150_00]
    assert sorted(printed("shop_sessions", capsys)) == sorted(map(str, large))
    assert len(large) >= 3


def test_deduplication(load: Any, env: StreamExecutionEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("deduplication")
    orders = generated(example.order, example.COUNT, 5)
    first = list({order.id: order for order in orders}.values())
    assert sorted(collected(example.first_of_each(timed(env, orders, MINUTE))), key=lambda order: order.id) == sorted(
        first, key=lambda order: order.id
    )
    duplicates = len(orders) - len(first)
    assert printed("deduplication", capsys) == [f"20,000 deliveries: {len(first):,} orders, {duplicates:,} duplicates"]
    assert duplicates > 1000


def test_an_id_is_forgotten_after_an_hour(load: Any, env: StreamExecutionEnvironment) -> None:
    example = load("deduplication")
    env.get_configuration().set_string("levada.watermark.every-records", "1")
    orders = [example.Order(id, time) for id, time in [(1, 0), (1, HOUR - 1), (2, HOUR + 1), (1, HOUR + 2)]]
    assert [order.time for order in collected(example.first_of_each(timed(env, orders, 0)))] == [0, HOUR + 1, HOUR + 2]


def test_top_products(load: Any, env: StreamExecutionEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("top_products")
    sales = generated(example.sale, example.COUNT, 11)
    hours: dict[int, Counter[str]] = defaultdict(Counter)
    for each in sales:
        hours[each.time // HOUR * HOUR][each.product] += 1
    expected = [
        example.Ranking(hour, sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))[:3])
        for hour, counts in sorted(hours.items())
    ]
    assert collected(example.rankings(timed(env, sales, 10_000))) == expected
    assert printed("top_products", capsys) == list(map(str, expected))
    assert len(expected) == 3


def test_late_data(load: Any, env: StreamExecutionEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("late_data")
    measurements = generated(example.measurement, example.COUNT, 2)
    results: list[Any] = []
    too_late: list[Any] = []
    stream = example.consumption(timed(env, measurements, 10_000))
    stream.add_sink(results.append)
    stream.get_side_output(example.TOO_LATE).add_sink(too_late.append)
    env.execute()
    # Whoever was too late is missing in the totals, and nobody else.
    taken = Counter(measurements) - Counter(too_late)
    totals: dict[tuple[int, int], list[int]] = defaultdict(list)
    for each in taken.elements():
        totals[each.device, each.time // MINUTE].append(each.litres)
    final = {(result.device, result.minute): (result.measurements, result.litres) for result in results}
    assert final == {key: (len(litres), sum(litres)) for key, litres in totals.items()}
    assert len(too_late) > 50
    assert len(results) > len(final), "late records fired windows again"
    told = f"{len(too_late)} measurements came too late; together 30,000 of 30,000"
    assert printed("late_data", capsys)[1] == told


def test_unfinished_rides(load: Any, env: StreamExecutionEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("unfinished_rides")
    events = example.ride_events(Random(4))
    ended = {event.ride for event in events if not event.start}
    expected = [example.Unfinished(ride, example.START_MS + ride * 10_000) for ride in range(5000) if ride not in ended]
    assert collected(example.unfinished(timed(env, events, MINUTE))) == expected
    assert printed("unfinished_rides", capsys) == list(map(str, expected))
    assert len(expected) > 5


def test_enrichment(load: Any, env: StreamExecutionEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("enrichment")
    found = collected(example.in_euros(env.from_collection(example.PAYMENTS)))
    assert [(each.currency, each.euros) for each in found] == [
        ("US dollar", Decimal("89.29")),
        ("Norwegian krone", Decimal("215.15")),
        ("euro", Decimal("19.99")),
        ("pound sterling", Decimal("50.00")),
        ("unknown", None),
    ]
    assert printed("enrichment", capsys)[-1] == "5: 7.00 XTS has no rate"


def test_sqlite_connectors(load: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = load("sqlite_connectors")
    database = tmp_path / "shop.db"
    example.set_up(database)
    example.run(database)
    with closing(sqlite3.connect(database)) as connection:
        shipped = [row[0] for row in connection.execute("SELECT order_id FROM parcels ORDER BY order_id")]
        (commits,) = connection.execute("SELECT COUNT(*) FROM commits").fetchone()
    assert shipped == list(range(1, example.COUNT + 1))
    assert commits > 1
    assert printed("sqlite_connectors", capsys) == ["20,000 parcels for 20,000 orders, in several transactions"]


def test_sql_group_by(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed("sql_group_by", capsys)
    changes = [line for line in lines if line.startswith(("| +", "| -"))]
    assert changes[0].split("|")[1].strip() == "+I"
    final = [[int(cell) for cell in line.split("|")[1:-1]] for line in lines[lines.index(changes[-1]) + 6 : -2]]
    assert sorted(row[0] for row in final) == [1, 2, 3, 4]
    for _, bids, total, highest in final:
        assert 20_000 < bids < 25_000
        assert highest == 100
        assert 50 < total / bids < 60


def test_each_example_has_a_test_and_is_listed() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].rglob("test_*examples.py")]
    assert names <= {name for text in texts for name in re.findall(r"^def test_(\w+)\(", text, re.MULTILINE)}
    listed = {Path(target).stem for target in links(EXAMPLES / "README.md") if re.fullmatch(r"\w+\.py", target)}
    assert listed == names
