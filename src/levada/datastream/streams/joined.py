"""Window joins and coGroups: two streams in the same windows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.errors import JobBuildError
from levada.common.time import Duration, Time
from levada.common.typeinfo import TypeInformation
from levada.datastream import checks
from levada.datastream.functions import CoGroupFunction, FlatJoinFunction, JoinFunction, KeySelector
from levada.datastream.inference import result_type
from levada.datastream.streams.building import TypeLike, add, declared_type, operator_name
from levada.datastream.streams.connected import same_environment
from levada.datastream.streams.data_stream import DataStream
from levada.datastream.streams.keyed import KeyedStream
from levada.graph.transformation import Input
from levada.operators.row.two_inputs.tagging import TaggedKey, Tagging
from levada.operators.row.user_function import close_functions, display_name, open_function
from levada.operators.row.window.evictors import Evictor
from levada.operators.row.window.trigger import Trigger
from levada.operators.row.window.windows import WindowAssigner

if TYPE_CHECKING:
    from typing import Self

    from levada.datastream.streams.windowed import WindowedStream

T1 = TypeVar("T1")
T2 = TypeVar("T2")
K = TypeVar("K")
U = TypeVar("U")
W = TypeVar("W")

__all__ = ["CoGroupedStreams", "JoinedStreams"]

_JOIN = checks.Role(JoinFunction, "join", "first, second", "result")
_FLAT_JOIN = checks.Role(FlatJoinFunction, "join", "first, second", "iterable of results", many=True)
_CO_GROUP = checks.Role(CoGroupFunction, "co_group", "first, second", "iterable of results", many=True)


class _TwoStreams(Generic[T1, T2]):
    """Two streams, to be keyed and cut into windows."""

    _call = ""

    def __init__(self, stream1: DataStream[T1], stream2: DataStream[T2]) -> None:
        same_environment(stream1, stream2, f"{self._call}(other_stream)")
        self._streams = (stream1, stream2)
        self._selectors: list[Callable[[Any], Any]] = []

    def where(self, key_selector: Callable[[T1], Any] | KeySelector[T1, Any], key_type: TypeLike = None) -> Self:
        """The key of the first stream's records."""
        self._take_selector(0, key_selector, key_type, "where(key_selector)")
        return self

    def equal_to(self, key_selector: Callable[[T2], Any] | KeySelector[T2, Any], key_type: TypeLike = None) -> Self:
        """The key of the second stream's records."""
        self._take_selector(1, key_selector, key_type, "equal_to(key_selector)")
        return self

    def _take_selector(self, side: int, key_selector: Any, key_type: TypeLike, call: str) -> None:
        if len(self._selectors) != side:
            raise JobBuildError(f"{call}: write {self._call}(other).where(k1).equal_to(k2).window(assigner).apply(f)")
        declared_type(key_type, call)
        self._selectors.append(checks.check_function(key_selector, checks.KEY, call))

    def _windows(self, assigner: WindowAssigner[Any, W]) -> WindowedStream[Any, Any, W]:
        if len(self._selectors) != 2:
            raise JobBuildError(
                f"window(...): write {self._call}(other).where(k1).equal_to(k2).window(assigner).apply(f)"
            )
        first, second = self._streams
        inputs = tuple(tagged(first, given, 0) for given in first._inputs)
        inputs += tuple(tagged(second, given, 1) for given in second._inputs)
        both: DataStream[Any] = DataStream(first._env, inputs, None)
        return KeyedStream(both, TaggedKey(*self._selectors), None).window(assigner)


class JoinedStreams(_TwoStreams[T1, T2]):
    """``a.join(b)``: all pairs of a key and window. An inner join: a record without partner gives nothing."""

    _call = "join"

    def window(self, assigner: WindowAssigner[Any, W]) -> JoinedWindows[T1, T2, W]:
        """Cut both streams into the same windows."""
        return JoinedWindows(self._windows(assigner))


class CoGroupedStreams(_TwoStreams[T1, T2]):
    """``a.co_group(b)``: both streams' records of a key and window at once."""

    _call = "co_group"

    def window(self, assigner: WindowAssigner[Any, W]) -> CoGroupedWindows[T1, T2, W]:
        """Cut both streams into the same windows."""
        return CoGroupedWindows(self._windows(assigner))


