"""Objects as columns: whatever goes in comes back equal, of the same types, through a file."""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levada.common.errors import CheckpointCorruptError, StateError
from levada.common.typeinfo import Types
from levada.common.types import Row, RowKind
from levada.state import PartKind
from levada.state.encoding import ENCODING, ColumnEncoder, decode_column, decode_part, encode_column, list_part

from .restoring import through_file


class Colour(enum.Enum):
    RED = 1
    BLUE = "b"
    CRIMSON = 1  # noqa: PIE796 - an alias


class Flags(enum.Flag):
    A = 1
    B = 2


class Point(NamedTuple):
    x: int
    y: float | None


@dataclass
class Plane:
    tail: str
    seats: int | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Leg:
    origin: str
    minutes: float


@dataclass
class Counted(dict):  # type: ignore[type-arg]
    n: int = 0


@dataclass
class Custom:
    n: int

    def __getstate__(self) -> Any:
        return {"n": self.n + 1}


class Anything:
    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Anything) and other.value == self.value

    __hash__ = None  # type: ignore[assignment]


def back(values: list[Any], declared: Any = None) -> tuple[Any, list[Any]]:
    """The encoding of a column, and the values as they come back from a file."""
    name, array = encode_column("value", values, "state 's' of operator 'op'", declared)
    batch = pa.record_batch([array], schema=pa.schema([name]))
    if not values:
        return json.loads(name.metadata[ENCODING]), decode_column(batch, "value")
    (read,) = through_file(iter([batch]))
    half = len(values) // 2
    assert all(map(same, decode_column(read.slice(half), "value"), decode_column(read, "value")[half:]))
    return json.loads(read.schema.field(0).metadata[ENCODING]), decode_column(read, "value")


def same(one: Any, two: Any) -> bool:
    """Equal, of the same types all the way down, NaN equal to NaN."""
    if type(one) is not type(two):
        return False
    if isinstance(one, float):
        return math.isnan(one) if math.isnan(two) else (one == two and math.copysign(1, one) == math.copysign(1, two))
    if isinstance(one, Decimal):
        return str(one) == str(two)
    if isinstance(one, (list, tuple)):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, dict):
        return same(list(one.items()), list(two.items()))
    if isinstance(one, (dt.datetime, dt.time)):
        return bool(one == two) and one.tzinfo == two.tzinfo and one.fold == two.fold
    return bool(one == two)


