"""Sinks that print, drop, call or collect."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import datetime

import pyarrow as pa
import pytest

from levada.common.batch import ColumnBatch, RowBatch
from levada.common.errors import InternalError, JobBuildError
from levada.common.types import Row, RowKind
from levada.connectors.blackhole import BlackHoleSink
from levada.connectors.collect import CollectBuffer, CollectSink
from levada.connectors.function import FunctionSink
from levada.connectors.print import PrintSink

from .harness import open_writer

CHANGES = ColumnBatch(
    pa.record_batch({"k": ["a", None, "b", "c"], "n": [1, 2, 3, 4], "t": [True, None, None, None]}),
    pa.array([0, 1, 2, 3], pa.int8()),
)


def test_print_values(capsys):
    open_writer(PrintSink()).write(RowBatch(["text", 5, ("a", 1), Row(a=1, b=None)]))
    assert capsys.readouterr().out == "text\n5\n('a', 1)\n+I[1, null]\n"


def test_print_changes(capsys):
    open_writer(PrintSink()).write(CHANGES)
    assert capsys.readouterr().out == "+I[a, 1, true]\n-U[null, 2, null]\n+U[b, 3, null]\n-D[c, 4, null]\n"
    open_writer(PrintSink()).write(RowBatch([Row.of_kind(RowKind.DELETE, [datetime(2013, 1, 1, 5)], {"k": 1.5})]))
    assert capsys.readouterr().out == "-D[[2013-01-01T05:00:00], {k=1.5}]\n"


@pytest.mark.parametrize(
    ("identifier", "parallelism", "prefix"),
    [("", 1, ""), ("", 3, "2> "), ("delays", 1, "delays> "), ("delays", 3, "delays:2> ")],
)
def test_print_prefix(capsys, identifier, parallelism, prefix):
    open_writer(PrintSink(identifier), subtask=1, parallelism=parallelism).write(RowBatch(["a", "b"]))
    assert capsys.readouterr().out == f"{prefix}a\n{prefix}b\n"


def test_print_to_standard_error(capsys):
    open_writer(PrintSink(standard_error=True)).write(RowBatch(["a"]))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "a\n")


def test_black_hole_takes_everything():
    writer = open_writer(BlackHoleSink())
    writer.write(RowBatch([1]))
    writer.write(CHANGES)
    assert writer.prepare_commit(1) == []


def test_function_is_called_with_each_record():
    seen: list[object] = []
    writer = FunctionSink(seen.append).create_writer(None)  # type: ignore[arg-type]
    writer.write(RowBatch([1, "x"]))
    writer.write(ColumnBatch(pa.record_batch({"a": [1], "b": ["y"]})))
    assert seen == [1, "x", Row(a=1, b="y")]


def test_function_that_is_none_is_refused():
    with pytest.raises(JobBuildError, match="takes one record"):
        FunctionSink(5)  # type: ignore[arg-type]


def test_collect():
    buffer = CollectBuffer(max_rows=3)
    writer = open_writer(CollectSink(buffer.id))
    writer.write(RowBatch([1, 2]))
    writer.write(RowBatch([]))
    assert not buffer.full
    writer.write(RowBatch([3]))
    assert buffer.full
    assert buffer.pop().values == [1, 2]
    assert not buffer.full
    assert buffer.pop().values == [3]
    assert buffer.pop() is None
    writer.write(RowBatch([4]))
    buffer.clear()
    assert (buffer.pop(), buffer.rows) == (None, 0)


def test_collect_needs_a_living_buffer():
    buffer = CollectBuffer()
    sink = pickle.loads(pickle.dumps(CollectSink(buffer.id)))
    del buffer
    with pytest.raises(InternalError, match="does not live in this process"):
        open_writer(sink)


def test_row_connectors_load_without_arrow():
    names = "collection datagen number_seq files print blackhole collect function rate"
    modules = ", ".join(f"levada.connectors.{name}" for name in names.split())
    code = f"import {modules}, sys; print([m for m in ('pyarrow', 'numpy', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
