"""State descriptors: the name of a state, the type of its values and, where it merges, the function that merges them.

Reference: Flink documentation, "Working with State".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from levada.common.basic_typeinfo import TypeInformation
from levada.common.composite_typeinfo import ListTypeInfo, MapTypeInfo
from levada.common.errors import StateError
from levada.common.type_hints import type_information_of
from levada.state.ttl import StateTtlConfig

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN", contravariant=True)
ACC = TypeVar("ACC")
OUT = TypeVar("OUT", covariant=True)

TypeLike = TypeInformation | type[Any]
"""Wherever a type is asked for, a Python type will do too (``int``, ``tuple[int, str]``, a dataclass)."""


class ReducesValues(Protocol):
    """What a reducing state needs: ``ReduceFunction`` is one."""

    def reduce(self, value1: Any, value2: Any) -> Any:
        """One value from two."""
        ...


class AggregatesValues(Protocol[IN, ACC, OUT]):
    """What an aggregating state needs: ``AggregateFunction`` is one."""

    def create_accumulator(self) -> ACC:
        """A new, empty accumulator."""
        ...

    def add(self, value: IN, accumulator: ACC) -> ACC:
        """The accumulator with ``value`` added (it may be changed in place)."""
        ...

    def get_result(self, accumulator: ACC) -> OUT:
        """The result so far."""
        ...

    def merge(self, a: ACC, b: ACC) -> ACC:
        """One accumulator from two."""
        ...


class StateDescriptor:
    """Base of all descriptors.

    Attributes
    ----------
    name : str
        Unique among the states of one operator; state in a checkpoint is found again by it.
    type_info : TypeInformation
        The type of what is stored per key.
    ttl_config : StateTtlConfig or None
        How long values live; None for ever.
    """

    kind = ""
    """What the checkpoint calls this kind of state."""

    def __init__(self, name: str, type_info: TypeInformation) -> None:
        if not isinstance(name, str) or not name:
            raise StateError(f"{type(self).__name__}({name!r}, ..): a state's name is a text that is not empty")
        self.name = name
        self.type_info = type_info
        self.ttl_config: StateTtlConfig | None = None

    def get_name(self) -> str:
        """The state's name."""
        return self.name

    def enable_time_to_live(self, ttl_config: StateTtlConfig) -> None:
        """Let the state's values expire; call it before a handle is asked for."""
        if not isinstance(ttl_config, StateTtlConfig):
            raise StateError(
                f"{self!r}.enable_time_to_live({ttl_config!r}): pass a StateTtlConfig, made by "
                "StateTtlConfig.new_builder(ttl).build()"
            )
        self.ttl_config = ttl_config if ttl_config.is_enabled() else None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.type_info!r})"

    def _type(self, given: TypeLike) -> TypeInformation:
        return type_information_of(given, f"{type(self).__name__}({self.name!r}, ..)")


class ValueStateDescriptor(StateDescriptor, Generic[T]):
    """One value per key."""

    kind = "value"

    def __init__(self, name: str, value_type_info: TypeInformation[T] | type[T]) -> None:
        super().__init__(name, _ANY)
        self.type_info = self._type(value_type_info)


class ListStateDescriptor(StateDescriptor, Generic[T]):
    """A list of elements per key."""

    kind = "list"

    def __init__(self, name: str, elem_type_info: TypeInformation[T] | type[T]) -> None:
        super().__init__(name, _ANY)
        self.element_type = self._type(elem_type_info)
        self.type_info: TypeInformation = ListTypeInfo(self.element_type)


class MapStateDescriptor(StateDescriptor, Generic[K, V]):
    """A dict of its own per key."""

    kind = "map"

    def __init__(
        self, name: str, key_type_info: TypeInformation[K] | type[K], value_type_info: TypeInformation[V] | type[V]
    ) -> None:
        super().__init__(name, _ANY)
        self.type_info: TypeInformation = MapTypeInfo(self._type(key_type_info), self._type(value_type_info))


class ReducingStateDescriptor(StateDescriptor, Generic[T]):
    """One value per key, made from all values added by a reduce function.

    Parameters
    ----------
    reduce_function : ReduceFunction or callable
        ``(value1, value2) -> value``.
    """

    kind = "reducing"

    def __init__(
        self, name: str, reduce_function: ReducesValues | Callable[[T, T], T], type_info: TypeInformation[T] | type[T]
    ) -> None:
        super().__init__(name, _ANY)
        if not callable(reduce_function) and not hasattr(reduce_function, "reduce"):
            raise StateError(
                f"ReducingStateDescriptor({name!r}, {reduce_function!r}, ..): reduce_function must be a ReduceFunction "
                "or a callable (value1, value2) -> value"
            )
        self._reduce_function = reduce_function
        self.type_info = self._type(type_info)

    def get_reduce_function(self) -> ReducesValues | Callable[[T, T], T]:
        """The function as it was given."""
        return self._reduce_function

    @property
    def reduce(self) -> Callable[[T, T], T]:
        """The function as a plain callable."""
        function = self._reduce_function
        method: Callable[[T, T], T] | None = getattr(function, "reduce", None)
        return method if method is not None else function  # type: ignore[return-value]


class AggregatingStateDescriptor(StateDescriptor, Generic[IN, ACC, OUT]):
    """One accumulator per key, made from all values added by an aggregate function.

    Parameters
    ----------
    agg_function : AggregateFunction
    state_type_info : TypeInformation or type
        The accumulator's type.
    """

    kind = "aggregating"

    def __init__(
        self,
        name: str,
        agg_function: AggregatesValues[IN, ACC, OUT],
        state_type_info: TypeInformation[ACC] | type[ACC],
    ) -> None:
        super().__init__(name, _ANY)
        missing = [
            method for method in ("create_accumulator", "add", "get_result") if not hasattr(agg_function, method)
        ]
        if missing:
            raise StateError(
                f"AggregatingStateDescriptor({name!r}, {agg_function!r}, ..): agg_function must be an "
                f"AggregateFunction; it has no {', '.join(missing)}"
            )
        self._agg_function = agg_function
        self.type_info = self._type(state_type_info)

    def get_agg_function(self) -> AggregatesValues[IN, ACC, OUT]:
        """The function."""
        return self._agg_function


_ANY = TypeInformation()
