"""What is wrong with a function is said by the call it was given to, before anything runs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from levada.common.errors import JobBuildError
from levada.datastream.functions import (
    AggregateFunction,
    AllWindowFunction,
    BroadcastProcessFunction,
    CoFlatMapFunction,
    CoGroupFunction,
    CoMapFunction,
    CoProcessFunction,
    FilterFunction,
    FlatJoinFunction,
    FlatMapFunction,
    Function,
    JoinFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    Partitioner,
    ProcessAllWindowFunction,
    ProcessFunction,
    ProcessJoinFunction,
    ProcessWindowFunction,
    ReduceFunction,
    SinkFunction,
    WindowFunction,
)
from levada.operators.row.user_function import display_name


@dataclass(frozen=True, slots=True)
class Role:
    """What a call wants of its function.

    Attributes
    ----------
    base : type
        The class of function objects.
    method : str
        Its method that is called.
    parameters : str
        What is passed, for people: ``"value, ctx"``; its commas give the arity.
    gives : str
        What comes back, for people.
    many : bool
        Whether an iterable of results comes back (generators are welcome) or one value (they are a mistake).
    plain : bool
        Whether a plain callable will do.
    can_be_lambda : bool
        Whether a lambda will do: not where results are yielded.
    """

    base: type[Function]
    method: str
    parameters: str
    gives: str
    many: bool = False
    plain: bool = True
    can_be_lambda: bool = True

    @property
    def arity(self) -> int:
        """How many arguments are passed."""
        return self.parameters.count(",") + 1


MAP = Role(MapFunction, "map", "value", "result")
FLAT_MAP = Role(FlatMapFunction, "flat_map", "value", "iterable of results", many=True)
FILTER = Role(FilterFunction, "filter", "value", "bool")
KEY = Role(KeySelector, "get_key", "value", "key")
REDUCE = Role(ReduceFunction, "reduce", "value1, value2", "value")
SINK = Role(SinkFunction, "invoke", "value", "nothing")
PROCESS = Role(ProcessFunction, "process_element", "value, ctx", "iterable of results", True, can_be_lambda=False)
KEYED_PROCESS = Role(
    KeyedProcessFunction, "process_element", "value, ctx", "iterable of results", True, can_be_lambda=False
)
PROCESS_WINDOW = Role(ProcessWindowFunction, "process", "key, context, elements", "iterable of results", many=True)
PROCESS_ALL_WINDOW = Role(ProcessAllWindowFunction, "process", "context, elements", "iterable of results", many=True)
WINDOW = Role(WindowFunction, "apply", "key, window, inputs", "iterable of results", many=True)
ALL_WINDOW = Role(AllWindowFunction, "apply", "window, inputs", "iterable of results", many=True)
PARTITION = Role(Partitioner, "partition", "key, num_partitions", "number")
AGGREGATE = Role(AggregateFunction, "add", "value, accumulator", "accumulator", plain=False)

_CALLS = {
    MapFunction: "map",
    FlatMapFunction: "flat_map",
    FilterFunction: "filter",
    ReduceFunction: "reduce",
    KeySelector: "key_by",
    SinkFunction: "add_sink",
    AggregateFunction: "window(...).aggregate",
    KeyedProcessFunction: "key_by(...).process",
    ProcessFunction: "process",
    ProcessWindowFunction: "key_by(...).window(...).process",
    ProcessAllWindowFunction: "window_all(...).process",
    WindowFunction: "key_by(...).window(...).apply",
    AllWindowFunction: "window_all(...).apply",
    CoMapFunction: "connect(other).map",
    CoFlatMapFunction: "connect(other).flat_map",
    CoProcessFunction: "connect(other).process",
    KeyedCoProcessFunction: "connect(other).key_by(...).process",
    BroadcastProcessFunction: "connect(broadcast_stream).process",
    KeyedBroadcastProcessFunction: "key_by(...).connect(broadcast_stream).process",
    JoinFunction: "join(other)...apply",
    FlatJoinFunction: "join(other)...apply",
    CoGroupFunction: "co_group(other)...apply",
    ProcessJoinFunction: "interval_join(other)...process",
    Partitioner: "partition_custom",
}
"""For each kind of function object, the call that takes it."""


def check_function(given: Any, role: Role, call: str) -> Callable[..., Any]:
    """Refuse a function that does not fit; give what will be called: its method, or itself.

    Parameters
    ----------
    given : object
        What the user passed.
    role : Role
        What is wanted.
    call : str
        The user's call, for the error: ``"map(func)"``.
    """
    target = _target(given, role, call)
    _check_arity(given, target, role, call)
    _check_nature(given, target, role, call)
    return target


def _target(given: Any, role: Role, call: str) -> Callable[..., Any]:
    name, wanted = _shown(given), _wanted(role)
    if isinstance(given, type) and issubclass(given, Function):
        raise JobBuildError(f"{call}: {name} is a class; pass an instance of it: {name}()")
    if isinstance(given, Function) and not isinstance(given, role.base):
        own = next((base for base in _CALLS if isinstance(given, base)), None)
        hint = "" if own is None else f"; a {own.__name__} goes into {_CALLS[own]}(...)"
        raise JobBuildError(f"{call}: {name} is a {type(given).__name__}, but wanted is {wanted}{hint}")
    if not inspect.isroutine(given) and callable(getattr(given, role.method, None)) and not isinstance(given, type):
        method: Callable[..., Any] = getattr(given, role.method)
        return method
    if not callable(given):
        raise JobBuildError(f"{call}: {given!r} is not callable; pass {wanted}")
    if not role.plain or (not role.can_be_lambda and getattr(given, "__name__", None) == "<lambda>"):
        kind = "a lambda" if role.plain else "a plain callable"
        raise JobBuildError(
            f"{call}: {name} is {kind}, but wanted is {wanted}. Write a class MyFunction({role.base.__name__}) "
            f"with def {role.method}(self, {role.parameters}) and pass MyFunction(); for a function of the value alone "
            "there are map and flat_map"
        )
    plain: Callable[..., Any] = given
    return plain


def _check_arity(given: Any, target: Callable[..., Any], role: Role, call: str) -> None:
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):  # some builtins do not tell
        return
    try:
        signature.bind(*[None] * role.arity)
    except TypeError:
        shown = _shown(given) if target is given else f"{_shown(given)}.{role.method}"
        raise JobBuildError(
            f"{call}: {shown}{signature} cannot be called with {_count(role.arity)} ({role.parameters}); "
            f"change its parameters to ({role.parameters}), or bind the others with functools.partial or a lambda"
        ) from None


def _check_nature(given: Any, target: Callable[..., Any], role: Role, call: str) -> None:
    code = target
    while isinstance(code, functools.partial):
        code = code.func
    if not inspect.isroutine(code) and not isinstance(code, type):
        code = getattr(code, "__call__", code)  # noqa: B004 - the method of a callable object
    name = _shown(given)
    if inspect.iscoroutinefunction(code) or inspect.isasyncgenfunction(code):
        raise JobBuildError(
            f"{call}: {name} is asynchronous (async def); pass an ordinary function, or ask for many records at a time "
            "with AsyncDataStream.unordered_wait(stream, function, timeout)"
        )
    if not role.many and inspect.isgeneratorfunction(code):
        remedy = "use flat_map for it, or return" if role is MAP else "return"
        raise JobBuildError(
            f"{call}: {name} is a generator function (it has a yield), but one {role.gives} is wanted; "
            f"{remedy} the value in place of yielding it"
        )


def _wanted(role: Role) -> str:
    objects = f"a {role.base.__name__} object"
    if not role.plain:
        return objects
    kind = "callable" if role.can_be_lambda else "generator function"
    return f"{objects} or a {kind} ({role.parameters}) -> {role.gives}"


def _shown(given: Any) -> str:
    if isinstance(given, functools.partial):
        return f"partial({_shown(given.func)})"
    return display_name(given)


def _count(arity: int) -> str:
    return "1 argument" if arity == 1 else f"{arity} arguments"
