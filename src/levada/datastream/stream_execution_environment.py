"""``StreamExecutionEnvironment``: where a job begins, and what runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError
from levada.common.execution_config import ExecutionConfig
from levada.common.job_client import JobClient
from levada.common.job_execution_result import JobExecutionResult
from levada.common.options import CHAINING, JOB_NAME, MAX_PARALLELISM, PARALLELISM, RUNTIME_MODE
from levada.common.type_hints import type_information_of
from levada.common.typeinfo import TypeInformation
from levada.common.watermark_strategy import WatermarkStrategy
from levada.connectors.collection import collection_source
from levada.datastream import execution
from levada.datastream.checkpoint_config import CheckpointConfig, Millis
from levada.datastream.checkpointing_mode import CheckpointingMode
from levada.datastream.execution_mode import RuntimeExecutionMode
from levada.datastream.functions import SourceFunction
from levada.datastream.job_listener import JobListener, tell_executed, tell_submitted
from levada.datastream.jvm_calls import JvmCalls
from levada.datastream.row_source import rows_of
from levada.datastream.slot_sharing_group import SlotSharingGroup
from levada.datastream.streams.building import add, buffer_timeout, declared_type, positive, shaping_tail
from levada.datastream.streams.cached import CachedDataStream, needed_by
from levada.datastream.streams.data_stream import DataStream
from levada.graph.transformation import Input, LogicalGraph, SourceSpec, Transformation

if TYPE_CHECKING:
    from levada.cluster.embedded import EmbeddedJob
    from levada.connectors.base import Source

T = TypeVar("T")

__all__ = ["StreamExecutionEnvironment"]


class StreamExecutionEnvironment(JvmCalls):
    """Sources are added to it, ``execute`` runs what was built behind them.

    Examples
    --------
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> numbers = env.from_collection([1, 2, 3]).map(lambda n: n * 10)
    >>> with numbers.execute_and_collect() as results:
    ...     list(results)
    [10, 20, 30]
    """

    def __init__(self, configuration: Configuration | None = None) -> None:
        self._configuration = Configuration.layered(configuration)
        self._checkpoint_config = CheckpointConfig(self._configuration)
        self._known: list[Transformation] = []
        self._pending: list[Transformation] = []
        self._cached: list[CachedDataStream[Any]] = []
        self._listeners: list[JobListener] = []
        self._buffer_timeout = 100

    @staticmethod
    def get_execution_environment(configuration: Configuration | None = None) -> StreamExecutionEnvironment:
        """A new environment. Settings from the command line stand above ``configuration``."""
        if configuration is not None and not isinstance(configuration, Configuration):
            raise JobBuildError(
                f"get_execution_environment({configuration!r}): pass a Configuration; for a dict: "
                "Configuration.from_dict({...})"
            )
        env = StreamExecutionEnvironment(configuration)
        default = StreamExecutionEnvironment._default_local_parallelism
        if default is not None and not env._configuration.contains_key(PARALLELISM.key):
            env._configuration.set(PARALLELISM, default)
        return env

    # --- settings ----------------------------------------------------------------------------------------------------

    def configure(self, configuration: Configuration) -> None:
        """Take over these settings."""
        self._configuration.add_all(configuration)

    def get_configuration(self) -> Configuration:
        """The settings in force: those of the program, below them the environment's, above them the command line's."""
        return self._configuration

    def get_config(self) -> ExecutionConfig:
        """How jobs run; changing it changes the environment."""
        return ExecutionConfig(self._configuration)

    def set_parallelism(self, parallelism: int) -> StreamExecutionEnvironment:
        """Run each operator in so many subtasks, unless it says otherwise."""
        positive(parallelism, f"set_parallelism({parallelism!r})")
        self._configuration.set(PARALLELISM, parallelism)
        return self

    def get_parallelism(self) -> int:
        """Subtasks per operator."""
        return self._configuration.get(PARALLELISM)

    def set_max_parallelism(self, max_parallelism: int) -> StreamExecutionEnvironment:
        """Set the number of key groups: the highest parallelism the job can be rescaled to."""
        positive(max_parallelism, f"set_max_parallelism({max_parallelism!r})")
        self._configuration.set(MAX_PARALLELISM, max_parallelism)
        return self

    def get_max_parallelism(self) -> int:
        """The number of key groups."""
        return self._configuration.get(MAX_PARALLELISM)

    def set_runtime_mode(self, execution_mode: RuntimeExecutionMode) -> StreamExecutionEnvironment:
        """Run jobs in ``STREAMING`` mode, or in ``BATCH`` mode: final results only, of bounded input.

        A setting on the command line (``--set execution.runtime-mode=BATCH``) stands above it.
        """
        if not isinstance(execution_mode, RuntimeExecutionMode):
            raise JobBuildError(
                f"set_runtime_mode({execution_mode!r}): pass RuntimeExecutionMode.STREAMING, BATCH or AUTOMATIC"
            )
        self._configuration.set(RUNTIME_MODE, execution_mode.name)
        return self

    def set_buffer_timeout(self, timeout_millis: int) -> StreamExecutionEnvironment:
        """Accepted for programs written for Flink, where records wait in network buffers; here batches never wait."""
        self._buffer_timeout = buffer_timeout(timeout_millis)
        return self

    def get_buffer_timeout(self) -> int:
        """What was set, in ms."""
        return self._buffer_timeout

    def register_slot_sharing_group(self, slot_sharing_group: SlotSharingGroup) -> StreamExecutionEnvironment:
        """Accepted: one process runs all operators, so a group's resources are those of the process."""
        if not isinstance(slot_sharing_group, SlotSharingGroup):
            raise JobBuildError(
                f"register_slot_sharing_group({slot_sharing_group!r}): pass SlotSharingGroup.builder(name).build()"
            )
        return self

    def disable_operator_chaining(self) -> StreamExecutionEnvironment:
        """Run each operator in a task of its own: slower, sometimes easier to look at."""
        self._configuration.set(CHAINING, False)
        return self

    def is_chaining_enabled(self) -> bool:
        """Whether neighbouring operators share a task."""
        return self._configuration.get(CHAINING)

    def enable_checkpointing(
        self, interval: Millis, mode: CheckpointingMode = CheckpointingMode.EXACTLY_ONCE
    ) -> StreamExecutionEnvironment:
        """Take a checkpoint every ``interval`` (ms, or a length of time)."""
        self._checkpoint_config.set_checkpoint_interval(interval).set_checkpointing_mode(mode)
        return self

    def get_checkpoint_config(self) -> CheckpointConfig:
        """The checkpoint settings, to read and to change."""
        return self._checkpoint_config

    def get_checkpoint_interval(self) -> int:
        """Milliseconds between two checkpoints; -1 where none are taken."""
        return self._checkpoint_config.get_checkpoint_interval()

    def get_checkpointing_mode(self) -> CheckpointingMode:
        """The mode that was asked for."""
        return self._checkpoint_config.get_checkpointing_mode()

    def get_checkpointing_consistency_mode(self) -> CheckpointingMode:
        """As ``get_checkpointing_mode``."""
        return self.get_checkpointing_mode()

    def is_unaligned_checkpoints_enabled(self) -> bool:
        """False: barriers are aligned."""
        return self._checkpoint_config.is_unaligned_checkpoints_enabled()

    def is_force_unaligned_checkpoints(self) -> bool:
        """False: barriers are aligned."""
        return self._checkpoint_config.is_force_unaligned_checkpoints()

    # --- sources -----------------------------------------------------------------------------------------------------

    def from_collection(
        self, collection: Iterable[T], type_info: TypeInformation[Any] | type[Any] | None = None
    ) -> DataStream[T]:
        """A stream of the values of a list (or of any iterable, which is read to its end now).

        Parameters
        ----------
        collection : iterable
        type_info : TypeInformation or type, optional
            Each value is checked against it here, and given its form (a tuple becomes a ``Row`` under ``Types.ROW``).
        """
        source = collection_source(collection)
        declared = declared_type(type_info, "from_collection(collection, type_info)")
        if declared is not None:
            source = collection_source(_converted(source.values, declared))
        return self._source(source, None, "Collection", declared, parallelism=1)

    def from_source(
        self,
        source: Source,
        watermark_strategy: WatermarkStrategy,
        source_name: str,
        type_info: TypeInformation[Any] | type[Any] | None = None,
    ) -> DataStream[Any]:
        """A stream of a source's records, with event time by a strategy.

        ``WatermarkStrategy.no_watermarks()`` is for jobs in which event time plays no part. A columnar source gives
        named ``Row`` objects.
        """
        if not callable(getattr(source, "create_reader", None)):
            raise JobBuildError(
                f"from_source({source!r}, ...): {type(source).__name__} is not a source; pass one of "
                "levada.datastream.connectors, a list to from_collection(collection), or a generator function as "
                "IteratorSource(function) of levada.connectors.iterator"
            )
        if not isinstance(watermark_strategy, WatermarkStrategy):
            raise JobBuildError(
                f"from_source(.., {watermark_strategy!r}, ..): the second argument is a WatermarkStrategy; "
                "WatermarkStrategy.no_watermarks() where event time plays no part"
            )
        declared = None if type_info is None else type_information_of(type_info, "from_source(.., type_info)")
        return self._source(rows_of(source), watermark_strategy, source_name, declared)

    # --- running -----------------------------------------------------------------------------------------------------

    def execute(self, job_name: str | None = None) -> JobExecutionResult:
        """Run what was built, in this process, until it ends.

        Works from any thread, and inside a running event loop (which it blocks; ``execute_async`` does not). In the
        main thread Ctrl-C and SIGTERM stop the job at a last checkpoint.
        """
        job = tell_submitted(self._listeners, lambda: self._submit(job_name, "execute()"))
        return tell_executed(self._listeners, job.run)

    def execute_async(self, job_name: str | None = None) -> JobClient:
        """Run what was built on a thread of its own, and return at once."""
        return tell_submitted(
            self._listeners, lambda: execution.run_in_background(self._submit(job_name, "execute_async()"))
        )

    def register_job_listener(self, job_listener: JobListener) -> None:
        """Have a listener told of jobs as they are started and as they end."""
        if not isinstance(job_listener, JobListener):
            raise JobBuildError(f"register_job_listener({job_listener!r}): pass an object of a class of JobListener")
        self._listeners.append(job_listener)

    def clear_job_listeners(self) -> None:
        """Tell nobody any more."""
        self._listeners.clear()

    def get_execution_plan(self) -> str:
        """What would run, as text for people."""
        from levada.graph.plan import plan

        config = execution.job_configuration(self._configuration, None)
        return plan(self._graph(self._pending, config), config).explain()

    def explain(self) -> str:
        """As ``get_execution_plan``."""
        return self.get_execution_plan()

    def close(self) -> None:
        """Forget what was built and not run."""
        self._pending.clear()
        self._known.clear()
        self._cached.clear()

    def __enter__(self) -> StreamExecutionEnvironment:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _register(self, transformation: Transformation) -> None:
        self._known.append(transformation)
        self._pending.append(transformation)

    def add_source(
        self,
        source_func: SourceFunction[Any] | Source | Callable[[], Iterable[Any]] | Iterable[Any],
        source_name: str = "Custom Source",
        type_info: TypeInformation[Any] | type[Any] | None = None,
    ) -> DataStream[Any]:
        """A stream of what a ``SourceFunction``, a generator function or an iterable gives, without event time.

        After a restart the function is called anew, and the records handed out before the checkpoint are skipped.
        """
        from levada.connectors.iterator import IteratorSource

        source: Any = source_func
        if isinstance(source_func, SourceFunction):
            source = IteratorSource(source_func.run, bounded=source_func.bounded)
        elif not callable(getattr(source_func, "create_reader", None)):
            if not callable(source_func) and not hasattr(source_func, "__iter__"):
                raise JobBuildError(
                    f"add_source({source_func!r}): pass a SourceFunction, a generator function or an iterable"
                )
            source = IteratorSource(source_func, bounded=True)
        return self.from_source(source, WatermarkStrategy.no_watermarks(), source_name, type_info)

    def _source(
        self,
        source: Source,
        strategy: WatermarkStrategy | None,
        name: str,
        declared: TypeInformation | None,
        parallelism: int | None = None,
    ) -> DataStream[Any]:
        transformation = add(
            self, "source", name, SourceSpec(source, strategy), output_type=declared, parallelism=parallelism
        )
        # A collection's values have been given their form already.
        tail = None if parallelism == 1 else shaping_tail(self, transformation, declared)
        stream: DataStream[Any] = DataStream(self, (Input(tail or transformation),), declared, transformation, tail)
        return stream.force_non_parallel() if parallelism == 1 else stream

    def _submit(self, job_name: str | None, call: str) -> EmbeddedJob:
        """Hand what was built to the cluster; it is no longer pending then."""
        if not self._pending:
            raise JobBuildError(
                f"{call}: nothing was built since the last job; add a source (env.from_collection([...]) or "
                "env.from_source(...)) and what should happen with it"
            )
        config = execution.job_configuration(self._configuration, job_name)
        # Each tap is a sink, registered as such: it is part of what is pending.
        asked = len(self._pending)
        taps = [(stream, stream._tap()) for stream in needed_by(self._pending, self._cached)]
        try:
            job = execution.submit(self._graph(self._pending, config), config)
        except BaseException:
            del self._pending[asked:]
            raise
        for stream, buffer in taps:
            if buffer is not None:
                stream._attempts.append((job, buffer))
        self._pending.clear()
        return job

    def _graph(self, pending: list[Transformation], config: Configuration) -> LogicalGraph:
        return execution.logical_graph(pending, self._known, config.get(JOB_NAME) or "")


def _converted(values: Iterable[Any], declared: TypeInformation) -> list[Any]:
    converted = []
    for index, value in enumerate(values):
        try:
            converted.append(declared.convert(value))
        except TypeError as error:
            raise JobBuildError(
                f"from_collection(collection, type_info={declared!r}): element {index}: {error}"
            ) from None
    return converted
