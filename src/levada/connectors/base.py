"""What a source and a sink are (Flink's FLIP-27 sources and unified sinks, in Python form).

A *source* is an enumerator, which finds splits and deals them out, and readers, which read the splits given to them. A
*sink* is writers and, where it is transactional, a committer. The runtime calls all of them from its loop, so none
blocks for long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from levada.common.batch import Batch
from levada.common.configuration import Configuration
from levada.common.services import AsyncHost, Clock


class Boundedness(Enum):
    """Whether a source ends by itself."""

    BOUNDED = "BOUNDED"
    CONTINUOUS_UNBOUNDED = "CONTINUOUS_UNBOUNDED"


class SourceSplit(Protocol):
    """A part of a source's input with the position up to which it has been read. Plain picklable data."""

    @property
    def split_id(self) -> str:
        """Unique within the source, and stable."""
        ...


@dataclass(frozen=True, slots=True)
class SplitBatch:
    """Records of one split, in the split's order."""

    split_id: str
    batch: Batch


@dataclass(frozen=True, slots=True)
class SplitFinished:
    """A split has been read to its end."""

    split_id: str


class NothingYet(Enum):
    """Answers of ``SourceReader.poll`` that carry nothing."""

    NOTHING_YET = "nothing yet"
    END_OF_INPUT = "end of input"


NOTHING_YET = NothingYet.NOTHING_YET
END_OF_INPUT = NothingYet.END_OF_INPUT

Polled = SplitBatch | SplitFinished | NothingYet


@dataclass(slots=True)
class ReaderContext:
    """What a reader may use.

    ``request_split()`` asks the enumerator for another split (answered by ``add_splits`` or ``no_more_splits``);
    ``side_output(tag_id, values)`` puts rows (malformed records, say) on a side output of the source. ``asyncs`` runs
    coroutines; None where nothing drives any.
    """

    subtask_index: int
    parallelism: int
    clock: Clock
    config: Configuration
    request_split: Callable[[], None]
    count: Callable[[str, int], None]
    side_output: Callable[[str, list[Any]], None]
    asyncs: AsyncHost | None = None


class SourceReader:
    """Reads the splits given to one source subtask. Each method returns soon: nothing waits."""

    def start(self) -> None:
        """Called once, after restored splits were added."""

    def add_splits(self, splits: Sequence[SourceSplit]) -> None:
        """Take over splits: new ones, or restored ones with their positions."""
        raise NotImplementedError

    def no_more_splits(self) -> None:
        """The enumerator will send none any more."""

    def poll(self, max_rows: int) -> Polled:
        """Up to ``max_rows`` rows of *one* split; ``NOTHING_YET`` when there are none now; ``END_OF_INPUT`` at the end.

        A split's end is announced once with ``SplitFinished``, after its last rows.
        """
        raise NotImplementedError

    def next_poll_ms(self) -> int | None:
        """After ``NOTHING_YET``: the clock's time at which polling is worth it; None: when an event arrives."""
        return None

    def snapshot_state(self) -> list[SourceSplit]:
        """Unfinished splits with the position behind the last row handed out by ``poll``."""
        raise NotImplementedError

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        """A checkpoint that covers the positions of its barrier counts."""

    def close(self) -> None:
        """Release files and connections."""


class EnumeratorContext(Protocol):
    """What an enumerator may use."""

    @property
    def parallelism(self) -> int:
        """Number of readers."""
        ...

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        ...

    def assign_split(self, split: SourceSplit, subtask_index: int) -> None:
        """Give a split to a reader."""
        ...

    def signal_no_more_splits(self, subtask_index: int) -> None:
        """Tell a reader that it gets none any more."""
        ...

    def call_every(self, interval_ms: int, callback: Callable[[], None]) -> None:
        """Call back in the coordinator's loop, first after one interval (to look for new files, say)."""
        ...


class SplitEnumerator:
    """Finds splits and deals them out. Lives beside the coordinator."""

    def start(self) -> None:
        """Called once, after construction or restore."""

    def handle_split_request(self, subtask_index: int) -> None:
        """A reader wants another split: assign one now or later, or signal that there are no more."""
        raise NotImplementedError

    def add_splits_back(self, splits: Sequence[SourceSplit], subtask_index: int) -> None:
        """Splits of a reader that failed before a checkpoint covered their assignment."""
        raise NotImplementedError

    def snapshot_state(self) -> Any:
        """Everything not yet assigned, as plain picklable data."""
        raise NotImplementedError

    def close(self) -> None:
        """Release resources."""


class Source(Protocol):
    """A source of records: plain picklable data in the graph."""

    @property
    def boundedness(self) -> Boundedness:
        """Whether it ends by itself."""
        ...

    def create_enumerator(self, context: EnumeratorContext, restored: Any | None) -> SplitEnumerator:
        """A new enumerator; ``restored`` is what an earlier one's ``snapshot_state`` gave, or None."""
        ...

    def create_reader(self, context: ReaderContext) -> SourceReader:
        """A new reader for one subtask."""
        ...


@dataclass(slots=True)
class WriterContext:
    """What a sink writer may use.

    ``restored`` holds what earlier writers' ``snapshot_state`` gave (this one's share; the state of the writer with the
    same subtask index always comes here). ``restoring`` is True where the job goes on from a checkpoint. ``run`` names
    the line of checkpoints this job belongs to: it stays the same over restarts and restores, and differs between fresh
    starts, so output marked with it tells whose it is.
    """

    subtask_index: int
    parallelism: int
    attempt: int
    clock: Clock
    config: Configuration
    restored: list[Any]
    count: Callable[[str, int], None]
    run: str = ""
    restoring: bool = False


class SinkWriter:
    """Writes the batches of one sink subtask."""

    def write(self, batch: Batch) -> None:
        """Take one batch."""
        raise NotImplementedError

    def flush(self, end_of_input: bool) -> None:
        """Called before each checkpoint and at the end: for non-transactional sinks, everything so far must be out."""

    def prepare_commit(self, checkpoint_id: int) -> list[Any]:
        """Finish what was written since the last call; the committables (picklable) become part of the checkpoint."""
        return []

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        """What a successor of this writer needs (after ``prepare_commit``)."""
        return []

    def close(self) -> None:
        """Release resources; what was not prepared is given up."""


class Committer:
    """Makes prepared output visible. ``commit`` is called again after a restart, so it must be idempotent."""

    def commit(self, committables: Sequence[Any]) -> None:
        """Make these visible, each once, however often this is called."""
        raise NotImplementedError

    def close(self) -> None:
        """Release resources."""


class Sink(Protocol):
    """A sink for records: plain picklable data in the graph."""

    @property
    def transactional(self) -> bool:
        """Whether output becomes visible only by commit (exactly-once)."""
        ...

    def create_writer(self, context: WriterContext) -> SinkWriter:
        """A new writer for one subtask."""
        ...

    def create_committer(self) -> Committer | None:
        """A new committer, or None where ``transactional`` is False."""
        ...
