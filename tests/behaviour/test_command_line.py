"""Errors of a job at the command line: one block with the user's own line, and it always comes to an end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.behaviour.conftest import Run

HEAD = """\
from levada.datastream import KeyedProcessFunction, MapFunction, StreamExecutionEnvironment
from levada.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
numbers = env.from_collection([1, 2, 3])
"""

JOBS: dict[str, tuple[str, list[str]]] = {
    # The rest of the script; what is shown, in order.
    "a key that can change": (
        "numbers.key_by(lambda n: [n]).reduce(lambda a, b: a).print()\nenv.execute()\n",
        [
            "error: a value of type list cannot be (part of) a key: [1]; lists can change; use a tuple: tuple(value)",
            "at job.py:7",
            "7 | env.execute()",
            "note: in operator 'Reduce' (uid reduce-",
            "subtask 1 of 1; record: 1",
            "(KeyTypeError; --traceback shows the whole stack)",
        ],
    ),
    "an error of Levada inside a user's call": (
        "numbers.map(lambda n: (n, n)).key_by(lambda p: 0).sum(7).print()\nenv.execute()\n",
        ["error: sum(7): the record (1, 1) has no field 7", "note: in operator 'Sum(7)'", "(UserError; --traceback"],
    ),
    "a generator half-way": (
        "def halves(n):\n    yield n\n    yield n / (n - 2)\n\n"
        "numbers.flat_map(halves).name('halving').print()\nenv.execute()\n",
        [
            "error: operator 'halving' (uid flat_map-",
            "flat_map function halves (job.py:8) raised ZeroDivisionError: division by zero; record: 2",
            "at job.py:8, in halves",
            "8 | yield n / (n - 2)",
        ],
    ),
    "open() that fails": (
        "class Lookup(MapFunction):\n    def open(self, runtime_context):\n        self.table = {}['missing']\n"
        "    def map(self, value):\n        return value\n\n"
        "numbers.map(Lookup()).print()\nenv.execute()\n",
        ["error: KeyError: 'missing'", "at job.py:8, in open", "while opening operator 'Map(Lookup)', subtask 1 of 1"],
    ),
    "state that was changed and not stored": (
        "class Keep(KeyedProcessFunction):\n    def open(self, runtime_context):\n"
        "        self.kept = runtime_context.get_state(ValueStateDescriptor('kept', object))\n"
        "    def process_element(self, value, ctx):\n"
        "        if self.kept.value() is None:\n            self.kept.update([])\n"
        "        self.kept.value().append(value)\n\n"
        "env.get_configuration().set_string('levada.state.detect-mutations', 'true')\n"
        "numbers.key_by(lambda n: 0).process(Keep()).name('keeping').print()\nenv.execute()\n",
        ["error: state 'kept' of operator 'keeping', key 0: the value got from it was changed in place and not stored"],
    ),
    "nothing to run": ("env.close()\nenv.execute()\n", ["error: execute(): nothing was built since the last job"]),
}


@pytest.mark.parametrize("more", [(), ("--traceback",)], ids=["block", "traceback"])
@pytest.mark.parametrize("case", JOBS)
def test_errors_in_one_block(case: str, more: tuple[str, ...], run: Run, script: Callable[..., str]) -> None:
    rest, shown = JOBS[case]
    done = run("-m", "levada", "run", script(HEAD + rest), *more)
    assert done.returncode == 1
    at = 0
    for text in shown:
        if more and "--traceback" in text:
            continue
        found = done.stderr.find(text, at)
        assert found >= 0, (text, done.stderr)
        at = found
    assert ("Traceback" in done.stderr) == bool(more)
    assert "fault in Levada" not in done.stderr


def test_causes_in_a_ring_do_not_hold_the_command_up(run: Run, script: Callable[..., str]) -> None:
    text = """\
one, two = ValueError("one"), ValueError("two")
one.__cause__, two.__cause__ = two, one
raise one
"""
    done = run("-m", "levada", "run", script(text))
    assert done.returncode == 1
    assert "error: ValueError: one" in done.stderr
    assert "because ValueError: two" in done.stderr
