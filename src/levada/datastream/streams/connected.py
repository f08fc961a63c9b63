"""``ConnectedStreams``: two streams of different types into one function that may keep state of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.errors import JobBuildError
from levada.common.typeinfo import TypeInformation
from levada.datastream import checks
from levada.datastream.functions import (
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedCoProcessFunction,
    KeySelector,
)
from levada.datastream.inference import result_type
from levada.datastream.streams.building import TypeLike, add, declared_type, operator_name, shaping_tail
from levada.datastream.streams.data_stream import DataStream
from levada.datastream.streams.keyed import KeyedStream
from levada.graph.transformation import Input
from levada.operators.row.two_inputs.co_process import METHODS, CoProcess
from levada.operators.row.two_inputs.input_loop import CallKind

if TYPE_CHECKING:
    from levada.datastream.stream_execution_environment import StreamExecutionEnvironment
    from levada.operators.base import OperatorSpec

T1 = TypeVar("T1")
T2 = TypeVar("T2")
U = TypeVar("U")

__all__ = ["ConnectedStreams"]

_ROLES: dict[CallKind, tuple[checks.Role, checks.Role]] = {
    "map": (
        checks.Role(CoMapFunction, "map1", "value", "result"),
        checks.Role(CoMapFunction, "map2", "value", "result"),
    ),
    "flat_map": (
        checks.Role(CoFlatMapFunction, "flat_map1", "value", "iterable of results", many=True),
        checks.Role(CoFlatMapFunction, "flat_map2", "value", "iterable of results", many=True),
    ),
    "process": (
        checks.Role(CoProcessFunction, "process_element1", "value, ctx", "iterable of results", many=True),
        checks.Role(CoProcessFunction, "process_element2", "value, ctx", "iterable of results", many=True),
    ),
}
_KEYED_PROCESS = (
    checks.Role(KeyedCoProcessFunction, "process_element1", "value, ctx", "iterable of results", many=True),
    checks.Role(KeyedCoProcessFunction, "process_element2", "value, ctx", "iterable of results", many=True),
)


class ConnectedStreams(Generic[T1, T2]):
    """Two streams side by side. Made by ``DataStream.connect``.

    Where both are keyed, records of one key share its state and timers, whichever stream they come from. In place of a
    function object each call takes a pair of callables, one for each stream.
    """

    def __init__(self, stream1: DataStream[T1], stream2: DataStream[T2]) -> None:
        same_environment(stream1, stream2, "connect(ds)")
        self.stream1 = stream1
        self.stream2 = stream2

    def key_by(
        self,
        key_selector1: Callable[[T1], Any] | KeySelector[T1, Any],
        key_selector2: Callable[[T2], Any] | KeySelector[T2, Any],
        key_type: TypeLike = None,
    ) -> ConnectedStreams[T1, T2]:
        """Bring records of equal keys together, from both streams."""
        return ConnectedStreams(
            self.stream1.key_by(key_selector1, key_type), self.stream2.key_by(key_selector2, key_type)
        )

    def map(
        self,
        func: CoMapFunction[T1, T2, U] | tuple[Callable[[T1], U | None], Callable[[T2], U | None]],
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """One record in, from either stream, one out; None is nothing."""
        return self._with("map", "CoMap", func, output_type)

    def flat_map(
        self,
        func: CoFlatMapFunction[T1, T2, U]
        | tuple[Callable[[T1], Iterable[U] | None], Callable[[T2], Iterable[U] | None]],
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """One record in, from either stream, any number out."""
        return self._with("flat_map", "CoFlatMap", func, output_type)

    def process(
        self,
        func: CoProcessFunction[T1, T2, U]
        | KeyedCoProcessFunction[Any, T1, T2, U]
        | tuple[Callable[[T1, Any], Iterable[Any] | None], Callable[[T2, Any], Iterable[Any] | None]],
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """See each record with its time; where both streams are keyed, with state and timers of its key."""
        if isinstance(func, KeyedCoProcessFunction) and self._selectors() is None:
            raise JobBuildError(
                f"connect(...).process(func): {type(func).__name__} is a KeyedCoProcessFunction, but the streams are "
                "not both keyed; call key_by(key_selector1, key_selector2) before"
            )
        return self._with("process", "CoProcess", func, output_type)

    def _selectors(self) -> tuple[Any, Any] | None:
        if isinstance(self.stream1, KeyedStream) and isinstance(self.stream2, KeyedStream):
            return self.stream1._selector, self.stream2._selector
        return None

    def _with(self, kind: CallKind, title: str, func: Any, output_type: TypeLike) -> DataStream[Any]:
        call = f"connect(...).{kind}(func)"
        roles = _KEYED_PROCESS if isinstance(func, KeyedCoProcessFunction) and kind == "process" else _ROLES[kind]
        if isinstance(func, tuple):
            if len(func) != 2:
                raise JobBuildError(f"{call}: a pair of callables is wanted, one for each stream, not {len(func)}")
            targets = [checks.check_function(each, role, call) for each, role in zip(func, roles, strict=True)]
        else:
            targets = [checks.check_function(func, role, call) for role in roles]
            if targets[0] is func:
                first, second = METHODS[kind]
                raise JobBuildError(
                    f"{call}: one callable for two streams; pass a pair of callables, or an object with methods "
                    f"{first} and {second}"
                )
        inferred = [result_type(target, many=kind != "map") for target in targets]
        name = title if isinstance(func, tuple) else operator_name(title, func)
        selectors = self._selectors()
        spec = CoProcess(kind, func, len(self.stream1._inputs), selectors)
        return joined_stream(
            self.stream1._env,
            f"co_{kind}" if selectors is None else f"keyed_co_{kind}",
            name,
            spec,
            self.stream1._inputs + self.stream2._inputs,
            declared_type(output_type, call),
            inferred[0] if inferred[0] == inferred[1] else None,
            stateful=selectors is not None,
        )


def joined_stream(
    env: StreamExecutionEnvironment,
    kind: str,
    name: str,
    spec: OperatorSpec,
    inputs: tuple[Input, ...],
    declared: TypeInformation | None,
    inferred: TypeInformation | None,
    *,
    stateful: bool,
) -> DataStream[Any]:
    """The stream behind an operator with two inputs."""
    type_info = declared or inferred
    transformation = add(env, kind, name, spec, inputs, output_type=type_info, stateful=stateful)
    tail = shaping_tail(env, transformation, declared)
    return DataStream(env, (Input(tail or transformation),), type_info, transformation, tail)


def same_environment(first: Any, second: Any, call: str) -> None:
    """Refuse what is no stream, or one of another environment."""
    if not isinstance(second, DataStream):
        raise JobBuildError(f"{call}: {second!r} is not a DataStream")
    if second._env is not first._env:
        raise JobBuildError(f"{call}: the streams come from two environments; build both with one")
