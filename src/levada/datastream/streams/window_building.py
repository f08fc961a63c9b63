"""What windows of keyed and of plain streams share: their settings, their checks, and the operator they become."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.errors import JobBuildError
from levada.common.logs import get_logger
from levada.common.output_tag import OutputTag
from levada.common.time import Duration, Time, to_millis
from levada.common.typeinfo import TypeInformation
from levada.datastream import checks
from levada.datastream.functions import (
    AggregateFunction,
    AllWindowFunction,
    WindowFunction,
)
from levada.datastream.inference import result_type
from levada.datastream.streams.building import TypeLike, declared_type, operator_name
from levada.graph.transformation import SourceSpec, Transformation
from levada.operators.row.window.contents import ContentsKind
from levada.operators.row.window.evictors import Evictor
from levada.operators.row.window.spec import WindowCall, WindowRows
from levada.operators.row.window.trigger import Trigger
from levada.operators.row.window.windows import MergingWindowAssigner, WindowAssigner

if TYPE_CHECKING:
    from typing import Self

    from levada.datastream.stream_execution_environment import StreamExecutionEnvironment
    from levada.datastream.streams.data_stream import DataStream

T = TypeVar("T")
W = TypeVar("W")

log = get_logger(__name__)

ROLES = {
    "process": checks.PROCESS_WINDOW,
    "apply": checks.WINDOW,
    "process_all": checks.PROCESS_ALL_WINDOW,
    "apply_all": checks.ALL_WINDOW,
}
"""What each way of calling a window function wants of it."""


class Windows(Generic[T, W]):
    """A stream cut into windows. Base of ``WindowedStream`` and ``AllWindowedStream``."""

    _process_call: WindowCall
    _apply_call: WindowCall

    def __init__(self, stream: DataStream[T], assigner: WindowAssigner[Any, W], selector: Any, call: str) -> None:
        if not isinstance(assigner, WindowAssigner):
            shown = f"{assigner.__name__} is a class" if isinstance(assigner, type) else f"{assigner!r} is no assigner"
            raise JobBuildError(f"{call}: {shown}; pass, for example, TumblingEventTimeWindows.of(Time.minutes(1))")
        self._stream = stream
        self._assigner = assigner
        self._selector = selector
        self._trigger: Trigger[Any, Any] | None = None
        self._evictor: Evictor[Any, Any] | None = None
        self._lateness_ms = 0
        self._late_tag: OutputTag[Any] | None = None

    # --- settings ----------------------------------------------------------------------------------------------------

    def trigger(self, trigger: Trigger[Any, Any]) -> Self:
        """Let this trigger decide when windows fire, in place of the assigner's own."""
        if not isinstance(trigger, Trigger):
            raise JobBuildError(
                f"trigger({trigger!r}): pass a Trigger, such as CountTrigger.of(100) or PurgingTrigger.of(...)"
            )
        self._trigger = trigger
        return self

    def evictor(self, evictor: Evictor[Any, Any]) -> Self:
        """Let this evictor take records out of windows that fire; windows then keep all records until they do."""
        if not isinstance(evictor, Evictor):
            raise JobBuildError(f"evictor({evictor!r}): pass an Evictor, such as CountEvictor.of(10)")
        self._evictor = evictor
        return self

    def allowed_lateness(self, time_ms: int | timedelta | Duration | Time) -> Self:
        """Keep windows for so long (ms, or a length of time) behind the watermark; late records fire them again."""
        self._lateness_ms = time_ms if isinstance(time_ms, int) else to_millis(time_ms, "allowed_lateness(time_ms)")
        return self

    def side_output_late_data(self, output_tag: OutputTag[T]) -> Self:
        """Put records that come too late on a side output of the result, in place of dropping them."""
        if not isinstance(output_tag, OutputTag):
            raise JobBuildError(f"side_output_late_data({output_tag!r}): pass an OutputTag, such as OutputTag('late')")
        self._late_tag = output_tag
        return self

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        """The environment it was built in."""
        return self._stream.get_execution_environment()

    def get_input_type(self) -> TypeInformation:
        """The records' type."""
        return self._stream.get_type()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _reduced(self, function: Any, window_function: Any, output_type: TypeLike) -> DataStream[Any]:
        checks.check_function(function, checks.REDUCE, "window(...).reduce(reduce_function)")
        title = operator_name("Reduce", function)
        return self._evaluated(title, "reduce", function, window_function, output_type, self._stream._type_info)

    def _aggregated(
        self, function: Any, window_function: Any, accumulator_type: TypeLike, output_type: TypeLike
    ) -> DataStream[Any]:
        call = "window(...).aggregate(aggregate_function)"
        declared_type(accumulator_type, "window(...).aggregate(.., accumulator_type)")
        checks.check_function(function, checks.AGGREGATE, call)
        name = type(function).__name__
        absent = [each for each in ("create_accumulator", "get_result") if not callable(getattr(function, each, None))]
        if absent:
            raise JobBuildError(
                f"{call}: {name} has no method {' and no '.join(absent)}; derive from AggregateFunction"
            )
        if isinstance(self._assigner, MergingWindowAssigner) and (
            getattr(type(function), "merge", AggregateFunction.merge) is AggregateFunction.merge
        ):
            raise JobBuildError(
                f"{call}: windows of {self._assigner!r} merge, so {name} needs a method merge(self, acc_a, acc_b)"
            )
        title, inferred = operator_name("Aggregate", function), result_type(function.get_result)
        return self._evaluated(title, "aggregate", function, window_function, output_type, inferred)

    def _processed(self, function: Any, output_type: TypeLike) -> DataStream[Any]:
        return self._evaluated(operator_name("Process", function), "list", None, function, output_type, None)

    def _applied(self, function: Any, output_type: TypeLike) -> DataStream[Any]:
        title = operator_name("Apply", function)
        return self._evaluated(title, "list", None, function, output_type, None, self._apply_call)

    def _evaluated(
        self,
        title: str,
        contents: ContentsKind,
        folding: Any,
        window_function: Any,
        output_type: TypeLike,
        inferred: TypeInformation | None,
        window_call: WindowCall | None = None,
    ) -> DataStream[Any]:
        """The stream of the windows' results."""
        call = f"window(...).{title.partition('(')[0].lower()}"
        declared = declared_type(output_type, f"{call}(..)")
        if window_function is not None:
            if window_call is None:
                applies = isinstance(window_function, (WindowFunction, AllWindowFunction))
                window_call = self._apply_call if applies else self._process_call
            target = checks.check_function(window_function, ROLES[window_call], f"{call}(.., window_function)")
            inferred = result_type(target, many=True)
        if self._assigner.is_event_time():
            _warn_without_watermarks(self._stream, self._assigner)
        spec = WindowRows(
            key_selector=self._selector,
            assigner=self._assigner,
            contents=contents,
            function=folding,
            window_function=window_function,
            window_call=window_call,
            trigger=self._trigger,
            evictor=self._evictor,
            allowed_lateness_ms=self._lateness_ms,
            late_tag=None if self._late_tag is None else self._late_tag.tag_id,
        )
        name = f"Window({self._assigner!r}, {title})"
        parallelism = 1 if self._selector is None else None
        stream = self._stream._then("window", name, spec, declared, inferred, stateful=True, parallelism=parallelism)
        return stream if parallelism is None else stream.force_non_parallel()


def _warn_without_watermarks(stream: DataStream[Any], assigner: WindowAssigner[Any, Any]) -> None:
    """Windows of event time fire by watermarks: say so where nothing upstream makes any."""
    lacking = [name for given in stream._inputs for name in _without_watermarks(given.transformation)]
    if lacking:
        log.warning(
            "window(%r): the source %r gives no watermarks, so windows of event time fire only when it ends. Give it a "
            "WatermarkStrategy in from_source(...), or call assign_timestamps_and_watermarks(...) before key_by",
            assigner,
            lacking[0],
        )


def _without_watermarks(transformation: Transformation) -> list[str]:
    """Names of the sources above from which no watermarks come down."""
    if transformation.kind == "timestamps":
        return []
    if isinstance(transformation.spec, SourceSpec):
        strategy = transformation.spec.watermark_strategy
        makes = strategy is not None and (
            strategy.out_of_orderness_ms is not None or strategy.generator_factory is not None
        )
        return [] if makes else [transformation.name]
    return [name for given in transformation.inputs for name in _without_watermarks(given.transformation)]