def keeps(values: list[Any]) -> Any:
    """Assert that the values come back; their encoding."""
    encoding, again = back(values)
    assert len(again) == len(values)
    assert all(map(same, again, values)), (again, values)
    return encoding


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text(st.characters()),
    st.binary(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from([dt.UTC, ZoneInfo("Europe/Lisbon")])),
    st.times(),
    st.timedeltas(),
    st.decimals(),
    st.uuids(),
    st.sampled_from(Colour),
)
HASHABLE = st.one_of(st.integers(), st.text(), st.tuples(st.integers(), st.text()))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.frozensets(HASHABLE, max_size=3),
    ),
    max_leaves=6,
)
KINDS = st.sampled_from(
    [
        st.integers(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.booleans(),
        st.text(),
        st.binary(),
        st.dates(),
        st.datetimes(),
        st.datetimes(timezones=st.just(dt.UTC)),
        st.times(),
        st.timedeltas(),
        st.decimals(),
        st.uuids(),
        st.sampled_from(Colour),
        st.tuples(st.integers(), st.floats()),
        st.tuples(st.none() | st.text(), st.tuples(st.integers(0, 5), st.booleans())),
        st.lists(st.integers(0, 9)),
        st.lists(st.lists(st.text())),
        st.dictionaries(st.text(), st.lists(st.integers())),
        st.dictionaries(st.none() | st.integers(0, 9), st.none() | st.floats()),
        st.builds(Point, st.integers(), st.none() | st.floats()),
        st.builds(Plane, st.text(), st.none() | st.integers(), st.lists(st.text())),
        st.builds(Leg, st.text(), st.floats(allow_nan=False)),
    ]
)


@given(st.lists(VALUES, max_size=12))
def test_mixed_values_come_back(values: list[Any]) -> None:
    keeps(values)


@given(KINDS.flatmap(lambda kind: st.lists(st.none() | kind, max_size=12)))
@settings(max_examples=200)
def test_values_of_one_kind_come_back(values: list[Any]) -> None:
    keeps(values)


@pytest.mark.parametrize(
    ("values", "encoding"),
    [
        ([1, None, -(2**63), 2**63 - 1], "int"),
        ([1.5, math.nan, -0.0, math.inf], "float"),
        ([True, None, False], "bool"),
        (["", "ä", None], "str"),
        ([b"\0", None], "bytes"),
        ([None, None], "none"),
        ([], "none"),
        ([dt.date(1, 1, 1), dt.date.max], "date"),
        ([dt.datetime(1, 1, 1), dt.datetime.max], "datetime"),
        ([dt.datetime(2020, 1, 1, tzinfo=dt.UTC)], "datetime-utc"),
        ([dt.time(1, 2, 3, 4)], "time"),
        ([dt.timedelta(days=-1, microseconds=1)], "timedelta"),
        ([Decimal("1.10"), Decimal("-0"), Decimal("NaN")], "decimal"),
        ([uuid.UUID(int=7), None], "uuid"),
        ([(1, "a"), None, (2, None)], {"tuple": ["int", "str"]}),
        ([[1], [], None, [2, 3]], {"list": "int"}),
        ([{"a": [1]}, {}, None], {"dict": ["str", {"list": "int"}]}),
        ([Row(1, "a"), Row(2, "b")], {"row": ["int", "str"], "names": None}),
        ([Row(a=1), None], {"row": ["int"], "names": ["a"]}),
        ([Row.of_kind(RowKind.DELETE, 1)], {"row": ["int"], "names": None, "kind": 3}),
        ([Colour.RED, Colour.CRIMSON, None], {"enum": f"{__name__}:Colour"}),
        ([Point(1, None), Point(2, 0.5)], {"namedtuple": f"{__name__}:Point", "fields": ["int", "float"]}),
        ([Leg("JFK", 1.5)], {"dataclass": f"{__name__}:Leg", "fields": {"origin": "str", "minutes": "float"}}),
        (
            [Plane("N1", 3, ["x"]), Plane("N2"), None],
            {"dataclass": f"{__name__}:Plane", "fields": {"tail": "str", "seats": "int", "notes": {"list": "str"}}},
        ),
    ],
)
def test_these_are_typed_columns(values: list[Any], encoding: Any) -> None:
    assert keeps(values) == encoding


@pytest.mark.parametrize(
    "values",
    [
        [1, "a"],
        [1, True],
        [1, 1.0],
        [2**63],
        ["\ud800"],
        [(1, 2), (1, 2, 3)],
        [()],
        [(1, 2**70)],
        [(1, {2})],
        [bytearray(b"x")],
        [dt.timedelta.max],
        [dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC)],
        [dt.datetime(2020, 1, 1, tzinfo=ZoneInfo("Europe/Lisbon"))],
        [dt.datetime(2020, 10, 25, 1, fold=1)],
        [Row(1), Row(1, 2)],
        [Row(1), Row.of_kind(RowKind.DELETE, 1)],
        [Row(1, 2), Row(a=1, b=2)],
        [Row()],
        [Flags.A | Flags.B],
        [Anything(3)],
        [frozenset({1})],
        [OrderedDict(a=1)],
        [Counted(3)],
        [int],
    ],
)
def test_these_are_pickled(values: list[Any]) -> None:
    assert keeps(values) == "pickle"


def test_what_a_class_says_about_its_state_is_followed() -> None:
    encoding, again = back([Custom(1)])
    assert encoding == "pickle"
    assert again == [Custom(2)]


def test_attributes_beside_the_fields_are_kept() -> None:
    plane = Plane("N1")
    plane.extra = 1  # type: ignore[attr-defined]
    encoding, (again,) = back([plane])
    assert encoding == "pickle"
    assert again.extra == 1


def test_a_value_inside_itself_comes_back() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    encoding, (again,) = encode_back(loop)
    assert encoding == "pickle"
    assert again[1] is again


def encode_back(value: Any) -> tuple[Any, list[Any]]:
    name, array = encode_column("value", [value], "state 's'")
    return json.loads(name.metadata[ENCODING]), decode_column(
        pa.record_batch([array], schema=pa.schema([name])), "value"
    )


def test_a_class_may_gain_and_lose_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    name, array = encode_column("value", [Leg("JFK", 1.5)], "state 's'")
    batch = pa.record_batch([array], schema=pa.schema([name]))

    @dataclass
    class Changed:
        origin: str
        carrier: str = "??"
        stops: list[str] = field(default_factory=list)

    Changed.__qualname__ = "Leg"
    monkeypatch.setitem(globals(), "Leg", Changed)
    assert decode_column(batch, "value") == [Changed("JFK", "??", [])]

    @dataclass
    class Needs:
        origin: str
        carrier: str

    Needs.__qualname__ = "Leg"
    monkeypatch.setitem(globals(), "Leg", Needs)
    with pytest.raises(StateError, match=r"without the field 'carrier'.*default"):
        decode_column(batch, "value")


