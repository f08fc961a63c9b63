"""Functions over batches, in the form that their parameter is annotated with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from levada.common import Row
from levada.common.errors import JobBuildError, UserError, UserFunctionError
from levada.datastream import RuntimeContext, StreamExecutionEnvironment
from levada.testing import StreamHarness


@dataclass(frozen=True)
class Reading:
    sensor: str
    celsius: float


READINGS = [Reading("a", 1.0), Reading("b", 20.5), Reading("a", 30.0)]


def arrow(batch: pa.RecordBatch) -> pa.RecordBatch:
    assert batch.schema.names == ["sensor", "celsius"]
    return batch.filter(pc.greater(batch["celsius"], 10))


def table(batch: pa.Table) -> pa.Table:
    return batch.filter(pc.greater(batch["celsius"], 10))


def frame(batch: pd.DataFrame) -> pd.DataFrame:
    return batch[batch.celsius > 10]


def listed(batch: list[Reading]) -> list[Reading]:
    return [reading for reading in batch if reading.celsius > 10]


def doubled(batch: np.ndarray) -> np.ndarray:
    return batch * 2


def bare(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.record_batch([pc.add(batch["value"], 1)], ["value"])


def results(values: list[Any], function: Any) -> list[Any]:
    env = StreamExecutionEnvironment.get_execution_environment()
    with env.from_collection(values).map_batches(function).execute_and_collect() as records:
        return list(records)


@pytest.mark.parametrize("function", [arrow, table, frame])
def test_columns_come_back_as_named_rows(function: Any) -> None:
    found = results(READINGS, function)
    assert found == [Row(sensor="b", celsius=20.5), Row(sensor="a", celsius=30.0)]


def test_polars() -> None:
    pl = pytest.importorskip("polars")

    def hot(batch: pl.DataFrame) -> pl.DataFrame:  # type: ignore[name-defined]
        return batch.filter(pl.col("celsius") > 10)

    hot.__annotations__ = {"batch": pl.DataFrame}
    assert [row.sensor for row in results(READINGS, hot)] == ["b", "a"]


def test_lists_arrays_and_plain_values() -> None:
    assert results(READINGS, listed) == READINGS[1:]
    assert results([1, 2, 3], doubled) == [2, 4, 6]
    assert results([(1, 2), (3, 4)], doubled) == [(2, 4), (6, 8)]
    assert results([1, 2, 3], bare) == [2, 3, 4]


def test_event_times_stay_with_their_rows() -> None:
    def shorter(batch: list[int]) -> list[int]:
        return batch[:1]

    with StreamHarness[int, int](lambda values: values.map_batches(doubled)) as harness:
        harness.process_all([1, 2], [10, 20])
        assert harness.take_timed() == [(2, 10), (4, 20)]
    with StreamHarness[int, int](lambda values: values.map_batches(shorter)) as harness:
        harness.process_all([1, 2], [10, 20])
        assert harness.take_timed() == [(1, 20)]


class Model:
    def open(self, runtime_context: RuntimeContext) -> None:
        self.factor = 10

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        return batch * self.factor


def test_an_object_is_opened() -> None:
    assert results([1, 2], Model()) == [10, 20]


def test_mistakes_are_told() -> None:
    stream = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    with pytest.raises(JobBuildError, match="annotate the function's parameter"):
        stream.map_batches(lambda batch: batch)
    with pytest.raises(JobBuildError, match="is no function"):
        stream.map_batches(Model)

    def broken(batch: list[int]) -> list[int]:
        return [1 // 0 for _ in batch]

    def wrong(batch: list[int]) -> int:
        return len(batch)

    with pytest.raises(UserFunctionError, match=r"ZeroDivisionError.*begins with 1"):
        results([1], broken)
    with pytest.raises(UserError, match="gave a int"):
        results([1], wrong)
