"""Calling a user's function for many records, so that an error tells which of them it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from levada.common.errors import LevadaError, UserFunctionError

_SHOWN = 200


def call_each(function: Callable[[Any], Any], values: Sequence[Any], role: str) -> list[Any]:
    """The function's results, in order.

    Parameters
    ----------
    role : str
        What the function is for, for errors: ``"encoder"``.

    Raises
    ------
    UserFunctionError
        From what the function raised, with the record.
    """
    results: list[Any] = []
    try:
        # What was made before an error stays in the list: its length tells the record.
        results.extend(map(function, values))
    except LevadaError:
        raise
    except Exception as error:
        raise told(error, function, role, values[len(results)]) from error
    return results


def told(error: Exception, function: Any, role: str, record: Any) -> UserFunctionError:
    """An error that names the function, what it raised, and the record."""
    name = str(getattr(function, "__qualname__", type(function).__qualname__)).replace("<locals>.", "")
    try:
        shown = repr(record)
    except Exception as failure:
        shown = f"<{type(record).__name__} whose repr failed: {type(failure).__name__}>"
    if len(shown) > _SHOWN:
        shown = f"{shown[: _SHOWN - 3]}..."
    return UserFunctionError(f"{role} {name} raised {type(error).__name__}: {error}; record: {shown}")
