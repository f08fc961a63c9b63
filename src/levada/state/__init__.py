"""State that survives: keyed state, timers, and the form in which both stand in checkpoints.

May import ``common`` and ``_kernels``. Nothing imported from here needs pyarrow or numpy; ``encoding``, ``codecs`` and
``keyed_parts`` do, and are imported when a checkpoint is written or read.
"""

from levada.state.backend import KeyContext, KeyedBackend, ObjectTable, RestoredState
from levada.state.descriptors import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    ValueStateDescriptor,
)
from levada.state.handles import AggregatingState, ListState, MapState, ReducingState, State, ValueState
from levada.state.operator_state import OperatorStates, OperatorStateStore
from levada.state.snapshot import PartKind, StatePart
from levada.state.timers import TimeDomain, TimerQueue, TimerService
from levada.state.ttl import StateTtlConfig

__all__ = [
    "AggregatingState",
    "AggregatingStateDescriptor",
    "KeyContext",
    "KeyedBackend",
    "ListState",
    "ListStateDescriptor",
    "MapState",
    "MapStateDescriptor",
    "ObjectTable",
    "OperatorStateStore",
    "OperatorStates",
    "PartKind",
    "ReducingState",
    "ReducingStateDescriptor",
    "RestoredState",
    "State",
    "StateDescriptor",
    "StatePart",
    "StateTtlConfig",
    "TimeDomain",
    "TimerQueue",
    "TimerService",
    "ValueState",
    "ValueStateDescriptor",
]
