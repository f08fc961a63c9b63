"""A sink that prints each record."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from levada.common.batch import Batch, ColumnBatch
from levada.common.types import Row, RowKind
from levada.connectors.base import SinkWriter, WriterContext

_KINDS = [str(kind) for kind in RowKind]


@dataclass(frozen=True)
class PrintSink:
    """Prints a line per record, as Flink does: ``value``, or ``2> value`` from the second of several subtasks.

    Rows are shown with their kind: ``+I[JFK, 12]``.

    Parameters
    ----------
    sink_identifier : str
        Put in front of each line: ``name> value``, or ``name:2> value``.
    standard_error : bool
        Print to standard error.
    """

    sink_identifier: str = ""
    standard_error: bool = False

    @property
    def transactional(self) -> bool:
        """What is printed is printed."""
        return False

    def create_writer(self, context: WriterContext) -> PrintWriter:
        """A new writer for one subtask."""
        subtask = str(context.subtask_index + 1) if context.parallelism > 1 else ""
        prefix = ":".join(part for part in (self.sink_identifier, subtask) if part)
        return PrintWriter(f"{prefix}> " if prefix else "", self.standard_error)

    def create_committer(self) -> None:
        """None: nothing is committed."""
        return


class PrintWriter(SinkWriter):
    """Prints a batch in one piece."""

    def __init__(self, prefix: str, standard_error: bool) -> None:
        self._prefix = prefix
        self._standard_error = standard_error

    def write(self, batch: Batch) -> None:
        lines = _column_lines(batch) if isinstance(batch, ColumnBatch) else map(_line, batch.values)
        text = "".join([f"{self._prefix}{line}\n" for line in lines])
        # Looked up at each call: notebooks and tests exchange it.
        stream = sys.stderr if self._standard_error else sys.stdout
        stream.write(text)
        stream.flush()

    def flush(self, end_of_input: bool) -> None:
        """Nothing: each batch was printed when it came."""


def _line(value: Any) -> str:
    if isinstance(value, Row):
        return f"{value.get_row_kind()}[{', '.join(map(_text, value))}]"
    return str(value)


def _column_lines(batch: ColumnBatch) -> Iterable[str]:
    columns = [map(_text, column.to_pylist()) for column in batch.data.columns]
    rows = zip(*columns, strict=True)
    if batch.kinds is None:
        return (f"+I[{', '.join(row)}]" for row in rows)
    return (f"{_KINDS[kind]}[{', '.join(row)}]" for kind, row in zip(batch.kinds.to_pylist(), rows, strict=True))


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Row):
        return _line(value)
    if isinstance(value, datetime):
        zone = "" if value.tzinfo is None else "Z"
        text = value.replace(tzinfo=None).isoformat()
        return (text.rstrip("0") if value.microsecond else text) + zone
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_text(key)}={_text(item)}' for key, item in value.items())}}}"
    return str(value)
