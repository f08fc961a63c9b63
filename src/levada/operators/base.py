"""What every operator is: something that takes batches and watermarks and puts batches and watermarks out.

An operator runs in one task, in one thread. It is opened once with its context, which holds everything it may touch.
Work that can grow beyond its input (expanding, firing timers or windows) is resumable: when ``context.budget`` is
exhausted the operator keeps the rest, sets ``pending`` and goes on in ``resume``; the runtime sends it nothing new
until ``pending`` is False again, and takes no snapshot meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from levada.common.batch import Batch
from levada.common.elements import MIN_TIMESTAMP

if TYPE_CHECKING:
    import pyarrow as pa

    from levada.common.configuration import Configuration
    from levada.common.services import AsyncHost, Clock
    from levada.state.snapshot import StatePart


class Output(Protocol):
    """Where an operator's results go: the next operator of the chain, or the channels of an exchange."""

    def collect(self, batch: Batch) -> None:
        """Hand a batch over. The receiver owns it from here on."""
        ...

    def emit_watermark(self, timestamp: int) -> None:
        """Pass a watermark on."""
        ...

    def emit_status(self, idle: bool) -> None:
        """Say whether this operator is idle."""
        ...


class Budget(Protocol):
    """How much more an operator may do in this step."""

    @property
    def exhausted(self) -> bool:
        """True when time is up, outputs are full, or something downstream is suspended. Ask once per chunk of work."""
        ...


class RestoredState(Protocol):
    """An operator's state as read back from a checkpoint, cut to this subtask's share."""

    def keyed(self, name: str) -> Iterator[pa.RecordBatch]:
        """Batches of the keyed part ``name`` whose key groups belong to this subtask; empty if it was not there."""
        ...

    def values(self, name: str) -> list[Any]:
        """This subtask's share of the list part ``name`` (the whole of a union part); empty if it was not there."""
        ...


class Metrics(Protocol):
    """Counters of one operator, and the accumulators of each of its functions by name."""

    accumulators: list[dict[str, Any]]

    def count(self, name: str, amount: int = 1) -> None:
        """Add to the counter ``name``."""
        ...


class FunctionStates(Protocol):
    """The functions of an operator that take part in checkpoints themselves."""

    def initialize(self, function: Any, keyed: Any) -> None:
        """Hand a function its state; ``keyed`` is where it gets keyed state."""
        ...

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        """Let the functions write down what they hold, and give their operator state."""
        ...


class OperatorContext:
    """All that an operator may touch.

    Attributes
    ----------
    name, uid : str
        For people, and for state.
    subtask_index, parallelism, max_parallelism, attempt : int
    output : Output
    side_outputs : mapping of tag id to Output
        Only the tags somebody consumes; rows for other tags are dropped.
    clock : Clock
    budget : Budget
    config : Configuration
    metrics : Metrics
    restored : RestoredState or None
        None on a fresh start.
    schedule : callable
        ``schedule(timestamp_ms)`` asks for ``on_processing_time`` once the clock has reached the timestamp.
    reads_timestamps : bool
        Whether anything downstream of this operator reads event timestamps; where False, emit batches without.
    run : str
        Names the line of checkpoints the job belongs to (the same after a restore, another after a fresh start).
    asyncs : AsyncHost or None
        Where coroutines run; None where nothing drives any.
    order : callable
        ``order(work)`` has ``work`` called in one of the task's next steps, where it may put out.
    """

    __slots__ = (
        "asyncs",
        "attempt",
        "budget",
        "clock",
        "config",
        "function_states",
        "max_parallelism",
        "metrics",
        "name",
        "order",
        "output",
        "parallelism",
        "reads_timestamps",
        "restored",
        "run",
        "schedule",
        "side_outputs",
        "subtask_index",
        "uid",
    )

    def __init__(
        self,
        *,
        name: str,
        uid: str,
        output: Output,
        clock: Clock,
        budget: Budget,
        config: Configuration,
        metrics: Metrics,
        schedule: Callable[[int], None],
        side_outputs: Mapping[str, Output] | None = None,
        restored: RestoredState | None = None,
        subtask_index: int = 0,
        parallelism: int = 1,
        max_parallelism: int = 128,
        attempt: int = 0,
        reads_timestamps: bool = True,
        run: str = "",
        asyncs: AsyncHost | None = None,
        order: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self.name = name
        self.uid = uid
        self.output = output
        self.side_outputs = dict(side_outputs or {})
        self.clock = clock
        self.budget = budget
        self.config = config
        self.metrics = metrics
        self.schedule = schedule
        self.restored = restored
        self.subtask_index = subtask_index
        self.parallelism = parallelism
        self.max_parallelism = max_parallelism
        self.attempt = attempt
        self.reads_timestamps = reads_timestamps
        self.run = run
        self.function_states: FunctionStates | None = None
        """Made when the first function is opened that takes part in checkpoints itself."""
        self.asyncs = asyncs
        self.order = order or _at_once


def _at_once(work: Callable[[], None]) -> None:
    work()


class Operator:
    """Base of all operators: forwards watermarks, holds no state. Subclasses override what they need."""

    context: OperatorContext
    output: Output
    pending: bool = False
    """True while work is suspended; only ``resume`` is called then."""
    blocked: bool = False
    """True while it wants no more input because it waits for something outside; unlike a suspended operator it takes
    what is handed over all the same, and can be snapshot. The task fetches nothing new meanwhile."""
    current_watermark: int = MIN_TIMESTAMP

    def open(self, context: OperatorContext) -> None:
        """Called once, before anything else; state is read back from ``context.restored`` here."""
        self.context = context
        self.output = context.output

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Take one batch."""
        raise NotImplementedError(f"{type(self).__name__} takes no batches")

    def process_watermark(self, timestamp: int) -> None:
        """The combined watermark of all inputs has moved to ``timestamp``. It counts as passed when forwarded."""
        self.current_watermark = timestamp
        self.output.emit_watermark(timestamp)

    def process_status(self, idle: bool) -> None:
        """All inputs have become idle, or one has become active again."""
        self.output.emit_status(idle)

    def on_processing_time(self, now: int) -> None:
        """A time asked for with ``context.schedule`` has come."""

    def on_quiet(self, now: int) -> None:
        """At ``now`` the input this operator hangs on had nothing to hand out: a slow stream, not a busy one.

        What may depend on time passing without making results depend on the machine's speed (watermarks of slow
        streams) is done here: a stream that is behind never gets here until it has caught up.
        """

    def end_input(self) -> None:
        """No more batches. The final watermark (``MAX_TIMESTAMP``) has passed before this for bounded input."""

    def resume(self) -> None:
        """Go on with suspended work; clear ``pending`` when it is done."""

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        """State as of now, frozen cheaply; each part is encoded later while the operator goes on."""
        return {}

    def take_snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        """What a checkpoint holds of the operator: its ``snapshot``, and the operator state of its functions.

        The functions come first, for they may still write keyed state.
        """
        functions = self.context.function_states
        parts = {} if functions is None else functions.snapshot(checkpoint_id)
        return {**parts, **self.snapshot(checkpoint_id)}

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        """Checkpoint ``checkpoint_id`` counts: it can be committed."""

    def close(self) -> None:
        """Release resources; called once, also after a failure."""


class OperatorSpec(Protocol):
    """How an operator is made: plain picklable data in the graph."""

    @property
    def reads_timestamps(self) -> bool:
        """Whether the operator uses its input rows' event timestamps."""
        ...

    def create(self) -> Operator:
        """A fresh, unopened operator for one subtask."""
        ...
