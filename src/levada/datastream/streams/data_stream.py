"""``DataStream``: a stream of records, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from levada.common.errors import JobBuildError
from levada.common.output_tag import OutputTag
from levada.common.typeinfo import PickledBytesTypeInfo, TypeInformation
from levada.common.watermark_strategy import WatermarkStrategy
from levada.connectors.base import Boundedness
from levada.datastream import checks
from levada.datastream.functions import (
    FilterFunction,
    FlatMapFunction,
    KeySelector,
    MapFunction,
    Partitioner,
    ProcessFunction,
    SinkFunction,
)
from levada.datastream.inference import result_type
from levada.datastream.streams.building import (
    Node,
    TypeLike,
    add,
    buffer_timeout,
    declared_type,
    operator_name,
    shaping_tail,
    sources_above,
)
from levada.datastream.streams.sinks import DataStreamSink, SinkStep
from levada.graph.partitioner import Broadcast, CustomRows, Forward, Global, Rebalance, Rescale, Shuffle
from levada.graph.partitioner import Partitioner as PartitionerSpec
from levada.graph.transformation import Chaining, Input, SinkSpec, Transformation
from levada.operators.base import OperatorSpec
from levada.operators.row.fused import RowStep
from levada.operators.watermarks import TimestampsAndWatermarks

if TYPE_CHECKING:
    from typing import Self

    from levada.common.execution_config import ExecutionConfig
    from levada.connectors.base import Sink
    from levada.datastream.stream_execution_environment import StreamExecutionEnvironment
    from levada.datastream.streams.broadcast import BroadcastConnectedStream, BroadcastStream
    from levada.datastream.streams.cached import CachedDataStream
    from levada.datastream.streams.collecting import CloseableIterator
    from levada.datastream.streams.connected import ConnectedStreams
    from levada.datastream.streams.joined import CoGroupedStreams, JoinedStreams
    from levada.datastream.streams.keyed import KeyedStream
    from levada.datastream.streams.windowed import AllWindowedStream
    from levada.operators.row.window.windows import WindowAssigner
    from levada.state.descriptors import MapStateDescriptor

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K")
W = TypeVar("W")

_PER_KEY = frozenset({"reduce", "sum", "min", "max", "min_by", "max_by", "window", "count_window"})
"""Methods that only a ``KeyedStream`` has."""

__all__ = ["DataStream"]


class DataStream(Node, Generic[T]):
    """A stream of records of one type. Made by an environment and by other streams.

    Calls describe the job and run nothing; ``env.execute()`` runs what was described. ``output_type`` arguments take a
    type information or a Python type; without one, the annotations of the function are read.
    """

    def __init__(
        self,
        env: StreamExecutionEnvironment,
        inputs: tuple[Input, ...],
        type_info: TypeInformation | None,
        transformation: Transformation | None = None,
        tail: Transformation | None = None,
    ) -> None:
        super().__init__(transformation, tail)
        self._env = env
        self._inputs = inputs
        self._type_info = type_info

    # --- records -----------------------------------------------------------------------------------------------------

    def map(self, func: Callable[[T], U] | MapFunction[T, U], output_type: TypeLike = None) -> DataStream[U]:
        """One record in, one out."""
        target = checks.check_function(func, checks.MAP, "map(func)")
        declared = declared_type(output_type, "map(func)")
        name = operator_name("Map", func)
        return self._then("map", name, RowStep("map", func, name), declared, result_type(target))

    def flat_map(
        self, func: Callable[[T], Iterable[U] | None] | FlatMapFunction[T, U], output_type: TypeLike = None
    ) -> DataStream[U]:
        """One record in, any number out: ``func`` returns an iterable, yields, or returns None."""
        target = checks.check_function(func, checks.FLAT_MAP, "flat_map(func)")
        declared = declared_type(output_type, "flat_map(func)")
        name = operator_name("FlatMap", func)
        return self._then("flat_map", name, RowStep("flat_map", func, name), declared, result_type(target, many=True))

    def filter(self, func: Callable[[T], Any] | FilterFunction[T]) -> DataStream[T]:
        """Keep the records for which ``func`` gives something true."""
        checks.check_function(func, checks.FILTER, "filter(func)")
        name = operator_name("Filter", func)
        return self._then("filter", name, RowStep("filter", func, name), None, self._type_info)

    def process(self, func: ProcessFunction[T, U] | Callable[..., Any], output_type: TypeLike = None) -> DataStream[U]:
        """Call a ``ProcessFunction`` for each record: it sees the record's time and may write to side outputs."""
        target = checks.check_function(func, checks.PROCESS, "process(func)")
        declared = declared_type(output_type, "process(func)")
        name = operator_name("Process", func)
        return self._then("process", name, RowStep("process", func, name), declared, result_type(target, many=True))

    def map_batches(self, func: Callable[[Any], Any], output_type: TypeLike = None) -> DataStream[Any]:
        """Many records in, any number out: ``func`` takes a batch in the form that its parameter is annotated with.

        ``pa.RecordBatch``, ``pa.Table``, ``pd.DataFrame``, ``pl.DataFrame``, ``np.ndarray`` or ``list``; it gives any
        of them back, or None. Records with fields become columns of their names; plain values are one column ``value``.
        How records are batched is not defined, so the result must not depend on it.
        """
        from levada.operators.row.map_batches import MapBatches, batch_form

        call = "map_batches(func)"
        if not callable(func) or isinstance(func, type):
            raise JobBuildError(f"{call}: {func!r} is no function; pass one that takes a batch")
        name = operator_name("MapBatches", func)
        spec = MapBatches(func, batch_form(func, call), name)
        return self._then("map-batches", name, spec, declared_type(output_type, call), None)

    def project(self, *field_indexes: int) -> DataStream[tuple[Any, ...]]:
        """Tuples of these fields of tuples or rows."""
        if not field_indexes or not all(isinstance(index, int) and index >= 0 for index in field_indexes):
            raise JobBuildError(f"project{field_indexes!r}: pass one or more positions of fields, counted from 0")
        step = RowStep("map", _Projection(field_indexes), "Project")
        return self._then("project", f"Project{list(field_indexes)}", step, None, None)

    def assign_timestamps_and_watermarks(self, watermark_strategy: WatermarkStrategy) -> DataStream[T]:
        """Give records event times, and the stream watermarks, by a strategy; replaces those it had."""
        if not isinstance(watermark_strategy, WatermarkStrategy):
            raise JobBuildError(
                f"assign_timestamps_and_watermarks({watermark_strategy!r}): pass a WatermarkStrategy, such as "
                "WatermarkStrategy.for_bounded_out_of_orderness(timedelta(seconds=5)).with_timestamp_assigner(f)"
            )
        spec = TimestampsAndWatermarks(watermark_strategy)
        return self._then("timestamps", "Timestamps/Watermarks", spec, None, self._type_info, stateful=True)

    def union(self, *streams: DataStream[T]) -> DataStream[T]:
        """All records of this stream and of others; their watermark is the lowest of all."""
        if not streams:
            raise JobBuildError("union(): pass one or more streams")
        inputs = self._inputs
        for stream in streams:
            if not isinstance(stream, DataStream):
                raise JobBuildError(f"union({stream!r}): {type(stream).__name__} is not a DataStream")
            if stream._env is not self._env:
                raise JobBuildError("union(...): the streams come from two environments; build both with one")
            inputs += stream._inputs
        return DataStream(self._env, inputs, self._type_info)

    def get_side_output(self, output_tag: OutputTag[U]) -> DataStream[U]:
        """What the operator put on a side output."""
        if not isinstance(output_tag, OutputTag):
            raise JobBuildError(f"get_side_output({output_tag!r}): pass an OutputTag, such as OutputTag('late')")
        own = self._own(f"get_side_output({output_tag!r})")
        given = (Input(own, side_output=output_tag.tag_id),)
        if output_tag.type_info is None or not output_tag.type_info.shapes:
            return DataStream(self._env, given, output_tag.type_info)
        shape = RowStep("map", output_tag.type_info.shape, f"as {output_tag.type_info!r}")
        tail = add(self._env, "as-type", shape.name, shape, given, output_type=output_tag.type_info)
        return DataStream(self._env, (Input(tail),), output_tag.type_info)

    # --- keys and windows --------------------------------------------------------------------------------------------

    def key_by(
        self, key_selector: Callable[[T], K] | KeySelector[T, K], key_type: TypeLike = None
    ) -> KeyedStream[T, K]:
        """Bring records of equal keys together; state, timers and windows behind it are each key's own."""
        from levada.datastream.streams.keyed import keyed_stream

        return keyed_stream(self, key_selector, key_type)

    def window_all(self, window_assigner: WindowAssigner[Any, W]) -> AllWindowedStream[T, W]:
        """Cut the whole stream into windows. Runs in one subtask."""
        from levada.datastream.streams.windowed import AllWindowedStream

        return AllWindowedStream(self, window_assigner)

    # --- beside another stream ---------------------------------------------------------------------------------------

    @overload
    def connect(self, ds: DataStream[U]) -> ConnectedStreams[T, U]: ...

    @overload
    def connect(self, ds: BroadcastStream[U]) -> BroadcastConnectedStream[T, U]: ...

    def connect(self, ds: Any) -> Any:
        """Put another stream, of any type, beside this one: one function sees both and may keep state of both."""
        from levada.datastream.streams.broadcast import BroadcastConnectedStream, BroadcastStream
        from levada.datastream.streams.connected import ConnectedStreams

        if isinstance(ds, BroadcastStream):
            return BroadcastConnectedStream(self, ds, ds.broadcast_state_descriptors)
        return ConnectedStreams(self, ds)

    def join(self, other_stream: DataStream[U]) -> JoinedStreams[T, U]:
        """All pairs of a key and window: ``.where(k1).equal_to(k2).window(assigner).apply(f)``."""
        from levada.datastream.streams.joined import JoinedStreams

        return JoinedStreams(self, other_stream)

    def co_group(self, other_stream: DataStream[U]) -> CoGroupedStreams[T, U]:
        """Both streams' records of a key and window: ``.where(k1).equal_to(k2).window(assigner).apply(f)``."""
        from levada.datastream.streams.joined import CoGroupedStreams

        return CoGroupedStreams(self, other_stream)

    # --- how records are spread --------------------------------------------------------------------------------------

    def rebalance(self) -> DataStream[T]:
        """Spread records evenly over the next operator's subtasks."""
        return self._spread(Rebalance())

    def rescale(self) -> DataStream[T]:
        """Spread records evenly over some of the next operator's subtasks, each subtask here over its own share."""
        return self._spread(Rescale())

    def shuffle(self) -> DataStream[T]:
        """Send each record to a subtask of the next operator drawn at random."""
        return self._spread(Shuffle())

    def partition_custom(
        self, partitioner: Callable[[K, int], int] | Partitioner[K], key_selector: Callable[[T], K] | KeySelector[T, K]
    ) -> DataStream[T]:
        """Send each record to the subtask that ``partitioner(key, num_partitions)`` names, counted from 0.

        The stream is not keyed by it: state belongs to keys behind ``key_by``. A partitioner is not opened.
        """
        call = "partition_custom(partitioner, key_selector)"
        partition = checks.check_function(partitioner, checks.PARTITION, call)
        return self._spread(CustomRows(checks.check_function(key_selector, checks.KEY, call), partition))

    @overload
    def broadcast(self) -> DataStream[T]: ...

    @overload
    def broadcast(
        self,
        broadcast_state_descriptor: MapStateDescriptor[Any, Any],
        *other_broadcast_state_descriptors: MapStateDescriptor[Any, Any],
    ) -> BroadcastStream[T]: ...

    def broadcast(
        self,
        broadcast_state_descriptor: MapStateDescriptor[Any, Any] | None = None,
        *other_broadcast_state_descriptors: MapStateDescriptor[Any, Any],
    ) -> DataStream[T] | BroadcastStream[T]:
        """Give every record to every subtask of the next operator.

        With descriptors it is a stream to ``connect`` others with, whose records feed these broadcast states.
        """
        spread = self._spread(Broadcast())
        if broadcast_state_descriptor is None:
            return spread
        from levada.datastream.streams.broadcast import BroadcastStream

        return BroadcastStream(spread, (broadcast_state_descriptor, *other_broadcast_state_descriptors))

    def global_(self) -> DataStream[T]:
        """Give all records to the first subtask of the next operator."""
        return self._spread(Global())

    def forward(self) -> DataStream[T]:
        """Give each subtask's records to the same subtask of the next operator, which must have as many."""
        return self._spread(Forward())

    def force_non_parallel(self) -> Self:
        """Run the operator in one subtask, whatever the environment says."""
        self.set_parallelism(1)
        self._non_parallel = True
        return self

    def set_buffer_timeout(self, timeout_millis: int) -> Self:
        """Accepted for programs written for Flink, where records wait in network buffers; here batches never wait."""
        self._own(f"set_buffer_timeout({buffer_timeout(timeout_millis)})")
        return self

    def start_new_chain(self) -> Self:
        """Do not run the operator in its input's task."""
        self._own("start_new_chain()").chaining = Chaining.HEAD
        return self

    def cache(self) -> CachedDataStream[T]:
        """The same records, kept in memory by the first job that reads them, for later jobs of the environment."""
        from levada.datastream.streams.cached import cached_stream

        return cached_stream(self)

    # --- out of the job ----------------------------------------------------------------------------------------------

    def sink_to(self, sink: Sink) -> DataStreamSink:
        """Write the records to a sink."""
        if not callable(getattr(sink, "create_writer", None)):
            raise JobBuildError(
                f"sink_to({sink!r}): {type(sink).__name__} is not a sink; pass one of levada.datastream.connectors, or "
                "a callable to add_sink(func)"
            )
        return self._sink(SinkSpec(sink), type(sink).__name__)

    def add_sink(self, sink_func: Callable[[T], Any] | SinkFunction[T] | Sink) -> DataStreamSink:
        """Call a function with each record, at least once; a sink is taken as by ``sink_to``."""
        if callable(getattr(sink_func, "create_writer", None)):
            return self.sink_to(cast("Sink", sink_func))
        checks.check_function(sink_func, checks.SINK, "add_sink(sink_func)")
        name = operator_name("Sink", sink_func)
        return self._sink(RowStep("flat_map", SinkStep(sink_func), name), name)

    def print(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Write the records to standard output, a line each: ``value``, ``identifier> value`` or ``2> value``."""
        from levada.connectors.print import PrintSink

        return self._sink(SinkSpec(PrintSink(sink_identifier or "")), "Print")

    @overload
    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: None = None
    ) -> CloseableIterator[T]: ...

    @overload
    def execute_and_collect(self, job_execution_name: str | None = None, *, limit: int) -> list[T]: ...

    @overload
    def execute_and_collect(self, job_execution_name: str | None, limit: int) -> list[T]: ...

    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: int | None = None
    ) -> CloseableIterator[T] | list[T]:
        """Run the job and iterate over this stream's records here; with ``limit``, the list of the first so many.

        The iterator is a context manager: leaving it cancels the job, if it still runs. The job moves on only while
        the iterator is asked for records.
        """
        from levada.datastream.streams.collecting import collect

        return collect(self, job_execution_name, limit)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in _PER_KEY:
                raise AttributeError(f"{name}() works per key: call .key_by(...) on the stream first")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __iter__(self) -> Iterator[T]:
        """Run the job and iterate over this stream's records; for streams that end.

        Raises
        ------
        JobBuildError
            A source above never ends.
        """
        for given in self._inputs:
            for source in sources_above(given.transformation):
                if source.spec.source.boundedness is Boundedness.CONTINUOUS_UNBOUNDED:
                    raise JobBuildError(
                        f"iterating over {self!r}: its source {source.name!r} never ends; write "
                        "`with stream.execute_and_collect() as records:`, which ends the job when it is left"
                    )
        return self._records()

    def _records(self) -> Iterator[T]:
        with self.execute_and_collect() as records:
            yield from records

    # --- about it ----------------------------------------------------------------------------------------------------

    def get_type(self) -> TypeInformation:
        """The records' type; ``Types.PICKLED_BYTE_ARRAY()`` (any object) where it is not known."""
        return PickledBytesTypeInfo() if self._type_info is None else self._type_info

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        """The environment it was built in."""
        return self._env

    def get_execution_config(self) -> ExecutionConfig:
        """How the environment's jobs run."""
        return self._env.get_config()

    def __repr__(self) -> str:
        shown = " + ".join(given.transformation.name for given in self._inputs)
        return f"{type(self).__name__}({shown}: {self.get_type()!r})"

    # --- inside ------------------------------------------------------------------------------------------------------

    def _then(
        self,
        kind: str,
        name: str,
        spec: OperatorSpec,
        declared: TypeInformation | None,
        inferred: TypeInformation | None,
        *,
        stateful: bool = False,
        parallelism: int | None = None,
    ) -> DataStream[Any]:
        """The stream behind one more operator."""
        type_info = declared or inferred
        transformation = add(
            self._env,
            kind,
            name,
            spec,
            self._inputs,
            output_type=type_info,
            stateful=stateful,
            parallelism=parallelism,
        )
        tail = shaping_tail(self._env, transformation, declared)
        return DataStream(self._env, (Input(tail or transformation),), type_info, transformation, tail)

    def _spread(self, partitioner: PartitionerSpec) -> DataStream[T]:
        inputs = tuple(replace(given, partitioner=partitioner) for given in self._inputs)
        return DataStream(self._env, inputs, self._type_info)

    def _sink(self, spec: SinkSpec | RowStep, name: str) -> DataStreamSink:
        return DataStreamSink(add(self._env, "sink", name, spec, self._inputs))


class _Projection:
    """Picks fields; a class, so that it can be pickled."""

    def __init__(self, indexes: tuple[int, ...]) -> None:
        self.indexes = indexes

    def __call__(self, value: Any) -> tuple[Any, ...]:
        return tuple(value[index] for index in self.indexes)
