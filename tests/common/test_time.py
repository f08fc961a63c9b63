"""Lengths of time and instants."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.common.errors import JobBuildError
from levada.common.time import Duration, Instant, Time, to_millis


def test_every_unit_gives_milliseconds() -> None:
    assert Duration.of_days(1) == Duration.of_hours(24) == Duration.of_minutes(24 * 60)
    assert Duration.of_seconds(1) == Duration.of_millis(1000) == Duration.of_nanos(10**9)
    assert Time.days(1) == Time.hours(24) == Time.minutes(24 * 60)
    assert Time.seconds(1) == Time.milliseconds(1000)
    assert Time.seconds(2).to_milliseconds() == 2000


@pytest.mark.parametrize("length", [timedelta(seconds=1.5), Duration.of_millis(1500), Time.milliseconds(1500)])
def test_every_length_of_time_is_taken(length: timedelta | Duration | Time) -> None:
    assert to_millis(length, "call(x)") == 1500


@pytest.mark.parametrize("wrong", [1500, 1.5, "1 s", None])
def test_other_things_are_refused_with_the_call_and_the_remedy(wrong: object) -> None:
    with pytest.raises(JobBuildError, match=r"Windows\.of\(size\).*timedelta\(milliseconds=") as told:
        to_millis(wrong, "Windows.of(size)")  # type: ignore[arg-type]
    assert repr(wrong) in str(told.value)


def test_lengths_are_ordered_and_hashable() -> None:
    assert Duration.of_seconds(1) < Duration.of_seconds(2)
    assert Time.seconds(1) <= Time.seconds(1)
    assert len({Duration.of_seconds(1), Duration.of_millis(1000)}) == 1
    assert Duration.of_seconds(1) != Time.seconds(1)


def test_the_smallest_parts_are_rounded_down() -> None:
    assert Duration.of_nanos(1_999_999).to_millis() == 1
    assert to_millis(timedelta(microseconds=1999), "f(x)") == 1
    assert Duration.of_nanos(1500).to_timedelta() == timedelta(microseconds=1)


@given(st.integers(-(10**15), 10**15))
def test_instants_go_to_milliseconds_and_back(millis: int) -> None:
    instant = Instant.of_epoch_milli(millis)
    assert instant.to_epoch_milli() == millis
    assert 0 <= instant.nanos < 10**9
    assert instant == Instant(instant.seconds, instant.nanos)
    assert instant < Instant.of_epoch_milli(millis + 1)
