"""``BroadcastStream`` and ``BroadcastConnectedStream``: rules beside records, kept as state by every subtask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.errors import JobBuildError
from levada.datastream import checks
from levada.datastream.functions import BroadcastProcessFunction, KeyedBroadcastProcessFunction
from levada.datastream.inference import result_type
from levada.datastream.streams.building import TypeLike, declared_type, operator_name
from levada.datastream.streams.connected import joined_stream, same_environment
from levada.datastream.streams.keyed import KeyedStream
from levada.operators.row.two_inputs.broadcast import BroadcastProcess
from levada.state.descriptors import MapStateDescriptor

if TYPE_CHECKING:
    from levada.datastream.streams.data_stream import DataStream

T1 = TypeVar("T1")
T2 = TypeVar("T2")
U = TypeVar("U")

__all__ = ["BroadcastConnectedStream", "BroadcastStream"]

Descriptor = MapStateDescriptor[Any, Any]


class BroadcastStream(Generic[T2]):
    """A stream that reaches every subtask, with the states it feeds. Made by ``DataStream.broadcast(descriptor)``."""

    def __init__(self, input_stream: DataStream[T2], broadcast_state_descriptors: Sequence[Descriptor]) -> None:
        names = set()
        for descriptor in broadcast_state_descriptors:
            if not isinstance(descriptor, MapStateDescriptor):
                raise JobBuildError(
                    f"broadcast({descriptor!r}): broadcast state is a map; pass "
                    "MapStateDescriptor(name, key_type, value_type)"
                )
            if descriptor.name in names:
                raise JobBuildError(f"broadcast(...): two states are named {descriptor.name!r}; each needs its own")
            names.add(descriptor.name)
        self.input_stream = input_stream
        self.broadcast_state_descriptors = tuple(broadcast_state_descriptors)


class BroadcastConnectedStream(Generic[T1, T2]):
    """A stream beside a broadcast stream. Made by ``DataStream.connect(broadcast_stream)``."""

    def __init__(
        self,
        non_broadcast_stream: DataStream[T1],
        broadcast_stream: BroadcastStream[T2],
        broadcast_state_descriptors: Sequence[Descriptor],
    ) -> None:
        same_environment(non_broadcast_stream, broadcast_stream.input_stream, "connect(broadcast_stream)")
        self.non_broadcast_stream = non_broadcast_stream
        self.broadcast_stream = broadcast_stream
        self.broadcast_state_descriptors = tuple(broadcast_state_descriptors)

    def process(
        self,
        func: BroadcastProcessFunction[T1, T2, U] | KeyedBroadcastProcessFunction[Any, T1, T2, U],
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """Call a function for the records of both; the broadcast ones may change the broadcast state.

        A keyed stream takes a ``KeyedBroadcastProcessFunction``, another one a ``BroadcastProcessFunction``.
        """
        stream = self.non_broadcast_stream
        selector = stream._selector if isinstance(stream, KeyedStream) else None
        base = BroadcastProcessFunction if selector is None else KeyedBroadcastProcessFunction
        call = f"connect(broadcast_stream).process(func) on a stream {'without' if selector is None else 'with'} keys"
        targets = [
            checks.check_function(
                func, checks.Role(base, method, "value, ctx", "iterable of results", True, False), call
            )
            for method in ("process_element", "process_broadcast_element")
        ]
        inferred = [result_type(target, many=True) for target in targets]
        broadcast = self.broadcast_stream.input_stream
        return joined_stream(
            stream._env,
            "broadcast_process" if selector is None else "keyed_broadcast_process",
            operator_name("BroadcastProcess", func),
            BroadcastProcess(func, self.broadcast_state_descriptors, len(stream._inputs), selector),
            stream._inputs + broadcast._inputs,
            declared_type(output_type, "process(func)"),
            inferred[0] if inferred[1] in (None, inferred[0]) else None,
            stateful=True,
        )
