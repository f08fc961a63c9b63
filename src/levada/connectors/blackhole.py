"""A sink that takes everything and keeps nothing."""

from __future__ import annotations

from dataclasses import dataclass

from levada.common.batch import Batch
from levada.connectors.base import SinkWriter, WriterContext


@dataclass(frozen=True)
class BlackHoleSink:
    """Drops every record: for measuring what comes before it."""

    @property
    def transactional(self) -> bool:
        """There is nothing to commit."""
        return False

    def create_writer(self, context: WriterContext) -> BlackHoleWriter:
        """A new writer for one subtask."""
        return BlackHoleWriter()

    def create_committer(self) -> None:
        """None: nothing is committed."""
        return


class BlackHoleWriter(SinkWriter):
    """Drops batches."""

    def write(self, batch: Batch) -> None:
        """Nothing."""

    def flush(self, end_of_input: bool) -> None:
        """Nothing."""
