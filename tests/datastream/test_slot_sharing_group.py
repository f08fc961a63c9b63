"""Slot sharing groups are descriptions that operators may name."""

from __future__ import annotations

import pytest

from levada.common.errors import JobBuildError
from levada.datastream import MemorySize, SlotSharingGroup, StreamExecutionEnvironment


def test_sizes() -> None:
    size = MemorySize.of_mebi_bytes(5 << 20)
    assert size == MemorySize(5 << 40)
    assert hash(size) == hash(MemorySize(5 << 40))
    assert (size.get_bytes(), size.get_kibi_bytes(), size.get_mebi_bytes()) == (5 << 40, 5 << 30, 5 << 20)
    assert (size.get_gibi_bytes(), size.get_tebi_bytes()) == (5 << 10, 5)
    assert MemorySize(1) < MemorySize(2) <= MemorySize(2)
    with pytest.raises(JobBuildError, match="MemorySize"):
        MemorySize(-1)


def test_a_group_keeps_what_it_was_given() -> None:
    def group() -> SlotSharingGroup:
        builder = SlotSharingGroup.builder("heavy").set_cpu_cores(1.5).set_task_heap_memory_mb(1)
        builder.set_task_off_heap_memory_mb(2).set_managed_memory_mb(3).set_external_resource("gpu", 1.0)
        return builder.build()

    heavy = group()
    assert heavy == group() != SlotSharingGroup.builder("heavy").build()
    assert hash(heavy) == hash(group())
    assert (heavy.get_name(), heavy.get_cpu_cores()) == ("heavy", 1.5)
    memory = heavy.get_task_heap_memory(), heavy.get_task_off_heap_memory(), heavy.get_managed_memory()
    assert memory == tuple(MemorySize.of_mebi_bytes(number) for number in (1, 2, 3))
    assert heavy.get_external_resources() == {"gpu": 1.0}
    light = SlotSharingGroup.builder("light").build()
    assert (light.get_cpu_cores(), light.get_managed_memory(), light.get_external_resources()) == (None, None, {})
    with pytest.raises(JobBuildError, match="non-empty string"):
        SlotSharingGroup.builder("")


def test_operators_name_groups_and_the_environment_takes_them() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    group = SlotSharingGroup.builder("heavy").build()
    assert env.register_slot_sharing_group(group) is env
    stream = env.from_collection([1]).map(lambda number: number).slot_sharing_group(group)
    assert stream._own("").slot_sharing_group == "heavy"
    assert list(stream) == [1]


def test_the_buffer_timeout_is_kept_and_does_nothing() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    assert env.get_buffer_timeout() == 100
    assert env.set_buffer_timeout(5) is env
    assert env.get_buffer_timeout() == 5
    with pytest.raises(JobBuildError, match="set_buffer_timeout"):
        env.set_buffer_timeout(-2)