@pytest.mark.parametrize(
    ("declared", "values", "encoding"),
    [
        (Types.LONG(), [None, None], "int"),
        (Types.STRING(), ["a"], "str"),
        (Types.DOUBLE(), [1.0], "float"),
        (Types.BOOLEAN(), [True], "bool"),
        (Types.PRIMITIVE_ARRAY(Types.BYTE()), [b"a"], "bytes"),
        (Types.TUPLE([Types.LONG(), Types.STRING()]), [(1, None)], {"tuple": ["int", "str"]}),
        (Types.LIST(Types.LONG()), [[]], {"list": "int"}),
        (Types.MAP(Types.STRING(), Types.LONG()), [{}], {"dict": ["str", "int"]}),
        (Types.SQL_DATE(), [dt.date(2020, 1, 1)], "date"),
        (Types.ROW_NAMED(["a"], [Types.LONG()]), [Row(a=1)], {"row": ["int"], "names": ["a"]}),
        (Types.PICKLED_BYTE_ARRAY(), [1], "int"),
        (Types.DOUBLE(), [1], "int"),
        (Types.LONG(), ["not a number"], "str"),
        (Types.ROW([Types.LONG()]), [Row(5)], {"row": ["int"], "names": None}),
    ],
)
def test_declared_types_fix_the_encoding_of_what_fits(declared: Any, values: list[Any], encoding: Any) -> None:
    assert back(values, declared) == (encoding, values)


def test_an_encoding_is_kept_as_long_as_it_fits() -> None:
    encoder = ColumnEncoder("value", "state 's'")
    fields = [encoder.encode(values)[0] for values in ([1], [2, None], [None], [3])]
    assert all(other.equals(fields[0], check_metadata=True) for other in fields)
    changes = 0
    before = fields[0]
    for turn in range(100):
        now, _ = encoder.encode(["a"] if turn % 2 else [1.5])
        changes += not now.equals(before, check_metadata=True)
        before = now
    assert changes < 12
    assert encoder.pickles


@pytest.mark.parametrize(
    "chunks",
    [
        [["1"], [Decimal(1)], ["2"]],
        [[b"1"], [{1}]],
        [[{1}], [b"1"]],
        [[(1, 2)], [Row(1, 2)]],
        [[Leg("JFK", 1.5)], [{"origin": "JFK", "minutes": 1.5}]],
        [[None], [None, 1]],
    ],
)
def test_a_change_of_encoding_is_a_change_of_arrow_type(chunks: list[list[Any]]) -> None:
    encoder = ColumnEncoder("value", "state 's'")
    found: dict[Any, bytes] = {}
    for chunk in chunks:
        name, array = encoder.encode(chunk)
        assert found.setdefault(name.type, name.metadata[ENCODING]) == name.metadata[ENCODING]
        assert decode_column(pa.record_batch([array], schema=pa.schema([name])), "value") == chunk


def local_class() -> Any:
    class Local:
        pass

    return Local()


@dataclass
class Box:
    content: Any


def local_dataclass() -> Any:
    @dataclass
    class Local:
        n: int

    return Local(1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: lambda: 1, r"state 's' of operator 'op' holds a value of type function.*lambda"),
        (local_class, r"Local.*Keep plain data"),
        (local_dataclass, r"state 's' of operator 'op' holds local_dataclass.<locals>.Local .*top level of a module"),
        (threading.Lock, r"cannot be written to a checkpoint.*locks belong into open\(\)"),
        (lambda: (1, [local_class()]), r"type tuple.*cannot be written"),
        (lambda: Box(local_class()), r"type Box.*cannot be written"),
        (lambda: iter([local_class()]), r"type list_iterator"),
    ],
)
def test_what_another_process_could_not_read_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(StateError, match=message):
        back([make()])


def test_list_parts() -> None:
    values = [("split", number) for number in range(3000)]
    part = list_part(values, PartKind.UNION)
    values.clear()
    assert part.kind is PartKind.UNION
    assert decode_part(iter(through_file(part.batches()))) == [("split", number) for number in range(3000)]
    assert list(list_part([], PartKind.LIST).batches()) == []


def test_list_parts_hold_what_the_values_were() -> None:
    split = Plane("N1")
    part = list_part([split], PartKind.LIST)
    split.seats = 5
    assert decode_part(part.batches()) == [Plane("N1")]


def test_a_file_that_is_none_of_ours_says_so() -> None:
    batch = pa.record_batch({"value": [1]})
    with pytest.raises(CheckpointCorruptError, match="no metadata"):
        decode_column(batch, "value")
    with pytest.raises(CheckpointCorruptError, match="no column 'key'"):
        decode_column(batch, "key")
    unknown = pa.schema([pa.field("value", pa.int64(), metadata={ENCODING: '{"matrix": "int"}'})])
    with pytest.raises(CheckpointCorruptError, match="newer Levada"):
        decode_column(pa.record_batch([pa.array([1])], schema=unknown), "value")
