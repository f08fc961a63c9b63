"""Chains of maps, filters, flat maps and non-keyed process functions, run by one generated loop."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from levada.common.batch import Batch, RowBatch
from levada.common.errors import InternalError
from levada.common.output_tag import OutputTag
from levada.operators.base import OperatorContext
from levada.operators.row.chain_source import EXPANDING, Loop, expanding_loop, simple_loop
from levada.operators.row.process_context import ProcessContext
from levada.operators.row.resumable import CHUNK_ROWS, ChunkedOperator
from levada.operators.row.runtime_context import RuntimeContext
from levada.operators.row.user_errors import CallSite, raise_user_error
from levada.operators.row.user_function import bound_callable, close_functions, open_function

StepKind = Literal["map", "filter", "flat_map", "process"]


@dataclass(frozen=True, slots=True, eq=False)
class RowStep:
    """One row function of a chain; an operator spec by itself too.

    Attributes
    ----------
    kind : "map", "filter", "flat_map" or "process"
    function : callable or function object
        Checked here, so a wrong one is refused by the call that made the step.
    name : str
        For people; shown in errors.
    uid : str, optional
    """

    kind: StepKind
    function: Any
    name: str = ""
    uid: str | None = None

    def __post_init__(self) -> None:
        bound_callable(self.function, self.kind, f"{self.kind}(function)")

    @property
    def reads_timestamps(self) -> bool:
        """Process functions may ask for the record's timestamp."""
        return self.kind == "process"

    def create(self) -> FusedOperator:
        """An operator that runs this step alone."""
        return FusedOperator((self,))


@dataclass(frozen=True, slots=True, eq=False)
class FusedRows:
    """Neighbouring row steps as one operator. Made by ``fuse``."""

    steps: tuple[RowStep, ...]

    @property
    def reads_timestamps(self) -> bool:
        """Whether any step uses its records' timestamps."""
        return any(step.reads_timestamps for step in self.steps)

    def create(self) -> FusedOperator:
        """An operator with one loop for all steps."""
        return FusedOperator(self.steps)


def fuse(specs: Sequence[RowStep | FusedRows]) -> FusedRows:
    """Neighbouring chained steps as one operator.

    Side outputs of a fused operator are those of its *last* step: fusing ends behind a step whose side outputs somebody
    consumes.
    """
    steps: list[RowStep] = []
    for spec in specs:
        steps.extend(spec.steps if isinstance(spec, FusedRows) else (spec,))
    if not steps:
        raise InternalError("fuse() needs at least one step")
    return FusedRows(tuple(steps))


class FusedOperator(ChunkedOperator):
    """Runs a chain of row steps over each batch."""

    def __init__(self, steps: tuple[RowStep, ...]) -> None:
        self.steps = steps
        self._expanding = any(step.kind in EXPANDING for step in steps)
        self._only_maps = all(step.kind == "map" for step in steps)
        self._reads_time = any(step.reads_timestamps for step in steps)
        self._loops: dict[tuple[bool, bool], Loop] = {}
        self._opened: list[Any] = []

    def open(self, context: OperatorContext) -> None:
        """Open the functions; loops are compiled when the first batch shows whether it is timed."""
        super().open(context)
        if context.side_outputs and self.steps[-1].kind not in EXPANDING:
            raise InternalError(f"side outputs of {context.name!r} were planned behind a fused {self.steps[-1].kind}")
        self._process_contexts: list[ProcessContext] = []
        self._sites = [
            CallSite(step.kind, step.name or context.name, step.uid or context.uid, step.function)
            for step in self.steps
        ]
        self._calls: dict[str, Any] = {"OutputTag": OutputTag, "side": self.side}
        for index, step in enumerate(self.steps):
            self._calls[f"call_{index}"] = bound_callable(step.function, step.kind, f"{step.kind}(function)")
            if step.kind == "process":
                ctx = self._calls[f"ctx_{index}"] = ProcessContext(self)
                self._process_contexts.append(ctx)
            self._opened.append(step.function)
            open_function(step.function, RuntimeContext(context, step.name or context.name))

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Run the chain over one batch."""
        assert isinstance(batch, RowBatch)
        if self._expanding:
            self.run(self._expand(batch))
            return
        timestamps = batch.timestamps if self.context.reads_timestamps else None
        timed = timestamps is not None and not self._only_maps
        loop = self._loops.get((timed, timed))
        if loop is None:
            loop = self._loops[timed, timed] = simple_loop(self._sites, self._calls, timed)
        try:
            if timed:
                values, timestamps = loop.function(batch.values, timestamps)
            else:
                values = loop.function(batch.values)
        except Exception as error:
            raise_user_error(error, self.context, loop.code, loop.sites)
        if values:
            self.output.collect(RowBatch(values, timestamps))

    def _expand(self, batch: RowBatch) -> Generator[None, None, None]:
        """Work that runs the chain over a batch in chunks."""
        emits = batch.timestamps is not None and self.context.reads_timestamps
        reads = emits or (batch.timestamps is not None and self._reads_time)
        loop = self._loops.get((reads, emits))
        if loop is None:
            loop = expanding_loop(self._sites, self._calls, reads_time=reads, emits_time=emits, chunk_rows=CHUNK_ROWS)
            self._loops[reads, emits] = loop
        if not reads:
            for ctx in self._process_contexts:
                ctx.element_timestamp = None
        chunks = loop.function(batch.values, batch.timestamps) if reads else loop.function(batch.values)
        return self.hand_out(chunks, loop.code, loop.sites)

    def close(self) -> None:
        """Close the functions."""
        super().close()
        close_functions(self._opened)
