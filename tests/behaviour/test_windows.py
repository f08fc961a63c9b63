"""Windows through the public API against a plain model: all kinds, odd keys and times, late records, parallelism."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import pytest
from tests.behaviour.jobs import environment, timed

from levada.common.output_tag import OutputTag
from levada.common.time import Time
from levada.datastream import AggregateFunction, DataStream, ProcessWindowFunction
from levada.datastream.window import EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows

Record = tuple[Any, int, int]
"""Key, number, timestamp."""

LATE: OutputTag[Any] = OutputTag("late")
PARALLELISM = [1, 3]


class Summing(AggregateFunction):
    def create_accumulator(self) -> tuple[Any, int, int]:
        return (None, 0, 0)

    def add(self, value: Record, accumulator: tuple[Any, int, int]) -> tuple[Any, int, int]:
        return (value[0], accumulator[1] + 1, accumulator[2] + value[1])

    def get_result(self, accumulator: tuple[Any, int, int]) -> tuple[Any, int, int]:
        return accumulator

    def merge(self, acc_a: tuple[Any, int, int], acc_b: tuple[Any, int, int]) -> tuple[Any, int, int]:
        return (acc_a[0], acc_a[1] + acc_b[1], acc_a[2] + acc_b[2])


class Listing(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Iterable[Any]) -> Any:
        window = context.window()
        rows = list(elements)
        assert {record[0] for record in rows} == {key} or key != key
        yield (key, len(rows), sum(record[1] for record in rows), window.start, window.end)


EVALUATIONS: dict[str, Callable[[Any], DataStream[Any]]] = {
    # Each gives (key, sum, window start, window end).
    "reduce": lambda windows: windows.reduce(
        lambda a, b: (a[0], a[1] + b[1], 0),
        lambda key, context, rows: [(key, rows[0][1], context.window().start, context.window().end)],
    ),
    "aggregate": lambda windows: windows.aggregate(
        Summing(), lambda key, context, rows: [(key, rows[0][2], context.window().start, context.window().end)]
    ),
    "process": lambda windows: windows.process(Listing()).map(lambda row: (row[0], row[2], row[3], row[4])),
    "apply": lambda windows: windows.apply(
        lambda key, window, rows: [(key, sum(record[1] for record in rows), window.start, window.end)]
    ),
}

ASSIGNERS: dict[str, Any] = {
    "tumbling": TumblingEventTimeWindows.of(Time.milliseconds(10)),
    "tumbling with offset": TumblingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(3)),
    "sliding": SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(4)),
    "session": EventTimeSessionWindows.with_gap(Time.milliseconds(5)),
}


def model(kind: str, records: list[Record]) -> Counter[Any]:
    """What windows hold when all is in time."""
    by_key: dict[Any, list[Record]] = defaultdict(list)
    for record in records:
        by_key[record[0]].append(record)
    found: Counter[Any] = Counter()
    for key, rows in by_key.items():
        spans: list[tuple[int, int]] = []
        if kind == "session":
            for time in sorted(record[2] for record in rows):
                if spans and time <= spans[-1][1]:
                    spans[-1] = (spans[-1][0], max(spans[-1][1], time + 5))
                else:
                    spans.append((time, time + 5))
        else:
            size, slide, offset = {"tumbling": (10, 10, 0), "tumbling with offset": (10, 10, 3), "sliding": (10, 4, 0)}[
                kind
            ]
            starts = {
                start
                for record in rows
                for start in range(record[2] - (record[2] - offset) % slide, record[2] - size, -slide)
            }
            spans = [(start, start + size) for start in starts]
        for start, end in spans:
            inside = [record[1] for record in rows if start <= record[2] < end]
            found[(key, sum(inside), start, end)] += 1
    return found


def evaluated(
    records: list[Record], assigner: Any, evaluation: str, parallelism: int, bound_ms: int = 50, **settings: Any
) -> Counter[Any]:
    env = environment(parallelism, **settings)
    stream = env.from_collection(records).assign_timestamps_and_watermarks(timed(bound_ms))
    windows = stream.key_by(lambda record: record[0]).window(assigner)
    with EVALUATIONS[evaluation](windows).execute_and_collect() as found:
        return Counter(found)


def disordered(seed: int, keys: list[Any], count: int = 300, begin: int = 0) -> list[Record]:
    random = Random(seed)
    return [(random.choice(keys), number, begin + number - random.randint(0, 40)) for number in range(count)]


@pytest.mark.parametrize("parallelism", PARALLELISM)
@pytest.mark.parametrize("evaluation", EVALUATIONS)
@pytest.mark.parametrize("kind", ASSIGNERS)
def test_results_are_the_models(kind: str, evaluation: str, parallelism: int) -> None:
    # From before 1970 to after it.
    records = disordered(1, ["a", "b", "c", "d"], begin=-150)
    found = evaluated(records, ASSIGNERS[kind], evaluation, parallelism, levada_batch_max__rows=64)
    assert found == model(kind, records)


ODD_KEYS: list[Any] = [None, "", "日本語", "\U0001f680" * 3, b"\x00", 10**50, -1, 1.5, (None, "x"), "k" * 200_000]


@pytest.mark.parametrize("parallelism", PARALLELISM)
@pytest.mark.parametrize("kind", ASSIGNERS)
def test_odd_keys_are_keys(kind: str, parallelism: int) -> None:
    records = disordered(2, ODD_KEYS)
    assert evaluated(records, ASSIGNERS[kind], "aggregate", parallelism) == model(kind, records)


@pytest.mark.parametrize("parallelism", PARALLELISM)
def test_nan_is_one_key(parallelism: int) -> None:
    records = [(float("nan"), number, number) for number in range(10)]
    found = evaluated(records, ASSIGNERS["tumbling"], "reduce", parallelism)
    ((key, total, start, end),) = found
    assert key != key
    assert (total, start, end) == (45, 0, 10)


@pytest.mark.parametrize("parallelism", PARALLELISM)
@pytest.mark.parametrize("evaluation", EVALUATIONS)
@pytest.mark.parametrize("kind", ASSIGNERS)
def test_nothing_and_one_record(kind: str, evaluation: str, parallelism: int) -> None:
    assert evaluated([], ASSIGNERS[kind], evaluation, parallelism) == Counter()
    one = [("a", 7, -1)]
    assert evaluated(one, ASSIGNERS[kind], evaluation, parallelism) == model(kind, one)


@pytest.mark.parametrize("lateness", [0, 30])
@pytest.mark.parametrize("kind", ["tumbling", "tumbling with offset"])
def test_late_records_fire_again_or_go_aside(kind: str, lateness: int) -> None:
    # The watermark follows each record, so of two in one window the second comes after it has fired.
    times = [5, 30, 6, 31, 70, 7, 71]
    records = [("a", number, time) for number, time in enumerate(times)]
    env = environment(levada_watermark_every__records=1)
    stream = env.from_collection(records).assign_timestamps_and_watermarks(timed(0))
    windows = stream.key_by(lambda record: record[0]).window(ASSIGNERS[kind])
    result = windows.allowed_lateness(lateness).side_output_late_data(LATE).process(Listing())
    late: list[Any] = []
    fired: list[Any] = []
    result.get_side_output(LATE).add_sink(late.append)
    result.add_sink(fired.append)
    env.execute()
    if lateness:
        assert late == [("a", 5, 7)]
        # 6 comes within the time allowed: its window fires once more, with both.
        assert [row[1:3] for row in fired][:2] == [(1, 0), (2, 2)]
    else:
        assert late == [("a", 2, 6), ("a", 5, 7)]
    counted = Counter(row[4] for row in fired)
    assert sum(max(row[1] for row in fired if row[4] == end) for end in counted) + len(late) == len(records)


def test_all_late_are_all_aside_and_dropped_ones_are_counted() -> None:
    records = [("a", 0, 1000), *(("a", number, number) for number in range(1, 6))]
    for aside in (True, False):
        env = environment(levada_watermark_every__records=1)
        stream = (
            env.from_collection(records).assign_timestamps_and_watermarks(timed(0)).key_by(lambda record: record[0])
        )
        windows = stream.window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
        late: list[Any] = []
        fired: list[Any] = []
        if aside:
            result = windows.side_output_late_data(LATE).process(Listing())
            result.get_side_output(LATE).add_sink(late.append)
        else:
            result = windows.process(Listing())
        result.name("w").add_sink(fired.append)
        counters = env.execute().get_all_accumulator_results()
        assert fired == [("a", 1, 0, 1000, 1010)]
        assert late == (records[1:] if aside else [])
        assert counters.get("w.late_records_dropped", 0) == (0 if aside else 5)


@pytest.mark.parametrize("parallelism", PARALLELISM)
def test_count_windows(parallelism: int) -> None:
    records = [(key, number, 0) for number in range(10) for key in ("a", None, "ключ")]

    def counted(slide: int | None) -> dict[Any, list[int]]:
        stream = environment(parallelism).from_collection(records).key_by(lambda record: record[0])
        windows = stream.count_window(4) if slide is None else stream.count_window(4, slide)
        sums: dict[Any, list[int]] = defaultdict(list)
        with windows.reduce(lambda a, b: (a[0], a[1] + b[1], 0)).execute_and_collect() as found:
            for key, total, _ in found:
                sums[key].append(total)
        return sums

    # Windows that are not full never fire.
    assert counted(None) == {key: [0 + 1 + 2 + 3, 4 + 5 + 6 + 7] for key in ("a", None, "ключ")}
    assert counted(2) == {key: [6, 14, 22, 30] for key in ("a", None, "ключ")}


@pytest.mark.parametrize("parallelism", PARALLELISM)
def test_windows_over_a_whole_stream(parallelism: int) -> None:
    records = disordered(3, ["a", "b"], 100)
    env = environment(parallelism)
    stream = env.from_collection(records).rebalance().assign_timestamps_and_watermarks(timed(200))
    windows = stream.window_all(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    with windows.process(
        lambda context, rows: [(context.window().start, len(list(rows)))]
    ).execute_and_collect() as found:
        counted = dict(found)
    assert counted == Counter(record[2] - record[2] % 10 for record in records)
