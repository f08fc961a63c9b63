"""The key codec against Python's own equality, and against golden values that must never change."""

from __future__ import annotations

import datetime as dt
import enum
import math
import os
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from levada._kernels import canonical_key, hash_values, key_bytes, key_group, key_hash
from levada.common.errors import KeyTypeError
from levada.common.types import Row, RowKind

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NAN = math.nan


class Level(enum.IntEnum):
    LOW = 1


class Colour(enum.Enum):
    RED = 1
    ROT = 1  # noqa: PIE796
    BLUE = "b"


class Tone(enum.StrEnum):
    RED = "red"


class Access(enum.Flag):
    READ = 1
    WRITE = 2


Point = namedtuple("Point", "x y")


@dataclass(frozen=True)
class Key:
    name: str
    number: float
    note: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class OtherKey:
    name: str
    number: float


@dataclass
class Thawed:
    name: str


@dataclass(frozen=True, eq=False)
class ByIdentity:
    name: str


class Loud(str):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.lower() == other.lower()

    def __hash__(self) -> int:
        return hash(self.lower())


# What the codec makes of these values is written into checkpoints. A change here breaks them all.
GOLDEN: list[tuple[Any, str, int]] = [
    (None, "00", 0x6C62272E07BB0142),
    (0, "010000000000000000", 0x5C3F2C559196C7E7),
    (5, "010500000000000000", 0x0F34CDCF107B99B4),
    (-1, "01ffffffffffffffff", 0x9B6CEACE425B0E5B),
    (2**63 - 1, "01ffffffffffffff7f", 0xC062FFE2D584B1EB),
    (-(2**63), "010000000000000080", 0x02EAE23547090575),
    (2**63, "0200080000000000000000000080", 0x207FE477B15A1B98),
    (-(2**100), "02010d00000000000000000000000000000010", 0x30B9E25AAB76BF5D),
    (0.5, "03000000000000e03f", 0x1B9937CB97C9B474),
    (-1.25, "03000000000000f4bf", 0xA258BBA4062CE014),
    (NAN, "03000000000000f87f", 0x308F72EF6E58F13E),
    (-math.inf, "03000000000000f0ff", 0x4385CE8FE3FA11D3),
    (
        1e300,
        "02007d000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000009c7500883ce417",
        0x5B50A28E787EB810,
    ),
    (Decimal("0.1"), "0400ffffffffffffffff0100000001", 0x81BF7CBEF3CD4511),
    (Decimal("-123.456"), "0401fdffffffffffffff0300000040e201", 0x084FB5A3188AB86B),
    ("", "0500000000", 0xC0FA539472CC10AD),
    ("a", "050100000061", 0x7C8F3E047D24411E),
    ("levada", "05060000006c6576616461", 0xACC22072FE88C67A),
    ("sixteen bytes ab", "05100000007369787465656e206279746573206162", 0x35091FD61641E5EF),
    (
        "é" * 20,
        "0528000000c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9",
        0x91884879E8F42668,
    ),
    (b"", "0600000000", 0x59577224CA30F585),
    (b"levada", "06060000006c6576616461", 0x512ED16574FE0F36),
    ((), "0700000000", 0xBA0D91855C5D2E16),
    ((1, "a"), "0702000000010100000000000000050100000061", 0x8BEF597B910632D7),
    (((None,), (1.5, b"x")), "0702000000070100000000070200000003000000000000f83f060100000078", 0xA42954D6710876E3),
    (dt.date(2024, 2, 29), "08464d000000000000", 0x6D642C9C88228035),
    (dt.date(1, 1, 1), "08c606f5ffffffffff", 0x152B838534A65941),
    (dt.time(23, 59, 59, 999999), "0918fc4e91944e0000", 0xF410DE87CEAE9413),
    (dt.time(1, tzinfo=dt.UTC), "0a00a0b83046030000", 0xD6F22ADD65036B2F),
    (dt.datetime(2024, 2, 29, 12, 30, 15, 250000), "0bd778e0650000000080b2e60e", 0xB8AF79EEF387DDE3),
    (dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC), "0cffffffffffffffff18c69a3b", 0xD7CE6DDF2EF0CDC4),
    (dt.timedelta(days=-1, microseconds=1), "0d80aefeffffffffffe8030000", 0xDD2E50EED72FB7D4),
    (UUID("12345678-1234-5678-1234-567812345678"), "0e12345678123456781234567812345678", 0xACCF301B01834AC9),
    (Row(1, "a"), "12020000000000010100000000000000050100000061", 0xDABF12A9D2651E46),
    (Row(a=1), "120100000000010100000061010100000000000000", 0xAC746DDF4BC84907),
]


