"""``WindowedStream`` and ``AllWindowedStream``: what becomes of the records in each window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from levada.datastream.functions import (
    AggregateFunction,
    AllWindowFunction,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
    ReduceFunction,
    WindowFunction,
)
from levada.datastream.streams.building import TypeLike
from levada.datastream.streams.window_building import Windows
from levada.operators.row.window.windows import WindowAssigner

if TYPE_CHECKING:
    from levada.datastream.streams.data_stream import DataStream
    from levada.datastream.streams.keyed import KeyedStream

T = TypeVar("T")
K = TypeVar("K")
W = TypeVar("W")
U = TypeVar("U")
R = TypeVar("R")

__all__ = ["AllWindowedStream", "WindowedStream"]

Evaluation = ProcessWindowFunction[T, U, K, W] | WindowFunction[T, U, K, W]
AllEvaluation = ProcessAllWindowFunction[T, U, W] | AllWindowFunction[T, U, W]


class WindowedStream(Windows[T, W], Generic[T, K, W]):
    """Each key's records, cut into windows. Made by ``KeyedStream.window``."""

    _process_call = "process"
    _apply_call = "apply"

    def __init__(self, keyed_stream: KeyedStream[T, K], window_assigner: WindowAssigner[Any, W]) -> None:
        super().__init__(keyed_stream, window_assigner, keyed_stream._selector, "window(window_assigner)")

    @overload
    def reduce(
        self,
        reduce_function: Callable[[T, T], T] | ReduceFunction[T],
        window_function: None = None,
        output_type: TypeLike = None,
    ) -> DataStream[T]: ...

    @overload
    def reduce(
        self,
        reduce_function: Callable[[T, T], T] | ReduceFunction[T],
        window_function: Evaluation[T, U, K, W] | Callable[[K, Any, Iterable[T]], Iterable[U] | None],
        output_type: TypeLike = None,
    ) -> DataStream[U]: ...

    def reduce(
        self, reduce_function: Any, window_function: Any = None, output_type: TypeLike = None
    ) -> DataStream[Any]:
        """Fold a window's records as they come; ``window_function``, if given, gets the one folded value."""
        return self._reduced(reduce_function, window_function, output_type)

    @overload
    def aggregate(
        self,
        aggregate_function: AggregateFunction[T, Any, R],
        window_function: None = None,
        accumulator_type: TypeLike = None,
        output_type: TypeLike = None,
    ) -> DataStream[R]: ...

    @overload
    def aggregate(
        self,
        aggregate_function: AggregateFunction[T, Any, R],
        window_function: Evaluation[R, U, K, W] | Callable[[K, Any, Iterable[R]], Iterable[U] | None],
        accumulator_type: TypeLike = None,
        output_type: TypeLike = None,
    ) -> DataStream[U]: ...

    def aggregate(
        self,
        aggregate_function: Any,
        window_function: Any = None,
        accumulator_type: TypeLike = None,
        output_type: TypeLike = None,
    ) -> DataStream[Any]:
        """Fold a window's records into an accumulator as they come; ``window_function``, if given, gets its result."""
        return self._aggregated(aggregate_function, window_function, accumulator_type, output_type)

    def process(
        self,
        process_window_function: ProcessWindowFunction[T, U, K, W]
        | Callable[[K, Any, Iterable[T]], Iterable[U] | None],
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """Call a function with all records of a window, its key and its context."""
        return self._processed(process_window_function, output_type)

    def apply(
        self,
        window_function: WindowFunction[T, U, K, W] | Callable[[K, W, Iterable[T]], Iterable[U] | None],
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """Call a function with all records of a window, its key and the window."""
        return self._applied(window_function, output_type)


class AllWindowedStream(Windows[T, W]):
    """A whole stream, cut into windows; evaluated in one subtask. Made by ``DataStream.window_all``."""

    _process_call = "process_all"
    _apply_call = "apply_all"

    def __init__(self, data_stream: DataStream[T], window_assigner: WindowAssigner[Any, W]) -> None:
        super().__init__(data_stream.global_(), window_assigner, None, "window_all(window_assigner)")

    @overload
    def reduce(
        self,
        reduce_function: Callable[[T, T], T] | ReduceFunction[T],
        window_function: None = None,
        output_type: TypeLike = None,
    ) -> DataStream[T]: ...

    @overload
    def reduce(
        self,
        reduce_function: Callable[[T, T], T] | ReduceFunction[T],
        window_function: AllEvaluation[T, U, W] | Callable[[Any, Iterable[T]], Iterable[U] | None],
        output_type: TypeLike = None,
    ) -> DataStream[U]: ...

    def reduce(
        self, reduce_function: Any, window_function: Any = None, output_type: TypeLike = None
    ) -> DataStream[Any]:
        """Fold a window's records as they come; ``window_function``, if given, gets the one folded value."""
        return self._reduced(reduce_function, window_function, output_type)

    @overload
    def aggregate(
        self,
        aggregate_function: AggregateFunction[T, Any, R],
        window_function: None = None,
        accumulator_type: TypeLike = None,
        output_type: TypeLike = None,
    ) -> DataStream[R]: ...

    @overload
    def aggregate(
        self,
        aggregate_function: AggregateFunction[T, Any, R],
        window_function: AllEvaluation[R, U, W] | Callable[[Any, Iterable[R]], Iterable[U] | None],
        accumulator_type: TypeLike = None,
        output_type: TypeLike = None,
    ) -> DataStream[U]: ...

    def aggregate(
        self,
        aggregate_function: Any,
        window_function: Any = None,
        accumulator_type: TypeLike = None,
        output_type: TypeLike = None,
    ) -> DataStream[Any]:
        """Fold a window's records into an accumulator as they come; ``window_function``, if given, gets its result."""
        return self._aggregated(aggregate_function, window_function, accumulator_type, output_type)

    def process(
        self,
        process_window_function: ProcessAllWindowFunction[T, U, W] | Callable[[Any, Iterable[T]], Iterable[U] | None],
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """Call a function with all records of a window and its context."""
        return self._processed(process_window_function, output_type)

    def apply(
        self,
        window_function: AllWindowFunction[T, U, W] | Callable[[W, Iterable[T]], Iterable[U] | None],
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """Call a function with all records of a window and the window."""
        return self._applied(window_function, output_type)
