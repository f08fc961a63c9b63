"""Which values are keys: the odd ones that are, and the remedy for those that are not."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.behaviour.jobs import NO_TIME, FailOnce, checkpointed, results

from levada.checkpoint import list_checkpoints
from levada.common.errors import KeyTypeError
from levada.connectors.datagen import DataGeneratorSource, RateLimiterStrategy

REFUSED: list[tuple[Any, str]] = [
    ([1, 2], "lists can change; use a tuple: tuple(value)"),
    ({"a": 1}, "dicts can change; use a tuple: tuple(sorted(value.items()))"),
    ({1, 2}, "sets have no order; use a tuple: tuple(sorted(value))"),
    (bytearray(b"x"), "its bytes can change; use bytes(value)"),
    (1 + 2j, "use a tuple: (value.real, value.imag)"),
    ((1, [2]), "lists can change; use a tuple: tuple(value)"),
    (object(), "key by one of its attributes"),
]


@pytest.mark.parametrize("parallelism", [1, 3])
@pytest.mark.parametrize(("key", "remedy"), REFUSED, ids=lambda value: type(value).__name__)
def test_what_is_no_key_is_refused_with_the_remedy_operator_and_record(key: Any, remedy: str, parallelism: int) -> None:
    records = [("good", 1), ("bad", key)]
    with pytest.raises(KeyTypeError, match=re.escape(remedy)) as caught:
        results(records, lambda s: s.key_by(lambda v: v[1]).reduce(lambda a, b: a), parallelism=parallelism)
    (note,) = caught.value.__notes__
    assert re.match(r"in operator '(Reduce|Collection)' \(uid \S+\), subtask 1 of [13]; record: \('bad', ", note), note
    assert caught.value.__cause__ is None


KEYS: list[Any] = [
    None,
    "",
    "é",
    "\ud800",
    "日本語 🚀",
    b"",
    b"\x00\xff",
    0,
    -1,
    10**100,
    1.5,
    float("inf"),
    (),
    (None, "x", (1, 2)),
    Decimal("1.10"),
    dt.date(1900, 1, 1),
    dt.datetime(1969, 12, 31, 23, 59, 59),
    dt.timedelta(days=-1),
    UUID(int=7),
    "k" * 1_000_000,
]


@pytest.mark.parametrize("parallelism", [1, 3])
def test_all_other_values_keep_their_own_state(parallelism: int) -> None:
    counted = results(
        KEYS * 3,
        lambda s: s.map(lambda key: (key, 1)).key_by(lambda v: v[0]).reduce(lambda a, b: (a[0], a[1] + b[1])),
        parallelism=parallelism,
    )
    assert Counter(counted) == Counter((key, n) for key in KEYS for n in (1, 2, 3))


@pytest.mark.parametrize("parallelism", [1, 3])
def test_keys_that_are_equal_are_one_and_nan_equals_nan(parallelism: int) -> None:
    alike = [1, 1.0, True, float("nan"), Decimal("NaN"), float("nan"), -0.0, 0]
    counts = results(
        alike,
        lambda s: s.map(lambda key: (key, 1)).key_by(lambda v: v[0]).reduce(lambda a, b: (a[0], a[1] + b[1])),
        parallelism=parallelism,
    )
    assert sorted(n for key, n in counts if key == 1) == [1, 2, 3]
    assert sorted(n for key, n in counts if key == 0) == [1, 2]
    assert sorted(n for key, n in counts if key != key) == [1, 2, 3]


def test_all_keys_come_back_from_a_checkpoint(tmp_path: Path) -> None:
    fail = FailOnce(len(KEYS) + 3)
    env = checkpointed(tmp_path)
    paced = DataGeneratorSource(
        lambda n: n, 2 * len(KEYS), rate_limiter_strategy=RateLimiterStrategy.per_second(4 * len(KEYS))
    )
    stream = env.from_source(paced, NO_TIME, "numbers").map(fail).map(lambda n: (KEYS[n % len(KEYS)], 1))
    with stream.key_by(lambda v: v[0]).reduce(lambda a, b: (a[0], a[1] + b[1])).execute_and_collect() as found:
        counted = list(found)
    assert fail.failed == 1
    assert Counter(counted) == Counter((key, n) for key in KEYS for n in (1, 2))
    assert [each.problem for each in list_checkpoints(tmp_path)] == [None] * 3
