"""Functions that take part in checkpoints themselves, with operator state or by writing down what they hold in memory.

Reference: Flink documentation, "Working with State", section "CheckpointedFunction".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from levada.common.errors import LevadaError, UserFunctionError
from levada.state.operator_state import OperatorStates, OperatorStateStore

if TYPE_CHECKING:
    from levada.operators.base import OperatorContext
    from levada.operators.row.runtime_context import KeyedStateStore, RuntimeContext
    from levada.state.snapshot import StatePart


class FunctionInitializationContext:
    """What a function is told before it is opened."""

    def __init__(self, restored: bool, states: OperatorStateStore, keyed: KeyedStateStore) -> None:
        self._restored = restored
        self._states = states
        self._keyed = keyed

    def is_restored(self) -> bool:
        """Whether the job goes on from a checkpoint."""
        return self._restored

    def get_operator_state_store(self) -> OperatorStateStore:
        """Where the function gets operator state. Names are unique among the functions of one operator."""
        return self._states

    def get_keyed_state_store(self) -> KeyedStateStore:
        """Where it gets keyed state; behind ``key_by`` only."""
        return self._keyed


class FunctionSnapshotContext:
    """What a function is told when a checkpoint is taken."""

    def __init__(self, checkpoint_id: int, checkpoint_timestamp: int) -> None:
        self._checkpoint_id = checkpoint_id
        self._checkpoint_timestamp = checkpoint_timestamp

    def get_checkpoint_id(self) -> int:
        """The checkpoint's number; later checkpoints have higher ones."""
        return self._checkpoint_id

    def get_checkpoint_timestamp(self) -> int:
        """When the subtask took its part in the checkpoint (ms since 1970)."""
        return self._checkpoint_timestamp


class CheckpointedFunction(ABC):
    """A function with operator state: a second base of a ``MapFunction``, ``SinkFunction`` and so on.

    Any function object with these two methods will do. It runs in a loop of its own: it is not fused with the functions
    before and behind it, so that its state is found by its own uid.
    """

    @abstractmethod
    def initialize_state(self, context: FunctionInitializationContext) -> None:
        """Called once, before ``open``: get the state, and read it back where ``context.is_restored()``."""

    @abstractmethod
    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        """Called at each checkpoint: put into the state what the function holds elsewhere."""


def is_checkpointed(function: Any) -> bool:
    """Whether a function object, or the one that it wraps, has both methods."""
    while function is not None:
        if callable(getattr(function, "initialize_state", None)) and callable(
            getattr(function, "snapshot_state", None)
        ):
            return True
        function = getattr(function, "__wrapped__", None)
    return False


class FunctionStates:
    """The checkpointed functions of one operator's subtask, and their operator state."""

    def __init__(self, context: OperatorContext) -> None:
        self._context = context
        self._states = OperatorStates(context.name, context.subtask_index, context.restored)
        self._functions: list[Any] = []

    def initialize(self, function: Any, keyed: KeyedStateStore) -> None:
        """Hand the function its state."""
        self._functions.append(function)
        restored = self._context.restored is not None
        function.initialize_state(FunctionInitializationContext(restored, self._states, keyed))

    def snapshot(self, checkpoint_id: int) -> dict[str, StatePart]:
        """Let the functions write down what they hold; then all operator state."""
        context = FunctionSnapshotContext(checkpoint_id, self._context.clock.now_ms())
        for function in self._functions:
            try:
                function.snapshot_state(context)
            except LevadaError:
                raise
            except Exception as error:
                raise UserFunctionError(
                    f"{type(function).__qualname__}.snapshot_state of operator {self._context.name!r}: "
                    f"{type(error).__name__}: {error}"
                ) from error
        return self._states.snapshot()


def initialize_function(function: Any, runtime_context: RuntimeContext) -> None:
    """Hand a checkpointed function its state; from now on it takes part in checkpoints. Others are left alone."""
    if callable(getattr(function, "initialize_state", None)) and callable(getattr(function, "snapshot_state", None)):
        context = runtime_context.operator_context
        if context.function_states is None:
            context.function_states = FunctionStates(context)
        context.function_states.initialize(function, runtime_context)
