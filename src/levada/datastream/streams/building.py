"""What all streams share: adding a transformation to the environment's graph, and being a handle on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from levada.common.errors import JobBuildError
from levada.common.type_hints import type_information_of
from levada.common.typeinfo import TypeInformation
from levada.graph.transformation import Chaining, Input, SinkSpec, SourceSpec, Transformation
from levada.operators.base import OperatorSpec
from levada.operators.row.fused import RowStep
from levada.operators.row.user_function import display_name

if TYPE_CHECKING:
    from typing import Self

    from levada.datastream.stream_execution_environment import StreamExecutionEnvironment

TypeLike = TypeInformation | type[Any] | None
"""A type where the API asks for one: a type information, or a Python type."""


class SupportsName(Protocol):
    """What has a name, such as a ``SlotSharingGroup``."""

    def get_name(self) -> str:
        """The name."""
        ...


class SourceNode(NamedTuple):
    """A source's name and what it is."""

    name: str
    spec: SourceSpec


class Node:
    """A place in the graph that can be named and configured: a stream made by an operator, or a sink.

    Parameters
    ----------
    transformation : Transformation or None
        The operator behind it; None where there is none to configure (a union, a repartitioned stream).
    tail : Transformation or None
        A step behind the operator that gives its results their declared form; it shares the operator's parallelism.
    """

    what = "a stream"

    def __init__(self, transformation: Transformation | None, tail: Transformation | None = None) -> None:
        self._transformation = transformation
        self._tail = tail
        self._non_parallel = False

    def name(self, name: str) -> Self:
        """Name the operator, for plans, logs and errors."""
        self._own(f"name({name!r})").name = name
        return self

    def get_name(self) -> str:
        """The operator's name."""
        return self._own("get_name()").name

    def uid(self, uid: str) -> Self:
        """Give the operator's state an address of its own, by which it is found when the program has changed."""
        if not isinstance(uid, str) or not uid:
            raise JobBuildError(f"uid({uid!r}): a uid is a non-empty string")
        self._own(f"uid({uid!r})").uid = uid
        return self

    def set_uid_hash(self, uid_hash: str) -> Self:
        """Address the operator's state as a checkpoint does that was written without ``uid``.

        Errors about a checkpoint that does not fit, and ``explain()``, show these addresses.
        """
        if not isinstance(uid_hash, str) or not uid_hash:
            raise JobBuildError(f"set_uid_hash({uid_hash!r}): the address of an operator's state is a non-empty string")
        self._own(f"set_uid_hash({uid_hash!r})").uid = uid_hash
        return self

    def slot_sharing_group(self, slot_sharing_group: str | SupportsName) -> Self:
        """Name the operators it belongs with: kept as a description, for one process runs all operators."""
        group = slot_sharing_group
        named = group if isinstance(group, str) else group.get_name()
        self._own(f"slot_sharing_group({named!r})").slot_sharing_group = named
        return self

    def set_description(self, description: str) -> Self:
        """Say more about the operator than its name does."""
        self._own(f"set_description({description!r})").description = description
        return self

    def set_parallelism(self, parallelism: int) -> Self:
        """Run the operator in so many subtasks."""
        call = f"set_parallelism({parallelism!r})"
        positive(parallelism, call)
        own = self._own(call)
        if self._non_parallel and parallelism != 1:
            raise JobBuildError(
                f"{call}: {own.name!r} only runs with parallelism 1; set the parallelism of the operator behind it"
            )
        for each in (own, self._tail):
            if each is not None:
                each.parallelism = parallelism
        return self

    def set_max_parallelism(self, max_parallelism: int) -> Self:
        """Set the number of key groups of the operator: the highest parallelism it can be rescaled to."""
        call = f"set_max_parallelism({max_parallelism!r})"
        positive(max_parallelism, call)
        for each in (self._own(call), self._tail):
            if each is not None:
                each.max_parallelism = max_parallelism
        return self

    def disable_chaining(self) -> Self:
        """Run the operator in a task of its own."""
        self._own("disable_chaining()").chaining = Chaining.NEVER
        return self

    def _own(self, call: str) -> Transformation:
        if self._transformation is None:
            raise JobBuildError(f"{call}: {self.what} has no operator of its own; call it on the stream before")
        return self._transformation


def positive(value: int, call: str) -> None:
    """Refuse a parallelism that is no positive whole number."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise JobBuildError(f"{call}: a whole number of at least 1 is wanted")


def buffer_timeout(timeout_millis: int) -> int:
    """Refuse what is no buffer timeout."""
    if not isinstance(timeout_millis, int) or timeout_millis < -1:
        raise JobBuildError(f"set_buffer_timeout({timeout_millis!r}): pass milliseconds, 0 or more, or -1 for none")
    return timeout_millis


def add(
    env: StreamExecutionEnvironment,
    kind: str,
    name: str,
    spec: OperatorSpec | SourceSpec | SinkSpec,
    inputs: tuple[Input, ...] = (),
    *,
    output_type: TypeInformation | None = None,
    stateful: bool = False,
    parallelism: int | None = None,
) -> Transformation:
    """Add one transformation to the environment's graph."""
    transformation = Transformation(
        kind=kind,
        name=name,
        spec=spec,
        inputs=inputs,
        output_type=output_type,
        stateful=stateful,
        parallelism=parallelism,
    )
    env._register(transformation)
    return transformation


def declared_type(output_type: TypeLike, call: str) -> TypeInformation | None:
    """The type information of an ``output_type`` argument."""
    return None if output_type is None else type_information_of(output_type, f"{call}, output_type")


def shaping_tail(
    env: StreamExecutionEnvironment, transformation: Transformation, declared: TypeInformation | None
) -> Transformation | None:
    """The step that gives results the form their declared type asks for; None where nothing is to be done."""
    if declared is None or not declared.shapes:
        return None
    return add(
        env,
        "as-type",
        f"as {declared!r}",
        RowStep("map", declared.shape, f"as {declared!r}"),
        (Input(transformation),),
        output_type=declared,
        parallelism=transformation.parallelism,
    )


def operator_name(title: str, function: Callable[..., Any] | object) -> str:
    """``Map(parse)``; a lambda has no name worth showing."""
    name = display_name(function)
    return title if "<lambda>" in name else f"{title}({name})"


def sources_above(transformation: Transformation) -> Iterator[SourceNode]:
    """Every source whose records come down to a transformation; one may come more than once."""
    if isinstance(transformation.spec, SourceSpec):
        yield SourceNode(transformation.name, transformation.spec)
    for given in transformation.inputs:
        yield from sources_above(given.transformation)
