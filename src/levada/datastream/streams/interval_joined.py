"""Interval joins: pairs of two keyed streams whose times lie within bounds of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.errors import JobBuildError
from levada.common.output_tag import OutputTag
from levada.common.time import Duration, Time, to_millis
from levada.datastream import checks
from levada.datastream.functions import ProcessJoinFunction
from levada.datastream.inference import result_type
from levada.datastream.streams.building import TypeLike, declared_type, operator_name
from levada.datastream.streams.connected import joined_stream, same_environment
from levada.datastream.streams.keyed import KeyedStream
from levada.operators.row.two_inputs.interval_join import IntervalJoin as IntervalJoinSpec

if TYPE_CHECKING:
    from typing import Self

    from levada.datastream.streams.data_stream import DataStream

T1 = TypeVar("T1")
T2 = TypeVar("T2")
K = TypeVar("K")
U = TypeVar("U")

__all__ = ["IntervalJoin", "IntervalJoined"]

Span = timedelta | Duration | Time

_PROCESS_JOIN = checks.Role(
    ProcessJoinFunction, "process_element", "left, right, ctx", "iterable of results", True, can_be_lambda=False
)


class IntervalJoin(Generic[T1, T2, K]):
    """Two keyed streams, to be joined by time. Made by ``KeyedStream.interval_join``."""

    def __init__(self, left: KeyedStream[T1, K], right: KeyedStream[T2, K]) -> None:
        if not isinstance(right, KeyedStream):
            raise JobBuildError(
                f"interval_join({right!r}): both streams must be keyed; pass other.key_by(...), by the same kind of key"
            )
        same_environment(left, right, "interval_join(other)")
        self._streams = (left, right)

    def in_event_time(self) -> Self:
        """Join by event time: the only way there is."""
        return self

    def in_processing_time(self) -> Self:
        """Refused: an interval join goes by event time."""
        raise JobBuildError("in_processing_time(): interval joins go by event time; leave this call out")

    def between(self, lower_bound: Span, upper_bound: Span) -> IntervalJoined[T1, T2, K]:
        """Pairs with ``left + lower_bound <= right <= left + upper_bound``; bounds may be negative."""
        return IntervalJoined(
            *self._streams,
            to_millis(lower_bound, "between(lower_bound, upper_bound)"),
            to_millis(upper_bound, "between(lower_bound, upper_bound)"),
        )


class IntervalJoined(Generic[T1, T2, K]):
    """Two keyed streams with the bounds of their join."""

    def __init__(self, left: KeyedStream[T1, K], right: KeyedStream[T2, K], lower_ms: int, upper_ms: int) -> None:
        if lower_ms > upper_ms:
            raise JobBuildError(
                f"between({lower_ms} ms, {upper_ms} ms): the lower bound is above the upper one; exchange them"
            )
        self._streams = (left, right)
        self._bounds = (lower_ms, upper_ms)
        self._inner = [0, 0]
        self._late_tags: list[str | None] = [None, None]

    def lower_bound_exclusive(self) -> Self:
        """Without pairs that lie on the lower bound."""
        self._inner[0] = 1
        return self

    def upper_bound_exclusive(self) -> Self:
        """Without pairs that lie on the upper bound."""
        self._inner[1] = 1
        return self

    def side_output_left_late_data(self, output_tag: OutputTag[T1]) -> Self:
        """Put left records that come too late on a side output of the result, in place of dropping them."""
        return self._late(0, output_tag, "side_output_left_late_data")

    def side_output_right_late_data(self, output_tag: OutputTag[T2]) -> Self:
        """Put right records that come too late on a side output of the result, in place of dropping them."""
        return self._late(1, output_tag, "side_output_right_late_data")

    def process(
        self,
        process_join_function: ProcessJoinFunction[T1, T2, U] | Callable[[T1, T2, Any], Iterable[Any] | None],
        output_type: TypeLike = None,
    ) -> DataStream[U]:
        """Call a function with each pair; the pair bears the greater of its two times."""
        call = "interval_join(...).process(process_join_function)"
        target = checks.check_function(process_join_function, _PROCESS_JOIN, call)
        left, right = self._streams
        lower, upper = self._bounds[0] + self._inner[0], self._bounds[1] - self._inner[1]
        if lower > upper:
            raise JobBuildError(f"between({self._bounds[0]} ms, {self._bounds[1]} ms): exclusive bounds leave nothing")
        spec = IntervalJoinSpec(
            process_join_function,
            len(left._inputs),
            (left._selector, right._selector),
            lower,
            upper,
            (self._late_tags[0], self._late_tags[1]),
        )
        return joined_stream(
            left._env,
            "interval_join",
            operator_name("IntervalJoin", process_join_function),
            spec,
            left._inputs + right._inputs,
            declared_type(output_type, call),
            result_type(target, many=True),
            stateful=True,
        )

    def _late(self, side: int, output_tag: OutputTag[Any], call: str) -> Self:
        if not isinstance(output_tag, OutputTag):
            raise JobBuildError(f"{call}({output_tag!r}): pass an OutputTag, such as OutputTag('late')")
        self._late_tags[side] = output_tag.tag_id
        return self
