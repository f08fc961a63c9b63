"""Event time that stands still or cannot be right is warned about, once, with the remedy."""

from __future__ import annotations

import datetime as dt
import logging
import re
import time
from typing import Any

import pytest
from tests.behaviour.jobs import NO_TIME, environment, results

from levada.common.errors import UserError
from levada.common.time import Time
from levada.common.watermark_strategy import WatermarkGenerator, WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
from levada.datastream import DataStream, KeyedProcessFunction
from levada.datastream.window import TumblingEventTimeWindows

BASE = 1_600_000_000_000


def strategy(timestamp: Any, idle: bool = False) -> WatermarkStrategy:
    made = WatermarkStrategy.for_bounded_out_of_orderness(dt.timedelta(seconds=1))
    made = made.with_timestamp_assigner(lambda value, _: timestamp(value))
    return made.with_idleness(dt.timedelta(milliseconds=100)) if idle else made


def numbers(env: Any, watermarks: WatermarkStrategy, name: str = "clicks") -> DataStream[int]:
    source = DataGeneratorSource(lambda n: n, rate_limiter_strategy=RateLimiterStrategy.per_second(500))
    stream: DataStream[int] = env.from_source(source, watermarks, name)
    return stream


def windowed(stream: DataStream[Any]) -> DataStream[Any]:
    return stream.key_by(lambda value: 0).window(TumblingEventTimeWindows.of(Time.seconds(10))).reduce(lambda a, b: b)


def run_for(env: Any, seconds: float) -> None:
    client = env.execute_async("watched")
    time.sleep(seconds)
    client.cancel().result()


def stalled(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [text for text in (each.getMessage() for each in caplog.records) if "the watermark has stood at" in text]


@pytest.mark.parametrize("parallelism", [1, 2])
def test_a_watermark_that_stands_still_is_warned_about_once(parallelism: int, caplog: pytest.LogCaptureFixture) -> None:
    env = environment(parallelism, levada_watermark_stalled__warning="600 ms")
    windowed(numbers(env, strategy(lambda n: BASE))).name("per click").add_sink(lambda value: None)
    with caplog.at_level(logging.WARNING, "levada"):
        run_for(env, 1.9)
    (warning,) = stalled(caplog)
    assert warning.startswith("per click: the watermark has stood at 1599999998999 (2020-09-13 12:26:38 UTC) for ")
    assert "source 'clicks', split 'split-0': last timestamp 1600000000000 (2020-09-13 12:26:40 UTC)" in warning
    assert "Remedy: give every source a watermark strategy with a timestamp assigner" in warning
    assert ".with_idleness(...)" in warning


def test_the_source_that_holds_event_time_back_is_the_one_named(caplog: pytest.LogCaptureFixture) -> None:
    env = environment(levada_watermark_stalled__warning="600 ms")
    moving = numbers(env, strategy(lambda n: BASE + n * 100), "moving")
    stuck = numbers(env, strategy(lambda n: BASE - 5000), "stuck")
    windowed(moving.union(stuck)).add_sink(lambda value: None)
    with caplog.at_level(logging.WARNING, "levada"):
        run_for(env, 1.9)
    (warning,) = stalled(caplog)
    assert "source 'stuck', split 'split-0': last timestamp 1599999995000" in warning


def test_a_watermark_that_moves_or_that_nobody_needs_is_not_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    for build in (
        lambda env: windowed(numbers(env, strategy(lambda n: BASE + n * 10))),
        lambda env: numbers(env, strategy(lambda n: BASE)).map(lambda n: n),
        lambda env: numbers(env, NO_TIME).key_by(lambda n: 0).reduce(lambda a, b: b),
    ):
        env = environment(levada_watermark_stalled__warning="600 ms")
        build(env).add_sink(lambda value: None)
        with caplog.at_level(logging.WARNING, "levada"):
            run_for(env, 1.5)
    assert caplog.records == []


def test_windows_without_watermarks_are_warned_about_when_built(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "levada"):
        windowed(numbers(environment(), NO_TIME))
    assert "the source 'clicks' gives no watermarks, so windows of event time fire only when it ends" in caplog.text


def test_windows_without_timestamps_are_refused_with_the_remedy() -> None:
    with pytest.raises(UserError, match=r"a record has no timestamp. Call assign_timestamps_and_watermarks"):
        results([1], windowed)


class _Punctuated(WatermarkGenerator):
    def on_event(self, event: Any, event_timestamp: int, output: Any) -> None:
        output.emit_watermark(event_timestamp)

    def on_periodic_emit(self, output: Any) -> None:
        pass


IMPLAUSIBLE: dict[str, tuple[Any, str]] = {
    "seconds": (lambda n: 1_700_000_000 + n, "timestamp 1700000003 looks like seconds since the epoch, but milli"),
    "microseconds": (
        lambda n: BASE * 1000 + n,
        "lies more than a year in the future; one such record moves the watermark",
    ),
    "naive": (
        lambda n: dt.datetime(2020, 1, 1, 0, 0, n),
        "datetimes without a time zone (2020-01-01 00:00:01); they are",
    ),
}


@pytest.mark.parametrize("kind", ["bounded", "generator", "source"])
@pytest.mark.parametrize("case", IMPLAUSIBLE)
def test_timestamps_that_cannot_be_meant_are_warned_about_once(
    case: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    timestamp, told = IMPLAUSIBLE[case]
    made = strategy(timestamp)
    if kind == "generator":
        made = WatermarkStrategy.for_generator(_Punctuated).with_timestamp_assigner(lambda value, _: timestamp(value))
    with caplog.at_level(logging.WARNING, "levada"):
        if kind == "source":
            env = environment()
            source = DataGeneratorSource(lambda n: n + 1, 3)
            windowed(env.from_source(source, made, "clicks")).execute_and_collect(limit=3)
        else:
            results([1, 2, 3], lambda s: windowed(s.assign_timestamps_and_watermarks(made)))
    (warning,) = [each.getMessage() for each in caplog.records]
    if kind == "generator" and case == "seconds":
        told = told.replace("1700000003", "1700000001")
    assert told in warning
    assert re.match("source 'clicks', split 'split-0': |operator 'Timestamps/Watermarks', subtask 1 of 1: ", warning)


def test_times_before_1970_and_in_zones_are_taken_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    class Times(KeyedProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            yield ctx.timestamp()

    zone = dt.timezone(dt.timedelta(hours=-5))
    given = [
        dt.datetime(1901, 12, 13, tzinfo=dt.UTC),
        dt.datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=dt.UTC),
        dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC),
        dt.datetime(1970, 1, 1, 0, 0, 0, 1_000, tzinfo=zone),
        dt.datetime(2013, 1, 1, 5, 17, 0, 1_000, tzinfo=zone),
    ]
    made = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda value, _: value)
    with caplog.at_level(logging.WARNING, "levada"):
        times = results(given, lambda s: s.assign_timestamps_and_watermarks(made).key_by(lambda v: 0).process(Times()))
    assert times == [-2_147_558_400_000, -1, -1, 18_000_001, 1_357_035_420_001]
    assert caplog.records == []
