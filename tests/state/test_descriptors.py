"""Descriptors: what they take, and what they refuse where they are made."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from levada.common.errors import JobBuildError, StateError
from levada.common.typeinfo import Types
from levada.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from levada.state.memory import MemoryBackend


@dataclass
class Plane:
    tail: str


def test_types_of_what_is_stored() -> None:
    assert ValueStateDescriptor("v", int).type_info == Types.LONG()
    assert ListStateDescriptor("l", Types.STRING()).type_info == Types.LIST(Types.STRING())
    assert MapStateDescriptor("m", str, float).type_info == Types.MAP(Types.STRING(), Types.DOUBLE())
    assert ValueStateDescriptor("v", Plane).get_name() == "v"
    assert repr(ValueStateDescriptor("v", int)) == "ValueStateDescriptor('v', Long)"


def test_reduce_functions_of_both_forms() -> None:
    class Longest:
        def reduce(self, value1: str, value2: str) -> str:
            return max(value1, value2, key=len)

    by_callable = ReducingStateDescriptor("r", max, int)
    by_class = ReducingStateDescriptor("r", Longest(), str)
    assert by_callable.reduce(1, 2) == 2
    assert by_class.reduce("ab", "a") == "ab"
    assert by_callable.get_reduce_function() is max


VALUE: Any = ValueStateDescriptor
REDUCING: Any = ReducingStateDescriptor
AGGREGATING: Any = AggregatingStateDescriptor


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: VALUE("", int), StateError, "a state's name is a text that is not empty"),
        (lambda: VALUE(5, int), StateError, r"ValueStateDescriptor\(5, \.\.\)"),
        (lambda: VALUE("v", 5), JobBuildError, r"ValueStateDescriptor\('v', \.\.\): 5 is not a type"),
        (lambda: REDUCING("r", 5, int), StateError, "must be a ReduceFunction or a callable"),
        (lambda: AGGREGATING("a", max, int), StateError, "has no create_accumulator, add, get_result"),
    ],
)
def test_what_is_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_a_job_without_checkpoints_loads_no_arrow() -> None:
    program = (
        "import sys; from levada.state import *; from levada.state.memory import MemoryBackend\n"
        "b = MemoryBackend('op'); b.key_context.key = 1; b.get_state(ValueStateDescriptor('s', int)).update(1)\n"
        "b.timers().event.register(1, 1); b.maintain(); b.check_mutations()\n"
        "assert not {'pyarrow', 'numpy', 'pandas'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert not MemoryBackend("op").detects_mutations
