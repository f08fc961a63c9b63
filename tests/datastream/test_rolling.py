"""Rolling aggregates of a field over every kind of record."""

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import pytest

from levada.common import Row, RowKind
from levada.common.errors import JobBuildError, UserError
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.streams import rolling


@dataclass
class Bid:
    who: str
    price: int


Pair = namedtuple("Pair", "who price")

RECORDS = [
    (("a", 1), ("b", 2), 1, ("a", 3)),
    (["a", 1], ["b", 2], 1, ["a", 3]),
    (Row("a", 1), Row("b", 2), 1, Row("a", 3)),
    (Row(who="a", price=1), Row(who="b", price=2), "price", Row(who="a", price=3)),
    (Pair("a", 1), Pair("b", 2), "price", Pair("a", 3)),
    (Pair("a", 1), Pair("b", 2), 1, Pair("a", 3)),
    (Bid("a", 1), Bid("b", 2), "price", Bid("a", 3)),
    (Bid("a", 1), Bid("b", 2), 1, Bid("a", 3)),
    ({"who": "a", "price": 1}, {"who": "b", "price": 2}, "price", {"who": "a", "price": 3}),
    (1, 2, 0, 3),
]


@pytest.mark.parametrize(("first", "second", "field", "summed"), RECORDS, ids=repr)
def test_a_field_is_summed_and_the_others_stay_those_of_the_first(
    first: Any, second: Any, field: Any, summed: Any
) -> None:
    before = repr(first)
    result = rolling.summing(field)(first, second)
    assert result == summed
    assert type(result) is type(first)
    assert repr(first) == before, "the record in state was changed"


@pytest.mark.parametrize(("first", "second", "field", "summed"), RECORDS, ids=repr)
def test_by_takes_the_whole_record(first: Any, second: Any, field: Any, summed: Any) -> None:
    assert rolling.maximum_by(field)(first, second) is second
    assert rolling.minimum_by(field)(first, second) is first
    assert rolling.maximum_by(field)(second, first) is second


def test_the_first_wins_on_ties() -> None:
    first, second = ("a", 1), ("b", 1)
    assert rolling.maximum_by(1)(first, second) is first
    assert rolling.minimum_by(1)(first, second) is first


def test_max_and_min_keep_the_fields_of_the_first() -> None:
    assert rolling.maximum(1)(("a", 1), ("b", 2)) == ("a", 2)
    assert rolling.minimum(1)(("a", 2), ("b", 1)) == ("a", 1)


def test_a_row_keeps_its_kind() -> None:
    assert rolling.summing(0)(Row.of_kind(RowKind.DELETE, 1), Row(2)) == Row.of_kind(RowKind.DELETE, 3)


@pytest.mark.parametrize(("record", "field"), [((1,), 3), (Row(a=1), "b"), (Bid("a", 1), "x"), (5, 1), ({}, "a")])
def test_absent_fields_are_told_with_the_record(record: Any, field: Any) -> None:
    with pytest.raises(UserError, match=r"sum\(") as told:
        rolling.summing(field)(record, record)
    assert repr(record) in str(told.value)


@pytest.mark.parametrize("field", [-1, 1.5, None, True])
def test_what_names_no_field_is_refused(field: Any) -> None:
    with pytest.raises(JobBuildError, match="by its position, counted from 0, or by its name"):
        rolling.maximum(field)


def test_streams_aggregate_per_key() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    keyed = env.from_collection([("a", 3, "x"), ("b", 5, "y"), ("a", 1, "z"), ("a", 7, "u")]).key_by(lambda t: t[0])
    for stream, expected in (
        (keyed.sum(1), [("a", 3, "x"), ("b", 5, "y"), ("a", 4, "x"), ("a", 11, "x")]),
        (keyed.min(1), [("a", 3, "x"), ("b", 5, "y"), ("a", 1, "x"), ("a", 1, "x")]),
        (keyed.max(1), [("a", 3, "x"), ("b", 5, "y"), ("a", 3, "x"), ("a", 7, "x")]),
        (keyed.min_by(1), [("a", 3, "x"), ("b", 5, "y"), ("a", 1, "z"), ("a", 1, "z")]),
        (keyed.max_by(1), [("a", 3, "x"), ("b", 5, "y"), ("a", 3, "x"), ("a", 7, "u")]),
    ):
        with stream.execute_and_collect() as results:
            assert list(results) == expected
