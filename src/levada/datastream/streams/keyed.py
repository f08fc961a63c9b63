"""``KeyedStream``: records of equal keys come together, with state and timers of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.errors import JobBuildError
from levada.common.typeinfo import (
    BasicArrayTypeInfo,
    ListTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    PrimitiveArrayTypeInfo,
    TypeInformation,
)
from levada.datastream import checks
from levada.datastream.functions import (
    FilterFunction,
    FlatMapFunction,
    Function,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    ReduceFunction,
)
from levada.datastream.inference import result_type
from levada.datastream.streams import rolling
from levada.datastream.streams.building import TypeLike, declared_type, operator_name
from levada.datastream.streams.data_stream import DataStream
from levada.datastream.streams.keyed_adapters import KeyedFilter, KeyedFlatMap, KeyedMap
from levada.graph.partitioner import KeyByRows
from levada.operators.row.keyed_process import KeyedProcess
from levada.operators.row.keyed_reduce import KeyedReduce

if TYPE_CHECKING:
    from levada.datastream.streams.interval_joined import IntervalJoin
    from levada.datastream.streams.windowed import WindowedStream
    from levada.operators.row.window.windows import CountWindow, WindowAssigner

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K")
K2 = TypeVar("K2")
W = TypeVar("W")

__all__ = ["KeyedStream", "keyed_stream"]


def keyed_stream(
    stream: DataStream[T], key_selector: Callable[[T], K] | KeySelector[T, K], key_type: TypeLike
) -> KeyedStream[T, K]:
    """``stream.key_by(key_selector, key_type)``."""
    target = checks.check_function(key_selector, checks.KEY, "key_by(key_selector)")
    declared = None if key_type is None else declared_type(key_type, "key_by(key_selector, key_type)")
    known = declared or result_type(target)
    if isinstance(known, (ListTypeInfo, MapTypeInfo, BasicArrayTypeInfo, ObjectArrayTypeInfo)) or (
        isinstance(known, PrimitiveArrayTypeInfo) and not known.is_bytes
    ):
        raise JobBuildError(
            f"key_by(key_selector): keys of type {known!r} can change, so they cannot be keys; give a tuple: "
            "tuple(key), or tuple(sorted(key.items())) for a dict"
        )
    return KeyedStream(stream, target, known)


class KeyedStream(DataStream[T], Generic[T, K]):
    """A stream whose records are brought together by key. Made by ``DataStream.key_by``."""

    what = "a keyed stream"

    def __init__(self, stream: DataStream[T], selector: Callable[[Any], Any], key_type: TypeInformation | None) -> None:
        inputs = tuple(replace(given, partitioner=KeyByRows(selector)) for given in stream._inputs)
        super().__init__(stream._env, inputs, stream._type_info)
        self._selector = selector
        self._key_type = key_type

    def key_by(
        self, key_selector: Callable[[T], K2] | KeySelector[T, K2], key_type: TypeLike = None
    ) -> KeyedStream[T, K2]:
        """The same records by another key."""
        return keyed_stream(self, key_selector, key_type)

    # --- records; function objects may use the key's state -----------------------------------------------------------

    def map(self, func: Callable[[T], U] | MapFunction[T, U], output_type: TypeLike = None) -> DataStream[U]:
        """One record in, one out. A ``MapFunction`` may use state of the record's key."""
        if not isinstance(func, Function):
            return super().map(func, output_type)
        target = checks.check_function(func, checks.MAP, "map(func)")
        return self._keyed("Map", func, KeyedMap(func), declared_type(output_type, "map(func)"), result_type(target))

    def flat_map(
        self, func: Callable[[T], Iterable[U] | None] | FlatMapFunction[T, U], output_type: TypeLike = None
    ) -> DataStream[U]:
        """One record in, any number out. A ``FlatMapFunction`` may use state of the record's key."""
        if not isinstance(func, Function):
            return super().flat_map(func, output_type)
        target = checks.check_function(func, checks.FLAT_MAP, "flat_map(func)")
        declared = declared_type(output_type, "flat_map(func)")
        return self._keyed("FlatMap", func, KeyedFlatMap(func), declared, result_type(target, many=True))

    def filter(self, func: Callable[[T], Any] | FilterFunction[T]) -> DataStream[T]:
        """Keep records. A ``FilterFunction`` may use state of the record's key."""
        if not isinstance(func, Function):
            return super().filter(func)
        checks.check_function(func, checks.FILTER, "filter(func)")
        return self._keyed("Filter", func, KeyedFilter(func), None, self._type_info)

    def process(  # type: ignore[override]  # a keyed stream takes keyed process functions
        self, func: KeyedProcessFunction[K, T, U] | Callable[..., Any], output_type: TypeLike = None
    ) -> DataStream[U]:
        """Call a ``KeyedProcessFunction`` for each record, with state and timers of the record's key."""
        target = checks.check_function(func, checks.KEYED_PROCESS, "key_by(...).process(func)")
        declared = declared_type(output_type, "process(func)")
        return self._keyed("KeyedProcess", func, func, declared, result_type(target, many=True))

    # --- folding -----------------------------------------------------------------------------------------------------

    def reduce(self, func: Callable[[T, T], T] | ReduceFunction[T]) -> DataStream[T]:
        """Fold each key's records; emits the folded value for every record."""
        checks.check_function(func, checks.REDUCE, "reduce(func)")
        return self._reduce(operator_name("Reduce", func), func)

    def sum(self, position_to_sum: int | str = 0) -> DataStream[T]:
        """Sum a field over each key's records; the other fields stay those of the first."""
        return self._reduce(f"Sum({position_to_sum})", rolling.summing(position_to_sum))

    def min(self, position_to_min: int | str = 0) -> DataStream[T]:
        """The least value of a field; the other fields stay those of the first record."""
        return self._reduce(f"Min({position_to_min})", rolling.minimum(position_to_min))

    def max(self, position_to_max: int | str = 0) -> DataStream[T]:
        """The greatest value of a field; the other fields stay those of the first record."""
        return self._reduce(f"Max({position_to_max})", rolling.maximum(position_to_max))

    def min_by(self, position_to_min_by: int | str = 0) -> DataStream[T]:
        """The record with the least value of a field; the earlier one on ties."""
        return self._reduce(f"MinBy({position_to_min_by})", rolling.minimum_by(position_to_min_by))

    def max_by(self, position_to_max_by: int | str = 0) -> DataStream[T]:
        """The record with the greatest value of a field; the earlier one on ties."""
        return self._reduce(f"MaxBy({position_to_max_by})", rolling.maximum_by(position_to_max_by))

    # --- windows -----------------------------------------------------------------------------------------------------

    def window(self, window_assigner: WindowAssigner[Any, W]) -> WindowedStream[T, K, W]:
        """Cut each key's records into windows."""
        from levada.datastream.streams.windowed import WindowedStream

        return WindowedStream(self, window_assigner)

    def count_window(self, size: int, slide: int | None = None) -> WindowedStream[T, K, CountWindow]:
        """Windows of ``size`` records of a key; with ``slide``, one every so many records."""
        from levada.operators.row.window.count import CountSlidingWindowAssigner, CountTumblingWindowAssigner

        if slide is None:
            return self.window(CountTumblingWindowAssigner.of(size))
        return self.window(CountSlidingWindowAssigner.of(size, slide))

    # --- beside another stream ---------------------------------------------------------------------------------------

    def interval_join(self, other: KeyedStream[U, K]) -> IntervalJoin[T, U, K]:
        """Pairs of this stream's and another's records of one key whose times lie within bounds of each other."""
        from levada.datastream.streams.interval_joined import IntervalJoin

        return IntervalJoin(self, other)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _keyed(
        self,
        title: str,
        func: Any,
        process: Any,
        declared: TypeInformation | None,
        inferred: TypeInformation | None,
    ) -> DataStream[Any]:
        spec = KeyedProcess(self._selector, process)
        return self._then("keyed_process", operator_name(title, func), spec, declared, inferred, stateful=True)

    def _reduce(self, name: str, function: Any) -> DataStream[T]:
        return self._then("reduce", name, KeyedReduce(self._selector, function), None, self._type_info, stateful=True)
