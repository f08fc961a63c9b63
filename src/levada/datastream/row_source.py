"""Columnar sources in a stream of rows: each batch becomes named ``Row`` objects as it is read.

Done at the source, not behind it, so that timestamps and watermarks are made per split, as for any other source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from levada.common.batch import ColumnBatch, RowBatch
from levada.connectors.base import (
    Boundedness,
    EnumeratorContext,
    Polled,
    ReaderContext,
    Source,
    SourceReader,
    SourceSplit,
    SplitBatch,
    SplitEnumerator,
)


@dataclass(frozen=True, slots=True)
class RowSource:
    """The rows of a columnar source."""

    source: Source

    @property
    def boundedness(self) -> Boundedness:
        """That of the source."""
        return self.source.boundedness

    def create_enumerator(self, context: EnumeratorContext, restored: Any | None) -> SplitEnumerator:
        """The source's own."""
        return self.source.create_enumerator(context, restored)

    def create_reader(self, context: ReaderContext) -> SourceReader:
        """A reader of rows."""
        return _RowReader(self.source.create_reader(context))


class _RowReader(SourceReader):
    def __init__(self, reader: SourceReader) -> None:
        self._reader = reader

    def start(self) -> None:
        self._reader.start()

    def add_splits(self, splits: Sequence[SourceSplit]) -> None:
        self._reader.add_splits(splits)

    def no_more_splits(self) -> None:
        self._reader.no_more_splits()

    def poll(self, max_rows: int) -> Polled:
        polled = self._reader.poll(max_rows)
        if isinstance(polled, SplitBatch) and isinstance(polled.batch, ColumnBatch):
            from levada.formats.rows import to_row_values

            return SplitBatch(polled.split_id, RowBatch(to_row_values(polled.batch.data)))
        return polled

    def next_poll_ms(self) -> int | None:
        return self._reader.next_poll_ms()

    def snapshot_state(self) -> list[SourceSplit]:
        return self._reader.snapshot_state()

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        self._reader.notify_checkpoint_complete(checkpoint_id)

    def close(self) -> None:
        self._reader.close()


def rows_of(source: Source) -> Source:
    """The source itself where it gives rows, its rows where it gives columns."""
    return RowSource(source) if getattr(source, "columnar", False) else source
