"""Which type a function gives, read from its annotations."""

from __future__ import annotations

import collections.abc
import functools
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

from levada.common.output_tag import OutputTag
from levada.common.type_hints import from_annotation
from levada.common.typeinfo import PickledBytesTypeInfo, TypeInformation

_MANY = (
    collections.abc.Iterable,
    collections.abc.Iterator,
    collections.abc.Generator,
    collections.abc.Sequence,
    collections.abc.Collection,
    list,
    set,
    frozenset,
    collections.deque,
)


def result_type(target: Callable[..., Any], *, many: bool = False) -> TypeInformation | None:
    """The type a callable gives, or None where its annotations do not say.

    Parameters
    ----------
    target : callable
        A function, a bound method, or a class (which gives instances of itself).
    many : bool
        Whether it gives an iterable, whose elements are meant.
    """
    annotation = _return_annotation(target)
    if many:
        annotation = _element(annotation)
    if annotation in (None, Any, object, inspect.Signature.empty) or isinstance(annotation, typing.TypeVar):
        return None
    found = from_annotation(annotation)
    return None if type(found) is PickledBytesTypeInfo else found


def _return_annotation(target: Callable[..., Any]) -> Any:
    while isinstance(target, functools.partial):
        target = target.func
    if isinstance(target, type):
        return target
    if not inspect.isroutine(target):
        target = type(target).__call__
    try:
        return typing.get_type_hints(target).get("return")
    except Exception:  # an annotation that names what is not there, or only under TYPE_CHECKING, says nothing
        return None


def _element(annotation: Any) -> Any:
    """``T`` of ``Iterator[T]`` and its like, also beside None."""
    members = [member for member in _members(annotation) if member is not type(None)]
    if len(members) != 1 or typing.get_origin(members[0]) not in _MANY:
        return None
    element = typing.get_args(members[0])[0]
    main = [member for member in _members(element) if not _goes_aside(member)]
    return main[0] if len(main) == 1 else None


def _members(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return typing.get_args(annotation)
    return (annotation,)


def _goes_aside(annotation: Any) -> bool:
    """Whether it is ``tuple[OutputTag[..], ..]``: what goes to a side output."""
    if typing.get_origin(annotation) is not tuple:
        return False
    first = typing.get_args(annotation)[0]
    return first is OutputTag or typing.get_origin(first) is OutputTag
