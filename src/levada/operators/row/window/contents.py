"""What a window keeps of its records: one reduced value, one accumulator, or all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from levada.common.errors import JobBuildError
from levada.operators.row.user_function import bound_callable
from levada.state.copying import own

ContentsKind = Literal["reduce", "aggregate", "list"]


@dataclass(frozen=True, slots=True)
class Contents:
    """How records are put into a window's contents and taken out.

    Attributes
    ----------
    kind : "reduce", "aggregate" or "list"
    function : object
        The user's function; None for lists.
    first : callable
        ``(value) -> contents`` of a window with one record.
    add : callable
        ``(contents, value) -> contents``; lists are changed in place.
    result : callable
        ``(contents) ->`` what is emitted, or given to the window function. Never shares a list with the contents.
    merge : callable
        ``(contents, contents) -> contents`` for windows that merge.
    """

    kind: ContentsKind
    function: Any
    first: Callable[[Any], Any]
    add: Callable[[Any, Any], Any]
    result: Callable[[Any], Any]
    merge: Callable[[Any, Any], Any]


def contents_of(kind: ContentsKind, function: Any, *, kept: bool = True) -> Contents:
    """The contents for a call of ``reduce``, ``aggregate``, or ``process`` / ``apply``.

    A reduce function may change its first argument and give it back. So a window begins with a record of its own, and
    where windows are ``kept`` after they fire, what they emit is no longer theirs.

    Raises
    ------
    JobBuildError
        The function does not fit.
    """
    if kind == "reduce":
        reduce = bound_callable(function, "reduce", "reduce(reduce_function)")
        return Contents("reduce", function, own, reduce, own if kept else _same, reduce)
    if kind == "aggregate":
        missing = [name for name in ("create_accumulator", "add", "get_result") if not hasattr(function, name)]
        if missing or isinstance(function, type):
            what = f"is a class; pass an instance: {function.__name__}()" if not missing else f"has no {missing[0]}()"
            raise JobBuildError(f"aggregate({function!r}): an AggregateFunction is needed; this {what}")
        create, add = function.create_accumulator, function.add
        return Contents(
            "aggregate",
            function,
            lambda value: add(value, create()),
            lambda contents, value: add(value, contents),
            function.get_result,
            lambda left, right: function.merge(left, right),
        )
    return Contents("list", None, lambda value: [value], _append, list, _concatenate)


def _same(value: Any) -> Any:
    return value


def _append(contents: list[Any], value: Any) -> list[Any]:
    contents.append(value)
    return contents


def _concatenate(left: list[Any], right: list[Any]) -> list[Any]:
    return [*left, *right]
