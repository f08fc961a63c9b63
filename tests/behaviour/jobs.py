"""What the tests of behaviour share: environments with settings, and streams run to their end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from levada.common.configuration import Configuration
from levada.common.watermark_strategy import WatermarkStrategy
from levada.datastream import DataStream, StreamExecutionEnvironment

NO_TIME = WatermarkStrategy.no_watermarks()


def environment(parallelism: int = 1, **settings: Any) -> StreamExecutionEnvironment:
    """An environment; in the names of settings ``__`` stands for a dash and ``_`` for a dot."""
    config = Configuration()
    for name, value in settings.items():
        config.set_string(name.replace("__", "-").replace("_", "."), str(value))
    return StreamExecutionEnvironment.get_execution_environment(config).set_parallelism(parallelism)


def checkpointed(directory: Path, interval_ms: int = 10, **settings: Any) -> StreamExecutionEnvironment:
    """An environment that takes checkpoints and restarts at once."""
    env = environment(
        **{"execution_checkpointing_dir": directory, "restart__strategy_fixed__delay_delay": "1 ms", **settings}
    )
    return env.enable_checkpointing(interval_ms)


def results(values: Iterable[Any], build: Callable[[DataStream[Any]], DataStream[Any]], **settings: Any) -> list[Any]:
    """What a stream of ``values`` becomes."""
    with build(environment(**settings).from_collection(list(values))).execute_and_collect() as found:
        return list(found)


def timed(bound_ms: int = 0) -> WatermarkStrategy:
    """Records that are their own timestamps, or tuples that end in them."""
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(milliseconds=bound_ms))
    return strategy.with_timestamp_assigner(lambda value, _: value if isinstance(value, int) else value[-1])


def timed_by(field: str) -> WatermarkStrategy:
    """Dicts in the order of their timestamps."""
    return WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda value, _: value[field])


def json_rows(directory: Path) -> list[Any]:
    """The committed rows of a file sink that writes JSON."""
    files = sorted(path for path in directory.rglob("part-*") if not path.name.startswith("."))
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


class FailAfterCheckpoint:
    """A map function that raises once, at the first record after ``rows`` that finds a checkpoint in the directory."""

    def __init__(self, directory: Path, rows: int) -> None:
        self.directory = directory
        self.rows = rows
        self.failed = 0

    def __deepcopy__(self, memo: object) -> FailAfterCheckpoint:
        return self

    def __call__(self, value: Any) -> Any:
        self.rows -= 1
        if self.rows < 0 and not self.failed and any(self.directory.glob("chk-*/manifest.json")):
            self.failed += 1
            raise ValueError("once")
        return value


class FailOnce:
    """A map function that raises when it first sees ``value``: shared by all attempts, as a plain callable is."""

    def __init__(self, value: Any, error: str = "once") -> None:
        self.value = value
        self.error = error
        self.failed = 0

    def __deepcopy__(self, memo: object) -> FailOnce:
        return self

    def __call__(self, value: Any) -> Any:
        if value == self.value and not self.failed:
            self.failed += 1
            raise ValueError(self.error)
        return value
