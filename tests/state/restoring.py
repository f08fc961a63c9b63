"""Snapshots written to Arrow files in memory and read back, as a checkpoint would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from levada.state.encoding import decode_values
from levada.state.snapshot import PartKind, StatePart


def through_file(batches: Iterator[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Write each run of batches with the same schema to an Arrow file and read all of them back."""
    read: list[pa.RecordBatch] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)
        reader = pa.ipc.open_file(sink.getvalue())
        read += [reader.get_batch(index) for index in range(reader.num_record_batches)]
    return read


class Written:
    """A snapshot's parts as they stand in files; pulls them at once unless ``pull`` is called step by step."""

    def __init__(self, parts: dict[str, StatePart]) -> None:
        self.kinds = {name: part.kind for name, part in parts.items()}
        self.batches = {name: through_file(part.batches()) for name, part in parts.items()}
        for part in parts.values():
            if part.released is not None:
                part.released()

    def restored(self, parallelism: int = 1, index: int = 0, max_parallelism: int = 128) -> Restored:
        """One subtask's share."""
        return Restored([self], parallelism, index, max_parallelism)


class Restored:
    """``RestoredState`` over written snapshots."""

    def __init__(
        self, written: list[Written], parallelism: int = 1, index: int = 0, max_parallelism: int = 128
    ) -> None:
        self._written = written
        self._parallelism = parallelism
        self._index = index
        self._max_parallelism = max_parallelism

    def keyed(self, name: str) -> Iterator[pa.RecordBatch]:
        for written in self._written:
            for batch in written.batches.get(name, []):
                groups = batch.column("key_group").to_pylist()
                assert groups == sorted(groups)
                owners = [group * self._parallelism // self._max_parallelism for group in groups]
                mine = batch.filter(pa.array([owner == self._index for owner in owners]))
                if mine.num_rows:
                    yield mine

    def values(self, name: str) -> list[Any]:
        return [
            value
            for written in self._written
            if written.kinds.get(name) is not PartKind.KEYED
            for batch in written.batches.get(name, [])
            for value in decode_values(batch)
        ]
