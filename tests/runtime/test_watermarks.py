"""Where watermarks appear in a split, and what warns about odd timestamps."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.common.batch import RowBatch
from levada.common.errors import UserError, UserFunctionError
from levada.common.watermark_strategy import WatermarkGenerator, WatermarkOutput, WatermarkStrategy
from levada.connectors.collection import collection_source
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.window import TumblingEventTimeWindows
from levada.operators.watermarks import WatermarkTracker

NOW = 1_700_000_000_000


def tracker(strategy: WatermarkStrategy | None = None, every: int = 3, interval: int = 200) -> WatermarkTracker:
    chosen = strategy or WatermarkStrategy.for_bounded_out_of_orderness(timedelta(milliseconds=10))
    return WatermarkTracker(chosen.with_timestamp_assigner(lambda value, _: value), every, interval, "source 's'")


def run(subject: WatermarkTracker, batches: list[list[Any]], now: int = NOW) -> list[int | tuple[Any, ...]]:
    """Values one by one as 1-tuples, watermarks as ints, in order."""
    out: list[int | tuple[Any, ...]] = []
    for values in batches:
        for piece in subject.advance(RowBatch(values), now):
            if isinstance(piece, int):
                out.append(piece)
            else:
                out += [(value,) for value in piece.values]
    return out


@given(values=st.lists(st.integers(NOW, NOW + 10**6), max_size=40), cuts=st.lists(st.integers(1, 7), max_size=20))
def test_positions_do_not_depend_on_batches(values: list[int], cuts: list[int]) -> None:
    batches, rest = [], list(values)
    for cut in cuts:
        batches.append(rest[:cut])
        rest = rest[cut:]
    batches.append(rest)
    assert run(tracker(), [batch for batch in batches if batch]) == run(tracker(), [[value] for value in values])


def test_watermark_is_newest_minus_bound_minus_one() -> None:
    assert run(tracker(), [[NOW + 50, NOW + 100, NOW + 70]])[-1] == NOW + 89


def test_watermarks_never_go_back() -> None:
    stamps = [
        piece for piece in run(tracker(every=1), [[NOW + 5, NOW + 1, NOW + 9, NOW + 2]]) if isinstance(piece, int)
    ]
    assert stamps == [NOW - 6, NOW - 2]


def test_interval_zero_means_a_watermark_per_record() -> None:
    stamps = [piece for piece in run(tracker(every=100, interval=0), [[NOW, NOW + 1]]) if isinstance(piece, int)]
    assert stamps == [NOW - 11, NOW - 10]


def test_a_quiet_split_emits_after_the_interval_only() -> None:
    subject = tracker(every=1000)
    run(subject, [[NOW + 100]])
    assert subject.on_nothing(NOW + 199) is None
    assert subject.on_nothing(NOW + 200) == NOW + 89
    assert subject.on_nothing(NOW + 500) is None


def test_idle_after_the_timeout_and_active_with_the_next_record() -> None:
    subject = tracker(WatermarkStrategy.for_monotonous_timestamps().with_idleness(timedelta(seconds=1)))
    run(subject, [[NOW]])
    assert subject.idle_check_ms() == NOW + 1000
    assert not subject.check_idle(NOW + 999)
    assert subject.check_idle(NOW + 1000)
    run(subject, [[NOW + 1]], NOW + 2000)
    assert not subject.idle


@given(st.lists(st.integers(NOW, NOW + 1000), min_size=1, max_size=30), st.integers(0, 30))
def test_a_restored_tracker_goes_on_at_the_same_positions(values: list[int], cut: int) -> None:
    whole = run(tracker(), [values])
    first = tracker()
    before = run(first, [values[:cut]] if values[:cut] else [])
    second = tracker()
    second.restore(first.snapshot())
    assert before + run(second, [values[cut:]] if values[cut:] else []) == whole


class _Punctuated(WatermarkGenerator):
    """Emits at even values."""

    def __init__(self) -> None:
        self.seen = 0

    def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
        self.seen += 1
        if event % 2 == 0:
            output.emit_watermark(event_timestamp)

    def on_periodic_emit(self, output: WatermarkOutput) -> None:
        """Nothing by position."""


def test_a_punctuated_generator_cuts_the_batch() -> None:
    subject = tracker(WatermarkStrategy.for_generator(_Punctuated))
    assert run(subject, [[NOW + 1, NOW + 2, NOW + 3]]) == [(NOW + 1,), (NOW + 2,), NOW + 2, (NOW + 3,)]
    assert subject.snapshot()["generator"] == {"seen": 3}


def test_timestamps_in_seconds_are_warned_about_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="levada"):
        run(tracker(), [[1_700_000_000], [1_700_000_001]])
    assert len(caplog.records) == 1
    assert "looks like seconds" in caplog.text
    assert "Multiply by 1000" in caplog.text


def test_timestamps_far_in_the_future_are_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="levada"):
        run(tracker(), [[NOW * 1000]])
    assert "more than a year in the future" in caplog.text


def test_naive_datetimes_are_read_as_utc_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(
        lambda value, _: value  # type: ignore[arg-type,return-value]
    )
    subject = WatermarkTracker(strategy, 1, 200, "source 's'")
    with caplog.at_level(logging.WARNING, logger="levada"):
        pieces = list(subject.advance(RowBatch([datetime(2023, 11, 14, 22, 13, 20)]), NOW))
    assert isinstance(pieces[0], RowBatch)
    assert pieces[0].timestamps == [NOW]
    assert "without a time zone" in caplog.text


def test_aware_datetimes_are_taken_silently(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="levada"):
        subject = tracker()
        pieces = list(subject.advance(RowBatch([datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)]), NOW))
    assert isinstance(pieces[0], RowBatch)
    assert pieces[0].timestamps == [NOW]
    assert caplog.text == ""


def test_a_timestamp_that_is_none_names_record_and_remedy() -> None:
    with pytest.raises(UserFunctionError, match=r"returned None .* for record None; it must return integer millis"):
        run(tracker(), [[None]])


def test_an_assigner_that_raises_names_the_record() -> None:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda value, _: value["ts"])
    subject = WatermarkTracker(strategy, 1, 200, "source 's', split 'f'")
    with pytest.raises(UserFunctionError, match=r"source 's', split 'f'.*KeyError: 'ts' on record \{'x': 1\}") as info:
        list(subject.advance(RowBatch([{"ts": 1}, {"x": 1}]), NOW))
    assert isinstance(info.value.__cause__, KeyError)


def test_records_without_time_and_assigner_stay_without_time_and_make_no_watermarks() -> None:
    """Flink documentation, "Generating Watermarks": a timestamp assigner is optional."""
    subject = WatermarkTracker(WatermarkStrategy.for_monotonous_timestamps(), 1, 200, "source 's'")
    batch = RowBatch([1, 2])
    assert list(subject.advance(batch, NOW)) == [batch]
    assert subject.on_nothing(NOW + 1000) is None
    own = WatermarkTracker(WatermarkStrategy.for_generator(_Punctuated), 100, 200, "source 's'")
    assert [piece.values for piece in own.advance(RowBatch([1, 3]), NOW) if isinstance(piece, RowBatch)] == [[1, 3]]


def test_event_time_windows_over_such_records_say_what_to_add() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    source = collection_source([1, 2])
    numbers = env.from_source(source, WatermarkStrategy.for_monotonous_timestamps(), "numbers")  # type: ignore[arg-type]
    windows = numbers.key_by(lambda n: n).window(TumblingEventTimeWindows.of(timedelta(seconds=1)))
    with (
        pytest.raises(UserError, match=r"a record has no timestamp\. Call assign_timestamps_and_watermarks"),
        windows.reduce(lambda a, b: a + b).execute_and_collect() as results,
    ):
        list(results)
