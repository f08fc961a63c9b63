"""Whose share of the state is whose, and which checkpoints are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.checkpoint.manifest import Manifest, OperatorEntry, PartEntry
from levada.checkpoint.recovery import check_fits, key_group_range
from levada.common.errors import CheckpointMismatchError


def entry(identity: str, generated: bool = True, name: str = "op") -> OperatorEntry:
    return OperatorEntry(name, identity.split(":")[0], identity, generated, 1, {"state": PartEntry("keyed")})


def manifest(**operators: OperatorEntry) -> Manifest:
    return Manifest(1, "old job", "run", 0, 0, "checkpoint", 128, "0.1.0", dict(operators))


@given(parallelism=st.integers(1, 200), most=st.integers(1, 300))
def test_every_key_group_belongs_to_exactly_one_subtask(parallelism: int, most: int) -> None:
    parallelism = min(parallelism, most)
    owners: list[int] = []
    for index in range(parallelism):
        first, last = key_group_range(index, parallelism, most)
        owners += [index] * (last - first + 1)
    assert owners == [group * parallelism // most for group in range(most)]


def test_a_checkpoint_of_this_job_fits() -> None:
    check_fits(manifest(a=entry("map:f")), "job", {"a": entry("map:f"), "b": entry("map:g")}, 128, "it")


def test_a_checkpoint_of_another_job_is_refused() -> None:
    with pytest.raises(CheckpointMismatchError, match=r"another job: it was written by 'old job'.*'new job'"):
        check_fits(manifest(a=entry("map:f")), "new job", {"b": entry("map:f")}, 128, "chk-1")


def test_operators_that_moved_are_listed() -> None:
    old = manifest(a=entry("map:f"), b=entry("process:Count", name="counts"), c=entry("process:Sum", name="sums"))
    with pytest.raises(CheckpointMismatchError) as info:
        check_fits(old, "job", {"a": entry("map:f")}, 128, "chk-1")
    assert "b ('counts')" in str(info.value)
    assert "c ('sums')" in str(info.value)
    assert ".uid(" in str(info.value)


def test_siblings_that_changed_places_are_not_mixed_up() -> None:
    old = manifest(a=entry("process:Count"), b=entry("process:Sum"))
    swapped = {"a": entry("process:Sum"), "b": entry("process:Count")}
    with pytest.raises(CheckpointMismatchError, match="written by process:Count"):
        check_fits(old, "job", swapped, 128, "chk-1")


def test_a_given_uid_may_change_its_class() -> None:
    old = manifest(a=entry("process:Count", generated=False))
    check_fits(old, "job", {"a": entry("process:Renamed", generated=False)}, 128, "chk-1")


def test_another_max_parallelism_is_refused_with_the_value_to_set() -> None:
    with pytest.raises(CheckpointMismatchError, match=r"pipeline\.max-parallelism=128"):
        check_fits(manifest(a=entry("map:f")), "job", {"a": entry("map:f")}, 64, "chk-1")
