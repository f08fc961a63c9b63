"""One subtask of a stage: a chain of operators, stepped by the loop.

A step first finishes what was suspended, then takes orders (barriers for sources, timers that are due), and then new
input for as long as the step may last and the outputs have room.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from random import Random

from levada.common.batch import ColumnBatch, RowBatch
from levada.common.elements import Barrier, BarrierKind, EndOfInput, Watermark, WatermarkStatus
from levada.common.logs import task_context
from levada.common.services import Clock
from levada.graph.job_graph import ChainNode
from levada.operators.base import Operator
from levada.operators.source import SourceOperator
from levada.runtime.chain import Link, StepBudget
from levada.runtime.exchange import ExchangeOutput
from levada.runtime.gate import InputGate
from levada.runtime.metrics import OperatorMetrics
from levada.state.snapshot import StatePart

Snapshots = dict[str, dict[str, StatePart]]
MIN_ROWS = 64


class Task:
    """A running subtask.

    Parameters
    ----------
    name : str
        Of the stage, for people.
    stage, subtask_index : int
    nodes : sequence of ChainNode
    links : sequence of Link
        One per node, head first.
    outputs : sequence of ExchangeOutput
    gate : InputGate or None
        None where the head is a source.
    budget : StepBudget
    on_snapshot : callable
        Given the task, a checkpoint's barrier and the frozen state by uid.
    """

    def __init__(
        self,
        *,
        name: str,
        stage: int,
        subtask_index: int,
        nodes: Sequence[ChainNode],
        links: Sequence[Link],
        outputs: Sequence[ExchangeOutput],
        metrics: Sequence[OperatorMetrics],
        gate: InputGate | None,
        budget: StepBudget,
        clock: Clock,
        max_rows: int,
        step_ns: int,
        random: Random | None,
        on_snapshot: Callable[[Task, Barrier, Snapshots], None],
    ) -> None:
        self.name = name
        self.stage = stage
        self.subtask_index = subtask_index
        self.nodes = list(nodes)
        self.links = list(links)
        self.outputs = list(outputs)
        self.metrics = list(metrics)
        self.gate = gate
        self.budget = budget
        self.log_context = task_context(operator=name, subtask=subtask_index)
        self.ended = False
        self.stopped = False
        self.rows_in = 0
        self._clock = clock
        self._max_rows = max_rows
        self._rows = min(1024, max_rows)
        self._step_ns = step_ns
        self._random = random
        self._on_snapshot = on_snapshot
        self._orders: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[int, int]] = []
        self._ending: int | None = None
        head = self.links[0].operator
        self._source = head if isinstance(head, SourceOperator) else None
        self._quiet = [link.operator for link in self.links if type(link.operator).on_quiet is not Operator.on_quiet]

    @property
    def source(self) -> SourceOperator | None:
        """The head, where it is a source."""
        return self._source

    @property
    def blocked(self) -> bool:
        """Whether an operator waits for something outside and wants no more input meanwhile."""
        return any(link.operator.blocked for link in self.links)

    @property
    def _settled(self) -> bool:
        return all(link.settled for link in self.links)

    def order(self, work: Callable[[], None]) -> None:
        """Do something between two batches, in order."""
        self._orders.append(work)

    def inject(self, barrier: Barrier) -> None:
        """Begin a checkpoint at this source."""
        self.order(lambda: self._take_barrier(barrier))

    def schedule(self, node: int, timestamp: int) -> None:
        """Call ``on_processing_time`` of operator ``node`` once the clock has reached ``timestamp`` (ms)."""
        heapq.heappush(self._timers, (timestamp, node))

    def next_wake_ms(self) -> int | None:
        """When this task may have something to do by itself."""
        due = [self._timers[0][0]] if self._timers else []
        if self._source is not None and not self.ended and not self.stopped and not self.blocked:
            poll = self._source.next_poll_ms()
            if poll is not None:
                due.append(poll)
        return min(due, default=None)

    def step(self, now: int) -> bool:
        """Do some work; False when there was none to do."""
        self.budget.begin(self._step_ns)
        if not self._settle():
            return True
        worked = False
        while self._orders:
            self._orders.popleft()()
            worked = True
        if self._fire_timers(now):
            return True
        if self.blocked:
            return worked
        if not self._settled:
            return True  # what was suspended before an operator that is no longer blocked goes on first
        if self._ending is not None:
            return self._go_on_ending() or worked
        if self.stopped or any(output.full for output in self.outputs):
            return worked
        if self.ended:
            return self._drain_barriers() or worked
        moved = self._step_source(now) if self._source is not None else self._step_gate()
        return moved or worked

    def on_quiet(self, now: int) -> None:
        """Whoever feeds this task had nothing at ``now``."""
        if not self.blocked and self._settled:
            for operator in self._quiet:
                operator.on_quiet(now)

    def close(self) -> None:
        """Close every operator, whatever the others do."""
        failure: Exception | None = None
        for node, link in zip(self.nodes, self.links, strict=True):
            try:
                link.operator.close()
            except Exception as error:
                error.add_note(f"while closing operator {node.name!r}, subtask {self.subtask_index + 1}")
                failure = failure or error
        if failure is not None:
            raise failure

    def _settle(self) -> bool:
        """Go on with suspended operators, those nearest to the outputs first; those before a blocked one wait."""
        for link in reversed(self.links):
            if not link.settled and not link.settle():
                return False
            if link.operator.blocked:
                break
        return True

    def _settle_wholly(self, link: Link) -> None:
        self.budget.unlimited = True
        try:
            while not link.settled:
                link.settle()
        finally:
            self.budget.unlimited = False

    def _fire_timers(self, now: int) -> bool:
        fired = False
        waiting: list[tuple[int, int]] = []
        while self._timers and self._timers[0][0] <= now:
            _, node = heapq.heappop(self._timers)
            while self._timers and self._timers[0] == (_, node):
                heapq.heappop(self._timers)
            if not self.links[node].settled:
                waiting.append((_, node))  # suspended before a blocked operator
                continue
            self.links[node].operator.on_processing_time(now)
            fired = True
            if not self._settled:
                break
        for timer in waiting:
            heapq.heappush(self._timers, timer)
        return fired

    def _step_source(self, now: int) -> bool:
        source = self._source
        assert source is not None
        rows = self._rows if self._random is None else self._random.randint(1, self._max_rows)
        began = self._clock.monotonic_ns()
        handed = source.poll(rows, now)
        if handed is None:
            if self._settled:
                for operator in self._quiet:
                    operator.on_quiet(now)
            return False
        self.rows_in += handed
        self._adapt(handed, self._clock.monotonic_ns() - began)
        if source.finished:
            self._ending = 1
        return True

    def _adapt(self, handed: int, elapsed_ns: int) -> None:
        """Step time sets batch size: twice as many rows after a short full step, half after a long one."""
        if handed >= self._rows and elapsed_ns < self._step_ns // 2:
            self._rows = min(self._rows * 2, self._max_rows)
        elif elapsed_ns > self._step_ns * 2:
            self._rows = max(self._rows // 2, MIN_ROWS)

    def _step_gate(self) -> bool:
        gate, head = self.gate, self.links[0].operator
        assert gate is not None
        worked = False
        while True:
            polled = gate.poll()
            if polled is None:
                return worked
            worked = True
            element, input_index = polled
            if isinstance(element, (RowBatch, ColumnBatch)):
                self.rows_in += len(element)
                head.process_batch(element, input_index)
            elif isinstance(element, Watermark):
                head.process_watermark(element.timestamp)
            elif isinstance(element, WatermarkStatus):
                head.process_status(element.idle)
            elif isinstance(element, Barrier):
                self._take_barrier(element)
            elif isinstance(element, EndOfInput):
                self._ending = 0
                return True
            if self.budget.spent() or self.blocked or not self._settled:
                return True

    def _go_on_ending(self) -> bool:
        """Tell the operators, head first, that their input has ended; each settles before the next is told."""
        while self._ending is not None and self._ending < len(self.links):
            self.links[self._ending].operator.end_input()
            self._ending += 1
            if not self._settle() or self.blocked:
                return True
        self._ending = None
        self.ended = True
        for output in self.outputs:
            output.end_input()
        return True

    def _drain_barriers(self) -> bool:
        """After the end only barriers arrive."""
        polled = self.gate.poll() if self.gate is not None else None
        if polled is None:
            return False
        if isinstance(polled[0], Barrier):
            self._take_barrier(polled[0])
        return True

    def _take_barrier(self, barrier: Barrier) -> None:
        if self.stopped:
            return
        snapshots: Snapshots = {}
        for node, link in zip(self.nodes, self.links, strict=True):
            # What operators before this one put out on being snapshot belongs before the barrier.
            self._settle_wholly(link)
            snapshots[node.uid] = link.operator.take_snapshot(barrier.checkpoint_id)
        for output in self.outputs:
            output.emit_barrier(barrier)
        if barrier.kind is BarrierKind.STOP:
            self.stopped = True
        self._on_snapshot(self, barrier, snapshots)