@pytest.mark.parametrize(("value", "encoded", "hashed"), GOLDEN, ids=lambda value: repr(value)[:40])
def test_golden(value: Any, encoded: str, hashed: int) -> None:
    assert key_bytes(value).hex() == encoded
    assert key_hash(value) == hashed


@pytest.mark.parametrize(
    "equal",
    [
        [1, 1.0, True, Decimal(1), Decimal("1.000"), Decimal("10E-1"), Level.LOW, np.int64(1), np.bool_(True)],
        [0, 0.0, -0.0, False, Decimal("-0.0"), np.float32(-0.0), np.uint8(0)],
        [0.5, Decimal("0.5"), Decimal("5E-1"), np.float32(0.5), np.float16(0.5)],
        [NAN, float("-nan"), Decimal("NaN"), Decimal("-NaN123"), np.float32("nan"), np.float64("nan")],
        [math.inf, Decimal("Infinity")],
        [2**63, 2.0**63, Decimal(2**63), np.uint64(2**63)],
        [-(2**63), -(2.0**63), np.int64(-(2**63))],
        [int(1e300), 1e300, Decimal.from_float(1e300)],
        [Decimal.from_float(0.1), 0.1],
        [Decimal("1E+30"), 10**30],
        ["red", Tone.RED, np.str_("red")],
        [b"red", np.bytes_(b"red")],
        [(1, "a"), (1.0, "a"), Point(1, "a"), (Decimal(1), np.str_("a"))],
        [(NAN, (NAN,)), (float("nan"), (Decimal("NaN"),))],
        [dt.datetime(2020, 7, 1, 12, tzinfo=dt.UTC), dt.datetime(2020, 7, 1, 14, tzinfo=BERLIN)],
        [dt.datetime(2020, 7, 1, 12), pd.Timestamp("2020-07-01T12:00:00")],
        [dt.time(12, tzinfo=dt.UTC), dt.time(14, tzinfo=dt.timezone(dt.timedelta(hours=2)))],
        [dt.timedelta(days=-1, hours=24), dt.timedelta(0), pd.Timedelta(0)],
        [Colour.RED, Colour.ROT],
        [Key("a", 1), Key("a", Decimal(1), "note")],  # type: ignore[arg-type]
        [Row(1, "a"), Row(1.0, "a")],
        [Row(a=NAN), Row(a=float("nan"))],
    ],
    ids=str,
)
def test_equal_values_are_one_key(equal: list[Any]) -> None:
    assert len({key_bytes(value) for value in equal}) == 1
    assert len({key_hash(value) for value in equal}) == 1
    assert len({canonical_key(value) for value in equal}) == 1


def test_different_values_are_different_keys() -> None:
    utc = dt.UTC
    different: list[Any] = [
        *(None, 0, 1, -1, 2, 0.5, -0.5, 0.1, NAN, math.inf, -math.inf, 1e300, 10**300),
        *(Decimal("0.1"), Decimal("-0.1"), Decimal("0.01"), Decimal("-0.11"), Decimal("1.1"), Decimal("2E+70")),
        *(2**63, -(2**63), 2**63 - 1, 2**64, -(2**64), 2**71, Decimal(2**71) + Decimal("0.1")),
        *("", "1", b"", b"1", "a", "a\0", "é", "e\u0301", "\ud800", "None"),
        *((), (1,), (1, 2), (2, 1), ((1,), 2), (1, (2,)), ((),), (None,), ("1",), (b"1",), (1, 2, 3)),
        *(("ab", "c"), ("a", "bc"), ("abc",), ("abc", "")),
        *(dt.date(1970, 1, 2), dt.datetime(1970, 1, 2), dt.datetime(1970, 1, 2, tzinfo=utc), dt.timedelta(1)),
        *(dt.time(0), dt.time(0, tzinfo=utc), dt.time(0, 0, 0, 1), dt.datetime(1970, 1, 2, 0, 0, 0, 1)),
        *(pd.Timestamp("1970-01-02T00:00:00.000001001"), pd.Timedelta(1, "ns"), dt.timedelta(microseconds=1)),
        *(dt.timedelta.max, dt.timedelta.min, dt.datetime.max, dt.datetime.min),
        *(UUID(int=0), UUID(int=1), Colour.RED, Colour.BLUE, Access.READ, Access.READ | Access.WRITE, Access(0)),
        *(Key("a", 1), Key("a", 2), Key("b", 1), OtherKey("a", 1)),
        *(Row(), Row(1), Row(1, 2), Row(a=1), Row(b=1), Row((1,)), Row.of_kind(RowKind.DELETE, 1)),
    ]
    assert len({key_bytes(value) for value in different}) == len(different)
    assert len({key_hash(value) for value in different}) == len(different)
    assert len({canonical_key(value) for value in different}) == len(different)


