"""Reading a split of a stream format: block by block, each decoded at once and handed out in slices."""

from __future__ import annotations

from dataclasses import replace

from levada.common.batch import Batch
from levada.common.errors import MalformedRecordError
from levada.connectors.base import ReaderContext
from levada.connectors.files.blocks import BlockReader
from levada.connectors.files.malformed import MalformedPolicy, MalformedRecords
from levada.connectors.files.splits import FileSplit
from levada.formats.base import StreamFormat

BLOCK_BYTES = 512 * 1024
"""Large enough that a call of Arrow costs little beside its work, small enough to take a few milliseconds."""


class OpenStreamSplit:
    """A split whose position is a block's offset and the rows of it that were handed out."""

    def __init__(
        self,
        split: FileSplit,
        form: StreamFormat,
        columnar: bool,
        policy: MalformedPolicy,
        context: ReaderContext,
    ) -> None:
        self._split = split
        self._blocks = BlockReader(split.path, split.begin, split.end, form.has_header, split.offset, BLOCK_BYTES)
        try:
            self._decoder = form.decoder(columnar, self._blocks.header)
        except (MalformedRecordError, ValueError) as error:
            self._blocks.close()
            raise MalformedRecordError(f"{split.path}, line 1: {error}") from None
        self._malformed = MalformedRecords(split.path, policy, context)
        self._reported = split.reported
        self._offset = self._blocks.offset
        self._skip = split.rows
        self._batch: Batch | None = None
        self._at = 0

    def poll(self, max_rows: int) -> Batch | None:
        while self._batch is None or self._at >= len(self._batch):
            if not self._next_block():
                return None
        begin = self._at
        self._at = min(begin + max_rows, len(self._batch))
        if begin == 0 and self._at == len(self._batch):
            return self._batch
        return self._batch.slice(begin, self._at)

    def _next_block(self) -> bool:
        offset = self._blocks.offset
        block = self._blocks.next(self._decoder.cut)
        if block is None:
            return False
        decoded = self._decoder.decode(block)
        found = [(offset + record.offset, record) for record in decoded.malformed]
        self._malformed.report([(at, record) for at, record in found if at >= self._reported])
        self._reported = max(self._reported, self._blocks.offset)
        self._offset = offset
        self._batch = decoded.batch
        self._at = min(self._skip, len(decoded.batch))
        self._skip -= self._at
        return True

    def position(self) -> FileSplit:
        if self._batch is None:
            return replace(self._split, offset=self._offset, rows=self._skip, reported=self._reported)
        if self._at == len(self._batch):
            return replace(self._split, offset=self._blocks.offset, rows=self._skip, reported=self._reported)
        return replace(self._split, offset=self._offset, rows=self._at, reported=self._reported)

    def close(self) -> None:
        self._blocks.close()
