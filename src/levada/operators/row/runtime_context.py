"""What functions are told when they are opened, and where they get their state from.

Reference: PyFlink, ``pyflink.datastream.functions.RuntimeContext``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from levada.common.errors import StateError, UserError
from levada.operators.base import OperatorContext
from levada.operators.row.accumulators import Accumulator, IntCounter
from levada.operators.row.distributed_cache import DistributedCache
from levada.operators.row.metric_group import MetricGroup

if TYPE_CHECKING:
    from levada.state.backend import KeyedBackend
    from levada.state.descriptors import (
        AggregatingStateDescriptor,
        ListStateDescriptor,
        MapStateDescriptor,
        ReducingStateDescriptor,
        ValueStateDescriptor,
    )
    from levada.state.handles import AggregatingState, ListState, MapState, ReducingState, ValueState

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")


class KeyedStateStore(ABC):
    """Where a function gets handles to the current key's state."""

    @abstractmethod
    def get_state(self, state_descriptor: ValueStateDescriptor[T]) -> ValueState[T]:
        """One value per key."""

    @abstractmethod
    def get_list_state(self, state_descriptor: ListStateDescriptor[T]) -> ListState[T]:
        """A list per key."""

    @abstractmethod
    def get_map_state(self, state_descriptor: MapStateDescriptor[K, V]) -> MapState[K, V]:
        """A dict per key."""

    @abstractmethod
    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor[T]) -> ReducingState[T]:
        """One value per key, reduced from those added."""

    @abstractmethod
    def get_aggregating_state(
        self, state_descriptor: AggregatingStateDescriptor[IN, Any, OUT]
    ) -> AggregatingState[IN, OUT]:
        """One accumulator per key."""


class RuntimeContext(KeyedStateStore):
    """Where a function runs, and its keyed state."""

    def __init__(self, context: OperatorContext, task_name: str, backend: KeyedBackend | None = None) -> None:
        self._context = context
        self._task_name = task_name
        self._backend = backend
        self._metrics = MetricGroup(context.metrics)
        self._accumulators: dict[str, Accumulator[Any, Any]] = {}
        context.metrics.accumulators.append(self._accumulators)

    @property
    def operator_context(self) -> OperatorContext:
        """The operator that the function belongs to: for operators, not for functions."""
        return self._context

    def get_task_name(self) -> str:
        """The operator's name."""
        return self._task_name

    def get_task_name_with_subtasks(self) -> str:
        """The operator's name with the subtask, as ``name (2/4)#0``."""
        context = self._context
        return f"{self._task_name} ({context.subtask_index + 1}/{context.parallelism})#{context.attempt}"

    def get_number_of_parallel_subtasks(self) -> int:
        """How many subtasks run the operator."""
        return self._context.parallelism

    def get_max_number_of_parallel_subtasks(self) -> int:
        """The number of key groups: the most subtasks there can ever be."""
        return self._context.max_parallelism

    def get_index_of_this_subtask(self) -> int:
        """This subtask, counted from 0."""
        return self._context.subtask_index

    def get_attempt_number(self) -> int:
        """0 in the first run, one more after each restart."""
        return self._context.attempt

    def get_job_parameter(self, key: str, default_value: str | None = None) -> str | None:
        """A value of the job's configuration."""
        return self._context.config.get_string(key, default_value)

    def add_accumulator(self, name: str, accumulator: Accumulator[Any, Any]) -> None:
        """Have an accumulator of this subtask's part in the job's result, where all subtasks' are merged by name."""
        if not isinstance(accumulator, Accumulator):
            raise UserError(f"add_accumulator({name!r}, {accumulator!r}): pass an Accumulator, such as IntCounter()")
        if name in self._accumulators:
            raise UserError(f"add_accumulator({name!r}) in {self._task_name!r}: there is one of this name already")
        self._accumulators[name] = accumulator

    def get_accumulator(self, name: str) -> Accumulator[Any, Any] | None:
        """This subtask's accumulator of this name; None where there is none."""
        return self._accumulators.get(name)

    def get_int_counter(self, name: str) -> IntCounter:
        """This subtask's counter of this name, made if there is none."""
        known = self._accumulators.setdefault(name, IntCounter())
        if not isinstance(known, IntCounter):
            raise UserError(f"get_int_counter({name!r}): the accumulator of this name is a {type(known).__name__}")
        return known

    def get_distributed_cache(self) -> DistributedCache:
        """The files that the program registered by ``env.register_cached_file``."""
        return DistributedCache(self._context.config)

    def get_metrics_group(self) -> MetricGroup:
        """Where the function registers metrics."""
        return self._metrics

    def get_state(self, state_descriptor: ValueStateDescriptor[T]) -> ValueState[T]:
        """One value per key."""
        return self._keyed("get_state").get_state(state_descriptor)

    def get_list_state(self, state_descriptor: ListStateDescriptor[T]) -> ListState[T]:
        """A list per key."""
        return self._keyed("get_list_state").get_state(state_descriptor)

    def get_map_state(self, state_descriptor: MapStateDescriptor[K, V]) -> MapState[K, V]:
        """A dict per key."""
        return self._keyed("get_map_state").get_state(state_descriptor)

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor[T]) -> ReducingState[T]:
        """One value per key, reduced from those added."""
        return self._keyed("get_reducing_state").get_state(state_descriptor)

    def get_aggregating_state(
        self, state_descriptor: AggregatingStateDescriptor[IN, Any, OUT]
    ) -> AggregatingState[IN, OUT]:
        """One accumulator per key."""
        state: AggregatingState[IN, OUT] = self._keyed("get_aggregating_state").get_state(state_descriptor)
        return state

    def _keyed(self, call: str) -> KeyedBackend:
        if self._backend is None:
            raise StateError(
                f"{call}() in {self._task_name!r}: keyed state needs a keyed stream; "
                "call key_by(...) before this function"
            )
        return self._backend