def test_hours_that_a_zone_has_twice() -> None:
    summer = dt.datetime(2020, 10, 25, 2, 30, tzinfo=BERLIN)
    winter = summer.replace(fold=1)
    same_as_winter = dt.datetime(2020, 10, 24, 21, 30, tzinfo=NEW_YORK)
    assert summer == winter, "Python compares wall clocks within a zone"
    assert winter != same_as_winter, "and finds such an hour equal to nothing elsewhere"
    assert key_bytes(winter) == key_bytes(same_as_winter) != key_bytes(summer)
    assert canonical_key(winter) == canonical_key(same_as_winter) != canonical_key(summer)


REFUSED: list[tuple[Any, str]] = [
    ([1], "use a tuple: tuple(value)"),
    ({"a": 1}, "tuple(sorted(value.items()))"),
    ({1}, "tuple(sorted(value))"),
    (frozenset({1}), "tuple(sorted(value))"),
    (bytearray(b"a"), "bytes(value)"),
    (memoryview(b"a"), "bytes(value)"),
    (1j, "(value.real, value.imag)"),
    (Fraction(1, 3), "(value.numerator, value.denominator)"),
    (Thawed("a"), "@dataclass(frozen=True)"),
    (ByIdentity("a"), "@dataclass(frozen=True, eq=True)"),
    (Loud("a"), "str(value)"),
    (np.array([1]), "tuple(value.tolist())"),
    (np.datetime64("2020-01-01"), "value.item()"),
    (pd.NaT, "use None"),
    (pd.NA, "use None"),
    (object(), "make its class a frozen dataclass"),
    (Decimal("sNaN"), "Decimal('NaN')"),
]


@pytest.mark.parametrize(("value", "remedy"), REFUSED, ids=lambda value: repr(value)[:40])
def test_refusals_carry_the_remedy(value: Any, remedy: str) -> None:
    for call in (key_bytes, key_hash, canonical_key):
        for wrapped in (value, (1, value), ((value,), 2), Row(value), Key(value, 1)):
            with pytest.raises(KeyTypeError) as raised:
                call(wrapped)
            assert remedy in str(raised.value)
            assert type(value).__name__ in str(raised.value)
    with pytest.raises(KeyTypeError):
        hash_values([1, value])


def test_refuses_decimals_of_absurd_size() -> None:
    with pytest.raises(KeyTypeError, match="4096 digits"):
        key_hash(Decimal("1E+5000"))
    assert key_hash(Decimal("1E-999999")) != key_hash(0)


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(KeyTypeError) as raised:
        key_hash(["é" * 1000])
    assert "é..." in str(raised.value)
    assert len(str(raised.value)) < 250


def test_a_row_that_contains_itself_is_an_error_and_no_crash() -> None:
    row = Row(1)
    row[0] = row
    for call in (key_bytes, key_hash, canonical_key):
        with pytest.raises(RecursionError):
            call(row)


@pytest.mark.parametrize("value", [5, "a", b"", None, True, 1.5, (1, "a"), (1, (2.5, None)), Point(1, 2), Key("a", 1)])
def test_canonical_keys_are_nearly_always_the_object_itself(value: Any) -> None:
    assert canonical_key(value) is value


def test_canonical_keys_keep_their_class() -> None:
    point, key, row = canonical_key(Point(NAN, 1)), canonical_key(OtherKey("a", NAN)), canonical_key(Row(a=NAN))
    assert isinstance(point, Point)
    nan: object = canonical_key(Decimal("NaN"))
    assert point.x is nan
    assert isinstance(key, OtherKey)
    assert key.number is nan
    assert row.as_dict() == {"a": nan}


