"""docs/keys.md says the truth: its tables and its examples are run."""

from __future__ import annotations

import datetime as dt
import doctest
import enum
import math
import re
from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from levada._kernels import canonical_key, hash_columns, key_bytes, key_hash
from levada.common.types import Row

PAGE = (Path(__file__).parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")


class Level(enum.IntEnum):
    LOW = 1


class Tone(enum.StrEnum):
    RED = "red"


class Colour(enum.Enum):
    RED = 1
    ROT = 1  # noqa: PIE796


@dataclass(frozen=True)
class Key:
    name: str
    number: float


@dataclass(frozen=True)
class OtherKey:
    name: str
    number: float


NAMES: dict[str, Any] = {
    "Level": Level,
    "Tone": Tone,
    "Colour": Colour,
    "Key": Key,
    "OtherKey": OtherKey,
    "Row": Row,
    "Decimal": Decimal,
    "date": dt.date,
    "datetime": dt.datetime,
    "timedelta": dt.timedelta,
    "UTC": dt.UTC,
    "BERLIN": ZoneInfo("Europe/Berlin"),
    "Point": namedtuple("Point", "x y"),
    "nan": math.nan,
    "pa": pa,
    "canonical_key": canonical_key,
    "hash_columns": hash_columns,
    "key_bytes": key_bytes,
    "key_hash": key_hash,
}


def table(heading: str) -> list[list[str]]:
    """The expressions in the first column of the table under a heading."""
    (section,) = re.findall(rf"## {heading}\n(.*?)\n## ", PAGE, flags=re.DOTALL)
    first_cells = re.findall(r"^\| (`.*?`) \|", section, flags=re.MULTILINE)
    return [re.findall(r"`(.*?)`", cell) for cell in first_cells]


@pytest.mark.parametrize("expressions", table("The same key"), ids=" ".join)
def test_same(expressions: list[str]) -> None:
    values = [eval(expression, NAMES) for expression in expressions]
    assert len(values) > 1
    assert len({key_bytes(value) for value in values}) == 1
    assert len({key_hash(value) for value in values}) == 1
    assert len({canonical_key(value) for value in values}) == 1


@pytest.mark.parametrize("expressions", table("Different keys"), ids=" ".join)
def test_different(expressions: list[str]) -> None:
    values = [eval(expression, NAMES) for expression in expressions]
    assert len(values) > 1
    assert len({key_bytes(value) for value in values}) == len(values)
    assert len({key_hash(value) for value in values}) == len(values)
    assert len({canonical_key(value) for value in values}) == len(values)


def test_examples() -> None:
    examples = doctest.DocTestParser().get_doctest(PAGE, dict(NAMES), "keys.md", "keys.md", 0)
    assert len(examples.examples) >= 5
    complaints: list[str] = []
    doctest.DocTestRunner().run(examples, out=complaints.append)
    assert complaints == []
