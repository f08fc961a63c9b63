"""Work that can grow beyond its input: done in chunks, suspended when the step's budget is spent."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from types import CodeType
from typing import Any

from levada.common.batch import RowBatch
from levada.operators.base import Operator, OperatorContext
from levada.operators.row.side_outputs import SideOutputs
from levada.operators.row.user_errors import CallSite, raise_user_error

CHUNK_ROWS = 1024
"""Rows handed on at a time by operators that expand: the budget is asked once per chunk."""

Chunk = tuple[list[Any], list[int] | None]
Work = Generator[None, None, None]


class ResumableOperator(Operator):
    """An operator whose work is a generator that stops after every batch or watermark it has handed on.

    Handing on may suspend something downstream, so the budget is asked between any two of them.
    """

    _work: Work | None = None

    def run(self, work: Work) -> None:
        """Do ``work`` until it ends or the budget is spent; in the second case ``resume`` goes on."""
        self._work = work
        self.resume()

    def resume(self) -> None:
        """Go on with suspended work."""
        work = self._work
        if work is None:
            return
        budget = self.context.budget
        for _ in work:
            if budget.exhausted:
                self.pending = True
                return
        self._work = None
        self.pending = False

    def close(self) -> None:
        """Give up suspended work, so that the user's generators in it are closed too."""
        work, self._work = self._work, None
        if work is not None:
            work.close()


class ChunkedOperator(ResumableOperator):
    """An operator whose loops over user code are generators of chunks, with side outputs beside."""

    side: SideOutputs

    def open(self, context: OperatorContext) -> None:
        """Make the side outputs."""
        super().open(context)
        self.side = SideOutputs(context.side_outputs)

    def hand_out(self, chunks: Iterator[Chunk], code: CodeType, sites: Mapping[int, CallSite] | CallSite) -> Work:
        """Work that hands on what the loop ``chunks`` (of the code object ``code``) makes; its errors are told."""
        while True:
            try:
                chunk = next(chunks, None)
            except Exception as error:
                raise_user_error(error, self.context, code, sites)
            if chunk is None:
                return
            if chunk[0]:
                self.output.collect(RowBatch(*chunk))
                yield
            yield from self.side.flush()
            if not chunk[0]:
                yield
