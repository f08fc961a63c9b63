"""What users hand in as functions: plain callables, or objects with one method and perhaps ``open`` and ``close``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from levada.common.errors import JobBuildError
from levada.operators.row.checkpointed import initialize_function

METHODS = {
    "map": "map",
    "filter": "filter",
    "flat_map": "flat_map",
    "process": "process_element",
    "reduce": "reduce",
    "key_by": "get_key",
    "sink": "invoke",
    "async": "async_invoke",
    "delta": "get_delta",
}
"""The method that a function object has for each kind of step."""


def bound_callable(function: Any, kind: str, call: str) -> Callable[..., Any]:
    """What the loop calls for ``function``: its method, or itself where it is a plain callable.

    Parameters
    ----------
    function : object or callable
        ``MapFunction`` and its like, or a callable with the same parameters.
    kind : str
        A key of ``METHODS``.
    call : str
        The user's call, for the error: ``"map(function)"``.

    Raises
    ------
    JobBuildError
        It is neither, or it is a class in place of an instance.
    """
    method = METHODS[kind]
    if inspect.isroutine(function):
        return function
    if inspect.isclass(function) and hasattr(function, method):
        raise JobBuildError(f"{call}: {function.__name__} is a class; pass an instance: {function.__name__}()")
    bound = getattr(function, method, None)
    if callable(bound):
        return bound  # type: ignore[no-any-return]
    if callable(function):
        return function  # type: ignore[no-any-return]
    raise JobBuildError(f"{call}: {function!r} is neither callable nor has a method {method}()")


def open_function(function: Any, runtime_context: Any) -> None:
    """Hand the function object its operator state, and call ``open(runtime_context)``, where it has the methods."""
    if not inspect.isroutine(function):
        initialize_function(function, runtime_context)
        opener = getattr(function, "open", None)
        if callable(opener):
            opener(runtime_context)


def close_functions(functions: list[Any]) -> None:
    """Call ``close()`` on each function object that has it, also after one has failed; empties the list."""
    errors: list[Exception] = []
    while functions:
        function = functions.pop()
        closer = None if inspect.isroutine(function) else getattr(function, "close", None)
        if callable(closer):
            try:
                closer()
            except Exception as error:
                errors.append(error)
    if errors:
        raise errors[0]


def display_name(function: Any) -> str:
    """A short name for errors and comments in generated code."""
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return str(name).replace("<locals>.", "")


def source_location(function: Any, kind: str = "") -> str | None:
    """``file:line`` of a function's definition, None where it has no Python code.

    Of a function object it is that of its method for ``kind``, a key of ``METHODS``.
    """
    function = getattr(function, "__wrapped__", function)
    if not inspect.isroutine(function):
        function = getattr(function, METHODS.get(kind, "__call__"), function)
    code = getattr(inspect.unwrap(function) if callable(function) else function, "__code__", None)
    if code is None:
        code = getattr(getattr(function, "__func__", None), "__code__", None)
    return None if code is None else f"{code.co_filename}:{code.co_firstlineno}"
