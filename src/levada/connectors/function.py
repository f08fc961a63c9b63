"""A sink made of a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from levada.common.batch import Batch, ColumnBatch
from levada.common.errors import JobBuildError
from levada.connectors.base import SinkWriter, WriterContext
from levada.connectors.user_calls import call_each
from levada.formats.rows import to_row_values


@dataclass(frozen=True)
class FunctionSink:
    """Calls a function with each record; after a restart records since the last checkpoint come again.

    Parameters
    ----------
    function : callable
        Takes one record (of columns: a ``Row``); what it returns is ignored.
    """

    function: Callable[[Any], object]

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise JobBuildError(f"FunctionSink({self.function!r}): pass a callable that takes one record")

    @property
    def transactional(self) -> bool:
        """What the function did is done."""
        return False

    def create_writer(self, context: WriterContext) -> FunctionWriter:
        """A new writer for one subtask."""
        return FunctionWriter(self.function)

    def create_committer(self) -> None:
        """None: nothing is committed."""
        return


class FunctionWriter(SinkWriter):
    """Calls the function."""

    def __init__(self, function: Callable[[Any], object]) -> None:
        self._function = function

    def write(self, batch: Batch) -> None:
        values = to_row_values(batch.data) if isinstance(batch, ColumnBatch) else batch.values
        call_each(self._function, values, "sink function")

    def flush(self, end_of_input: bool) -> None:
        """Nothing: the function was called when the records came."""