# Many ways to write few values, so that equal pairs are common.
_INTEGERS = st.integers(-3, 3) | st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**80, 10**25])
_NUMBERS = st.one_of(
    _INTEGERS,
    _INTEGERS.map(float),
    _INTEGERS.map(Decimal),
    st.integers(-8, 8).map(lambda n: n / 4),
    st.integers(-8, 8).map(lambda n: Decimal(n) / 4),
    st.sampled_from(
        [0.1, Decimal("0.1"), Decimal("0.10"), Decimal.from_float(0.1), -0.0, NAN, Decimal("NaN"), math.inf, True]
    ),
    st.floats(),
    st.decimals(allow_nan=False),
)
_MOMENTS = st.builds(
    lambda hour, zone: dt.datetime(2020, 10, 25, hour, 30, tzinfo=zone),
    st.integers(3, 8),
    st.sampled_from([None, dt.UTC, BERLIN, NEW_YORK, dt.timezone(dt.timedelta(hours=-1))]),
)
_SCALARS = st.one_of(
    st.none(),
    _NUMBERS,
    st.sampled_from(["", "a", "ab", "é", Tone.RED, "red", b"", b"a", b"ab", Colour.RED, Colour.BLUE, UUID(int=1)]),
    st.text(max_size=3),
    st.binary(max_size=3),
    _MOMENTS,
    st.dates(dt.date(2020, 10, 24), dt.date(2020, 10, 26)),
    st.timedeltas(),
)
_KEYS = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.builds(Point, inner, inner),
        st.builds(Key, inner, inner),
        st.lists(inner, max_size=2).map(lambda values: Row(*values)),
    ),
    max_leaves=5,
)


def model_equal(a: Any, b: Any) -> bool:
    """Python's equality, but NaN equals NaN, at any depth."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(model_equal, a, b))
    if isinstance(a, Key) and isinstance(b, Key):
        return model_equal((a.name, a.number), (b.name, b.number))
    if isinstance(a, Row) and isinstance(b, Row):
        return model_equal(tuple(a), tuple(b))
    return bool(a == b) or (is_nan(a) and is_nan(b))


def is_nan(value: Any) -> bool:
    return isinstance(value, (float, Decimal)) and math.isnan(value)


@given(_KEYS, _KEYS)
def test_python_equality_decides(a: Any, b: Any) -> None:
    equal = model_equal(a, b)
    assert (key_bytes(a) == key_bytes(b)) is equal
    assert (key_hash(a) == key_hash(b)) is equal
    assert (canonical_key(a) == canonical_key(b)) is equal
    if equal:
        assert hash(canonical_key(a)) == hash(canonical_key(b))
    else:
        assert not key_bytes(a).startswith(key_bytes(b))


@given(st.lists(_KEYS, max_size=20))
def test_a_dict_of_canonical_keys_holds_what_the_codec_tells_apart(keys: list[Any]) -> None:
    by_key: dict[Any, bytes] = {}
    for key in keys:
        assert by_key.setdefault(canonical_key(key), key_bytes(key)) == key_bytes(key)
    assert len(by_key) == len({key_bytes(key) for key in keys})


@given(st.lists(_KEYS, max_size=20))
def test_many_at_once(keys: list[Any]) -> None:
    assert hash_values(keys).to_pylist() == [key_hash(key) for key in keys]
    assert [key_group(key, 100) for key in keys] == [key_hash(key) % 100 for key in keys]


_JOB = """
import enum, sys
from dataclasses import dataclass
from levada._kernels import key_bytes

@dataclass(frozen=True)
class Key:
    name: str

class Colour(enum.Enum):
    RED = 1

def encoded() -> str:
    return key_bytes((Key("a"), Colour.RED, "text", 2**70, None)).hex()

if __name__ == "__main__":
    print(encoded())
"""


@pytest.mark.parametrize("seed", ["0", "1"])
def test_other_processes_agree(tmp_path: Path, seed: str) -> None:
    """Also on classes of the main script, which a worker imports under the name of its file."""
    (tmp_path / "some_job.py").write_text(_JOB)
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}

    def output(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()

    as_script = output(str(tmp_path / "some_job.py"))
    assert as_script == output("-c", "import some_job; print(some_job.encoded())") == output("-m", "some_job")
    assert b"some_job.Key" in bytes.fromhex(as_script)
    lean = (
        "import sys, levada._kernels as k; k.split_rows([1], None, [(1, 'a')], 1, 1); print('pyarrow' in sys.modules)"
    )
    assert output("-c", lean) == "False"
    named = "import runpy, levada._kernels as k; k.set_main_module('x.y'); "
    named += "runpy.run_module('some_job', run_name='__main__')"
    assert b"x.y.Key" in bytes.fromhex(output("-c", named))


@example(b"")
@given(st.binary(max_size=70))
def test_text_and_its_bytes_differ(data: bytes) -> None:
    assert key_hash(data) != key_hash(data.decode("latin-1"))