class _BothInWindows(Generic[T1, T2, W]):
    """Settings of the windows that both streams share."""

    def __init__(self, windows: WindowedStream[Any, Any, W]) -> None:
        self._windows = windows

    def trigger(self, trigger: Trigger[Any, Any]) -> Self:
        """Let this trigger decide when windows fire. It is given records as ``(0 or 1, record)``, by stream."""
        self._windows.trigger(trigger)
        return self

    def evictor(self, evictor: Evictor[Any, Any]) -> Self:
        """Let this evictor take records out of windows that fire. It too is given ``(0 or 1, record)``."""
        self._windows.evictor(evictor)
        return self

    def allowed_lateness(self, time_ms: int | timedelta | Duration | Time) -> Self:
        """Keep windows for so long behind the watermark; late records fire them again."""
        self._windows.allowed_lateness(time_ms)
        return self

    def _applied(
        self, title: str, func: Any, adapter: Any, output_type: TypeLike, inferred: TypeInformation | None
    ) -> DataStream[Any]:
        result = self._windows.apply(adapter, output_type)
        result.name(f"{operator_name(title, func)}({self._windows._assigner!r})")
        if result._type_info is None:
            result._type_info = inferred
        return result


class JoinedWindows(_BothInWindows[T1, T2, W]):
    """Two streams in the same windows, to be joined."""

    def apply(
        self,
        function: JoinFunction[T1, T2, U]
        | FlatJoinFunction[T1, T2, U]
        | Callable[[T1, T2], U]
        | Callable[[T1, T2], Iterable[U] | None],
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """Call a function with each pair; it gives one result, as a flat join or generator function any number.

        Results bear the window's last instant as their time.
        """
        flat = isinstance(function, FlatJoinFunction) or inspect.isgeneratorfunction(function)
        target = checks.check_function(function, _FLAT_JOIN if flat else _JOIN, "join(...).apply(function)")
        adapter = FlatJoinPairs(function, target) if flat else JoinPairs(function, target)
        return self._applied("Join", function, adapter, output_type, result_type(target, many=flat))


class CoGroupedWindows(_BothInWindows[T1, T2, W]):
    """Two streams in the same windows, to be seen together."""

    def apply(
        self,
        function: CoGroupFunction[T1, T2, U] | Callable[[list[T1], list[T2]], Iterable[U] | None],
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """Call a function with the two lists of records of each key and window; either may be empty."""
        target = checks.check_function(function, _CO_GROUP, "co_group(...).apply(function)")
        adapter = Groups(function, target)
        return self._applied("CoGroup", function, adapter, output_type, result_type(target, many=True))


class _Adapter:
    """A function of two streams' records as a function of tagged ones; opens and closes it, and bears its name."""

    __levada_role__ = "join"

    def __init__(self, function: Any, target: Callable[..., Any]) -> None:
        self.__wrapped__ = function
        self.__qualname__ = display_name(function)
        self._method = None if target is function else target.__name__

    def open(self, runtime_context: Any) -> None:
        """Open the function."""
        open_function(self.__wrapped__, runtime_context)

    def close(self) -> None:
        """Close the function."""
        close_functions([self.__wrapped__])

    def _target(self) -> Callable[..., Any]:
        target: Callable[..., Any] = getattr(self.__wrapped__, self._method) if self._method else self.__wrapped__
        return target


class JoinPairs(_Adapter):
    """One result for each pair."""

    def apply(self, key: Any, window: Any, inputs: Iterable[tuple[int, Any]]) -> Iterable[Any]:
        """All pairs."""
        first, second = parted(inputs)
        join = self._target()
        return (join(one, other) for one in first for other in second)


class FlatJoinPairs(_Adapter):
    """Any number of results for each pair."""

    def apply(self, key: Any, window: Any, inputs: Iterable[tuple[int, Any]]) -> Iterable[Any]:
        """All pairs."""
        first, second = parted(inputs)
        join = self._target()
        return (row for one in first for other in second for row in join(one, other) or ())


class Groups(_Adapter):
    """Both lists at once."""

    __levada_role__ = "co_group"

    def apply(self, key: Any, window: Any, inputs: Iterable[tuple[int, Any]]) -> Iterable[Any] | None:
        """The two lists."""
        results: Iterable[Any] | None = self._target()(*parted(inputs))
        return results


def parted(inputs: Iterable[tuple[int, Any]]) -> tuple[list[Any], list[Any]]:
    """The records of each side."""
    sides: tuple[list[Any], list[Any]] = ([], [])
    for side, value in inputs:
        sides[side].append(value)
    return sides


def tagged(stream: DataStream[Any], given: Input, side: int) -> Input:
    """An input with its records tagged, in the task it comes from: it is spread by key behind that."""
    above = given.transformation
    plain = Input(above, side_output=given.side_output)
    return Input(add(stream._env, "tag", f"Input {side + 1}", Tagging(side), (plain,), parallelism=above.parallelism))
