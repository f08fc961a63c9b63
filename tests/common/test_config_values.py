"""Texts of durations, sizes, maps and choices, both ways."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.common.config_types import (
    BOOLEAN,
    DURATION,
    INTEGER,
    MAP,
    POSITIVE,
    SIZE,
    OptionType,
    choice,
    parse_duration,
    parse_size,
)
from levada.common.time import Duration, Time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 s", timedelta(seconds=10)),
        ("5min", timedelta(minutes=5)),
        ("2 hours", timedelta(hours=2)),
        ("1 d", timedelta(days=1)),
        ("250", timedelta(milliseconds=250)),
        ("250 ms", timedelta(milliseconds=250)),
        ("7us", timedelta(microseconds=7)),
        ("3000 ns", timedelta(microseconds=3)),
        ("0 s", timedelta(0)),
        ("PT10S", timedelta(seconds=10)),
        ("PT1H30M", timedelta(hours=1, minutes=30)),
        ("P2DT0.5S", timedelta(days=2, milliseconds=500)),
    ],
)
def test_durations(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "s", "10 parsecs", "-5 s", "1.5 s", "P", "PT", "ten seconds"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="a duration such as"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=10_000)))
def test_a_duration_written_is_the_duration_read(value: timedelta) -> None:
    assert parse_duration(DURATION.format(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(seconds=90), "90 s"),
        (timedelta(0), "0 ms"),
        (timedelta(microseconds=1500), "1500 us"),
        (Duration.of_seconds(2), "2000 ms"),
        (Time.minutes(1), "60000 ms"),
        (500, "500 ms"),
        ("7 s", "7 s"),
    ],
)
def test_whatever_is_a_length_of_time_can_be_set(value: object, text: str) -> None:
    assert DURATION.format(value) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("4 mb", 4 << 20), ("64kb", 64 << 10), ("1024", 1024), ("1 g", 1 << 30), ("12 bytes", 12), ("2 MiB", 2 << 20)],
)
def test_sizes(text: str, expected: int) -> None:
    assert parse_size(text) == expected


@given(st.integers(min_value=1, max_value=1 << 50))
def test_a_size_written_is_the_size_read(value: int) -> None:
    assert SIZE.parse(SIZE.format(value)) == value


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.from_regex(r"[a-z0-9]{0,8}", fullmatch=True)))
def test_a_map_written_is_the_map_read(value: dict[str, str]) -> None:
    assert MAP.parse(MAP.format(value)) == value


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (BOOLEAN, "yes", "true or false"),
        (INTEGER, "4.5", "an integer"),
        (POSITIVE, "0", "integer of at least 1"),
        (SIZE, "4 parsecs", "a memory size such as"),
        (SIZE, "0", "memory size of at least 1"),
        (MAP, "no colon", "a map such as"),
        (choice(("none", "off"), ("fixed-delay",)), "sometimes", "one of 'none', 'fixed-delay'"),
    ],
)
def test_what_does_not_fit_says_what_would(kind: OptionType[object], text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind.parse(text)


def test_a_choice_knows_other_spellings() -> None:
    assert choice(("none", "off"), ("fixed-delay", "fixeddelay")).parse(" Off ") == "none"
